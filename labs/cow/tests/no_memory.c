/* No frame is left when a shared page is written. (The grader takes them away at the even checkpoints, and gives them back at the odd ones.) */
#include "lab.h"

enum { kPages = 8 };

LAB_PROGRAM {
  unsigned char *memory = lab_map(LAB_REGION, kPages, PROT_READ | PROT_WRITE, MAP_PRIVATE);

  for (uint64_t i = 0; i < kPages; i++) lab_fill(memory + i * kPage, i);
  checkpoint(1);
  long pid = lab_fork();
  if (pid == 0) {
    lab_child();
    checkpoint(2);
    *(volatile uint64_t *)(memory + 5 * kPage) = 0;
    lab_exit(0);
  }
  lab_report[0] = (uint64_t)lab_wait(pid);
  checkpoint(3);
  pid = lab_fork();
  if (pid == 0) {
    lab_child();
    lab_report[1] = 1;
    checkpoint(4);
    lab_report[1] = (uint64_t)raw(NR_clock_gettime, 1, memory + 5 * kPage);
    checkpoint(5);
    lab_exit(0);
  }
  lab_report[0] = (uint64_t)lab_wait(pid);
  checkpoint(7);
}
