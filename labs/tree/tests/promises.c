/* Promises in tables that two processes share: read by the one, written by the other. */
#include "lab.h"

enum { kPages = 8, kFar = 512 };

LAB_PROGRAM {
  unsigned char *memory = lab_map(LAB_REGION, 2 * kFar, PROT_READ | PROT_WRITE, MAP_PRIVATE);

  lab_fill(memory, 0);
  mprotect(memory + 3 * kPage, kPage, PROT_READ);
  checkpoint(1);
  const long pid = lab_fork();
  if (pid == 0) {
    lab_child();
    checkpoint(2);
    lab_report[0] = memory[kPage] + memory[(kFar + 1) * kPage] + memory[3 * kPage];
    checkpoint(3);
    lab_fill(memory + 2 * kPage, 102);
    checkpoint(4);
    *lab_step = 1;
    lab_await(2);
    lab_exit(0);
  }
  lab_report[0] = 0;
  lab_await(1);
  lab_fill(memory + kPage, 101);
  checkpoint(5);
  *lab_step = 2;
  lab_wait(pid);
  checkpoint(6);
}
