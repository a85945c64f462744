/* System calls on descriptors. (On files: file.c) */
#include "call.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

ssize_t read(int fd, void *to, size_t size) { return __libc_result(call3(SYS_read, fd, (long)to, (long)size)); }
ssize_t write(int fd, const void *from, size_t size) { return __libc_result(call3(SYS_write, fd, (long)from, (long)size)); }
ssize_t readv(int fd, const struct iovec *pieces, int count) { return __libc_result(call3(SYS_readv, fd, (long)pieces, count)); }
ssize_t writev(int fd, const struct iovec *pieces, int count) { return __libc_result(call3(SYS_writev, fd, (long)pieces, count)); }
ssize_t pread(int fd, void *to, size_t size, off_t offset) { return __libc_result(call4(SYS_pread64, fd, (long)to, (long)size, offset)); }
ssize_t pwrite(int fd, const void *from, size_t size, off_t offset) {
  return __libc_result(call4(SYS_pwrite64, fd, (long)from, (long)size, offset));
}
off_t lseek(int fd, off_t offset, int whence) { return __libc_result(call3(SYS_lseek, fd, offset, whence)); }

int close(int fd) { return (int)__libc_result(call1(SYS_close, fd)); }
int dup(int fd) { return (int)__libc_result(call1(SYS_dup, fd)); }
int dup2(int from, int to) { return (int)__libc_result(call2(SYS_dup2, from, to)); }
int dup3(int from, int to, int flags) { return (int)__libc_result(call3(SYS_dup3, from, to, flags)); }
int pipe(int ends[2]) { return (int)__libc_result(call1(SYS_pipe, (long)ends)); }
int pipe2(int ends[2], int flags) { return (int)__libc_result(call2(SYS_pipe2, (long)ends, flags)); }

/* Is there a mode behind the flags? */
static int makes(int flags) { return flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE; }

int openat(int directory, const char *path, int flags, ...) {
  mode_t mode = 0;
  if (makes(flags)) {
    va_list list;
    va_start(list, flags);
    mode = va_arg(list, mode_t);
    va_end(list);
  }
  return (int)__libc_result(call4(SYS_openat, directory, (long)path, flags, mode));
}

int open(const char *path, int flags, ...) {
  mode_t mode = 0;
  if (makes(flags)) {
    va_list list;
    va_start(list, flags);
    mode = va_arg(list, mode_t);
    va_end(list);
  }
  return openat(AT_FDCWD, path, flags, mode);
}

int creat(const char *path, mode_t mode) { return open(path, O_WRONLY | O_CREAT | O_TRUNC, mode); }

int fcntl(int fd, int command, ...) {
  va_list list;
  va_start(list, command);
  long argument = va_arg(list, long);
  va_end(list);
  return (int)__libc_result(call3(SYS_fcntl, fd, command, argument));
}

int ioctl(int fd, unsigned long request, ...) {
  va_list list;
  va_start(list, request);
  long argument = va_arg(list, long);
  va_end(list);
  return (int)__libc_result(call3(SYS_ioctl, fd, (long)request, argument));
}
