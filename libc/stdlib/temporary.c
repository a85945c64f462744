/* Names that nobody has yet, for temporary files and directories. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Replaces the XXXXXX at the end until make() succeeds, or fails for another reason than that the name is taken. The name need not
 * be unpredictable: O_EXCL and mkdir refuse what somebody else put there. */
static int try_names(char *pattern, int (*make)(const char *, int), int flags) {
  static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  static unsigned long state;
  size_t length = strlen(pattern);
  if (length < 6 || strcmp(pattern + length - 6, "XXXXXX") != 0) {
    errno = EINVAL;
    return -1;
  }
  for (int tries = 0; tries < 100; tries++) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    state =
        (state + (unsigned long)now.tv_nsec + (unsigned long)now.tv_sec * 1000000007 + (unsigned long)getpid()) * 6364136223846793005 + 1;
    unsigned long rest = state >> 16;
    for (char *at = pattern + length - 6; *at; at++, rest /= 62) *at = letters[rest % 62];
    int result = make(pattern, flags);
    if (result >= 0 || errno != EEXIST) return result;
  }
  return -1;
}

static int make_file(const char *path, int flags) { return open(path, (flags & ~O_ACCMODE) | O_RDWR | O_CREAT | O_EXCL, 0600); }

static int make_directory(const char *path, int flags) {
  (void)flags;
  return mkdir(path, 0700);
}

int mkostemp(char *pattern, int flags) { return try_names(pattern, make_file, flags); }
int mkstemp(char *pattern) { return mkostemp(pattern, 0); }
char *mkdtemp(char *pattern) { return try_names(pattern, make_directory, 0) < 0 ? NULL : pattern; }
