/* Floating point to decimal, exactly: all digits of the number are computed, and then rounded (half to even) at the digit that the
 * conversion asks for. */
#include "../stdlib/decimal.h"
#include "format.h"

#include <stdint.h>
#include <string.h>

struct decimal {
  char digit[9 * (LIMBS_WHOLE + LIMBS_FRACTION)]; /* values 0 to 9, the first not zero */
  long count;                                     /* 0: the number zero */
  long point;                                     /* the value is 0.d1 d2 d3 … times 10^point */
};

/* mantissa * 2^exponent, all digits. */
static void expand(struct decimal *decimal, uint64_t mantissa, int exponent) {
  struct limbs number; /* not initialised as a whole: it is large, and mostly unused */
  number.first = number.end = LIMBS_WHOLE;
  for (; mantissa; mantissa /= LIMB_BASE) number.limb[--number.first] = (uint32_t)(mantissa % LIMB_BASE);
  __libc_scale(&number, exponent);
  decimal->count = 0;
  decimal->point = 9L * (LIMBS_WHOLE - number.first);
  for (int i = number.first; i < number.end; i++) {
    uint32_t value = number.limb[i];
    for (int place = 8; place >= 0; place--, value /= 10) decimal->digit[decimal->count + place] = (char)(value % 10);
    decimal->count += 9;
  }
  long zeros = 0;
  while (zeros < decimal->count && decimal->digit[zeros] == 0) zeros++;
  memmove(decimal->digit, decimal->digit + zeros, (size_t)(decimal->count - zeros));
  decimal->count -= zeros;
  decimal->point -= zeros;
}

/* Keeps `keep` digits, rounding half to even. */
static void round_to(struct decimal *decimal, long keep) {
  if (keep >= decimal->count) return;
  if (keep < 0) {
    decimal->count = 0;
    return;
  }
  char *digit = decimal->digit;
  int half = digit[keep] == 5, up = digit[keep] > 5;
  for (long i = keep + 1; half && i < decimal->count; i++)
    if (digit[i]) up = 1;
  if (half && !up) up = keep > 0 && digit[keep - 1] % 2;
  decimal->count = keep;
  if (!up) return;
  while (keep > 0 && digit[keep - 1] == 9) digit[--keep] = 0;
  if (keep > 0) {
    digit[keep - 1]++;
  } else { /* 999 became 1000 */
    memmove(digit + 1, digit, (size_t)decimal->count);
    digit[0] = 1;
    decimal->count++;
    decimal->point++;
  }
}

static char digit_at(const struct decimal *decimal, long index) {
  return (char)('0' + (index >= 0 && index < decimal->count ? decimal->digit[index] : 0));
}

static void emit_digits(struct sink *sink, const struct decimal *decimal, long from, long count) {
  for (long i = from; i < from + count; i++) {
    char c = digit_at(decimal, i);
    __libc_emit(sink, &c, 1);
  }
}

/* ddd.ddd, already rounded */
static void format_fixed(struct sink *sink, const struct conversion *conversion, const struct decimal *decimal, const char *sign,
                         long precision) {
  long whole = decimal->count && decimal->point > 0 ? decimal->point : 0;
  int dot = precision > 0 || conversion->flags & ALTERNATE;
  long size = (whole ? whole : 1) + dot + precision;
  __libc_pad_left(sink, conversion, sign, size);
  if (whole)
    emit_digits(sink, decimal, 0, whole);
  else
    __libc_emit(sink, "0", 1);
  if (dot) __libc_emit(sink, ".", 1);
  emit_digits(sink, decimal, decimal->point, decimal->count ? precision : 0);
  if (!decimal->count) __libc_emit_many(sink, '0', precision);
  __libc_pad_right(sink, conversion, sign, size);
}

/* d.ddde±dd, already rounded */
static void format_exponent(struct sink *sink, const struct conversion *conversion, const struct decimal *decimal, const char *sign,
                            long precision, char letter) {
  long exponent = decimal->count ? decimal->point - 1 : 0;
  unsigned long magnitude = (unsigned long)(exponent < 0 ? -exponent : exponent);
  char text[8], *at = text + sizeof text;
  for (int digits = 0; digits < 2 || magnitude; digits++, magnitude /= 10) *--at = (char)('0' + magnitude % 10);
  *--at = exponent < 0 ? '-' : '+';
  *--at = letter;
  size_t tail = (size_t)(text + sizeof text - at);
  int dot = precision > 0 || conversion->flags & ALTERNATE;
  long size = 1 + dot + precision + (long)tail;
  __libc_pad_left(sink, conversion, sign, size);
  emit_digits(sink, decimal, 0, 1);
  if (dot) __libc_emit(sink, ".", 1);
  emit_digits(sink, decimal, 1, precision);
  __libc_emit(sink, at, tail);
  __libc_pad_right(sink, conversion, sign, size);
}

/* %g: `precision` significant digits, in the shorter of the two forms, without zeros at the end. */
static void format_general(struct sink *sink, const struct conversion *conversion, struct decimal *decimal, const char *sign, char letter) {
  long digits = conversion->precision < 0 ? 6 : conversion->precision ? conversion->precision : 1;
  round_to(decimal, digits);
  long exponent = decimal->count ? decimal->point - 1 : 0;
  int fixed = exponent >= -4 && exponent < digits;
  if (!(conversion->flags & ALTERNATE)) {
    while (decimal->count && decimal->digit[decimal->count - 1] == 0) decimal->count--;
    digits = decimal->count ? decimal->count : 1;
  }
  if (!fixed)
    format_exponent(sink, conversion, decimal, sign, digits - 1, letter);
  else
    format_fixed(sink, conversion, decimal, sign, digits > exponent ? digits - 1 - exponent : 0);
}

void __libc_format_float(struct sink *sink, const struct conversion *conversion, long double value) {
  /* The x87 format: 64 bits of mantissa with the leading 1, 15 of exponent (bias 16383, and 63 for the fraction), sign. */
  uint64_t mantissa;
  uint16_t top;
  memcpy(&mantissa, &value, sizeof mantissa);
  memcpy(&top, (char *)&value + 8, sizeof top);
  int biased = top & 0x7fff;
  const char *sign = top >> 15 ? "-" : conversion->flags & PLUS ? "+" : conversion->flags & SPACE ? " " : "";
  int upper = conversion->kind < 'a';
  if (biased == 0x7fff) {
    struct conversion text = *conversion;
    text.flags &= ~(unsigned)ZERO;
    const char *name = mantissa << 1 ? (upper ? "NAN" : "nan") : (upper ? "INF" : "inf");
    __libc_pad_left(sink, &text, sign, 3);
    __libc_emit(sink, name, 3);
    __libc_pad_right(sink, &text, sign, 3);
    return;
  }
  struct decimal decimal;
  expand(&decimal, mantissa, (biased ? biased : 1) - 16383 - 63);
  long precision = conversion->precision < 0 ? 6 : conversion->precision;
  switch (conversion->kind | 0x20) {
    case 'f':
      round_to(&decimal, decimal.point + precision);
      format_fixed(sink, conversion, &decimal, sign, precision);
      break;
    case 'e':
      round_to(&decimal, 1 + precision);
      format_exponent(sink, conversion, &decimal, sign, precision, upper ? 'E' : 'e');
      break;
    default: format_general(sink, conversion, &decimal, sign, upper ? 'E' : 'e');
  }
}
