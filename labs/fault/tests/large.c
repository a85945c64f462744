/* One page in the midst of a promise for a GiB, read; another written. */
#include "lab.h"

#define GiB (1UL << 30)

LAB_PROGRAM {
  volatile unsigned char *memory = lab_map(LAB_REGION, 2 * GiB / kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE);

  checkpoint(1);
  lab_report[0] = memory[GiB / 2 + 5 * kPage];
  checkpoint(2);
  memory[GiB + GiB / 2] = 7;
  checkpoint(3);
  memory[GiB + GiB / 2 + kPage] = 8;
  lab_report[0] += memory[GiB / 2];
  checkpoint(4);
}
