#ifndef _TIME_H
#define _TIME_H

#include <stddef.h>
#include <sys/types.h>

#define CLOCK_REALTIME 0
#define CLOCK_MONOTONIC 1
#define CLOCK_PROCESS_CPUTIME_ID 2
#define CLOCK_THREAD_CPUTIME_ID 3
#define CLOCK_MONOTONIC_RAW 4
#define CLOCK_REALTIME_COARSE 5
#define CLOCK_MONOTONIC_COARSE 6
#define CLOCK_BOOTTIME 7
#define TIMER_ABSTIME 1
#define CLOCKS_PER_SEC 1000000L

#ifdef __cplusplus
extern "C" {
#endif

struct tm {
  int tm_sec, tm_min, tm_hour;
  int tm_mday, tm_mon, tm_year; /* 1 …, 0 …, since 1900 */
  int tm_wday, tm_yday;         /* since Sunday, since January 1st */
  int tm_isdst;
  long tm_gmtoff;
  const char *tm_zone;
};

int clock_gettime(clockid_t clock, struct timespec *now);
int clock_settime(clockid_t clock, const struct timespec *now);
int clock_getres(clockid_t clock, struct timespec *resolution);
int clock_nanosleep(clockid_t clock, int flags, const struct timespec *until, struct timespec *left); /* returns an error number */
int nanosleep(const struct timespec *duration, struct timespec *left);
time_t time(time_t *now);
clock_t clock(void);
double difftime(time_t later, time_t earlier);

/* Calendar. Local time is UTC: there are no time zones. A year that does not fit gives NULL and EOVERFLOW. */
struct tm *gmtime(const time_t *time);
struct tm *gmtime_r(const time_t *__restrict time, struct tm *__restrict out);
struct tm *localtime(const time_t *time);
struct tm *localtime_r(const time_t *__restrict time, struct tm *__restrict out);
time_t timegm(struct tm *date);
time_t mktime(struct tm *date);
size_t strftime(char *__restrict to, size_t size, const char *__restrict format, const struct tm *__restrict date);
char *asctime(const struct tm *date);
char *ctime(const time_t *time);

#ifdef __cplusplus
}
#endif
#endif
