/* System calls about the address space. */
#include "call.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

void *mmap(void *address, size_t size, int rights, int flags, int fd, off_t offset) {
  return (void *)__libc_result(call6(SYS_mmap, (long)address, (long)size, rights, flags, fd, offset));
}

int munmap(void *address, size_t size) { return (int)__libc_result(call2(SYS_munmap, (long)address, (long)size)); }

int mprotect(void *address, size_t size, int rights) { return (int)__libc_result(call3(SYS_mprotect, (long)address, (long)size, rights)); }

int madvise(void *address, size_t size, int advice) { return (int)__libc_result(call3(SYS_madvise, (long)address, (long)size, advice)); }
int msync(void *address, size_t size, int flags) { return (int)__libc_result(call3(SYS_msync, (long)address, (long)size, flags)); }

void *mremap(void *address, size_t old_size, size_t new_size, int flags, ...) {
  va_list list;
  va_start(list, flags);
  void *target = flags & MREMAP_FIXED ? va_arg(list, void *) : NULL;
  va_end(list);
  return (void *)__libc_result(call6(SYS_mremap, (long)address, (long)old_size, (long)new_size, flags, (long)target, 0));
}

/* The kernel's brk answers the break that holds after the call, whether or not that is the one asked for. */
int brk(void *end) {
  if ((void *)call1(SYS_brk, (long)end) == end) return 0;
  errno = ENOMEM;
  return -1;
}

/* Asks the kernel each time: raw brk calls elsewhere in the program, or fork, cannot make a remembered value stale. */
void *sbrk(intptr_t increment) {
  long old = call1(SYS_brk, 0);
  if (old <= 0) { /* no brk at all (-ENOSYS) */
    errno = ENOMEM;
    return (void *)-1;
  }
  long next;
  if (increment == 0) return (void *)old;
  if (!__builtin_add_overflow(old, increment, &next) && call1(SYS_brk, next) == next) return (void *)old;
  errno = ENOMEM;
  return (void *)-1;
}

int getpagesize(void) { return 4096; }
