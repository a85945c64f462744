/* test EXPRESSION, and [ EXPRESSION ]: 0 if it holds, 1 if not, 2 if it is not well formed.
 *
 * As POSIX has it, the number of arguments says what they mean, so that no value can be taken for an operator. There is no -a and -o;
 * && and || of the shell are clearer. */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../signals.h"
#include "sh.h"

enum { kHolds = 0, kFails = 1 };

static int complain_about(const char *what, const char *why) {
  complain("test: %s: %s", what, why);
  return kError;
}

static int test_file(char operation, const char *path) {
  struct stat file;

  if (operation == 'r' || operation == 'w' || operation == 'x') {
    return access(path, operation == 'r' ? R_OK : operation == 'w' ? W_OK : X_OK) == 0 ? kHolds : kFails;
  }
  bool link = operation == 'h' || operation == 'L';
  if ((link ? lstat(path, &file) : stat(path, &file)) < 0) return kFails;
  switch (operation) {
    case 'b': return !S_ISBLK(file.st_mode);
    case 'c': return !S_ISCHR(file.st_mode);
    case 'd': return !S_ISDIR(file.st_mode);
    case 'f': return !S_ISREG(file.st_mode);
    case 'h':
    case 'L': return !S_ISLNK(file.st_mode);
    case 'p': return !S_ISFIFO(file.st_mode);
    case 's': return file.st_size == 0;
    default: return kHolds; /* e */
  }
}

static int test_one(const char *operation, const char *value) {
  long fd;

  if (operation[0] != '-' || operation[1] == '\0' || operation[2] != '\0') return complain_about(operation, "not an operator");
  if (operation[1] == 'n') return *value == '\0';
  if (operation[1] == 'z') return *value != '\0';
  if (operation[1] == 't') return !parse_number(value, 0, INT_MAX, &fd) || !isatty((int)fd);
  if (strchr("bcdefhLprswx", operation[1]) != NULL) return test_file(operation[1], value);
  return complain_about(operation, "not an operator");
}

static int test_two(const char *left, const char *operation, const char *right) {
  static const char *const names[] = {"-eq", "-ne", "-lt", "-le", "-gt", "-ge"};
  long a, b;

  if (strcmp(operation, "=") == 0) return strcmp(left, right) != 0;
  if (strcmp(operation, "!=") == 0) return strcmp(left, right) == 0;
  for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (strcmp(operation, names[i]) != 0) continue;
    if (!parse_number(left, LONG_MIN, LONG_MAX, &a)) return complain_about(left, "not a number");
    if (!parse_number(right, LONG_MIN, LONG_MAX, &b)) return complain_about(right, "not a number");
    const bool results[] = {a == b, a != b, a<b, a <= b, a> b, a >= b};
    return !results[i];
  }
  return complain_about(operation, "not an operator");
}

static int test(int count, char **arguments) {
  bool negated = count > 1 && strcmp(arguments[0], "!") == 0;

  if (count == 0) return kFails;
  if (count == 1) return *arguments[0] == '\0';
  if (count == 3 && !(negated && arguments[1][0] == '-' && arguments[1][1] != '\0' && arguments[1][2] == '\0')) {
    return test_two(arguments[0], arguments[1], arguments[2]);
  }
  if (negated) {
    int status = test(count - 1, arguments + 1);
    return status == kError ? kError : !status;
  }
  if (count == 2) return test_one(arguments[0], arguments[1]);
  return complain_about(arguments[0], "too many arguments");
}

int test_builtin(char **argv) {
  int count = 0;

  while (argv[count] != NULL) count++;
  if (strcmp(argv[0], "[") == 0 && strcmp(argv[--count], "]") != 0) return complain_about("]", "missing");
  return test(count - 1, argv + 1);
}
