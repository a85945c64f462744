/* Changes of ranges, with so many free frames. What each is answered stands in lab_report, and each is tried twice. */
#include "lab.h"

#define GIB (1UL << 30)

static int next;

static inline void try_twice(long number, void *at, uint64_t bytes, int rights, int flags) {
  for (int i = 0; i < 2; i++) {
    checkpoint(1);
    const long answer = raw(number, at, bytes, rights, flags, -1, 0);
    lab_report[next++] = (uint64_t)(answer > 0 ? 0 : answer);
  }
  checkpoint(2);
}

LAB_PROGRAM {
  unsigned char *memory = lab_map(LAB_REGION, 4 * GIB / kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE);

  for (int i = 0; i < kReports; i++) lab_report[i] = 1;
  try_twice(NR_mprotect, memory + 5 * kPage, kPage, PROT_READ, 0);                 /* a page of a GiB */
  try_twice(NR_munmap, memory + GIB, GIB / 2, 0, 0);                               /* half of one */
  try_twice(NR_munmap, memory + 2 * GIB - kPage, 2 * kPage, 0, 0);                 /* two pages, of which each belongs to another GiB */
  try_twice(NR_mmap, memory + 8 * GIB, 5 * kPage, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED); /* pages that are filled */
  for (uint64_t i = 0; i < 4; i++) lab_fill(memory + 3 * GIB + i * 512 * kPage, i);
  checkpoint(3);
  const long pid = lab_fork();
  if (pid == 0) {
    lab_child();
    lab_report[0] = 1;
    try_twice(NR_munmap, memory + 3 * GIB, kPage, 0, 0);                           /* one page, below shared tables */
    try_twice(NR_munmap, memory + 3 * GIB + 1536 * kPage, 512 * kPage, 0, 0);      /* all of a table */
    *lab_step = 1;
    lab_exit(0);
  }
  lab_await(1);
  lab_report[20] = (uint64_t)lab_wait(pid);
  checkpoint(4);
}
