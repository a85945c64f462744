/* One page in the midst of a promise for a GiB, read; another written; a third in one that may only be read. */
#include "lab.h"

#define GiB (1UL << 30)

LAB_PROGRAM {
  volatile unsigned char *memory = lab_map(LAB_REGION, 3 * GiB / kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE);

  mprotect((void *)(memory + 2 * GiB), GiB, PROT_READ);

  checkpoint(1);
  lab_report[0] = memory[GiB / 2 + 5 * kPage];
  lab_report[0] += memory[2 * GiB + GiB / 2];
  checkpoint(2);
  memory[GiB + GiB / 2] = 7;
  checkpoint(3);
  memory[GiB + GiB / 2 + kPage] = 8;
  lab_report[0] += memory[GiB / 2];
  checkpoint(4);
}
