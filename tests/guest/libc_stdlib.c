/* Numbers, sorting, environment, options, jumps, the end of a process: checks itself, and prints the same with any correct C
 * library. */
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "self_check.h"

extern char **environ;

static void numbers(void) {
  const char *const texts[] = {"0",
                               "  42x",
                               "-0x1fg",
                               "0x",
                               "077",
                               "08",
                               "zz",
                               "+-1",
                               "",
                               "9223372036854775807",
                               "9223372036854775808",
                               "-9223372036854775808",
                               "-9223372036854775809",
                               "18446744073709551615",
                               "18446744073709551616"};
  const int bases[] = {0, 2, 8, 10, 16, 36};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    for (size_t k = 0; k < sizeof bases / sizeof *bases; k++) {
      char *end;
      errno = 0;
      long value = strtol(texts[i], &end, bases[k]);
      int error = errno;
      errno = 0;
      unsigned long bits = strtoul(texts[i], NULL, bases[k]);
      printf("'%s' in base %d: %ld (%d), %lu (%d), %d taken\n", texts[i], bases[k], value, error, bits, errno, (int)(end - texts[i]));
    }
  const char *const floats[] = {"0.1",
                                "-1e3x",
                                "1e999",
                                "1e-999",
                                ".5",
                                "5.",
                                ".",
                                "inf",
                                "1e",
                                "2.2250738585072014e-308",
                                "9007199254740993",
                                "1.7976931348623157e308",
                                "4.9406564584124654e-324"};
  for (size_t i = 0; i < sizeof floats / sizeof *floats; i++) {
    char *end;
    double value = strtod(floats[i], &end);
    printf("'%s': %.17g, %d taken\n", floats[i], value, (int)(end - floats[i]));
  }
  CHECK(atoi("-17 and more") == -17);
  CHECK(abs(-3) == 3 && labs(LONG_MIN + 1) == LONG_MAX);
  CHECK(div(-7, 2).quot == -3 && div(-7, 2).rem == -1);
}

static int by_value(const void *a, const void *b) {
  int x = *(const int *)a, y = *(const int *)b;
  return (x > y) - (x < y);
}

static void sorting(void) {
  for (size_t count = 0; count < 200; count++) {
    int values[200];
    long sum = 0, after = 0;
    unsigned seed = (unsigned)count + 1;
    for (size_t i = 0; i < count; i++) {
      seed = seed * 1103515245 + 12345;
      values[i] = (int)(seed >> 16) % 50; /* many equal ones */
      sum += values[i];
    }
    qsort(values, count, sizeof *values, by_value);
    int ordered = 1;
    for (size_t i = 0; i < count; i++) {
      after += values[i];
      if (i && values[i - 1] > values[i]) ordered = 0;
    }
    if (!ordered || sum != after) CHECK(!"sorted, and the same values");
    for (int key = -1; key < 52; key++) {
      const int *found = bsearch(&key, values, count, sizeof *values, by_value);
      int there = 0;
      for (size_t i = 0; i < count; i++) there |= values[i] == key;
      if (there != (found && *found == key)) CHECK(!"found exactly if it is there");
    }
  }
  CHECK(1);
}

static void environment(void) {
  CHECK(getenv("LIBC_TEST") == NULL);
  CHECK(setenv("LIBC_TEST", "one", 0) == 0 && strcmp(getenv("LIBC_TEST"), "one") == 0);
  CHECK(setenv("LIBC_TEST", "two", 0) == 0 && strcmp(getenv("LIBC_TEST"), "one") == 0);
  CHECK(setenv("LIBC_TEST", "three", 1) == 0 && strcmp(getenv("LIBC_TEST"), "three") == 0);
  CHECK(setenv("LIBC_TEST_2", "", 1) == 0 && strcmp(getenv("LIBC_TEST_2"), "") == 0);
  static char assignment[] = "LIBC_TEST=four";
  CHECK(putenv(assignment) == 0 && getenv("LIBC_TEST") == assignment + 10);
  assignment[10] = 'F';
  CHECK(strcmp(getenv("LIBC_TEST"), "Four") == 0);
  CHECK(unsetenv("LIBC_TEST") == 0 && getenv("LIBC_TEST") == NULL);
  CHECK(strcmp(getenv("LIBC_TEST_2"), "") == 0);
  errno = 0;
  CHECK(setenv("A=B", "x", 1) == -1 && errno == EINVAL);
  errno = 0;
  CHECK(setenv("", "x", 1) == -1 && errno == EINVAL);
  char name[32];
  for (int i = 0; i < 300; i++) {
    snprintf(name, sizeof name, "LIBC_MANY_%d", i % 100);
    setenv(name, name, 1);
  }
  CHECK(strcmp(getenv("LIBC_MANY_77"), "LIBC_MANY_77") == 0);
  int entries = 0;
  for (char **entry = environ; *entry; entry++) entries += strncmp(*entry, "LIBC_MANY_", 10) == 0;
  CHECK(entries == 100);
}

static void options(void) {
  char *arguments[] = {"program", "-a", "-bvalue", "-ac", "-b", "next", "-x", "--", "-a", "rest", NULL};
  opterr = 0;
  for (int option; (option = getopt(10, arguments, "ab:c")) != -1;)
    printf("option %c, value %s\n", option == '?' ? optopt : option, optarg && option == 'b' ? optarg : "none");
  printf("rest from %d\n", optind);
}

static jmp_buf mark;

static void jump(int depth);
static void (*volatile next)(int) = jump; /* the compiler must not see through the recursion */

static void jump(int depth) {
  if (depth == 0) longjmp(mark, 0);
  next(depth - 1);
}

static void jumps(void) {
  volatile int rounds = 0;
  int value = setjmp(mark);
  if (rounds++ == 0) jump(10);
  CHECK(value == 1 && rounds == 2);
}

static void first_handler(void) { puts("registered first, runs last"); }
static void late_handler(void) { puts("registered by a handler, runs next"); }
static void second_handler(void) {
  puts("registered second");
  atexit(late_handler);
}

/* Runs `end` in a child and returns its exit status. */
static int status_of(void (*end)(void)) {
  fflush(stdout);
  pid_t pid = fork();
  if (pid == 0) {
    end();
    exit(99);
  }
  int status = -1;
  CHECK(waitpid(pid, &status, 0) == pid);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void end_by_exit(void) {
  atexit(first_handler);
  atexit(second_handler);
  exit(3);
}

static void end_at_once(void) {
  atexit(first_handler);
  printf("never seen");
  _Exit(4);
}

static void count_down(void) {
  static int calls;
  if (++calls == 100) puts("100 handlers ran");
}

static void end_with_many(void) {
  for (int i = 0; i < 100; i++) atexit(count_down);
  exit(300);
}

int main(void) {
  numbers();
  sorting();
  environment();
  options();
  jumps();
  CHECK(status_of(end_by_exit) == 3);
  CHECK(status_of(end_at_once) == 4);
  CHECK(status_of(end_with_many) == 300 - 256);
  printf("%d checks, %d failed\n", checks, failures);
  return failures != 0;
}
