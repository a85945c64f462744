/* System calls about time. */
#include "call.h"

#include <errno.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *now) { return (int)__libc_result(call2(SYS_clock_gettime, clock, (long)now)); }

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
  return (int)__libc_result(call2(SYS_gettimeofday, (long)now, (long)zone));
}

time_t time(time_t *now) { return __libc_result(call1(SYS_time, (long)now)); }

int nanosleep(const struct timespec *duration, struct timespec *left) {
  return (int)__libc_result(call2(SYS_nanosleep, (long)duration, (long)left));
}

unsigned sleep(unsigned seconds) {
  struct timespec left = {.tv_sec = seconds};
  return nanosleep(&left, &left) == 0 ? 0 : (unsigned)left.tv_sec;
}

int usleep(useconds_t microseconds) {
  struct timespec duration = {.tv_sec = microseconds / 1000000, .tv_nsec = microseconds % 1000000 * 1000};
  return nanosleep(&duration, NULL);
}

clock_t clock(void) {
  struct timespec used;
  if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) < 0) return -1;
  return used.tv_sec * CLOCKS_PER_SEC + used.tv_nsec / 1000;
}

double difftime(time_t later, time_t earlier) { return (double)(later - earlier); }
