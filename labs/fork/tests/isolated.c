/* Both write after the fork, the child first. */
#include "lab.h"

enum { kPages = 12 };

LAB_PROGRAM {
  unsigned char *memory = lab_map(LAB_REGION, kPages, PROT_READ | PROT_WRITE, MAP_PRIVATE);

  for (uint64_t i = 0; i < kPages; i++) lab_fill(memory + i * kPage, i);
  checkpoint(1);
  const long pid = lab_fork();
  if (pid == 0) {
    lab_child();
    checkpoint(2);
    for (uint64_t i = 0; i < kPages / 2; i++) lab_fill(memory + i * kPage, 100 + i);
    checkpoint(3);
    *lab_step = 1;
    lab_await(2);
    lab_exit(0);
  }
  lab_await(1);
  for (uint64_t i = kPages / 2; i < kPages; i++) lab_fill(memory + i * kPage, 200 + i);
  checkpoint(4);
  *lab_step = 2;
  lab_report[0] = (uint64_t)lab_wait(pid);
  checkpoint(5);
}
