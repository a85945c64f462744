/* The kernel writes into memory of the program's: clock_gettime has 16 bytes to store. */
#include "lab.h"

enum { kPages = 16, kReadOnly = 12, kNothing = 13 };

static uint64_t ask(const volatile void *at) { return (uint64_t)raw(NR_clock_gettime, 1, at); }

LAB_PROGRAM {
  unsigned char *memory = lab_map(LAB_REGION, kPages, PROT_READ | PROT_WRITE, MAP_PRIVATE);
  const uint64_t text = (uint64_t)(uintptr_t)ask;

  for (uint64_t i = 0; i < kPages; i++) lab_fill(memory + i * kPage, i);
  mprotect(memory + kReadOnly * kPage, kPage, PROT_READ);
  mprotect(memory + kNothing * kPage, kPage, PROT_NONE);
  checkpoint(1);
  const long pid = lab_fork();
  if (pid == 0) {
    lab_child();
    lab_report[0] = 1;
    checkpoint(2);
    lab_report[0] = ask(memory + 3 * kPage + 512);
    checkpoint(3);
    lab_report[1] = ask(memory + 6 * kPage - 8); /* half in page 5, half in page 6 */
    checkpoint(4);
    lab_report[2] = ask(memory + kReadOnly * kPage + 64);
    lab_report[3] = ask(memory + kReadOnly * kPage - 8); /* half in page 11, half in one that may not be written */
    lab_report[4] = ask(memory + kNothing * kPage);
    lab_report[5] = ask((void *)(text & -(uint64_t)kPage));
    checkpoint(5);
    raw(NR_nanosleep, memory + 8 * kPage, 0); /* the kernel reads; what it finds is no time */
    checkpoint(6);
    *lab_step = 1;
    lab_await(2);
    lab_exit(0);
  }
  lab_await(1);
  lab_report[0] = ask(memory + 9 * kPage);
  checkpoint(7);
  *lab_step = 2;
  lab_wait(pid);
  checkpoint(8);
}
