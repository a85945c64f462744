/* Waiting for several descriptors, as sets of bits. */
#ifndef _SYS_SELECT_H
#define _SYS_SELECT_H

#include <sys/types.h>

#define FD_SETSIZE 1024

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  unsigned long __bits[FD_SETSIZE / 64];
} fd_set;

#define FD_ZERO(set)                                                        \
  do {                                                                      \
    fd_set *__set = (set);                                                  \
    for (int __i = 0; __i < FD_SETSIZE / 64; __i++) __set->__bits[__i] = 0; \
  } while (0)
#define FD_SET(fd, set) ((void)((set)->__bits[(unsigned)(fd) / 64] |= 1UL << ((unsigned)(fd) % 64)))
#define FD_CLR(fd, set) ((void)((set)->__bits[(unsigned)(fd) / 64] &= ~(1UL << ((unsigned)(fd) % 64))))
#define FD_ISSET(fd, set) ((int)((set)->__bits[(unsigned)(fd) / 64] >> ((unsigned)(fd) % 64) & 1))

/* select leaves in `timeout` what is left of it, as on Linux. */
int select(int count, fd_set *__restrict readable, fd_set *__restrict writable, fd_set *__restrict exceptional,
           struct timeval *__restrict timeout);
int pselect(int count, fd_set *__restrict readable, fd_set *__restrict writable, fd_set *__restrict exceptional,
            const struct timespec *__restrict timeout, const sigset_t *__restrict mask);

#ifdef __cplusplus
}
#endif
#endif
