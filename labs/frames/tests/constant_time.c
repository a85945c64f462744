/* How long it takes to use 64 pages: while most memory is free, and once most is in use. */
#include "lab.h"

enum { kPages = 2700, kTimed = 64 };

static unsigned char *memory;

static inline uint64_t now(void) {
  uint32_t low, high;
  __asm__ volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
  return (uint64_t)high << 32 | low;
}

static void touch(uint64_t begin, uint64_t end) {
  for (uint64_t i = begin; i < end; i++) *(volatile unsigned char *)(memory + i * kPage) = 1;
}

static uint64_t timed(uint64_t begin) {
  const uint64_t before = now();
  touch(begin, begin + kTimed);
  return now() - before;
}

LAB_PROGRAM {
  memory = lab_map(LAB_REGION, kPages, PROT_READ | PROT_WRITE, MAP_PRIVATE);
  touch(0, 1);
  checkpoint(1);
  lab_report[0] = timed(1);
  touch(1 + kTimed, 2500);
  touch(2560, 2561); /* (the table of the pages below is made outside of the time) */
  lab_report[1] = timed(2600);
  checkpoint(2);
  raw(NR_munmap, memory, kPages * kPage);
  checkpoint(3);
}
