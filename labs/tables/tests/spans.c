/* Maps a GiB and more, all at once, uses one page of it, and unmaps it. */
#include "lab.h"

#define GIB (1UL << 30)

LAB_PROGRAM {
  checkpoint(1);
  unsigned char *memory = lab_map(LAB_REGION, 2 * GIB / kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE);
  checkpoint(2);
  lab_fill(memory + GIB + 5 * kPage, 1);
  checkpoint(3);
  raw(NR_munmap, memory + GIB, GIB);
  checkpoint(4);
  raw(NR_munmap, memory, 2 * GIB);
  checkpoint(5);
}
