/* A range that is there twice: mremap with an old size of 0 (as Linux has it for shared memory) shares it within one process. */
#include "lab.h"

enum { kPages = 8 };

LAB_PROGRAM {
  unsigned char *memory = lab_map(LAB_REGION, kPages, PROT_READ | PROT_WRITE, MAP_PRIVATE);

  for (uint64_t i = 0; i < kPages; i++) lab_fill(memory + i * kPage, i);
  lab_report[0] = 0;
  checkpoint(1);
  unsigned char *twin = (unsigned char *)raw(NR_mremap, memory, 0, kPages * kPage, MREMAP_MAYMOVE);
  lab_report[0] = (uint64_t)(uintptr_t)twin;
  checkpoint(2);
  lab_fill(memory + 2 * kPage, 102);
  lab_fill(twin + 3 * kPage, 103);
  checkpoint(3);
}
