/* System calls on files, by path or by descriptor. (Opening, reading, writing: descriptor.c) */
#include "call.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/time.h>
#include <unistd.h>

/* What a file is */
int stat(const char *restrict path, struct stat *restrict out) { return fstatat(AT_FDCWD, path, out, 0); }
int lstat(const char *restrict path, struct stat *restrict out) { return fstatat(AT_FDCWD, path, out, AT_SYMLINK_NOFOLLOW); }
int fstat(int fd, struct stat *out) { return (int)__libc_result(call2(SYS_fstat, fd, (long)out)); }

int fstatat(int directory, const char *restrict path, struct stat *restrict out, int flags) {
  return (int)__libc_result(call4(SYS_newfstatat, directory, (long)path, (long)out, flags));
}

int access(const char *path, int mode) { return faccessat(AT_FDCWD, path, mode, 0); }

int faccessat(int directory, const char *path, int mode, int flags) { /* the old call has no flags */
  return (int)__libc_result(call4(flags ? SYS_faccessat2 : SYS_faccessat, directory, (long)path, mode, flags));
}

int statfs(const char *path, struct statfs *out) { return (int)__libc_result(call2(SYS_statfs, (long)path, (long)out)); }
int fstatfs(int fd, struct statfs *out) { return (int)__libc_result(call2(SYS_fstatfs, fd, (long)out)); }

/* Changing that */
int chmod(const char *path, mode_t mode) { return fchmodat(AT_FDCWD, path, mode, 0); }
int fchmod(int fd, mode_t mode) { return (int)__libc_result(call2(SYS_fchmod, fd, mode)); }

int fchmodat(int directory, const char *path, mode_t mode, int flags) {
  if (!flags) return (int)__libc_result(call4(SYS_fchmodat, directory, (long)path, mode, 0));
  errno = flags == AT_SYMLINK_NOFOLLOW ? ENOTSUP : EINVAL;
  return -1;
}

mode_t umask(mode_t mask) { return (mode_t)__libc_result(call1(SYS_umask, mask)); }

int chown(const char *path, uid_t uid, gid_t gid) { return fchownat(AT_FDCWD, path, uid, gid, 0); }
int lchown(const char *path, uid_t uid, gid_t gid) { return fchownat(AT_FDCWD, path, uid, gid, AT_SYMLINK_NOFOLLOW); }
int fchown(int fd, uid_t uid, gid_t gid) { return (int)__libc_result(call3(SYS_fchown, fd, uid, gid)); }

int fchownat(int directory, const char *path, uid_t uid, gid_t gid, int flags) {
  return (int)__libc_result(call6(SYS_fchownat, directory, (long)path, uid, gid, flags, 0));
}

int futimens(int fd, const struct timespec times[2]) { return (int)__libc_result(call4(SYS_utimensat, fd, 0, (long)times, 0)); }

int utimensat(int directory, const char *path, const struct timespec times[2], int flags) {
  return (int)__libc_result(call4(SYS_utimensat, directory, (long)path, (long)times, flags));
}

int utimes(const char *path, const struct timeval times[2]) {
  struct timespec fine[2];
  for (int i = 0; times && i < 2; i++) {
    if (times[i].tv_usec < 0 || times[i].tv_usec >= 1000000) {
      errno = EINVAL;
      return -1;
    }
    fine[i] = (struct timespec){.tv_sec = times[i].tv_sec, .tv_nsec = times[i].tv_usec * 1000};
  }
  return utimensat(AT_FDCWD, path, times ? fine : NULL, 0);
}

int truncate(const char *path, off_t size) { return (int)__libc_result(call2(SYS_truncate, (long)path, size)); }
int ftruncate(int fd, off_t size) { return (int)__libc_result(call2(SYS_ftruncate, fd, size)); }

int fallocate(int fd, int mode, off_t offset, off_t size) { return (int)__libc_result(call4(SYS_fallocate, fd, mode, offset, size)); }
int posix_fadvise(int fd, off_t offset, off_t size, int advice) { return (int)-call4(SYS_fadvise64, fd, offset, size, advice); }

/* Names */
int mkdir(const char *path, mode_t mode) { return mkdirat(AT_FDCWD, path, mode); }
int mkdirat(int directory, const char *path, mode_t mode) { return (int)__libc_result(call3(SYS_mkdirat, directory, (long)path, mode)); }
int mkfifo(const char *path, mode_t mode) { return mknodat(AT_FDCWD, path, (mode & ~(mode_t)S_IFMT) | S_IFIFO, 0); }
int mknod(const char *path, mode_t mode, dev_t device) { return mknodat(AT_FDCWD, path, mode, device); }

int mknodat(int directory, const char *path, mode_t mode, dev_t device) {
  return (int)__libc_result(call4(SYS_mknodat, directory, (long)path, mode, (long)device));
}

int link(const char *from, const char *to) { return linkat(AT_FDCWD, from, AT_FDCWD, to, 0); }

int linkat(int from_directory, const char *from, int to_directory, const char *to, int flags) {
  return (int)__libc_result(call6(SYS_linkat, from_directory, (long)from, to_directory, (long)to, flags, 0));
}

int symlink(const char *target, const char *path) { return symlinkat(target, AT_FDCWD, path); }

int symlinkat(const char *target, int directory, const char *path) {
  return (int)__libc_result(call3(SYS_symlinkat, (long)target, directory, (long)path));
}

ssize_t readlink(const char *restrict path, char *restrict to, size_t size) { return readlinkat(AT_FDCWD, path, to, size); }

ssize_t readlinkat(int directory, const char *restrict path, char *restrict to, size_t size) {
  return __libc_result(call4(SYS_readlinkat, directory, (long)path, (long)to, (long)size));
}

int unlink(const char *path) { return unlinkat(AT_FDCWD, path, 0); }
int rmdir(const char *path) { return unlinkat(AT_FDCWD, path, AT_REMOVEDIR); }
int unlinkat(int directory, const char *path, int flags) { return (int)__libc_result(call3(SYS_unlinkat, directory, (long)path, flags)); }

int remove(const char *path) {
  int result = unlink(path);
  return result < 0 && errno == EISDIR ? rmdir(path) : result;
}

int rename(const char *from, const char *to) { return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0); }

int renameat(int from_directory, const char *from, int to_directory, const char *to) {
  return renameat2(from_directory, from, to_directory, to, 0);
}

int renameat2(int from_directory, const char *from, int to_directory, const char *to, unsigned flags) {
  return (int)__libc_result(call6(SYS_renameat2, from_directory, (long)from, to_directory, (long)to, flags, 0));
}

/* The working directory */
int chdir(const char *path) { return (int)__libc_result(call1(SYS_chdir, (long)path)); }
int fchdir(int fd) { return (int)__libc_result(call1(SYS_fchdir, fd)); }

char *getcwd(char *to, size_t size) {
  char path[PATH_MAX];
  char *target = to ? to : path;
  if (to && size == 0) {
    errno = EINVAL;
    return NULL;
  }
  if (__libc_result(call2(SYS_getcwd, (long)target, (long)(to ? size : sizeof path))) < 0) return NULL;
  if (*target != '/') { /* Linux: "(unreachable)", and the way from there */
    errno = ENOENT;
    return NULL;
  }
  if (to) return to;
  if (size && strlen(path) >= size) {
    errno = ERANGE;
    return NULL;
  }
  return strdup(path);
}

/* File systems */
int mount(const char *source, const char *target, const char *type, unsigned long flags, const void *data) {
  return (int)__libc_result(call6(SYS_mount, (long)source, (long)target, (long)type, (long)flags, (long)data, 0));
}

int umount(const char *target) { return umount2(target, 0); }
int umount2(const char *target, int flags) { return (int)__libc_result(call2(SYS_umount2, (long)target, flags)); }
void sync(void) { call0(SYS_sync); }
int fsync(int fd) { return (int)__libc_result(call1(SYS_fsync, fd)); }
int fdatasync(int fd) { return (int)__libc_result(call1(SYS_fdatasync, fd)); }
int flock(int fd, int operation) { return (int)__libc_result(call2(SYS_flock, fd, operation)); }
