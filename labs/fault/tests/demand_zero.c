/* First and second touches of memory that nobody used yet, in frames that somebody else did. */
#include "lab.h"

enum { kPages = 16, kReadOnly = 16, kDirty = 600 };

LAB_PROGRAM {
  /* Frames with old contents: a child has them, and ends. */
  const long pid = lab_fork();
  if (pid == 0) {
    unsigned char *dirt = lab_map(LAB_REGION, kDirty, PROT_READ | PROT_WRITE, MAP_PRIVATE);
    for (uint64_t i = 0; i < kDirty; i++) lab_fill(dirt + i * kPage, 1000 + i);
    lab_exit(0);
  }
  lab_wait(pid);
  volatile unsigned char *memory = lab_map(LAB_REGION, kPages + 4, PROT_READ | PROT_WRITE, MAP_PRIVATE);
  mprotect((void *)(memory + kReadOnly * kPage), 4 * kPage, PROT_READ);
  memory[0] = 1; /* (the tables above it) */
  checkpoint(1);
  for (int i = 1; i < 8; i++) memory[i * kPage + 5 * i] = (unsigned char)i;
  checkpoint(2);
  uint64_t sum = 0;
  for (int i = 8; i < kPages; i++) sum += memory[i * kPage + 100];
  for (int i = kReadOnly; i < kReadOnly + 3; i++) sum += memory[i * kPage + 100];
  lab_report[0] = sum;
  checkpoint(3);
  for (int i = 1; i < kPages; i++) memory[i * kPage + 5 * i] = (unsigned char)i;
  checkpoint(4);
}
