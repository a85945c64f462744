/* cat [FILE …]: files one after another; - and no file at all are standard input. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char buffer[65536];

static int complain(const char *what) {
  fprintf(stderr, "cat: %s: %s\n", what, strerror(errno));
  return 1;
}

static int copy(int fd, const char *name) {
  ssize_t got;

  while ((got = read(fd, buffer, sizeof buffer)) != 0) {
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return complain(name);
    for (ssize_t done = 0, written; done < got; done += written) {
      written = write(STDOUT_FILENO, buffer + done, (size_t)(got - done));
      if (written < 0 && errno != EINTR) return complain("standard output");
      if (written < 0) written = 0;
    }
  }
  return 0;
}

static int copy_file(const char *name) {
  if (strcmp(name, "-") == 0) return copy(STDIN_FILENO, "standard input");
  int fd = open(name, O_RDONLY);
  if (fd < 0) return complain(name);
  int status = copy(fd, name);
  close(fd);
  return status;
}

int main(int argc, char *argv[]) {
  int status = argc < 2 ? copy_file("-") : 0;

  for (int i = 1; i < argc; i++) status |= copy_file(argv[i]);
  return status;
}
