/* The child writes, and then reads, what it shares with its parent. */
#include "lab.h"

enum { kPages = 24 };

LAB_PROGRAM {
  unsigned char *memory = lab_map(LAB_REGION, kPages, PROT_READ | PROT_WRITE, MAP_PRIVATE);

  for (uint64_t i = 0; i < kPages; i++) lab_fill(memory + i * kPage, i);
  checkpoint(1);
  const long pid = lab_fork();
  if (pid == 0) {
    lab_child();
    checkpoint(2);
    *(volatile uint64_t *)(memory + 5 * kPage + 1000) = lab_word(100, 0);
    checkpoint(3);
    lab_fill(memory + 9 * kPage, 109);
    checkpoint(4);
    volatile uint64_t sum = 0;
    for (uint64_t i = 0; i < kPages * kWords; i++) sum += ((volatile uint64_t *)memory)[i];
    (void)sum;
    checkpoint(5);
    *lab_step = 1;
    lab_exit(0);
  }
  lab_await(1);
  lab_report[0] = (uint64_t)lab_wait(pid);
  checkpoint(6);
}
