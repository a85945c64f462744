/* Formatted output and input: prints the same with any correct C library. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "self_check.h"

/* Formats are built at run time below, and texts are cut off on purpose. */
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wformat-truncation"
#endif
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"

static void integers(void) {
  const char *const flags[] = {"", "-", "+", " ", "#", "0", "-0", "+#", " #0", "-+ #0"};
  const char *const sizes[] = {"", "1", "12", ".0", ".5", "12.5", "3.9"};
  const long values[] = {0, 1, -1, 255, INT_MIN, LONG_MAX, LONG_MIN};
  for (size_t f = 0; f < sizeof flags / sizeof *flags; f++)
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
      for (const char *kind = "dioxXu"; *kind; kind++) {
        char format[32];
        snprintf(format, sizeof format, "[%%%s%sl%c]", flags[f], sizes[s], *kind);
        printf("%s", format);
        for (size_t v = 0; v < sizeof values / sizeof *values; v++) printf(format, values[v]);
        printf("\n");
      }
  printf("%hhd %hd %d %ld %lld %zd %jd %td\n", (signed char)-1, (short)-2, -3, -4L, -5LL, (size_t)6, (intmax_t)-7, (ptrdiff_t)-8);
  printf("%hhu %hu %u\n", (unsigned char)255, (unsigned short)65535, UINT_MAX);
  printf("%" PRId64 " %" PRIx32 " %" PRIuMAX "\n", INT64_MIN, UINT32_MAX, UINTMAX_MAX);
}

static void texts(void) {
  printf("[%s][%10s][%-10s][%.2s][%10.2s][%-10.2s][%.0s]\n", "text", "text", "text", "text", "text", "text", "text");
  printf("[%c][%5c][%-5c]%%\n", 'a', 'b', 'c');
  printf("[%*d][%-*d][%*d][%.*d][%.*d]\n", 6, 1, 6, 2, -6, 3, 4, 5, -1, 6);
  printf("[%p][%20p][%-20p]\n", (void *)0x1234, (void *)0xabcdef, (void *)1);
  printf("我是父进程 %s\n", "统计结果是");
  CHECK(printf("%s\n", "length") == 7);
  CHECK(puts("puts") >= 0 && putchar('p') == 'p' && fputc('\n', stdout) == '\n' && fputs("fputs\n", stdout) >= 0);
  CHECK(fwrite("fwrite\n", 1, 7, stdout) == 7 && fwrite("", 0, 5, stdout) == 0);
  fflush(stdout);
  CHECK(dprintf(1, "dprintf %d\n", 1) == 10);
}

static void floats(void) {
  const double values[] = {
      0,      -0.0, 1, -1.5, 0.1, 0.5, 1.5, 2.5, 9.995, 1e15, 123456789.125, 1e-5, 1e100, 1.7976931348623157e308, 4.9406564584124654e-324,
      1.0 / 3};
  const char *const formats[] = {"%f", "%.0f", "%.2f", "%+10.3f", "%-12.1f|", "%012.4f", "%e",    "%.0e",  "%.15E",
                                 "%g", "%.3g", "%#g",  "%G",      "%.17g",    "%10.2e",  "%.40f", "%#.0f", "% g"};
  for (size_t f = 0; f < sizeof formats / sizeof *formats; f++)
    for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
      printf(formats[f], values[v]);
      putchar(v % 8 == 7 ? '\n' : ' ');
    }
  double infinite = __builtin_inf(), not_number = __builtin_nan("");
  printf("%f %e %G %08f [%-6f] %F %g\n", infinite, -infinite, infinite, infinite, infinite, not_number, not_number);
  printf("%Lf %.20Lg\n", 1.25L, 0.1L);
}

static void into_memory(void) {
  char to[8];
  memset(to, '#', sizeof to);
  CHECK(snprintf(to, sizeof to, "%s", "longer than that") == 16 && strcmp(to, "longer ") == 0);
  memset(to, '#', sizeof to);
  CHECK(snprintf(to, 3, "%d", 12345) == 5 && memcmp(to, "12\0#", 4) == 0);
  memset(to, '#', sizeof to);
  CHECK(snprintf(to, 0, "abc") == 3 && to[0] == '#');
  CHECK(snprintf(NULL, 0, "%100d", 1) == 100);
  CHECK(sprintf(to, "%x", 0xabc) == 3 && strcmp(to, "abc") == 0);
}

static void scanning(void) {
  int a = 0, b = 0, taken = 0;
  unsigned u = 0;
  long l = 0;
  char word[20] = "", c = 0;
  float f = 0;
  double d = 0;
  CHECK(sscanf("12 -34 ff", "%d%d%x", &a, &b, &u) == 3 && a == 12 && b == -34 && u == 255);
  CHECK(sscanf(" word x", "%19s %c%n", word, &c, &taken) == 2 && strcmp(word, "word") == 0 && c == 'x' && taken == 7);
  CHECK(sscanf("x", "%d", &a) == 0);
  CHECK(sscanf("  ", "%d", &a) == EOF);
  CHECK(sscanf("5,-6", "%d,%ld", &a, &l) == 2 && l == -6);
  CHECK(sscanf("010 0x10", "%i %i", &a, &b) == 2 && a == 8 && b == 16);
  CHECK(sscanf("7 8", "%*d %d", &a) == 1 && a == 8);
  CHECK(sscanf("12345", "%2d%d", &a, &b) == 2 && a == 12 && b == 345);
  CHECK(sscanf("key=value", "%19[a-z]=%c", word, &c) == 2 && strcmp(word, "key") == 0 && c == 'v');
  CHECK(sscanf("2.5 1e3", "%f %lf", &f, &d) == 2 && f == 2.5f && d == 1000);
}

static void streams(void) {
  errno = 0;
  CHECK(fputc('x', stdin) == EOF && ferror(stdin));
  clearerr(stdin);
  CHECK(!ferror(stdin) && !feof(stdin));
  CHECK(ungetc('a', stdin) == 'a' && getc(stdin) == 'a');
  CHECK(fileno(stdin) == 0 && fileno(stdout) == 1 && fileno(stderr) == 2);
  FILE *second = fdopen(1, "w");
  CHECK(second != NULL);
  fflush(stdout);
  fprintf(second, "through a second stream\n");
  CHECK(fflush(second) == 0);
  errno = 0;
  CHECK(fdopen(1, "?") == NULL && errno == EINVAL);
}

int main(void) {
  integers();
  texts();
  floats();
  into_memory();
  scanning();
  streams();
  printf("%d checks, %d failed\n", checks, failures);
  return failures != 0;
}
