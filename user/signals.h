/* The names of signals, and how `kill` is told one: for the shell's kill and for the program. */
#ifndef SIGNALS_H
#define SIGNALS_H

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/types.h>

static const char *const signal_names[] = {
    "0",      "HUP",  "INT",  "QUIT", "ILL",  "TRAP", "ABRT", "BUS", "FPE",  "KILL", "USR1",   "SEGV", "USR2",  "PIPE", "ALRM", "TERM",
    "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO",   "PWR",  "SYS",
};
enum { kSignalNames = sizeof signal_names / sizeof signal_names[0] };

/* A decimal number within [low, high] and nothing else. */
static inline bool parse_number(const char *text, long low, long high, long *number) {
  char *end;

  errno = 0;
  *number = strtol(text, &end, 10);
  return end != text && *end == '\0' && errno == 0 && *number >= low && *number <= high;
}

static inline bool parse_pid(const char *text, pid_t *pid) {
  long number;

  if (!parse_number(text, -INT_MAX, INT_MAX, &number)) return false;
  *pid = (pid_t)number;
  return true;
}

/* TERM, SIGTERM, term, 15. */
static inline bool parse_signal(const char *text, int *signal) {
  long number;

  if (parse_number(text, 0, 64, &number)) {
    *signal = (int)number;
    return true;
  }
  if (strncasecmp(text, "SIG", 3) == 0) text += 3;
  for (int i = 0; i < kSignalNames; i++) {
    if (strcasecmp(text, signal_names[i]) != 0) continue;
    *signal = i;
    return true;
  }
  return false;
}

/* -s TERM, -TERM, -15, --: *first becomes the index of the first process. False: not well formed. */
static inline bool signal_option(char **argv, int *first, int *signal) {
  const char *option = argv[*first];

  if (option != NULL && *option == '-' && strcmp(option, "--") != 0) {
    bool apart = strcmp(option, "-s") == 0;
    const char *name = apart ? argv[*first + 1] : option + 1;
    if (name == NULL || !parse_signal(name, signal)) return false;
    *first += 1 + apart;
  }
  if (argv[*first] != NULL && strcmp(argv[*first], "--") == 0) ++*first;
  return true;
}

static inline void list_signals(int fd) {
  for (int i = 1; i < kSignalNames; i++) dprintf(fd, "%2d %s\n", i, signal_names[i]);
}

#endif
