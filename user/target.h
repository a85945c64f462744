/* Where cp, mv and ln put a file: `TO` itself, or, if that is a directory, TO/the last part of FROM. */
#ifndef TARGET_H
#define TARGET_H

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static inline bool is_directory(const char *path) {
  struct stat found;

  return stat(path, &found) == 0 && S_ISDIR(found.st_mode);
}

/* In malloc's memory; NULL if there is none. */
static inline char *target_of(const char *from, const char *to) {
  size_t length = strlen(from);

  if (!is_directory(to)) return strdup(to);
  while (length > 1 && from[length - 1] == '/') length--;
  size_t begin = length;
  while (begin > 0 && from[begin - 1] != '/') begin--;
  char *path = malloc(strlen(to) + 1 + (length - begin) + 1);
  if (path != NULL) sprintf(path, "%s/%.*s", to, (int)(length - begin), from + begin);
  return path;
}

/* Calls `act` for each of the files (at least one) with its target; the last argument is where to. The result is the status. */
static inline int for_each_target(const char *tool, int count, char *arguments[], bool (*act)(const char *from, const char *to)) {
  int status = 0;

  if (count < 2 || (count > 2 && !is_directory(arguments[count - 1]))) {
    fprintf(stderr, count < 2 ? "usage: %s FROM ... TO\n" : "%s: several files need a directory\n", tool);
    return 2;
  }
  for (int i = 0; i < count - 1; i++) {
    char *to = target_of(arguments[i], arguments[count - 1]);
    if (to == NULL || !act(arguments[i], to)) {
      fprintf(stderr, "%s: %s to %s: %s\n", tool, arguments[i], to != NULL ? to : "?", strerror(errno));
      status = 1;
    }
    free(to);
  }
  return status;
}

#endif
