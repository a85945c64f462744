/* cp [--reflink] FROM … TO: copies files, with their permissions. --reflink copies no byte: the new file shares the pages of the old
 * one, copy-on-write, if both lie in a server that can do that; otherwise it fails. */
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "target.h"

enum { kClone = 0x40049409 /* FICLONE */ };

static bool reflink;
static char buffer[65536];

static bool copy_bytes(int from, int to) {
  ssize_t got;

  while ((got = read(from, buffer, sizeof buffer)) != 0) {
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return false;
    for (ssize_t done = 0, written; done < got; done += written) {
      written = write(to, buffer + done, (size_t)(got - done));
      if (written < 0 && errno != EINTR) return false;
      if (written < 0) written = 0;
    }
  }
  return true;
}

/* The file that is written must not be emptied before it is known to be another. */
static bool copy_open(int in, const char *to) {
  struct stat source, target;
  int out = -1;

  if (fstat(in, &source) == 0) {
    if (S_ISDIR(source.st_mode)) {
      errno = EISDIR;
    } else if (stat(to, &target) == 0 && source.st_dev == target.st_dev && source.st_ino == target.st_ino) {
      errno = EEXIST;
    } else {
      out = open(to, O_WRONLY | O_CREAT | O_TRUNC, source.st_mode & 0777);
    }
  }
  if (out < 0) return false;
  bool copied = reflink ? ioctl(out, kClone, in) == 0 : copy_bytes(in, out);
  int error = errno;
  bool closed = close(out) == 0;
  if (!copied) errno = error;
  return copied && closed;
}

static bool copy(const char *from, const char *to) {
  int in = open(from, O_RDONLY);

  if (in < 0) return false;
  bool copied = copy_open(in, to);
  int error = errno;
  close(in);
  errno = error;
  return copied;
}

int main(int argc, char *argv[]) {
  reflink = argc > 1 && strcmp(argv[1], "--reflink") == 0;
  return for_each_target("cp", argc - 1 - reflink, argv + 1 + reflink, copy);
}
