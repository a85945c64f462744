/* The child's first write, a second one beside it, and one far away. The region has 3 tables of level 0 below one of level 1. */
#include "lab.h"

enum { kTable = 512 };

LAB_PROGRAM {
  unsigned char *memory = lab_map(LAB_REGION, 3 * kTable, PROT_READ | PROT_WRITE, MAP_PRIVATE);

  for (uint64_t t = 0; t < 3; t++)
    for (uint64_t i = 0; i < 20; i++) lab_fill(memory + (t * kTable + i) * kPage, t * kTable + i);
  mprotect(memory + 7 * kPage, kPage, PROT_READ);
  checkpoint(1);
  const long pid = lab_fork();
  if (pid == 0) {
    lab_child();
    checkpoint(2);
    *(volatile uint64_t *)(memory + 5 * kPage + 8) = lab_word(100, 1);
    checkpoint(3);
    lab_fill(memory + 6 * kPage, 106);
    checkpoint(4);
    lab_fill(memory + (2 * kTable + 3) * kPage, 103);
    checkpoint(5);
    *lab_step = 1;
    lab_await(2);
    lab_exit(0);
  }
  lab_await(1);
  lab_settle();
  checkpoint(6);
  lab_fill(memory + 5 * kPage, 205); /* its table has one owner again, its page too */
  lab_fill(memory + 8 * kPage, 208); /* its table has one owner again, its page two */
  checkpoint(7);
  *lab_step = 2;
  lab_wait(pid);
  checkpoint(8);
}
