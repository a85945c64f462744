/* Waiting for several descriptors. The kernel writes the time that is left to where it read the time to wait, so it gets a copy. */
#include "call.h"

#include <poll.h>
#include <sys/select.h>

int poll(struct pollfd *list, nfds_t count, int milliseconds) {
  return (int)__libc_result(call3(SYS_poll, (long)list, (long)count, milliseconds));
}

int ppoll(struct pollfd *list, nfds_t count, const struct timespec *timeout, const sigset_t *mask) {
  struct timespec left;
  if (timeout) left = *timeout;
  return (int)__libc_result(call6(SYS_ppoll, (long)list, (long)count, timeout ? (long)&left : 0, (long)mask, sizeof *mask, 0));
}

int select(int count, fd_set *restrict readable, fd_set *restrict writable, fd_set *restrict exceptional,
           struct timeval *restrict timeout) {
  return (int)__libc_result(call6(SYS_select, count, (long)readable, (long)writable, (long)exceptional, (long)timeout, 0));
}

int pselect(int count, fd_set *restrict readable, fd_set *restrict writable, fd_set *restrict exceptional,
            const struct timespec *restrict timeout, const sigset_t *restrict mask) {
  const long words[2] = {(long)mask, sizeof *mask}; /* a seventh argument would have no register */
  struct timespec left;
  if (timeout) left = *timeout;
  return (int)__libc_result(
      call6(SYS_pselect6, count, (long)readable, (long)writable, (long)exceptional, timeout ? (long)&left : 0, (long)words));
}
