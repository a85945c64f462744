/* The path to a shared page needs four frames: three tables and the page. The grader leaves none, one, two, three, and then four. */
#include "lab.h"

enum { kPages = 8 };

LAB_PROGRAM {
  unsigned char *memory = lab_map(LAB_REGION, kPages, PROT_READ | PROT_WRITE, MAP_PRIVATE);

  for (uint64_t i = 0; i < kPages; i++) lab_fill(memory + i * kPage, i);
  for (int i = 0; i < 5; i++) {
    const long pid = lab_fork();
    if (pid == 0) {
      lab_child();
      lab_report[1] = 1;
      checkpoint(1);
      *(volatile uint64_t *)(memory + 5 * kPage) = lab_word(100, 0);
      checkpoint(2);
      lab_exit(0);
    }
    lab_report[0] = (uint64_t)lab_wait(pid);
    checkpoint(3);
  }
}
