/* A handler learns what happened, and where; it may repair it, and the instruction is executed again. */
#include "lab.h"

enum { kPages = 8, kReadOnly = 2, kNothing = 3 };

static volatile int count;
static void *volatile repair; /* a page to map there */

static void handler(int number, siginfo_t *info, void *context) {
  (void)context;
  lab_report[3 * count] = (uint64_t)number;
  lab_report[3 * count + 1] = (uint64_t)info->si_code;
  lab_report[3 * count + 2] = (uint64_t)(uintptr_t)info->si_addr;
  count++;
  mmap(repair, kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

LAB_PROGRAM {
  volatile unsigned char *memory = lab_map(LAB_REGION, kPages, PROT_READ | PROT_WRITE, MAP_PRIVATE);
  struct sigaction action = {0};

  action.sa_sigaction = handler;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGSEGV, &action, NULL);
  mprotect((void *)(memory + kReadOnly * kPage), kPage, PROT_READ);
  mprotect((void *)(memory + kNothing * kPage), kPage, PROT_NONE);
  const uint64_t before = memory[kReadOnly * kPage]; /* (may be read) */
  checkpoint(1);
  repair = (void *)(memory + kReadOnly * kPage);
  memory[kReadOnly * kPage + 33] = 1;
  repair = (void *)(memory + kNothing * kPage);
  memory[kNothing * kPage + 34] = 2;
  repair = (void *)(memory + kPages * kPage);
  memory[kPages * kPage + 4095] = 3;
  lab_report[9] = (uint64_t)count + before;
  checkpoint(2);
}
