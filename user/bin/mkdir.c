/* mkdir [-p] DIRECTORY …: makes directories; -p also those above, and none is wrong that exists. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool make(const char *path, bool may_exist) {
  struct stat found;

  if (mkdir(path, 0777) == 0) return true;
  int error = errno;
  if (may_exist && stat(path, &found) == 0 && S_ISDIR(found.st_mode)) return true;
  fprintf(stderr, "mkdir: %s: %s\n", path, strerror(error));
  return false;
}

/* Each piece of the path that ends before a slash. */
static bool make_parents(char *path) {
  for (char *slash = path; (slash = strchr(slash + 1, '/')) != NULL;) {
    *slash = '\0';
    bool made = make(path, true);
    *slash = '/';
    if (!made) return false;
  }
  return true;
}

int main(int argc, char *argv[]) {
  bool parents = argc > 1 && strcmp(argv[1], "-p") == 0;
  int first = parents ? 2 : 1, status = 0;

  if (first >= argc) {
    fprintf(stderr, "usage: mkdir [-p] DIRECTORY ...\n");
    return 2;
  }
  for (int i = first; i < argc; i++) {
    const bool led_to = *argv[i] == '\0' || !parents || make_parents(argv[i]);
    if (!led_to || !make(argv[i], parents)) status = 1;
  }
  return status;
}
