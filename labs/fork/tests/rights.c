/* What was forbidden before the fork is forbidden after it, and after a copy. */
#include "lab.h"

enum { kPages = 8, kReadOnly = 1, kNothing = 2, kData = 3 };

static __attribute__((noinline, used)) void touch(const volatile void *at) { (void)*(const volatile unsigned char *)at; }
static __attribute__((noinline)) void put(volatile void *at) { *(volatile unsigned char *)at = 0xc3; /* the instruction ret */ }
static __attribute__((noinline)) void run(void *at) { ((void (*)(void))at)(); }

LAB_PROGRAM {
  unsigned char *memory = lab_map(LAB_REGION, kPages, PROT_READ | PROT_WRITE, MAP_PRIVATE);
  void *text = (void *)(uintptr_t)touch;

  for (uint64_t i = 0; i < kPages; i++) lab_fill(memory + i * kPage, i);
  mprotect(memory + kReadOnly * kPage, kPage, PROT_READ);
  mprotect(memory + kNothing * kPage, kPage, PROT_NONE);
  checkpoint(1);
  const long pid = lab_fork();
  if (pid == 0) {
    lab_child();
    checkpoint(2);
    put(memory + kData * kPage);
    checkpoint(3);
    *lab_step = 1;
    lab_await(2);
    lab_exit(0);
  }
  lab_await(1);
  lab_report[0] = (uint64_t)LAB_ENDING(put(memory + kReadOnly * kPage));
  lab_report[1] = (uint64_t)LAB_ENDING(touch(memory + kNothing * kPage));
  lab_report[2] = (uint64_t)LAB_ENDING(put(memory + kNothing * kPage));
  lab_report[3] = (uint64_t)LAB_ENDING(put(text));
  lab_report[4] = (uint64_t)LAB_ENDING(run(memory + kData * kPage));
  lab_report[5] = (uint64_t)LAB_ENDING(put(memory + kData * kPage); run(memory + kData * kPage));
  lab_report[6] = (uint64_t)LAB_ENDING(touch(memory + kReadOnly * kPage); put(memory + kData * kPage); put(memory + kReadOnly * kPage));
  checkpoint(4);
  *lab_step = 2;
  lab_wait(pid);
  put(memory + kData * kPage);
  lab_report[7] = (uint64_t)LAB_ENDING(put(memory + kReadOnly * kPage));
  checkpoint(5);
}
