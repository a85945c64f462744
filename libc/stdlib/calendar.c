/* The calendar: seconds since 1970 as a date, and back. Local time is UTC. */
#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <time.h>

enum { kMinute = 60, kHour = 3600, kDay = 86400 };
/* A cycle of the leap years: 400 years. Days are counted from March 1st, 2000, so that the leap day is the last of each kind of cycle. */
enum { kDays400 = 146097, kDays100 = 36524, kDays4 = 1461, kYear = 365, kDaysTo2000March = 11017 };

static int is_leap(long year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

/* Quotient rounded down, *rest never negative. */
static long divide(long value, long by, long *rest) {
  long quotient = value / by;
  *rest = value % by;
  if (*rest < 0) {
    *rest += by;
    quotient--;
  }
  return quotient;
}

struct tm *gmtime_r(const time_t *restrict time, struct tm *restrict out) {
  static const int month_ends[] = {31, 61, 92, 122, 153, 184, 214, 245, 275, 306, 337, 366}; /* from March on */
  long second, day, month = 0;
  long days = divide(*time, kDay, &second), cycle = divide(days - kDaysTo2000March, kDays400, &day);
  long weekday;
  divide(days + 4, 7, &weekday); /* January 1st, 1970 was a Thursday */
  long centuries = day / kDays100;
  if (centuries == 4) centuries = 3;
  day -= centuries * kDays100;
  long fours = day / kDays4; /* at most 24: a century lacks the last day of its 25th four years */
  day -= fours * kDays4;
  long years = day / kYear;
  if (years == 4) years = 3;
  day -= years * kYear;
  while (day >= month_ends[month]) month++;
  long year = 2000 + 400 * cycle + 100 * centuries + 4 * fours + years + (month >= 10);
  if (year - 1900 > INT_MAX || year - 1900 < INT_MIN) {
    errno = EOVERFLOW;
    return NULL;
  }
  long yearday = month >= 10 ? day - 306 : day + 59 + is_leap(year);
  *out = (struct tm){.tm_sec = (int)(second % kMinute),
                     .tm_min = (int)(second / kMinute % 60),
                     .tm_hour = (int)(second / kHour),
                     .tm_mday = (int)(day - (month ? month_ends[month - 1] : 0) + 1),
                     .tm_mon = (int)(month >= 10 ? month - 10 : month + 2),
                     .tm_year = (int)(year - 1900),
                     .tm_wday = (int)weekday,
                     .tm_yday = (int)yearday,
                     .tm_zone = "UTC"};
  return out;
}

/* Takes any numbers in the fields, as tm_mday = 40; afterwards they are those of the date. */
time_t timegm(struct tm *date) {
  static const int month_starts[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
  long month, cycle_year;
  long year = 1900L + date->tm_year + divide(date->tm_mon, 12, &month);
  long cycles = divide(year - 1600, 400, &cycle_year); /* 1600 began a cycle as 2000 did */
  /* Leap days of the years before this one in its cycle, the first of which (year 0) is one. */
  long days = cycles * kDays400 + cycle_year * kYear + (cycle_year + 3) / 4 - (cycle_year + 99) / 100 + (cycle_year > 0);
  days += month_starts[month] + (month >= 2 && is_leap(cycle_year)) + date->tm_mday - 1L;
  days -= 135140; /* from January 1st, 1600 to 1970 */
  time_t time = days * kDay + date->tm_hour * (long)kHour + date->tm_min * (long)kMinute + date->tm_sec;
  struct tm settled;
  if (!gmtime_r(&time, &settled)) return -1;
  *date = settled;
  return time;
}

static struct tm shared;

struct tm *gmtime(const time_t *time) {
  return gmtime_r(time, &shared);
}
struct tm *localtime_r(const time_t *restrict time, struct tm *restrict out) {
  return gmtime_r(time, out);
}
struct tm *localtime(const time_t *time) {
  return gmtime(time);
}
time_t mktime(struct tm *date) { return timegm(date); }

char *asctime(const struct tm *date) {
  static char text[64]; /* a year of eleven characters is no more than 35 in all */
  return strftime(text, sizeof text, "%a %b %e %H:%M:%S %Y\n", date) ? text : NULL;
}

char *ctime(const time_t *time) {
  struct tm date;
  return gmtime_r(time, &date) ? asctime(&date) : NULL;
}
