/* Uses and gives back more pages than the machine has. */
#include "lab.h"

enum { kRounds = 10, kPages = 512 };

LAB_PROGRAM {
  checkpoint(1);
  for (int round = 1; round <= kRounds; round++) {
    unsigned char *memory = lab_map(LAB_REGION, kPages, PROT_READ | PROT_WRITE, MAP_PRIVATE);
    for (uint64_t i = 0; i < kPages; i++) {
      const volatile uint64_t *words = (const volatile uint64_t *)(memory + i * kPage);
      for (uint64_t word = 0; word < kWords; word += 8) lab_report[0] += words[word] != 0;
    }
    if (round == 2 || round == kRounds) checkpoint(round);
    for (uint64_t i = 0; i < kPages; i++) lab_fill(memory + i * kPage, i);
    raw(NR_munmap, memory, kPages * kPage);
  }
  checkpoint(20);
}
