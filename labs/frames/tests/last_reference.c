/* Parent and child have two pages; of each, another one gives up its reference first. */
#include "lab.h"

LAB_PROGRAM {
  unsigned char *memory = lab_map(LAB_REGION, 4, PROT_READ | PROT_WRITE, MAP_PRIVATE);

  for (uint64_t i = 0; i < 4; i++) lab_fill(memory + i * kPage, i);
  checkpoint(1);
  const long pid = lab_fork();
  if (pid == 0) {
    lab_child();
    checkpoint(2);
    *lab_step = 1;
    lab_await(2);
    raw(NR_munmap, memory + kPage, kPage);
    checkpoint(4);
    *lab_step = 3;
    lab_await(4);
    lab_exit(0);
  }
  lab_await(1);
  raw(NR_munmap, memory, kPage);
  checkpoint(3);
  *lab_step = 2;
  lab_await(3);
  raw(NR_munmap, memory + kPage, kPage);
  checkpoint(5);
  *lab_step = 4;
  lab_report[0] = (uint64_t)lab_wait(pid);
  checkpoint(6);
}
