/* Dates, patterns, parts of paths: prints the same with any correct C library (whose local time is UTC). */
#include <errno.h>
#include <fnmatch.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "self_check.h"

static void dates(void) {
  static const time_t moments[] = {0,
                                   -1,
                                   86399,
                                   86400,
                                   951782400,
                                   951868799,
                                   951868800,
                                   4107542399,
                                   4107542400,
                                   -2203891200,
                                   -2203977601,
                                   1700000000,
                                   2147483647,
                                   2147483648,
                                   -2147483649,
                                   1e11,
                                   253402300799,
                                   253402300800,
                                   -62135596800,
                                   -62135596801,
                                   -62167219200,
                                   -62167219201,
                                   1e15,
                                   67768036191676799};
  for (size_t i = 0; i < sizeof moments / sizeof *moments; i++) {
    struct tm date = {.tm_sec = 0};
    CHECK(gmtime_r(&moments[i], &date) == &date);
    printf("%ld: %d-%d-%d %d:%d:%d %d %d\n", moments[i], date.tm_year, date.tm_mon, date.tm_mday, date.tm_hour, date.tm_min, date.tm_sec,
           date.tm_wday, date.tm_yday);
    CHECK(timegm(&date) == moments[i]);
  }
  struct tm before = {.tm_sec = 0}, date;
  for (time_t day = -200000; day < 200000; day++) { /* each day follows the one before */
    time_t noon = day * 86400 + 43200;
    gmtime_r(&noon, &date);
    int next = date.tm_mday == before.tm_mday + 1 && date.tm_mon == before.tm_mon && date.tm_yday == before.tm_yday + 1;
    int first = date.tm_mday == 1 && before.tm_mday >= 28 &&
                (date.tm_mon == before.tm_mon + 1 ? date.tm_yday == before.tm_yday + 1 : date.tm_mon == 0 && date.tm_yday == 0);
    if (day > -200000 && !(next || first) && date.tm_wday == (before.tm_wday + 1) % 7) CHECK(0);
    if (timegm(&date) != noon) CHECK(0);
    before = date;
  }
  time_t far = LONG_MAX;
  errno = 0;
  CHECK(gmtime_r(&far, &date) == NULL && errno == EOVERFLOW);
  struct tm odd = {.tm_year = 123, .tm_mon = 14, .tm_mday = -40, .tm_hour = 50, .tm_min = -70, .tm_sec = 4000};
  time_t settled = timegm(&odd);
  printf("%ld: %d-%d-%d %d:%d:%d %d %d\n", settled, odd.tm_year, odd.tm_mon, odd.tm_mday, odd.tm_hour, odd.tm_min, odd.tm_sec, odd.tm_wday,
         odd.tm_yday);
  time_t start = 0;
  printf("%s", ctime(&start));
  printf("%s", asctime(gmtime(&settled)));
}

static void formats(void) {
  static const time_t moments[] = {0, 1700000000, 1704067200, 1230768000, 1136073600, 946684799};
  char text[200];
  for (size_t i = 0; i < sizeof moments / sizeof *moments; i++) {
    struct tm date;
    gmtime_r(&moments[i], &date);
    CHECK(strftime(text, sizeof text, "%a %A %b %B %c|%C|%d|%D|%e|%F|%g|%h|%H|%I|%j|%k|%l|%m|%M|%n%p|%P|%r|%R|%S|%t|%T|%u|%U|%V", &date) >
          0);
    printf("%s\n", text);
    CHECK(strftime(text, sizeof text, "%w|%W|%x|%X|%y|%s|%z|%%|%Ey|%Od", &date) > 0);
    printf("%s\n", text);
  }
  struct tm date = {.tm_mday = 1, .tm_year = 100};
  const char *volatile empty = ""; /* which the compiler would complain of */
  CHECK(strftime(text, 11, "%F", &date) == 10 && strcmp(text, "2000-01-01") == 0 && strftime(text, 10, "%F", &date) == 0);
  CHECK(strftime(text, 1, empty, &date) == 0 && text[0] == 0);
}

static void patterns(void) {
  static const char *const cases[][2] = {{"", ""},
                                         {"", "a"},
                                         {"*", ""},
                                         {"*", "abc"},
                                         {"a*c", "abc"},
                                         {"a*c", "abcd"},
                                         {"?", "a"},
                                         {"?", ""},
                                         {"??", "a"},
                                         {"*a*b*c*", "xaybzc"},
                                         {"[abc]", "b"},
                                         {"[abc]", "d"},
                                         {"[!abc]", "d"},
                                         {"[^abc]", "a"},
                                         {"[a-c]x", "bx"},
                                         {"[c-a]", "b"},
                                         {"[]a]", "]"},
                                         {"[!]a]", "]"},
                                         {"[a-]", "-"},
                                         {"[-a]", "-"},
                                         {"[[:digit:]]", "5"},
                                         {"[[:alpha:]5]", "5"},
                                         {"[![:space:]]", " "},
                                         {"[a", "[a"},
                                         {"\\*", "*"},
                                         {"\\*", "a"},
                                         {"[\\]]", "]"},
                                         {"*/b", "a/b"},
                                         {"*", "a/b"},
                                         {"?", "/"},
                                         {"[/]", "/"},
                                         {"a[b/]c", "ab/c"},
                                         {"*", ".a"},
                                         {".*", ".a"},
                                         {"?a", ".a"},
                                         {"[.]a", ".a"},
                                         {"*/*", "a/.b"},
                                         {"*/.b", "a/.b"},
                                         {"ABC", "abc"},
                                         {"[A-C]*", "bx"},
                                         {"a", "a/b"},
                                         {"a*", "ab/c/d"},
                                         {"*b", "aab/b"},
                                         {"**a", "bbba"},
                                         {"\\a", "a"},
                                         {"\\\\", "\\"},
                                         {"*.c", "x.c.c"},
                                         {"*[0-9][0-9]", "a123"},
                                         {"a/*", "a/"},
                                         {"[[:upper:]]", "q"},
                                         {"x*/", "xyz/"},
                                         {"[!a]b", ".b"},
                                         {"ä?", "äb"}};
  static const int flags[] = {0, FNM_PATHNAME, FNM_PERIOD, FNM_PATHNAME | FNM_PERIOD, FNM_NOESCAPE};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    printf("%s %s:", cases[i][0], cases[i][1]);
    for (size_t f = 0; f < sizeof flags / sizeof *flags; f++) printf(" %d", fnmatch(cases[i][0], cases[i][1], flags[f]) != 0);
    printf("\n");
  }
  CHECK(fnmatch("aBc[D-F]", "AbCe", FNM_CASEFOLD) == 0);
  CHECK(fnmatch("a*", "ab/c", FNM_LEADING_DIR | FNM_PATHNAME) == 0 && fnmatch("b", "ab/c", FNM_LEADING_DIR) == FNM_NOMATCH);
  char text[2001];
  memset(text, 'a', sizeof text - 1);
  text[sizeof text - 1] = 0;
  CHECK(fnmatch("*a*a*a*a*a*a*a*a*a*a*a*a*b", text, 0) == FNM_NOMATCH); /* in our lifetime */
}

static void parts(void) {
  static const char *const paths[] = {"/usr/lib", "/usr/", "usr", "/", "///", ".", "..", "", "a/b/", "a//b//", "/a//", "a/"};
  for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
    char one[20], two[20];
    printf("[%s] [%s] [%s]\n", paths[i], dirname(strcpy(one, paths[i])), basename(strcpy(two, paths[i])));
  }
  CHECK(strcmp(dirname(NULL), ".") == 0 && strcmp(basename(NULL), ".") == 0);
}

int main(void) {
  dates();
  formats();
  patterns();
  parts();
  printf("%d checks, %d failed\n", checks, failures);
  return failures != 0;
}
