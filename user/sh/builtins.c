/* The commands that must be the shell's own, because they change it, and a few that are so for speed. jobs.c has those about jobs.
 *
 * Owns: the table of them. Each gets its arguments as a program would, and returns its status.
 * Must never: keep a pointer into its arguments, which are gone after the command. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../signals.h"
#include "sh.h"

static int true_builtin(char **argv) {
  (void)argv;
  return 0;
}

static int false_builtin(char **argv) {
  (void)argv;
  return 1;
}

static int echo_builtin(char **argv) {
  struct buffer line = {0};
  bool newline = argv[1] == NULL || strcmp(argv[1], "-n") != 0;

  for (int first = newline ? 1 : 2, i = first; argv[i] != NULL; i++) {
    if (i > first) buffer_add(&line, " ", 1);
    buffer_add(&line, argv[i], strlen(argv[i]));
  }
  if (newline) buffer_add(&line, "\n", 1);
  bool written = write_all(STDOUT_FILENO, line.bytes, line.length);
  if (!written) complain("echo: %s", strerror(errno));
  buffer_free(&line);
  return !written;
}

/* ---- directories ---- */

/* The working directory, of any length, in malloc's memory; NULL with errno. */
static char *working_directory(void) {
  for (size_t size = 256;; size *= 2) {
    char *path = checked(malloc(size));
    if (getcwd(path, size) != NULL) return path;
    free(path);
    if (errno != ERANGE) return NULL;
  }
}

static int pwd_builtin(char **argv) {
  char *path = working_directory();

  (void)argv;
  if (path == NULL) {
    complain("pwd: %s", strerror(errno));
    return 1;
  }
  dprintf(STDOUT_FILENO, "%s\n", path);
  free(path);
  return 0;
}

/* cd, cd DIRECTORY, cd - . PWD has no symbolic links in it. */
static int cd_builtin(char **argv) {
  bool back = argv[1] != NULL && strcmp(argv[1], "-") == 0;
  const char *to = back ? get_variable("OLDPWD") : argv[1] != NULL ? argv[1] : get_variable("HOME");

  if (to == NULL || chdir(to) < 0) {
    complain("cd: %s: %s", to != NULL ? to : back ? "OLDPWD" : "HOME", to != NULL ? strerror(errno) : "not set");
    return kError;
  }
  if (get_variable("PWD") != NULL) set_variable("OLDPWD", get_variable("PWD"), false);
  char *path = working_directory();
  if (path != NULL) set_variable("PWD", path, false);
  if (path != NULL && back) dprintf(STDOUT_FILENO, "%s\n", path);
  free(path);
  return 0;
}

static int umask_builtin(char **argv) {
  char *end;

  if (argv[1] == NULL) {
    mode_t mask = umask(0);
    umask(mask);
    dprintf(STDOUT_FILENO, "%04o\n", (unsigned)mask);
    return 0;
  }
  unsigned long mask = strtoul(argv[1], &end, 8);
  if (!isdigit((unsigned char)argv[1][0]) || *end != '\0' || mask > 0777) {
    complain("umask: %s: not an octal number up to 777", argv[1]);
    return kError;
  }
  umask((mode_t)mask);
  return 0;
}

/* ---- variables ---- */

static int export_builtin(char **argv) {
  int status = 0;

  if (argv[1] == NULL || strcmp(argv[1], "-p") == 0) print_variables(true);
  for (int i = 1; argv[i] != NULL && strcmp(argv[1], "-p") != 0; i++) {
    char *equals = strchr(argv[i], '=');
    if (equals != NULL) *equals = '\0';
    if (!set_variable(argv[i], equals != NULL ? equals + 1 : NULL, true)) status = kError;
  }
  return status;
}

static int unset_builtin(char **argv) {
  for (int i = 1; argv[i] != NULL; i++) unset_variable(argv[i]);
  return 0;
}

static int set_builtin(char **argv) {
  int first = argv[1] != NULL && strcmp(argv[1], "--") == 0 ? 2 : 1, count = 0;

  if (argv[1] == NULL) {
    print_variables(false);
    return 0;
  }
  if (first == 1 && (argv[1][0] == '-' || argv[1][0] == '+') && argv[1][1] != '\0') {
    complain("set: %s: there are no options here (before parameters write --)", argv[1]);
    return kError;
  }
  while (argv[first + count] != NULL) count++;
  set_parameters(count, argv + first);
  return 0;
}

/* The number that an argument is, or `fallback` without one; -1 after a complaint. */
static int count_argument(char **argv, int fallback, int low, int high) {
  long number = fallback;

  if (argv[1] == NULL || parse_number(argv[1], low, high, &number)) return (int)number;
  complain("%s: %s: not a number that can be", argv[0], argv[1]);
  return -1;
}

static int shift_builtin(char **argv) {
  int by = count_argument(argv, 1, 0, INT_MAX);

  if (by > shell.parameter_count) complain("shift: there are only %d", shell.parameter_count);
  if (by < 0 || by > shell.parameter_count) return kError;
  shell.parameters += by;
  shell.parameter_count -= by;
  return 0;
}

/* Gives `name` the text from `bytes` to `end`, and puts the NUL there. */
static bool give(const char *name, char *bytes, char *end) {
  *end = '\0';
  return set_variable(name, bytes, false);
}

/* Splits the line (`escaped`: which bytes a backslash protects) among the names; the last gets all that is left. */
static bool distribute(char **names, char *line, const char *escaped, size_t length) {
  const char *ifs = get_variable("IFS") != NULL ? get_variable("IFS") : " \t\n";
  size_t at = 0;
  bool valid = true;

#define SEPARATES(i) ((i) < length && !escaped[i] && strchr(ifs, line[i]) != NULL)
#define SPACE(i) (SEPARATES(i) && strchr(" \t\n", line[i]) != NULL)
  while (SPACE(at)) at++;
  for (; names[0] != NULL && names[1] != NULL; names++) {
    size_t begin = at;
    while (at < length && !SEPARATES(at)) at++;
    size_t end = at;
    while (SPACE(at)) at++;
    if (SEPARATES(at) && (at == end || !SPACE(at))) at++;
    while (SPACE(at)) at++;
    char kept = line[end];
    valid = give(names[0], line + begin, line + end) && valid;
    line[end] = kept;
  }
  while (length > at && SPACE(length - 1)) length--;
  return give(names[0], line + at, line + length) && valid;
#undef SPACE
#undef SEPARATES
}

/* read [-r] NAME … : a line of standard input. A backslash joins lines and protects a character, unless -r. */
static int read_builtin(char **argv) {
  bool raw = argv[1] != NULL && strcmp(argv[1], "-r") == 0, ended = false;
  struct buffer line = {0}, text = {0}, escaped = {0};
  int got = 1;

  argv += raw ? 2 : 1;
  if (*argv == NULL) {
    complain("usage: read [-r] NAME ...");
    return kError;
  }
  while (!ended) {
    line.length = 0;
    got = read_line(STDIN_FILENO, &line);
    ended = true;
    for (size_t i = 0; got > 0 && i < line.length; i++) {
      bool backslash = !raw && line.bytes[i] == '\\';
      if (backslash && ++i == line.length) break;
      if (line.bytes[i] == '\n') {
        ended = !backslash;
        continue;
      }
      buffer_add(&text, line.bytes + i, 1);
      buffer_add(&escaped, &(char){(char)backslash}, 1);
    }
  }
  bool whole = got > 0 && line.bytes[line.length - 1] == '\n';
  if (got < 0 && !shell.interrupted) complain("read: %s", strerror(errno));
  buffer_add(&text, "", 0);
  buffer_add(&escaped, "", 0);
  bool valid = distribute(argv, text.bytes, escaped.bytes, text.length);
  buffer_free(&line);
  buffer_free(&text);
  buffer_free(&escaped);
  return valid ? !whole : kError;
}

/* ---- control ---- */

static int break_builtin(char **argv) {
  int levels = count_argument(argv, 1, 1, INT_MAX);

  if (levels < 0) return kError;
  shell.breaking = (unsigned)levels < shell.loops ? (unsigned)levels : shell.loops;
  shell.continuing = shell.breaking > 0 && strcmp(argv[0], "continue") == 0;
  return 0;
}

static int exit_builtin(char **argv) {
  int status = count_argument(argv, shell.status, INT_MIN, INT_MAX);

  if (argv[1] != NULL && status == -1 && strcmp(argv[1], "-1") != 0) status = kError;
  if (shell.interactive && warn_of_stopped_jobs()) return kError;
  _exit(status & 0xff);
}

int exec_builtin(char **argv) {
  if (argv[1] == NULL) return 0;
  release_signals();
  int status = become_program(argv + 1);
  if (!shell.interactive) _exit(status);
  keep_signals();
  return status;
}

static int eval_builtin(char **argv) {
  struct buffer text = {0};

  for (int i = 1; argv[i] != NULL; i++) {
    if (i > 1) buffer_add(&text, " ", 1);
    buffer_add(&text, argv[i], strlen(argv[i]));
  }
  int status = text.bytes != NULL ? run_text(text.bytes) : 0;
  buffer_free(&text);
  return status;
}

/* The file of a `.` command: a name without a slash is looked for in PATH. */
static int open_script(const char *name) {
  const char *path = strchr(name, '/') == NULL ? get_variable("PATH") : NULL;
  int fd = path == NULL ? open(name, O_RDONLY | O_CLOEXEC) : -1;

  while (path != NULL && fd < 0) {
    struct buffer file = {0};
    size_t length = strcspn(path, ":");
    buffer_add(&file, path, length);
    if (length > 0) buffer_add(&file, "/", 1);
    buffer_add(&file, name, strlen(name));
    fd = open(file.bytes, O_RDONLY | O_CLOEXEC);
    buffer_free(&file);
    path = path[length] == ':' ? path + length + 1 : NULL;
  }
  if (fd < 0) complain("%s: %s", name, errno != ENOENT ? strerror(errno) : "not found");
  return fd < 0 ? -1 : move_up(fd);
}

static int dot_builtin(char **argv) {
  struct source source = {.fd = argv[1] != NULL ? open_script(argv[1]) : -1};

  if (argv[1] == NULL) complain("usage: . FILE");
  if (source.fd < 0 && !shell.interactive) _exit(kError);
  if (source.fd < 0) return kError;
  int status = run_source(&source);
  close(source.fd);
  return status;
}

const struct builtin *find_builtin(const char *name) {
  static const struct builtin table[] = {
      {":", true_builtin, true},       {".", dot_builtin, true},      {"[", test_builtin, false},        {"bg", bg_builtin, false},
      {"break", break_builtin, true},  {"cd", cd_builtin, false},     {"continue", break_builtin, true}, {"echo", echo_builtin, false},
      {"eval", eval_builtin, true},    {"exec", exec_builtin, true},  {"exit", exit_builtin, true},      {"export", export_builtin, true},
      {"false", false_builtin, false}, {"fg", fg_builtin, false},     {"jobs", jobs_builtin, false},     {"kill", kill_builtin, false},
      {"pwd", pwd_builtin, false},     {"read", read_builtin, false}, {"set", set_builtin, true},        {"shift", shift_builtin, true},
      {"test", test_builtin, false},   {"true", true_builtin, false}, {"umask", umask_builtin, false},   {"unset", unset_builtin, true},
      {"wait", wait_builtin, false},
  };

  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    if (strcmp(table[i].name, name) == 0) return &table[i];
  }
  return NULL;
}
