/* Files, directories, paths, pipes: checks itself, and prints the same with any correct C library. Works in a directory of its own
 * below /tmp, which it removes. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "self_check.h"

#define FAILS(call, error) (errno = 0, (call) == -1 && errno == (error))

static int write_file(const char *path, const char *text) {
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
  int ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
  return close(fd) == 0 && ok;
}

static int has(const char *path, const char *text) {
  char buffer[200];
  int fd = open(path, O_RDONLY);
  ssize_t got = read(fd, buffer, sizeof buffer);
  close(fd);
  return got == (ssize_t)strlen(text) && memcmp(buffer, text, (size_t)got) == 0;
}

static void modes(void) {
  struct stat status;
  umask(027);
  CHECK(umask(027) == 027);
  CHECK(write_file("mode", "12345"));
  CHECK(stat("mode", &status) == 0 && S_ISREG(status.st_mode) && (status.st_mode & 07777) == 0640);
  CHECK(status.st_size == 5 && status.st_nlink == 1 && status.st_uid == geteuid() && status.st_ino != 0 && status.st_blksize > 0);
  CHECK(chmod("mode", 0751) == 0 && lstat("mode", &status) == 0 && (status.st_mode & 07777) == 0751);
  int fd = open("mode", O_RDONLY);
  CHECK(fchmod(fd, 0600) == 0 && fstat(fd, &status) == 0 && status.st_mode == (S_IFREG | 0600));
  CHECK(fchown(fd, geteuid(), getegid()) == 0 && chown("mode", (uid_t)-1, (gid_t)-1) == 0 && lchown("mode", (uid_t)-1, getegid()) == 0);
  close(fd);
  CHECK(access("mode", F_OK) == 0 && access("mode", R_OK | W_OK) == 0 && FAILS(access("mode", X_OK), EACCES));
  CHECK(faccessat(AT_FDCWD, "mode", R_OK, AT_EACCESS) == 0);
  CHECK(FAILS(access("nothing", F_OK), ENOENT) && FAILS(stat("mode/below", &status), ENOTDIR) && FAILS(stat("", &status), ENOENT));
  CHECK(mkdir("folder", 0777) == 0 && stat("folder", &status) == 0 && status.st_mode == (S_IFDIR | 0750) && status.st_nlink >= 1);
  umask(022);
  const struct timespec times[2] = {{.tv_sec = 1000, .tv_nsec = 1}, {.tv_sec = 2000000000, .tv_nsec = 999999999}};
  CHECK(utimensat(AT_FDCWD, "mode", times, 0) == 0 && stat("mode", &status) == 0);
  CHECK(status.st_atime == 1000 && status.st_mtime == 2000000000 && status.st_mtim.tv_nsec == 999999999);
  const struct timespec one[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = 5}};
  fd = open("mode", O_RDONLY);
  CHECK(futimens(fd, one) == 0 && fstat(fd, &status) == 0 && status.st_atime == 1000 && status.st_mtime == 5);
  CHECK(futimens(fd, NULL) == 0 && fstat(fd, &status) == 0 && status.st_mtime > 1000);
  close(fd);
}

static void positions(void) {
  char buffer[20];
  int fd = open("data", O_RDWR | O_CREAT | O_EXCL, 0644);
  CHECK(fd >= 0 && FAILS(open("data", O_WRONLY | O_CREAT | O_EXCL, 0644), EEXIST));
  CHECK(write(fd, "0123456789", 10) == 10 && lseek(fd, 0, SEEK_CUR) == 10 && lseek(fd, -4, SEEK_END) == 6);
  CHECK(read(fd, buffer, 2) == 2 && memcmp(buffer, "67", 2) == 0 && lseek(fd, 1, SEEK_CUR) == 9);
  CHECK(FAILS(lseek(fd, -1, SEEK_SET), EINVAL) && FAILS(lseek(fd, 0, 99), EINVAL));
  CHECK(pread(fd, buffer, 3, 1) == 3 && memcmp(buffer, "123", 3) == 0 && pwrite(fd, "XY", 2, 4) == 2 && lseek(fd, 0, SEEK_CUR) == 9);
  CHECK(pread(fd, buffer, 3, 10) == 0 && FAILS(pread(fd, buffer, 3, -1), EINVAL));
  const struct iovec out[3] = {{"ab", 2}, {NULL, 0}, {"c", 1}};
  CHECK(writev(fd, out, 3) == 3 && lseek(fd, 8, SEEK_SET) == 8);
  struct iovec in[2] = {{buffer, 1}, {buffer + 10, 5}};
  CHECK(readv(fd, in, 2) == 4 && buffer[0] == '8' && memcmp(buffer + 10, "abc", 3) == 0);
  CHECK(ftruncate(fd, 3) == 0 && lseek(fd, 0, SEEK_END) == 3 && ftruncate(fd, 6) == 0 && pread(fd, buffer, 9, 2) == 4);
  CHECK(memcmp(buffer, "2\0\0\0", 4) == 0);
  CHECK(pwrite(fd, "end", 3, 100000) == 3 && pread(fd, buffer, 9, 99999) == 4 && memcmp(buffer, "\0end", 4) == 0);
  int copy = dup(fd);
  CHECK(lseek(copy, 7, SEEK_SET) == 7 && lseek(fd, 0, SEEK_CUR) == 7 && close(copy) == 0);
  CHECK(fsync(fd) == 0 && fdatasync(fd) == 0 && close(fd) == 0 && FAILS(close(fd), EBADF));
  CHECK(truncate("data", 2) == 0 && has("data", "01"));
  fd = open("data", O_WRONLY | O_APPEND);
  CHECK(lseek(fd, 0, SEEK_SET) == 0 && write(fd, "23", 2) == 2 && lseek(fd, 0, SEEK_CUR) == 4 && has("data", "0123"));
  CHECK(FAILS(read(fd, buffer, 1), EBADF) && (fcntl(fd, F_GETFL) & (O_ACCMODE | O_APPEND)) == (O_WRONLY | O_APPEND));
  CHECK(fcntl(fd, F_SETFL, 0) == 0 && lseek(fd, 0, SEEK_SET) == 0 && write(fd, "x", 1) == 1 && has("data", "x123"));
  close(fd);
  fd = open("data", O_RDONLY | O_TRUNC | O_CLOEXEC);
  CHECK(fcntl(fd, F_GETFD) == FD_CLOEXEC && fcntl(fd, F_SETFD, 0) == 0 && fcntl(fd, F_GETFD) == 0);
  CHECK(has("data", "") && FAILS(write(fd, "x", 1), EBADF));
  int high = fcntl(fd, F_DUPFD, 50), other = fcntl(fd, F_DUPFD_CLOEXEC, 50);
  CHECK(high == 50 && other == 51 && fcntl(high, F_GETFD) == 0 && fcntl(other, F_GETFD) == FD_CLOEXEC);
  CHECK(dup3(fd, 52, O_CLOEXEC) == 52 && fcntl(52, F_GETFD) == FD_CLOEXEC && FAILS(dup3(fd, fd, 0), EINVAL) && dup2(fd, fd) == fd);
  close(high), close(other), close(52), close(fd);
}

static void names(void) {
  struct stat a, b;
  char text[40];
  CHECK(write_file("first", "1") && link("first", "second") == 0 && stat("first", &a) == 0 && stat("second", &b) == 0);
  CHECK(a.st_ino == b.st_ino && a.st_dev == b.st_dev && a.st_nlink == 2);
  CHECK(FAILS(link("first", "second"), EEXIST) && unlink("first") == 0 && has("second", "1") && FAILS(unlink("first"), ENOENT));
  CHECK(symlink("second", "pointer") == 0 && readlink("pointer", text, sizeof text) == 6 && memcmp(text, "second", 6) == 0);
  CHECK(readlink("pointer", text, 3) == 3 && FAILS(readlink("second", text, 3), EINVAL) && has("pointer", "1"));
  CHECK(lstat("pointer", &a) == 0 && S_ISLNK(a.st_mode) && a.st_size == 6 && stat("pointer", &a) == 0 && S_ISREG(a.st_mode));
  CHECK(FAILS(open("pointer", O_RDONLY | O_NOFOLLOW), ELOOP) && symlink("loop", "loop") == 0 && FAILS(open("loop", O_RDONLY), ELOOP));
  CHECK(rename("second", "third") == 0 && FAILS(stat("pointer", &a), ENOENT) && has("third", "1"));
  CHECK(write_file("fourth", "4") && rename("third", "fourth") == 0 && has("fourth", "1") && FAILS(rename("third", "x"), ENOENT));
  CHECK(mkdir("one", 0755) == 0 && mkdir("one/two", 0755) == 0 && FAILS(mkdir("one", 0755), EEXIST));
  CHECK(FAILS(rmdir("one"), ENOTEMPTY) && FAILS(rmdir("fourth"), ENOTDIR) && FAILS(rename("one", "one/two/three"), EINVAL));
  CHECK(FAILS(rename("one", "fourth"), ENOTDIR) && FAILS(rename("fourth", "one"), EISDIR) && FAILS(unlink("one"), EISDIR));
  CHECK(remove("one/two") == 0 && remove("one") == 0 && remove("fourth") == 0 && remove("pointer") == 0 && remove("loop") == 0);
  char name[NAME_MAX + 2];
  memset(name, 'n', sizeof name);
  name[NAME_MAX + 1] = 0;
  CHECK(FAILS(open(name, O_RDONLY), ENAMETOOLONG));
  name[NAME_MAX] = 0;
  CHECK(write_file(name, name + 200) && has(name, name + 200) && unlink(name) == 0);
  /* A file lives as long as a descriptor does. */
  CHECK(write_file("gone", "still here"));
  int fd = open("gone", O_RDWR);
  CHECK(unlink("gone") == 0 && read(fd, text, 40) == 10 && memcmp(text, "still here", 10) == 0 && fstat(fd, &a) == 0 && a.st_nlink == 0);
  close(fd);
}

static void at_directories(void) {
  char path[PATH_MAX], again[PATH_MAX];
  struct stat status;
  CHECK(getcwd(path, sizeof path) == path && mkdir("sub", 0755) == 0);
  int directory = open("sub", O_RDONLY | O_DIRECTORY);
  CHECK(directory >= 0 && mkdirat(directory, "deeper", 0700) == 0);
  int fd = openat(directory, "deeper/file", O_WRONLY | O_CREAT, 0600);
  CHECK(fd >= 0 && write(fd, "f", 1) == 1 && close(fd) == 0 && has("sub/deeper/file", "f"));
  CHECK(fstatat(directory, "deeper/file", &status, 0) == 0 && fstatat(directory, "", &status, AT_EMPTY_PATH) == 0 &&
        S_ISDIR(status.st_mode));
  CHECK(symlinkat("deeper/file", directory, "pointer") == 0 && fstatat(directory, "pointer", &status, AT_SYMLINK_NOFOLLOW) == 0);
  CHECK(S_ISLNK(status.st_mode) && readlinkat(directory, "pointer", again, 100) == 11);
  CHECK(linkat(directory, "deeper/file", AT_FDCWD, "linked", 0) == 0 && renameat(AT_FDCWD, "linked", directory, "moved") == 0);
  CHECK(fchmodat(directory, "moved", 0400, 0) == 0 && stat("sub/deeper/file", &status) == 0 && status.st_mode == (S_IFREG | 0400));
  CHECK(chdir("sub/deeper") == 0 && getcwd(again, sizeof again) == again && strncmp(again, path, strlen(path)) == 0);
  CHECK(strcmp(again + strlen(path), "/sub/deeper") == 0 && has("file", "f") && has("../moved", "f") && has("./../../sub//moved", "f"));
  errno = 0;
  CHECK(getcwd(again, 3) == NULL && errno == ERANGE);
  char *allocated = getcwd(NULL, 0);
  CHECK(allocated && strncmp(allocated, path, strlen(path)) == 0);
  free(allocated);
  CHECK(fchdir(directory) == 0 && has("moved", "f") && FAILS(chdir("moved"), ENOTDIR) && FAILS(chdir("nothing"), ENOENT));
  CHECK(chdir("..") == 0 && getcwd(again, sizeof again) && strcmp(path, again) == 0);
  CHECK(FAILS(open("data", O_RDONLY | O_DIRECTORY), ENOTDIR) && FAILS(open("sub", O_WRONLY), EISDIR) &&
        FAILS(read(directory, again, 1), EISDIR));
  CHECK(unlinkat(directory, "deeper/file", 0) == 0 && unlinkat(directory, "deeper", AT_REMOVEDIR) == 0);
  CHECK(unlinkat(directory, "moved", 0) == 0 && unlinkat(directory, "pointer", 0) == 0 && close(directory) == 0 && rmdir("sub") == 0);
}

static int by_name(const void *a, const void *b) { return strcmp(a, b); }

static void directories(void) {
  enum { kFiles = 300 };
  static char seen[kFiles + 10][20];
  char name[20];
  CHECK(mkdir("many", 0755) == 0 && mkdir("many/folder", 0755) == 0);
  for (int i = 0; i < kFiles; i++) {
    snprintf(name, sizeof name, "many/file%03d", i);
    if (!write_file(name, "")) CHECK(0);
  }
  DIR *directory = opendir("many");
  CHECK(directory != NULL && fcntl(dirfd(directory), F_GETFD) == FD_CLOEXEC);
  for (int round = 0; round < 2; round++) {
    int count = 0, folders = 0;
    const struct dirent *entry;
    while ((entry = readdir(directory)) && count < kFiles + 10) {
      struct stat status;
      if (fstatat(dirfd(directory), entry->d_name, &status, 0) < 0 || (entry->d_name[0] != '.' && status.st_ino != entry->d_ino)) CHECK(0);
      folders += entry->d_type == DT_DIR;
      snprintf(seen[count++], sizeof *seen, "%.19s", entry->d_name);
    }
    qsort(seen, (size_t)count, sizeof *seen, by_name);
    CHECK(count == kFiles + 3 && folders == 3 && strcmp(seen[0], ".") == 0 && strcmp(seen[1], "..") == 0);
    CHECK(strcmp(seen[2], "file000") == 0 && strcmp(seen[kFiles + 1], "file299") == 0 && strcmp(seen[kFiles + 2], "folder") == 0);
    rewinddir(directory);
  }
  for (int i = 0; i < 10; i++) readdir(directory);
  long position = telldir(directory);
  snprintf(name, sizeof name, "%.19s", readdir(directory)->d_name);
  for (int i = 0; i < 150; i++) readdir(directory);
  seekdir(directory, position);
  CHECK(strcmp(readdir(directory)->d_name, name) == 0 && closedir(directory) == 0);
  errno = 0;
  CHECK(opendir("nothing") == NULL && errno == ENOENT && opendir("data") == NULL && errno == ENOTDIR);
  CHECK(fdopendir(0) == NULL && errno == ENOTDIR && fdopendir(-1) == NULL && errno == EBADF);
  directory = fdopendir(open("many", O_RDONLY));
  int removed = 0;
  for (const struct dirent *entry; (entry = readdir(directory));)
    if (strncmp(entry->d_name, "file", 4) == 0) removed += unlinkat(dirfd(directory), entry->d_name, 0) == 0;
  CHECK(removed == kFiles && closedir(directory) == 0 && rmdir("many/folder") == 0 && rmdir("many") == 0);
}

static void streams(void) {
  char line[20];
  FILE *file = fopen("stream", "w+");
  CHECK(file && fputs("one\ntwo\nthree\n", file) >= 0 && ftell(file) == 14 && fseek(file, 4, SEEK_SET) == 0);
  CHECK(fgets(line, sizeof line, file) && strcmp(line, "two\n") == 0 && ftell(file) == 8 && ungetc('!', file) == '!' && ftell(file) == 7);
  CHECK(fseek(file, -6, SEEK_END) == 0 && fgetc(file) == 't' && fseek(file, 1, SEEK_CUR) == 0 && fgetc(file) == 'r');
  CHECK(fseek(file, 0, SEEK_CUR) == 0 && fputc('E', file) == 'E' && fflush(file) == 0 && has("stream", "one\ntwo\nthrEe\n"));
  rewind(file);
  CHECK(fread(line, 1, 20, file) == 14 && feof(file) && fgetc(file) == EOF && ftell(file) == 14);
  CHECK(fseek(file, 2, SEEK_SET) == 0 && !feof(file) && fclose(file) == 0);
  file = fopen("stream", "a");
  CHECK(file && ftell(file) == 14 && fseek(file, 0, SEEK_SET) == 0 && fputs("four\n", file) >= 0 && ftell(file) == 19 && fclose(file) == 0);
  CHECK(has("stream", "one\ntwo\nthrEe\nfour\n"));
  file = fopen("stream", "a+");
  CHECK(file && fgets(line, sizeof line, file) && strcmp(line, "one\n") == 0 && fseek(file, 0, SEEK_CUR) == 0);
  CHECK(fputs("5", file) >= 0 && fflush(file) == 0 && has("stream", "one\ntwo\nthrEe\nfour\n5") && fclose(file) == 0);
  file = fopen("stream", "r+");
  CHECK(file && fputs("ONE", file) >= 0 && fclose(file) == 0 && has("stream", "ONE\ntwo\nthrEe\nfour\n5"));
  errno = 0;
  CHECK(fopen("stream", "wx") == NULL && errno == EEXIST && fopen("nothing", "r") == NULL && errno == ENOENT);
  CHECK(fopen("stream", "z") == NULL && errno == EINVAL && fdopen(99, "r") == NULL && errno == EBADF);
  file = fopen("stream", "re");
  CHECK(file && fcntl(fileno(file), F_GETFD) == FD_CLOEXEC && fputc('x', file) == EOF && ferror(file));
  CHECK(freopen("stream", "w", file) == file && !ferror(file) && fputs("anew", file) >= 0 && fclose(file) == 0 && has("stream", "anew"));
  file = fdopen(open("stream", O_WRONLY), "a");
  CHECK(file && fcntl(fileno(file), F_GETFL) & O_APPEND && fputs("!", file) >= 0 && fclose(file) == 0 && has("stream", "anew!"));
  CHECK(unlink("stream") == 0);
}

static void pipes(void) {
  int ends[2];
  char buffer[10];
  CHECK(pipe2(ends, O_NONBLOCK | O_CLOEXEC) == 0 && fcntl(ends[0], F_GETFD) == FD_CLOEXEC && fcntl(ends[1], F_GETFL) & O_NONBLOCK);
  CHECK(FAILS(read(ends[0], buffer, 10), EAGAIN) && FAILS(lseek(ends[0], 0, SEEK_CUR), ESPIPE) &&
        FAILS(pread(ends[0], buffer, 1, 0), ESPIPE));
  struct stat status;
  CHECK(fstat(ends[0], &status) == 0 && S_ISFIFO(status.st_mode));
  struct pollfd list[3] = {{.fd = ends[0], .events = POLLIN}, {.fd = ends[1], .events = POLLOUT}, {.fd = -1, .events = POLLIN}};
  CHECK(poll(list, 3, -1) == 1 && list[0].revents == 0 && list[1].revents == POLLOUT && list[2].revents == 0);
  CHECK(poll(list, 1, 0) == 0 && poll(list, 1, 20) == 0);
  const struct timespec moment = {.tv_nsec = 20000000};
  CHECK(ppoll(list, 1, &moment, NULL) == 0 && moment.tv_nsec == 20000000);
  CHECK(write(ends[1], "abc", 3) == 3 && poll(list, 1, -1) == 1 && list[0].revents == POLLIN);
  fd_set readable, writable;
  FD_ZERO(&readable);
  FD_ZERO(&writable);
  FD_SET(ends[0], &readable), FD_SET(ends[1], &readable), FD_SET(ends[1], &writable);
  struct timeval wait = {.tv_sec = 100};
  CHECK(select(ends[1] + 1, &readable, &writable, NULL, &wait) == 2 && wait.tv_sec >= 90);
  CHECK(FD_ISSET(ends[0], &readable) && !FD_ISSET(ends[1], &readable) && FD_ISSET(ends[1], &writable));
  CHECK(read(ends[0], buffer, 10) == 3);
  FD_ZERO(&writable);
  FD_SET(ends[0], &readable);
  CHECK(pselect(ends[0] + 1, &readable, NULL, NULL, &moment, NULL) == 0 && !FD_ISSET(ends[0], &readable));
  list[2].fd = 99;
  CHECK(poll(list + 2, 1, 0) == 1 && list[2].revents == POLLNVAL);
  CHECK(close(ends[1]) == 0 && read(ends[0], buffer, 10) == 0 && poll(list, 1, -1) == 1 && list[0].revents == POLLHUP &&
        close(ends[0]) == 0);
}

static int print_matches(const char *pattern, int flags) {
  glob_t found = {.gl_offs = 1};
  int result = glob(pattern, flags, NULL, &found);
  printf("%s: %d:", pattern, result);
  for (size_t i = 0; result == 0 && i < found.gl_pathc; i++) printf(" %s", found.gl_pathv[i + (flags & GLOB_DOOFFS ? 1 : 0)]);
  printf("\n");
  if (flags & GLOB_DOOFFS) CHECK(found.gl_pathv[0] == NULL);
  if (result == 0) globfree(&found);
  return result;
}

static void globs(void) {
  const char *const files[] = {"g/b.c", "g/a.c", "g/.hidden", "g/a.h", "g/[x]", "g/d/e/f.c", "g/d/g.c", "g/d*", NULL};
  mkdir("g", 0755), mkdir("g/d", 0755), mkdir("g/d/e", 0755), symlink("d", "g/link"), symlink("nowhere", "g/lost");
  for (int i = 0; files[i]; i++) CHECK(write_file(files[i], ""));
  const char *const patterns[] = {"g/*.c",     "g/?.[ch]", "g/*",        "g/.h*",  "g/*/",      "*/*/*.c", "g/d/e/f.c",
                                  "g/nothing", "g/[[]x]",  "g/\\[x]",    "g/d\\*", "\\g\\/*.h", "g//a*",   "g/lost",
                                  "g/[!ab]*",  "g/a.c/*",  "g/d/../*.h", "",       "g/[",       NULL};
  for (int i = 0; patterns[i]; i++) print_matches(patterns[i], 0);
  print_matches("g/*", GLOB_MARK | GLOB_DOOFFS);
  print_matches("g/z*", GLOB_NOCHECK);
  print_matches("g/d\\*", GLOB_NOESCAPE);
  glob_t found;
  CHECK(glob("g/*.c", 0, NULL, &found) == 0 && glob("g/*.h", GLOB_APPEND, NULL, &found) == 0 && found.gl_pathc == 3);
  CHECK(glob("g/z", GLOB_APPEND, NULL, &found) == GLOB_NOMATCH && strcmp(found.gl_pathv[2], "g/a.h") == 0 && found.gl_pathv[3] == NULL);
  globfree(&found);
  for (int i = 0; files[i]; i++) CHECK(unlink(files[i]) == 0);
  unlink("g/link"), unlink("g/lost"), rmdir("g/d/e"), rmdir("g/d");
  CHECK(rmdir("g") == 0);
}

static void temporary(void) {
  char a[] = "temp-XXXXXX", b[] = "temp-XXXXXX", bad[] = "temp-XXXXX";
  struct stat status;
  int fd = mkstemp(a);
  CHECK(fd >= 0 && strncmp(a, "temp-", 5) == 0 && strcmp(a, b) != 0 && stat(a, &status) == 0 && status.st_mode == (S_IFREG | 0600));
  CHECK(mkdtemp(b) == b && strcmp(a, b) != 0 && stat(b, &status) == 0 && status.st_mode == (S_IFDIR | 0700));
  CHECK(FAILS(mkstemp(bad), EINVAL) && close(fd) == 0 && unlink(a) == 0 && rmdir(b) == 0);
}

int main(void) {
  char place[] = "/tmp/libc_files-XXXXXX";
  if (!mkdtemp(place) || chdir(place) < 0) {
    perror(place);
    return 1;
  }
  modes();
  positions();
  names();
  at_directories();
  directories();
  streams();
  pipes();
  globs();
  temporary();
  CHECK(unlink("mode") == 0 && unlink("data") == 0 && rmdir("folder") == 0 && chdir("/") == 0 && rmdir(place) == 0);
  printf("%d checks, %d failed\n", checks, failures);
  return failures != 0;
}
