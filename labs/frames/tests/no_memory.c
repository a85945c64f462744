/* The kernel is asked to write into pages that nobody touched, while few frames are free. */
#include "lab.h"

enum { kPages = 8 };

LAB_PROGRAM {
  unsigned char *memory = lab_map(LAB_REGION, kPages, PROT_READ | PROT_WRITE, MAP_PRIVATE);

  lab_fill(memory, 0); /* the tables are there */
  for (int i = 0; i < kReports; i++) lab_report[i] = 1;
  checkpoint(1);
  for (int i = 1; i < kPages; i++) lab_report[i] = (uint64_t)raw(NR_clock_gettime, 0, memory + i * kPage + 64);
  checkpoint(2);
  for (int i = 1; i < kPages; i++) lab_report[i] = (uint64_t)raw(NR_clock_gettime, 0, memory + i * kPage + 64);
  checkpoint(3);
}
