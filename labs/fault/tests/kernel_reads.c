/* The kernel reads and writes memory that nobody touched yet, as the program itself might. */
#include "lab.h"

enum { kPages = 8, kReadOnly = 2, kNothing = 3 };

LAB_PROGRAM {
  unsigned char *memory = lab_map(LAB_REGION, kPages, PROT_READ | PROT_WRITE, MAP_PRIVATE);

  mprotect(memory + kReadOnly * kPage, kPage, PROT_READ);
  mprotect(memory + kNothing * kPage, kPage, PROT_NONE);
  *(volatile unsigned char *)(memory + 7 * kPage) = 1; /* (the tables above it) */
  lab_report[0] = 1;
  checkpoint(1);
  lab_report[0] = (uint64_t)raw(NR_nanosleep, memory + kReadOnly * kPage + 8, 0); /* no time at all: two zeros */
  lab_report[1] = (uint64_t)raw(NR_clock_gettime, 1, memory + 8);
  lab_report[2] = (uint64_t)raw(NR_clock_gettime, 1, memory + kReadOnly * kPage + 8);
  lab_report[3] = (uint64_t)raw(NR_nanosleep, memory + kNothing * kPage, 0);
  lab_report[4] = (uint64_t)raw(NR_clock_gettime, 1, memory + kNothing * kPage);
  lab_report[5] = (uint64_t)raw(NR_clock_gettime, 1, memory + kPages * kPage);
  lab_report[6] = (uint64_t)raw(NR_nanosleep, (void *)0xffff800000100000, 0);
  lab_report[7] = (uint64_t)raw(NR_clock_gettime, 1, (void *)0xffffffff80200000);
  checkpoint(2);
}
