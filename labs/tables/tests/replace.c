/* Maps over what is mapped, and unmaps what others have, too. */
#include "lab.h"

enum { kPages = 3 * 512 };

LAB_PROGRAM {
  unsigned char *memory = lab_map(LAB_REGION, kPages, PROT_READ | PROT_WRITE, MAP_PRIVATE);

  for (uint64_t i = 0; i < 24; i++) lab_fill(memory + i * kPage, i);
  lab_fill(memory + 600 * kPage, 600);
  checkpoint(1);
  lab_map(memory + 4 * kPage, 8, PROT_READ, MAP_PRIVATE);
  checkpoint(2);
  lab_map(memory, 512, PROT_READ | PROT_WRITE, MAP_PRIVATE);
  checkpoint(3);
  lab_fill(memory, 1000);
  lab_fill(memory + kPage, 1001);
  checkpoint(4);
  const long pid = lab_fork();
  if (pid == 0) {
    lab_child();
    raw(NR_munmap, memory, kPages * kPage);
    checkpoint(5);
    *lab_step = 1;
    lab_exit(0);
  }
  lab_await(1);
  lab_report[0] = (uint64_t)lab_wait(pid);
  checkpoint(6);
}
