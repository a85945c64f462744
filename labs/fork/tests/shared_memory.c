/* Memory mapped MAP_SHARED is one for parent and child. */
#include "lab.h"

enum { kPages = 4, kShared = 3 };

LAB_PROGRAM {
  unsigned char *memory = lab_map(LAB_REGION, kPages, PROT_READ | PROT_WRITE, MAP_PRIVATE);

  lab_map(memory + kShared * kPage, 1, PROT_READ | PROT_WRITE, MAP_SHARED);
  for (uint64_t i = 0; i < kPages; i++) lab_fill(memory + i * kPage, i);
  checkpoint(1);
  const long pid = lab_fork();
  if (pid == 0) {
    lab_child();
    checkpoint(2);
    lab_fill(memory + kShared * kPage, 100);
    checkpoint(3);
    *lab_step = 1;
    lab_await(2);
    lab_exit(0);
  }
  lab_await(1);
  lab_fill(memory + kShared * kPage, 101);
  checkpoint(4);
  *lab_step = 2;
  lab_wait(pid);
  checkpoint(5);
}
