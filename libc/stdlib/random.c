/* Pseudo-random numbers: a linear congruential generator (Knuth's MMIX constants), of which the high, better bits are used. */
#include <stdint.h>
#include <stdlib.h>

static uint64_t state = 1;

int rand(void) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return (int)(state >> 33);
}

void srand(unsigned seed) { state = seed; }

int rand_r(unsigned *seed) {
  uint64_t next = *seed * 6364136223846793005u + 1442695040888963407u;
  *seed = (unsigned)(next >> 32);
  return (int)(*seed >> 1);
}
