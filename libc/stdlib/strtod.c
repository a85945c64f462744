/* Decimal text to double, correctly rounded. Hexadecimal floating point is not understood. */
#include "decimal.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define DIGITS 800 /* more than decide the rounding of any double (767); later ones matter only by not being zero */

struct digits {
  char digit[DIGITS];
  int count;
  long point; /* the value is 0.d1 d2 d3 … times 10^point */
};

/* Reads ddd.ddd and e±ddd. Returns where the number ends, or NULL if there is none. */
static const char *read_digits(const char *at, struct digits *number) {
  int any = 0, dot = 0;
  number->count = 0;
  number->point = 0;
  for (;; at++) {
    if (*at == '.' && !dot) {
      dot = 1;
      continue;
    }
    if (!isdigit((unsigned char)*at)) break;
    any = 1;
    int leading = number->count == 0 && *at == '0';
    if (leading ? dot : !dot) number->point += leading ? -1 : 1;
    if (leading) continue;
    if (number->count < DIGITS)
      number->digit[number->count++] = (char)(*at - '0');
    else if (*at != '0')
      number->digit[DIGITS - 1] |= 1; /* a digit that is not zero stays unlike a tie */
  }
  if (!any) return NULL;
  if ((*at | 0x20) != 'e') return at;
  const char *exponent = at + 1;
  if (*exponent == '+' || *exponent == '-') exponent++;
  if (!isdigit((unsigned char)*exponent)) return at;
  long value = 0;
  for (; isdigit((unsigned char)*exponent); exponent++)
    if (value < 100000) value = value * 10 + (*exponent - '0');
  number->point += at[1] == '-' ? -value : value;
  return exponent;
}

static void place(struct limbs *limbs, const struct digits *number) {
  static const uint32_t kPower[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};
  long top = number->point - 1, bottom = number->point - number->count; /* powers of ten of the first and last digit */
  limbs->first = (int)(top >= 0 ? LIMBS_WHOLE - 1 - top / 9 : LIMBS_WHOLE + (-top - 1) / 9);
  limbs->end = (int)(bottom >= 0 ? LIMBS_WHOLE : LIMBS_WHOLE + (-bottom - 1) / 9 + 1);
  memset(limbs->limb + limbs->first, 0, (size_t)(limbs->end - limbs->first) * sizeof *limbs->limb);
  for (int i = 0; i < number->count; i++) {
    long power = top - i;
    if (power >= 0)
      limbs->limb[LIMBS_WHOLE - 1 - power / 9] += (uint32_t)number->digit[i] * kPower[power % 9];
    else
      limbs->limb[LIMBS_WHOLE + (-power - 1) / 9] += (uint32_t)number->digit[i] * kPower[8 - (-power - 1) % 9];
  }
}

static uint64_t whole_part(const struct limbs *limbs) {
  uint64_t value = 0;
  for (int i = limbs->first; i < LIMBS_WHOLE; i++) value = value * LIMB_BASE + limbs->limb[i];
  return value;
}

/* The nearest double; a tie goes to the even one. */
static double nearest(const struct digits *number) {
  if (number->count == 0 || number->point < -400) return 0;
  if (number->point > 400) return __builtin_inf();
  struct limbs limbs;
  place(&limbs, number);
  int exponent = 0; /* value = limbs * 2^exponent; bring the limbs' whole part to between 2^55 and 2^60 */
  for (; LIMBS_WHOLE - limbs.first > 2; exponent += 9) __libc_scale(&limbs, -9);
  for (uint64_t whole; (whole = whole_part(&limbs)) < 1ul << 55;) {
    int shift = whole < 1ul << 26 ? 29 : 1;
    __libc_scale(&limbs, shift);
    exponent -= shift;
  }
  uint64_t whole = whole_part(&limbs);
  int sticky = 0;
  for (int i = LIMBS_WHOLE; i < limbs.end; i++) sticky |= limbs.limb[i] != 0;
  int bits = 64 - __builtin_clzl(whole);
  int drop = bits - 53;
  if (drop < -1074 - exponent) drop = -1074 - exponent; /* a subnormal number has fewer bits */
  if (drop > 63) return 0;
  uint64_t kept = whole >> drop, rest = whole & ((1ul << drop) - 1), half = 1ul << (drop - 1);
  if (rest > half || (rest == half && (sticky || kept & 1))) kept++;
  if (kept < 1ul << 52 && (rest || sticky)) errno = ERANGE; /* subnormal, and not exact */
  /* kept = 2^52 + fraction, and a carry out of the fraction raises the exponent just as it should. */
  int field = exponent + drop + 1075;
  uint64_t image = kept + ((uint64_t)(field - 1) << 52);
  if (field >= 2047 || image >= 2047ul << 52) return __builtin_inf();
  double value;
  memcpy(&value, &image, sizeof value);
  return value;
}

double strtod(const char *restrict text, char **restrict end) {
  const char *at = text;
  while (isspace((unsigned char)*at)) at++;
  int negative = *at == '-';
  if (*at == '+' || *at == '-') at++;
  double value = 0;
  if (strncasecmp(at, "inf", 3) == 0) {
    value = __builtin_inf();
    at += strncasecmp(at, "infinity", 8) == 0 ? 8 : 3;
  } else if (strncasecmp(at, "nan", 3) == 0) {
    value = __builtin_nan("");
    at += 3;
  } else {
    struct digits number;
    const char *after = read_digits(at, &number);
    at = after ? after : text;
    if (after) value = nearest(&number);
    if (after && number.count && (value == 0 || __builtin_isinf(value))) errno = ERANGE;
  }
  if (end) *end = (char *)at;
  return negative ? -value : value;
}

double atof(const char *text) { return strtod(text, NULL); }
