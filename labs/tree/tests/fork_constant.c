/* What fork costs a small process, and a large one. */
#include "lab.h"

enum { kSmall = 1, kLarge = 6 * 512 };

static inline uint64_t now(void) {
  uint32_t low, high;
  __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
  return (uint64_t)high << 32 | low;
}

/* The time of one fork, until its child runs; the third of three, when all that a first one needs is there. */
static void measure(int at) {
  for (int i = 0; i < 3; i++) {
    const uint64_t before = now();
    const long pid = lab_fork();
    if (pid == 0) {
      const uint64_t after = now();
      if (i < 2) lab_exit(0);
      lab_step[2 + at] = (int)(after - before);
      lab_child();
      checkpoint(10 + at);
      *lab_step = 1 + at;
      lab_exit(0);
    }
    if (i == 2) lab_await(1 + at);
    lab_wait(pid);
  }
}

LAB_PROGRAM {
  unsigned char *memory = lab_map(LAB_REGION, kLarge, PROT_READ | PROT_WRITE, MAP_PRIVATE);

  for (uint64_t i = 0; i < kSmall; i++) lab_fill(memory + i * kPage, i);
  checkpoint(1);
  measure(0);
  for (uint64_t i = 0; i < kLarge; i++) lab_fill(memory + i * kPage, i);
  checkpoint(2);
  measure(1);
  checkpoint(3);
}
