/* Exact arithmetic between binary and decimal. */
#include "decimal.h"

void __libc_scale(struct limbs *number, int exponent) {
  uint32_t *limb = number->limb;
  while (exponent > 0) {
    int shift = exponent < 29 ? exponent : 29;
    uint64_t carry = 0;
    for (int i = number->end - 1; i >= number->first || carry; i--) {
      if (i < number->first) limb[number->first = i] = 0;
      carry += (uint64_t)limb[i] << shift;
      limb[i] = (uint32_t)(carry % LIMB_BASE);
      carry /= LIMB_BASE;
    }
    while (number->end > LIMBS_WHOLE && limb[number->end - 1] == 0) number->end--;
    exponent -= shift;
  }
  while (exponent < 0) {
    int shift = exponent > -9 ? -exponent : 9; /* 2^9 divides the base, so that the rest is a whole number of the next digit */
    uint32_t carry = 0;
    for (int i = number->first; i < number->end; i++) {
      uint32_t rest = limb[i] & ((1u << shift) - 1);
      limb[i] = (limb[i] >> shift) + carry;
      carry = (LIMB_BASE >> shift) * rest;
    }
    if (carry) limb[number->end++] = carry;
    while (number->first < number->end && limb[number->first] == 0) number->first++;
    exponent += shift;
  }
}
