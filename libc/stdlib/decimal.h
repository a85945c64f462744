/* Exact arithmetic between binary and decimal, for printf and strtod (not installed for programs).
 *
 * A non-negative number as digits in base 10^9 around a fixed decimal point: every binary fraction is a finite decimal one, and
 * every finite decimal times a power of two, too, so nothing is ever rounded here. */
#ifndef LIBC_STDLIB_DECIMAL_H
#define LIBC_STDLIB_DECIMAL_H

#include <stdint.h>

#define LIMB_BASE 1000000000u
#define LIMBS_WHOLE 549     /* digits before the point: 2^16384, the range of long double, is less than 10^4933 */
#define LIMBS_FRACTION 1830 /* … and behind it: one for each 9 bits of 16445 */

struct limbs {
  uint32_t limb[LIMBS_WHOLE + LIMBS_FRACTION]; /* the point stands before limb[LIMBS_WHOLE] */
  int first, end;                              /* limb[first .. end) may differ from zero; end >= LIMBS_WHOLE */
};

/* Multiplies by 2^exponent. The number and the result must lie in the range of long double. */
void __libc_scale(struct limbs *number, int exponent);

#endif
