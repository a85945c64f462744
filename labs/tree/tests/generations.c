/* Three generations share a table; each writes, the youngest first; then the one in the middle ends. */
#include "lab.h"

enum { kPages = 8 };

LAB_PROGRAM {
  unsigned char *memory = lab_map(LAB_REGION, kPages, PROT_READ | PROT_WRITE, MAP_PRIVATE);

  for (uint64_t i = 0; i < kPages; i++) lab_fill(memory + i * kPage, i);
  checkpoint(1);
  const long child = lab_fork();
  if (child == 0) {
    lab_child();
    if (lab_fork() == 0) {
      lab_child();
      checkpoint(2);
      lab_fill(memory, 50);
      checkpoint(3);
      *lab_step = 1;
      lab_await(3);
      lab_fill(memory + kPage, 53);
      checkpoint(6);
      *lab_step = 4;
      lab_await(5);
      lab_exit(0);
    }
    lab_await(1);
    lab_fill(memory, 51);
    checkpoint(4);
    *lab_step = 2;
    lab_exit(0);
  }
  lab_await(2);
  lab_wait(child);
  checkpoint(5);
  *lab_step = 3;
  lab_await(4);
  lab_settle();
  lab_fill(memory, 52);
  lab_fill(memory + 2 * kPage, 54);
  checkpoint(7);
  *lab_step = 5;
  lab_wait(-1);
  checkpoint(8);
}
