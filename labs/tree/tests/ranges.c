/* A child changes and takes out a part of what it shares; the rest, and the parent's, stays. */
#include "lab.h"

enum { kPages = 40 };

LAB_PROGRAM {
  unsigned char *memory = lab_map(LAB_REGION, kPages, PROT_READ | PROT_WRITE, MAP_PRIVATE);

  for (uint64_t i = 0; i < kPages; i++) lab_fill(memory + i * kPage, i);
  checkpoint(1);
  const long pid = lab_fork();
  if (pid == 0) {
    lab_child();
    lab_report[0] = 1;
    checkpoint(2);
    lab_report[0] = (uint64_t)raw(NR_munmap, memory + 10 * kPage, 5 * kPage);
    lab_report[1] = (uint64_t)raw(NR_mprotect, memory + 20 * kPage, 3 * kPage, PROT_READ);
    checkpoint(3);
    *lab_step = 1;
    lab_await(2);
    lab_exit(0);
  }
  lab_await(1);
  lab_fill(memory + 21 * kPage, 121);
  checkpoint(4);
  *lab_step = 2;
  lab_wait(pid);
  checkpoint(5);
}
