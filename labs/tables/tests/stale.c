/* What the processor knew of a page is not true any more. */
#include "lab.h"

enum { kPages = 3 * 512 };

static unsigned char *memory;
static volatile unsigned char *bytes;

/* Uses all of these pages, so that the processor knows them. */
static inline void know(int begin, int end) {
  for (int i = begin; i < end; i++) bytes[i * kPage] = (unsigned char)(i + 1);
}

LAB_PROGRAM {
  bytes = memory = lab_map(LAB_REGION, kPages, PROT_READ | PROT_WRITE, MAP_PRIVATE);
  checkpoint(1);
  lab_report[0] = (uint64_t)LAB_ENDING(know(0, 1); raw(NR_munmap, memory, kPage); lab_exit(bytes[0]));
  lab_report[1] = (uint64_t)LAB_ENDING(know(0, 4); raw(NR_munmap, memory, 4 * kPage); lab_exit(bytes[3 * kPage]));
  lab_report[2] = (uint64_t)LAB_ENDING(know(0, 32); raw(NR_munmap, memory, 32 * kPage); lab_exit(bytes[31 * kPage]));
  lab_report[3] = (uint64_t)LAB_ENDING(know(0, 1); raw(NR_mprotect, memory, kPage, PROT_READ); bytes[0] = 1);
  lab_report[4] = (uint64_t)LAB_ENDING(know(0, 4); raw(NR_mprotect, memory, 4 * kPage, PROT_READ); bytes[3 * kPage] = 1);
  lab_report[5] = (uint64_t)LAB_ENDING(know(0, 32); raw(NR_mprotect, memory, 32 * kPage, PROT_READ); bytes[31 * kPage] = 1);
  lab_report[6] = (uint64_t)LAB_ENDING(know(0, 4); lab_map(memory, 4, PROT_READ, MAP_PRIVATE); lab_exit(bytes[2 * kPage]));
  lab_report[7] = (uint64_t)LAB_ENDING(know(0, 512); lab_map(memory, 512, PROT_READ, MAP_PRIVATE); lab_exit(bytes[300 * kPage]));
  checkpoint(2);
}
