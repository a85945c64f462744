/* strftime in the C locale: all conversions of C17, and k l P s. */
#include <stdio.h>
#include <string.h>
#include <time.h>

struct target {
  char *to;
  size_t size, used;
};

static const char kDays[7][10] = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
static const char kMonths[12][10] = {"January", "February", "March",     "April",   "May",      "June",
                                     "July",    "August",   "September", "October", "November", "December"};

/* Appends; what does not fit is only counted. */
static void put(struct target *target, const char *text, size_t length) {
  if (target->used + length < target->size) memcpy(target->to + target->used, text, length);
  target->used += length;
}

static void put_text(struct target *target, const char *text) { put(target, text, strlen(text)); }

static void put_number(struct target *target, const char *format, long value) {
  char text[24];
  put(target, text, (size_t)snprintf(text, sizeof text, format, value));
}

/* A name from a table, or as much of it as asked; ? for a number that names nothing. */
static void put_name(struct target *target, const char (*names)[10], int count, int index, size_t length) {
  const char *name = index >= 0 && index < count ? names[index] : "?";
  put(target, name, strnlen(name, length));
}

static int days_of(long year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 366 : 365; }

/* The week of ISO 8601 belongs to the year in which its Thursday lies. */
static int iso_week(const struct tm *date, long *year) {
  int thursday = date->tm_yday - (date->tm_wday + 6) % 7 + 3;
  *year = 1900L + date->tm_year;
  if (thursday < 0)
    thursday += days_of(--*year);
  else if (thursday >= days_of(*year))
    thursday -= days_of((*year)++);
  return thursday / 7 + 1;
}

static long positive_rest(long value, long by) { return (value % by + by) % by; }

static void convert(struct target *target, char conversion, const struct tm *date);

static void expand(struct target *target, const char *format, const struct tm *date) {
  for (; *format; format++) {
    if (*format != '%') {
      put(target, format, 1);
      continue;
    }
    format++;
    if (*format == 'E' || *format == 'O') format++; /* other forms, which the C locale does not have */
    if (!*format) return;
    convert(target, *format, date);
  }
}

static void convert_date(struct target *target, char conversion, const struct tm *date) {
  long year = 1900L + date->tm_year, week_year;
  switch (conversion) {
    case 'a': put_name(target, kDays, 7, date->tm_wday, 3); break;
    case 'A': put_name(target, kDays, 7, date->tm_wday, 9); break;
    case 'b':
    case 'h': put_name(target, kMonths, 12, date->tm_mon, 3); break;
    case 'B': put_name(target, kMonths, 12, date->tm_mon, 9); break;
    case 'C': put_number(target, "%02ld", (year - positive_rest(year, 100)) / 100); break;
    case 'd': put_number(target, "%02ld", date->tm_mday); break;
    case 'D':
    case 'x': expand(target, "%m/%d/%y", date); break;
    case 'e': put_number(target, "%2ld", date->tm_mday); break;
    case 'F': expand(target, "%Y-%m-%d", date); break;
    case 'g': iso_week(date, &week_year), put_number(target, "%02ld", positive_rest(week_year, 100)); break;
    case 'G': iso_week(date, &week_year), put_number(target, "%ld", week_year); break;
    case 'j': put_number(target, "%03ld", date->tm_yday + 1L); break;
    case 'm': put_number(target, "%02ld", date->tm_mon + 1L); break;
    case 'u': put_number(target, "%ld", date->tm_wday == 0 ? 7 : date->tm_wday); break;
    case 'U': put_number(target, "%02ld", (date->tm_yday + 7L - date->tm_wday) / 7); break;
    case 'V': put_number(target, "%02ld", iso_week(date, &week_year)); break;
    case 'w': put_number(target, "%ld", date->tm_wday); break;
    case 'W': put_number(target, "%02ld", (date->tm_yday + 7L - (date->tm_wday + 6) % 7) / 7); break;
    case 'y': put_number(target, "%02ld", positive_rest(year, 100)); break;
    case 'Y': put_number(target, "%ld", year); break;
  }
}

static void convert(struct target *target, char conversion, const struct tm *date) {
  int hour12 = date->tm_hour % 12 == 0 ? 12 : date->tm_hour % 12;
  struct tm copy = *date;
  switch (conversion) {
    case 'c': expand(target, "%a %b %e %H:%M:%S %Y", date); break;
    case 'H': put_number(target, "%02ld", date->tm_hour); break;
    case 'I': put_number(target, "%02ld", hour12); break;
    case 'k': put_number(target, "%2ld", date->tm_hour); break;
    case 'l': put_number(target, "%2ld", hour12); break;
    case 'M': put_number(target, "%02ld", date->tm_min); break;
    case 'n': put_text(target, "\n"); break;
    case 'p': put_text(target, date->tm_hour < 12 ? "AM" : "PM"); break;
    case 'P': put_text(target, date->tm_hour < 12 ? "am" : "pm"); break;
    case 'r': expand(target, "%I:%M:%S %p", date); break;
    case 'R': expand(target, "%H:%M", date); break;
    case 's': put_number(target, "%ld", mktime(&copy)); break;
    case 'S': put_number(target, "%02ld", date->tm_sec); break;
    case 't': put_text(target, "\t"); break;
    case 'T':
    case 'X': expand(target, "%H:%M:%S", date); break;
    case 'z': put_text(target, "+0000"); break;
    case 'Z': put_text(target, "UTC"); break;
    case '%': put_text(target, "%"); break;
    default: convert_date(target, conversion, date);
  }
}

size_t strftime(char *restrict to, size_t size, const char *restrict format, const struct tm *restrict date) {
  struct target target = {.to = to, .size = size};
  expand(&target, format, date);
  if (target.used >= size) return 0;
  to[target.used] = 0;
  return target.used;
}
