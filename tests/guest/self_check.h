/* CHECK for the programs that check the C library: they print the same with any correct one, so only a failed check says anything. */
#ifndef SELF_CHECK_H
#define SELF_CHECK_H

#include <stdio.h>

static int checks, failures;

static void check(int ok, const char *what, int line) {
  checks++;
  if (ok) return;
  failures++;
  printf("line %d: expected %s\n", line, what);
}
#define CHECK(condition) check(!!(condition), #condition, __LINE__)

#endif
