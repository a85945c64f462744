/* The child has its parent's break, and one of its own from there on. */
#include "lab.h"

LAB_PROGRAM {
  lab_fill(lab_map(LAB_REGION, 1, PROT_READ | PROT_WRITE, MAP_PRIVATE), 0);
  const long start = raw(NR_brk, 0);

  lab_report[0] = (uint64_t)raw(NR_brk, start + 3 * kPage + 100);
  lab_fill((void *)(start + kPage), 1);
  checkpoint(1);
  const long pid = lab_fork();
  if (pid == 0) {
    lab_child();
    lab_report[1] = (uint64_t)raw(NR_brk, 0);
    lab_report[2] = (uint64_t)raw(NR_brk, start + 9 * kPage);
    lab_fill((void *)(start + 8 * kPage), 2);
    lab_report[3] = (uint64_t)start;
    checkpoint(2);
    *lab_step = 1;
    lab_exit(0);
  }
  lab_await(1);
  lab_wait(pid);
  lab_report[4] = (uint64_t)raw(NR_brk, 0);
  checkpoint(3);
}
