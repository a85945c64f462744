/* The parent writes, while the child still has everything. */
#include "lab.h"

enum { kPages = 24 };

LAB_PROGRAM {
  unsigned char *memory = lab_map(LAB_REGION, kPages, PROT_READ | PROT_WRITE, MAP_PRIVATE);

  for (uint64_t i = 0; i < kPages; i++) lab_fill(memory + i * kPage, i);
  checkpoint(1);
  const long pid = lab_fork();
  if (pid == 0) {
    lab_await(1);
    lab_exit(0);
  }
  lab_settle();
  checkpoint(2);
  *(volatile uint64_t *)(memory + 7 * kPage + 4088) = lab_word(100, 0); /* the last word of the page */
  checkpoint(3);
  for (uint64_t i = 0; i < kPages; i++) lab_fill(memory + i * kPage, 200 + i);
  checkpoint(4);
  *lab_step = 1;
  lab_report[0] = (uint64_t)lab_wait(pid);
  checkpoint(5);
}
