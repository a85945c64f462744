#ifndef _SYS_TIME_H
#define _SYS_TIME_H

#include <sys/select.h>
#include <sys/types.h>

/* setitimer: SIGALRM, SIGVTALRM, SIGPROF */
#define ITIMER_REAL 0
#define ITIMER_VIRTUAL 1
#define ITIMER_PROF 2

#ifdef __cplusplus
extern "C" {
#endif

struct timezone {
  int tz_minuteswest;
  int tz_dsttime;
};

struct itimerval {
  struct timeval it_interval, it_value;
};

int getitimer(int which, struct itimerval *now);
int setitimer(int which, const struct itimerval *__restrict timer, struct itimerval *__restrict old);
int utimes(const char *path, const struct timeval times[2]);
int gettimeofday(struct timeval *__restrict now, void *__restrict zone);

#ifdef __cplusplus
}
#endif
#endif
