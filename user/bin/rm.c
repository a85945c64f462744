/* rm [-f] [-r] FILE …: removes names; -r directories with all that is in them; -f without a word about what does not exist.
 *
 * Must never: follow a symbolic link. It goes down by descriptors of directories, so that nobody can put a link in its way. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool force, recursive;

static int complain(const char *name) {
  fprintf(stderr, "rm: %s: %s\n", name, strerror(errno));
  return 1;
}

static bool is_point(const char *name) { return strcmp(name, ".") == 0 || strcmp(name, "..") == 0; }

static int remove_name(int directory, const char *name);

/* Everything in the directory. Reading starts anew as long as something could be removed: a directory that changes may skip names. */
static int empty(int parent, const char *name) {
  int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), status;
  DIR *directory = fd >= 0 ? fdopendir(fd) : NULL;
  struct dirent *entry;
  bool removed;

  if (directory == NULL) {
    status = complain(name);
    if (fd >= 0) close(fd);
    return status;
  }
  do {
    removed = false;
    status = 0;
    rewinddir(directory);
    while ((entry = readdir(directory)) != NULL) {
      if (is_point(entry->d_name)) continue;
      int failed = remove_name(dirfd(directory), entry->d_name);
      status |= failed;
      removed = removed || !failed;
    }
  } while (removed && status == 0);
  closedir(directory);
  return status;
}

static int remove_name(int directory, const char *name) {
  struct stat found;

  if (fstatat(directory, name, &found, AT_SYMLINK_NOFOLLOW) < 0) return force && errno == ENOENT ? 0 : complain(name);
  if (!S_ISDIR(found.st_mode)) return unlinkat(directory, name, 0) == 0 ? 0 : complain(name);
  if (!recursive) errno = EISDIR;
  if (!recursive) return complain(name);
  if (empty(directory, name) != 0) return 1;
  return unlinkat(directory, name, AT_REMOVEDIR) == 0 ? 0 : complain(name);
}

int main(int argc, char *argv[]) {
  int option, status = 0;

  while ((option = getopt(argc, argv, "frR")) != -1) {
    if (option == '?') {
      fprintf(stderr, "usage: rm [-f] [-r] FILE ...\n");
      return 2;
    }
    if (option == 'f') force = true;
    if (option != 'f') recursive = true;
  }
  if (optind == argc && !force) {
    fprintf(stderr, "usage: rm [-f] [-r] FILE ...\n");
    return 2;
  }
  for (int i = optind; i < argc; i++) {
    const char *slash = strrchr(argv[i], '/');
    if (is_point(slash != NULL ? slash + 1 : argv[i])) {
      fprintf(stderr, "rm: %s: that is where names are looked for\n", argv[i]);
      status = 1;
    } else {
      status |= remove_name(AT_FDCWD, argv[i]);
    }
  }
  return status;
}
