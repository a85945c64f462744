/* A parent that runs before all others goes on right after fork, without any other root loaded in between: what the processor knew of its pages
 * before, it still knows. */
#include "lab.h"

enum { kPages = 8 };

LAB_PROGRAM {
  unsigned char *memory = lab_map(LAB_REGION, kPages, PROT_READ | PROT_WRITE, MAP_PRIVATE);

  for (uint64_t i = 0; i < kPages; i++) lab_fill(memory + i * kPage, i);
  lab_report[0] = (uint64_t)raw(KINE_SERVER, 0);
  checkpoint(1);
  for (uint64_t i = 0; i < kPages; i++) *(volatile uint64_t *)(memory + i * kPage) = lab_word(i, 0); /* as it was */
  const long pid = lab_fork();
  if (pid == 0) lab_exit(0);
  for (uint64_t i = 0; i < kPages; i++) *(volatile uint64_t *)(memory + i * kPage) = lab_word(100 + i, 0);
  checkpoint(2);
  lab_report[1] = (uint64_t)lab_wait(pid);
  checkpoint(3);
}
