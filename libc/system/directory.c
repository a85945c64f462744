/* Reading directories by getdents64. */
#include "call.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct __directory {
  int fd;
  int at, end;    /* entries[at .. end) have not been read */
  off_t position; /* of the entry at `at` */
  char entries[4096] __attribute__((aligned(8)));
};

/* Takes the descriptor only if it succeeds. */
static DIR *make(int fd) {
  DIR *directory = calloc(1, sizeof *directory);
  if (directory) directory->fd = fd;
  return directory;
}

DIR *opendir(const char *path) {
  int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return NULL;
  DIR *directory = make(fd);
  if (!directory) close(fd);
  return directory;
}

DIR *fdopendir(int fd) {
  struct stat status;
  if (fstat(fd, &status) < 0) return NULL;
  if (!S_ISDIR(status.st_mode)) {
    errno = ENOTDIR;
    return NULL;
  }
  return make(fd);
}

struct dirent *readdir(DIR *directory) {
  if (directory->at >= directory->end) {
    long got = call3(SYS_getdents64, directory->fd, (long)directory->entries, sizeof directory->entries);
    if (got == -ENOENT) return NULL; /* a directory that was removed has ended */
    if (__libc_result(got) <= 0) return NULL;
    directory->at = 0;
    directory->end = (int)got;
  }
  struct dirent *entry = (struct dirent *)(directory->entries + directory->at);
  directory->at += entry->d_reclen;
  directory->position = entry->d_off;
  return entry;
}

int closedir(DIR *directory) {
  int fd = directory->fd;
  free(directory);
  return close(fd);
}

void rewinddir(DIR *directory) { seekdir(directory, 0); }
long telldir(DIR *directory) { return directory->position; }

void seekdir(DIR *directory, long position) {
  directory->position = lseek(directory->fd, position, SEEK_SET);
  directory->at = directory->end = 0;
}

int dirfd(DIR *directory) { return directory->fd; }
