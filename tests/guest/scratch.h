/* A folder of a test case's own in /tmp, which the case works in and leaves empty: enter_scratch(), …, leave_scratch().
 * Must never: touch anything outside of it; on Linux these programs may run as root. */
#ifndef SCRATCH_H
#define SCRATCH_H

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "test.h"

static char scratch[64];

static inline void enter_scratch(void) {
  umask(022);
  strcpy(scratch, "/tmp/kine-test-XXXXXX");
  REQUIRE(mkdtemp(scratch) != NULL);
  REQUIRE(chdir(scratch) == 0);
}

/* Fails if the case left anything behind. */
static inline void leave_scratch(void) {
  CHECK_EQ(chdir("/"), 0);
  CHECK_EQ(rmdir(scratch) < 0 ? -errno : 0, 0);
}

static inline void make_file(const char *path, const char *contents) {
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  REQUIRE(fd >= 0);
  REQUIRE(write(fd, contents, strlen(contents)) == (ssize_t)strlen(contents));
  REQUIRE(close(fd) == 0);
}

/* Whether a file has exactly these contents. */
static inline int has_contents(const char *path, const char *contents) {
  char seen[4096];
  int fd = open(path, O_RDONLY);
  ssize_t size = fd < 0 ? -1 : read(fd, seen, sizeof seen);

  if (fd >= 0) close(fd);
  return size == (ssize_t)strlen(contents) && memcmp(seen, contents, (size_t)size) == 0;
}

static inline long size_of(const char *path) {
  struct stat status;
  return stat(path, &status) < 0 ? -errno : (long)status.st_size;
}

#endif
