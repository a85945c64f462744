/* Pages far from each other, each below tables of its own: unmapped, then left to a child, then left behind by a child. */
#include "lab.h"

enum { kPlaces = 8 };

static unsigned char *place(uint64_t i) { return LAB_REGION + (i << 39) + (i << 30) + (i << 21); }

static inline void use(uint64_t first) {
  for (uint64_t i = first; i < first + kPlaces; i++) lab_fill(lab_map(place(i), 1, PROT_READ | PROT_WRITE, MAP_PRIVATE), i);
}

LAB_PROGRAM {
  checkpoint(1);
  use(0);
  checkpoint(2);
  for (uint64_t i = 0; i < kPlaces; i++) raw(NR_munmap, place(i), kPage);
  checkpoint(3);
  use(0);
  checkpoint(4);
  const long pid = lab_fork();
  if (pid == 0) {
    lab_child();
    use(kPlaces);
    checkpoint(5);
    *lab_step = 1;
    lab_exit(0);
  }
  lab_await(1);
  lab_report[0] = (uint64_t)lab_wait(pid);
  checkpoint(6);
}
