/* No frame is left for a page that is touched for the first time. */
#include "lab.h"

enum { kPages = 4, kReadOnly = 2 };

LAB_PROGRAM {
  unsigned char *memory = lab_map(LAB_REGION, 1024, PROT_READ | PROT_WRITE, MAP_PRIVATE);

  lab_fill(memory, 0);
  mprotect(memory + kReadOnly * kPage, kPage, PROT_READ);
  for (int i = 0; i < 4; i++) {
    const long pid = lab_fork();
    if (pid == 0) {
      lab_child();
      lab_report[1] = 1;
      checkpoint(1);
      if (i == 0) *(volatile unsigned char *)(memory + kPage) = 1;
      if (i == 1) (void)*(volatile unsigned char *)(memory + kReadOnly * kPage);
      if (i == 2) (void)*(volatile unsigned char *)(memory + 600 * kPage);
      if (i == 3) lab_report[1] = (uint64_t)raw(NR_nanosleep, memory + kReadOnly * kPage, 0);
      if (i == 3) checkpoint(2);
      lab_exit(0);
    }
    lab_report[0] = (uint64_t)lab_wait(pid);
    checkpoint(3);
  }
}
