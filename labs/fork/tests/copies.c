/* One fork of a process with all kinds of memory. */
#include "lab.h"

enum { kPages = 24, kReadOnly = 4, kNothing = 5, kPromised = 600 };

LAB_PROGRAM {
  unsigned char *memory = lab_map(LAB_REGION, kPages + kPromised, PROT_READ | PROT_WRITE, MAP_PRIVATE);

  for (uint64_t i = 0; i < kPages; i++) lab_fill(memory + i * kPage, i);
  mprotect(memory + kReadOnly * kPage, kPage, PROT_READ);
  mprotect(memory + kNothing * kPage, kPage, PROT_NONE);
  checkpoint(1);
  const long pid = lab_fork();
  if (pid == 0) {
    lab_child();
    checkpoint(2);
    *lab_step = 1;
    lab_exit(0);
  }
  lab_await(1);
  lab_report[0] = (uint64_t)lab_wait(pid);
  checkpoint(3);
}
