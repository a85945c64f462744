/* A range that begins in the middle of one table and ends in the middle of another; then parts of it go. */
#include "lab.h"

enum { kBegin = 500, kEnd = 3 * 512 + 20 };

LAB_PROGRAM {
  checkpoint(1);
  unsigned char *memory = LAB_REGION;
  lab_map(memory + kBegin * kPage, kEnd - kBegin, PROT_READ | PROT_WRITE, MAP_PRIVATE);
  checkpoint(2);
  for (uint64_t i = 505; i < 515; i++) lab_fill(memory + i * kPage, i);
  for (uint64_t i = 1530; i < 1540; i++) lab_fill(memory + i * kPage, i);
  checkpoint(3);
  raw(NR_munmap, memory + 508 * kPage, 1532 * kPage - 508 * kPage); /* from one page in the first table to one in the third */
  checkpoint(4);
  raw(NR_munmap, memory + kBegin * kPage, (508 - kBegin) * kPage); /* what is left before the hole */
  checkpoint(5);
  raw(NR_munmap, memory, kEnd * kPage); /* more than there is */
  checkpoint(6);
}
