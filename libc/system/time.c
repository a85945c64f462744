/* System calls about time. */
#include "call.h"

#include <errno.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *now) { return (int)__libc_result(call2(SYS_clock_gettime, clock, (long)now)); }

int clock_settime(clockid_t clock, const struct timespec *now) { return (int)__libc_result(call2(SYS_clock_settime, clock, (long)now)); }

int clock_getres(clockid_t clock, struct timespec *resolution) {
  return (int)__libc_result(call2(SYS_clock_getres, clock, (long)resolution));
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
  return (int)__libc_result(call2(SYS_gettimeofday, (long)now, (long)zone));
}

time_t time(time_t *now) { return __libc_result(call1(SYS_time, (long)now)); }

int nanosleep(const struct timespec *duration, struct timespec *left) {
  return (int)__libc_result(call2(SYS_nanosleep, (long)duration, (long)left));
}

int clock_nanosleep(clockid_t clock, int flags, const struct timespec *until, struct timespec *left) {
  return (int)-call4(SYS_clock_nanosleep, clock, flags, (long)until, (long)left);
}

unsigned sleep(unsigned seconds) {
  struct timespec left = {.tv_sec = seconds};
  return nanosleep(&left, &left) == 0 ? 0 : (unsigned)left.tv_sec;
}

int usleep(useconds_t microseconds) {
  struct timespec duration = {.tv_sec = microseconds / 1000000, .tv_nsec = microseconds % 1000000 * 1000};
  return nanosleep(&duration, NULL);
}

unsigned alarm(unsigned seconds) { return (unsigned)call1(SYS_alarm, seconds); }
int getitimer(int which, struct itimerval *now) { return (int)__libc_result(call2(SYS_getitimer, which, (long)now)); }

int setitimer(int which, const struct itimerval *restrict timer, struct itimerval *restrict old) {
  return (int)__libc_result(call3(SYS_setitimer, which, (long)timer, (long)old));
}

clock_t clock(void) {
  struct timespec used;
  if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) < 0) return -1;
  return used.tv_sec * CLOCKS_PER_SEC + used.tv_nsec / 1000;
}

double difftime(time_t later, time_t earlier) { return (double)(later - earlier); }
