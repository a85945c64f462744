/* Fifty children, one after the other, and one of a child's. */
#include "lab.h"

enum { kPages = 12, kChildren = 50 };

LAB_PROGRAM {
  unsigned char *memory = lab_map(LAB_REGION, kPages, PROT_READ | PROT_WRITE, MAP_PRIVATE);

  for (uint64_t i = 0; i < kPages; i++) lab_fill(memory + i * kPage, i);
  long pid = lab_fork();
  if (pid == 0) lab_exit(0);
  lab_wait(pid);
  checkpoint(1);
  for (int i = 0; i < kChildren; i++) {
    pid = lab_fork();
    if (pid == 0) {
      lab_fill(memory + i % kPages * kPage, 100);
      lab_exit(i);
    }
    lab_report[0] += lab_wait(pid) == i;
  }
  checkpoint(2);
  pid = lab_fork();
  if (pid == 0) {
    const long grandchild = lab_fork();
    if (grandchild == 0) {
      lab_child();
      checkpoint(3);
      lab_exit(0);
    }
    lab_exit((int)lab_wait(grandchild));
  }
  lab_report[1] = (uint64_t)lab_wait(pid);
  checkpoint(4);
}
