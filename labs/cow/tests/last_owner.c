/* Whoever is left alone with a page writes it without a copy. */
#include "lab.h"

enum { kPages = 8 };

LAB_PROGRAM {
  unsigned char *memory = lab_map(LAB_REGION, kPages, PROT_READ | PROT_WRITE, MAP_PRIVATE);

  for (uint64_t i = 0; i < kPages; i++) lab_fill(memory + i * kPage, i);
  checkpoint(1);
  const long pid = lab_fork();
  if (pid == 0) {
    for (uint64_t i = 0; i < 4; i++) lab_fill(memory + i * kPage, 100 + i);
    *lab_step = 1;
    lab_await(2);
    lab_exit(0);
  }
  lab_await(1);
  lab_settle();
  checkpoint(2);
  for (uint64_t i = 0; i < 4; i++) lab_fill(memory + i * kPage, 200 + i);
  checkpoint(3);
  *lab_step = 2;
  lab_report[0] = (uint64_t)lab_wait(pid);
  checkpoint(4);
  for (uint64_t i = 4; i < kPages; i++) lab_fill(memory + i * kPage, 200 + i);
  checkpoint(5);
  for (uint64_t i = 0; i < kPages; i++) lab_fill(memory + i * kPage, 300 + i);
  checkpoint(6);
}
