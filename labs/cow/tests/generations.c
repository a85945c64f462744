/* A child forks while it shares everything with its own parent. */
#include "lab.h"

enum { kPages = 4 };

LAB_PROGRAM {
  unsigned char *memory = lab_map(LAB_REGION, kPages, PROT_READ | PROT_WRITE, MAP_PRIVATE);

  for (uint64_t i = 0; i < kPages; i++) lab_fill(memory + i * kPage, i);
  checkpoint(1);
  const long child = lab_fork();
  if (child == 0) {
    lab_child();
    const long grandchild = lab_fork();
    if (grandchild == 0) {
      lab_child();
      checkpoint(2);
      lab_fill(memory, 50);
      checkpoint(3);
      *lab_step = 1;
      lab_await(3);
      lab_exit(0);
    }
    lab_await(1);
    lab_fill(memory, 51);
    checkpoint(4);
    *lab_step = 2;
    lab_await(3);
    lab_wait(grandchild);
    lab_exit(0);
  }
  lab_await(2);
  lab_fill(memory, 52);
  checkpoint(5);
  *lab_step = 3;
  lab_wait(child);
  checkpoint(6);
}
