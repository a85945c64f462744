/* Writing after a child that wrote nothing has ended: everything is the parent's again. */
#include "lab.h"

enum { kPages = 40 };

LAB_PROGRAM {
  unsigned char *memory = lab_map(LAB_REGION, kPages, PROT_READ | PROT_WRITE, MAP_PRIVATE);

  for (uint64_t i = 0; i < kPages; i++) lab_fill(memory + i * kPage, i);
  checkpoint(1);
  const long pid = lab_fork();
  if (pid == 0) {
    lab_child();
    checkpoint(2);
    *lab_step = 1;
    lab_exit(0);
  }
  lab_await(1);
  lab_wait(pid);
  checkpoint(3);
  for (uint64_t i = 0; i < kPages; i++) lab_fill(memory + i * kPage, 100 + i);
  checkpoint(4);
}
