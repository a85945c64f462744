/* fork, again and again, with more and more free frames, until it succeeds. */
#include "lab.h"

enum { kPages = 24 };

LAB_PROGRAM {
  unsigned char *memory = lab_map(LAB_REGION, kPages, PROT_READ | PROT_WRITE, MAP_PRIVATE);

  for (uint64_t i = 0; i < kPages; i++) lab_fill(memory + i * kPage, i);
  for (;;) {
    checkpoint(1);
    const long pid = lab_fork();
    if (pid == 0) lab_exit(0);
    /* With a child alive and no frame left, a write to memory of one's own may be the end. What all share costs nothing. */
    lab_step[1] = (int)pid;
    raw(NR_wait4, -1, 0, 0, 0);
    checkpoint(2);
  }
}
