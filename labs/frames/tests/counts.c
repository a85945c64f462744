/* Three hundred processes have a page, and one after the other has it no more. */
#include "lab.h"

enum { kChildren = 300 };

LAB_PROGRAM {
  unsigned char *memory = lab_map(LAB_REGION, 1, PROT_READ | PROT_WRITE, MAP_PRIVATE);

  lab_fill(memory, 1);
  checkpoint(1);
  for (int i = 0; i < kChildren; i++) {
    const long pid = lab_fork();
    if (pid == 0) {
      lab_await(i < kChildren / 2 ? 1 : 2);
      lab_exit(0);
    }
    lab_report[1] += pid > 0;
  }
  checkpoint(2);
  *lab_step = 1;
  for (int i = 0; i < kChildren / 2; i++) lab_report[2] += lab_wait(-1) == 0;
  checkpoint(3);
  *lab_step = 2;
  for (int i = 0; i < kChildren / 2; i++) lab_report[2] += lab_wait(-1) == 0;
  checkpoint(4);
  raw(NR_munmap, memory, kPage);
  checkpoint(5);
}
