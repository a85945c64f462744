/* mount: what is mounted. mount SOURCE DIRECTORY: paths below the directory go to the server behind SOURCE from now on, whatever that
 * is: what is handed over is the open descriptor, a capability, not a name. Whoever owns the directory may do that. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

static int complain(const char *what) {
  fprintf(stderr, "mount: %s: %s\n", what, strerror(errno));
  return 1;
}

static int list(void) {
  char line[4096 + 64];
  FILE *mounts = fopen("/proc/mounts", "r");

  if (mounts == NULL) return complain("/proc/mounts");
  while (fgets(line, sizeof line, mounts) != NULL) fputs(line, stdout);
  fclose(mounts);
  return fflush(stdout) == 0 ? 0 : complain("standard output");
}

int main(int argc, char *argv[]) {
  if (argc == 1) return list();
  if (argc != 3) {
    fprintf(stderr, "usage: mount [SOURCE DIRECTORY]\n");
    return 2;
  }
  int fd = open(argv[1], O_RDONLY);
  if (fd < 0) return complain(argv[1]);
  return mount(argv[1], argv[2], "kine", 0, (const void *)(intptr_t)fd) == 0 ? 0 : complain(argv[2]);
}
