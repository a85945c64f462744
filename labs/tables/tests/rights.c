/* Rights of pages and of promises change, and are tried. */
#include "lab.h"

enum { kPages = 3 * 512 };

static inline int protect(void *at, size_t pages, int rights) { return (int)raw(NR_mprotect, at, pages * kPage, rights); }

LAB_PROGRAM {
  unsigned char *memory = lab_map(LAB_REGION, kPages, PROT_READ | PROT_WRITE, MAP_PRIVATE);
  volatile unsigned char *bytes = memory;

  for (uint64_t i = 0; i < 16; i++) lab_fill(memory + i * kPage, i);
  checkpoint(1);
  protect(memory, 4, PROT_READ);
  protect(memory + 4 * kPage, 4, PROT_NONE);
  protect(memory + 8 * kPage, 4, PROT_READ | PROT_EXEC);
  protect(memory + 600 * kPage, 1, PROT_READ);      /* one page of a promise for many */
  protect(memory + 1024 * kPage, 512, PROT_READ);   /* all of one */
  checkpoint(2);
  lab_report[0] = (uint64_t)LAB_ENDING(bytes[0] = 1);
  lab_report[1] = (uint64_t)LAB_ENDING(lab_report[1] = bytes[4 * kPage]);
  lab_report[2] = (uint64_t)LAB_ENDING(bytes[8 * kPage] = 1);
  lab_report[3] = (uint64_t)LAB_ENDING(bytes[600 * kPage] = 1);
  lab_report[4] = (uint64_t)LAB_ENDING(bytes[1030 * kPage] = 1);
  lab_report[5] = (uint64_t)LAB_ENDING(bytes[601 * kPage] = 1);
  lab_report[6] = (uint64_t)LAB_ENDING(((void (*)(void))(uintptr_t)(memory + 12 * kPage))());
  checkpoint(3);
  protect(memory, 12, PROT_READ | PROT_WRITE);
  checkpoint(4);
  for (int i = 0; i < 12; i++) bytes[i * kPage + 100] = bytes[i * kPage + 100];
  checkpoint(5);
  const long pid = lab_fork();
  if (pid == 0) {
    lab_child();
    protect(memory, 4, PROT_READ);
    protect(memory, 4, PROT_READ | PROT_WRITE);
    checkpoint(6);
    lab_fill(memory, 100);
    checkpoint(7);
    *lab_step = 1;
    lab_exit(0);
  }
  lab_await(1);
  lab_report[7] = (uint64_t)lab_wait(pid);
  checkpoint(8);
  lab_report[8] = (uint64_t)protect(memory, kPages + 1, PROT_READ); /* the last page is not there */
  checkpoint(9);
}
