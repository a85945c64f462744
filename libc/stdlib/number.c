/* Integers from text, and integer arithmetic. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>

static int digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'z') return c - 'a' + 10;
  if (c >= 'A' && c <= 'Z') return c - 'A' + 10;
  return INT_MAX;
}

struct number {
  unsigned long magnitude; /* ULONG_MAX when it does not fit */
  int negative;
  int overflow;
};

static struct number parse(const char *text, char **end, int base) {
  struct number number = {0};
  const char *at = text, *after = text; /* after: end of the number found so far */
  if (base < 0 || base == 1 || base > 36) {
    errno = EINVAL;
  } else {
    while (isspace((unsigned char)*at)) at++;
    if (*at == '+' || *at == '-') number.negative = *at++ == '-';
    int has_prefix = at[0] == '0' && (at[1] | 0x20) == 'x' && digit_value(at[2]) < 16;
    if ((base == 0 || base == 16) && has_prefix) {
      at += 2;
      base = 16;
    }
    if (base == 0) base = *at == '0' ? 8 : 10;
    for (; digit_value(*at) < base; after = ++at) {
      if (__builtin_mul_overflow(number.magnitude, (unsigned long)base, &number.magnitude) ||
          __builtin_add_overflow(number.magnitude, (unsigned long)digit_value(*at), &number.magnitude))
        number.overflow = 1;
    }
    if (number.overflow) number.magnitude = ULONG_MAX;
  }
  if (end) *end = (char *)after;
  return number;
}

long strtol(const char *restrict text, char **restrict end, int base) {
  struct number number = parse(text, end, base);
  unsigned long limit = (unsigned long)LONG_MAX + (number.negative ? 1 : 0);
  if (number.magnitude > limit) {
    errno = ERANGE;
    return number.negative ? LONG_MIN : LONG_MAX;
  }
  return (long)(number.negative ? -number.magnitude : number.magnitude);
}

unsigned long strtoul(const char *restrict text, char **restrict end, int base) {
  struct number number = parse(text, end, base);
  if (number.overflow) {
    errno = ERANGE;
    return ULONG_MAX;
  }
  return number.negative ? -number.magnitude : number.magnitude;
}

long long strtoll(const char *restrict text, char **restrict end, int base) { return strtol(text, end, base); }
unsigned long long strtoull(const char *restrict text, char **restrict end, int base) { return strtoul(text, end, base); }
intmax_t strtoimax(const char *restrict text, char **restrict end, int base) { return strtol(text, end, base); }
uintmax_t strtoumax(const char *restrict text, char **restrict end, int base) { return strtoul(text, end, base); }

int atoi(const char *text) { return (int)strtol(text, NULL, 10); }
long atol(const char *text) { return strtol(text, NULL, 10); }
long long atoll(const char *text) { return strtol(text, NULL, 10); }

int abs(int value) { return value < 0 ? -value : value; }
long labs(long value) { return value < 0 ? -value : value; }
long long llabs(long long value) { return value < 0 ? -value : value; }
intmax_t imaxabs(intmax_t value) { return value < 0 ? -value : value; }

div_t div(int numerator, int denominator) { return (div_t){numerator / denominator, numerator % denominator}; }
ldiv_t ldiv(long numerator, long denominator) { return (ldiv_t){numerator / denominator, numerator % denominator}; }
lldiv_t lldiv(long long numerator, long long denominator) { return (lldiv_t){numerator / denominator, numerator % denominator}; }
imaxdiv_t imaxdiv(intmax_t numerator, intmax_t denominator) { return (imaxdiv_t){numerator / denominator, numerator % denominator}; }
