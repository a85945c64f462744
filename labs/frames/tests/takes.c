/* Pages are used, and given back: first some of them, then all. */
#include "lab.h"

enum { kPages = 24 };

LAB_PROGRAM {
  checkpoint(1);
  unsigned char *memory = lab_map(LAB_REGION, kPages, PROT_READ | PROT_WRITE, MAP_PRIVATE);
  for (uint64_t i = 0; i < kPages; i++) lab_fill(memory + i * kPage, i);
  checkpoint(2);
  raw(NR_munmap, memory + 8 * kPage, 8 * kPage);
  checkpoint(3);
  raw(NR_munmap, memory, kPages * kPage);
  checkpoint(4);
}
