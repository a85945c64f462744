/* What is allowed is done; what is not ends the process that tried it, and nobody else. */
#include "lab.h"

enum { kPages = 8, kWritten = 0, kFresh = 1, kReadOnly = 2, kNothing = 3, kCode = 4, kReadOnlyWritten = 5, kFreshCode = 6 };

static __attribute__((noinline)) void touch(const volatile void *at) { (void)*(const volatile unsigned char *)at; }
static __attribute__((noinline)) void put(volatile void *at) { *(volatile unsigned char *)at = 1; }
static __attribute__((noinline)) void run(void *at) { ((void (*)(void))at)(); }

/* Executes the two bytes 00 00 (add %al, (%rax)) with rax at memory that may be written, until the page ends. */
static __attribute__((noinline)) void run_zeros(void *at, void *scratch) {
  __asm__ volatile("call *%1" : : "a"(scratch), "r"(at) : "memory", "cc");
}

static void at_the_end(int number, siginfo_t *info, void *context) {
  (void)number, (void)context;
  lab_step[2] = (int)((uintptr_t)info->si_addr - (uintptr_t)LAB_REGION);
  lab_exit(7);
}

LAB_PROGRAM {
  unsigned char *memory = lab_map(LAB_REGION, kPages, PROT_READ | PROT_WRITE, MAP_PRIVATE);
  struct sigaction action = {0};

  lab_fill(memory + kWritten * kPage, 0);
  lab_fill(memory + kReadOnlyWritten * kPage, 5);
  mprotect(memory + kReadOnly * kPage, kPage, PROT_READ);
  mprotect(memory + kReadOnlyWritten * kPage, kPage, PROT_READ);
  mprotect(memory + kNothing * kPage, kPage, PROT_NONE);
  mprotect(memory + kCode * kPage, kPage, PROT_READ | PROT_EXEC);
  mprotect(memory + kFreshCode * kPage, kPage, PROT_READ | PROT_EXEC);
  checkpoint(1);
  /* allowed */
  lab_report[0] = (uint64_t)LAB_ENDING(touch(memory + kReadOnly * kPage));
  lab_report[1] = (uint64_t)LAB_ENDING(touch(memory + kFresh * kPage); put(memory + kFresh * kPage));
  lab_report[2] = (uint64_t)LAB_ENDING(touch(memory + kCode * kPage));
  action.sa_sigaction = at_the_end;
  action.sa_flags = SA_SIGINFO;
  lab_report[3] = (uint64_t)LAB_ENDING(sigaction(SIGSEGV, &action, NULL); run_zeros(memory + kFreshCode * kPage, memory + kWritten * kPage));
  checkpoint(2);
  /* forbidden */
  lab_report[0] = (uint64_t)LAB_ENDING(put(memory + kReadOnly * kPage));
  lab_report[1] = (uint64_t)LAB_ENDING(touch(memory + kReadOnly * kPage); put(memory + kReadOnly * kPage));
  lab_report[2] = (uint64_t)LAB_ENDING(put(memory + kReadOnlyWritten * kPage));
  lab_report[3] = (uint64_t)LAB_ENDING(touch(memory + kNothing * kPage));
  lab_report[4] = (uint64_t)LAB_ENDING(put(memory + kNothing * kPage));
  lab_report[5] = (uint64_t)LAB_ENDING(run(memory + kNothing * kPage));
  lab_report[6] = (uint64_t)LAB_ENDING(run(memory + kFresh * kPage));
  lab_report[7] = (uint64_t)LAB_ENDING(run(memory + kWritten * kPage));
  lab_report[8] = (uint64_t)LAB_ENDING(run(memory + kReadOnly * kPage));
  lab_report[9] = (uint64_t)LAB_ENDING(put(memory + kCode * kPage));
  lab_report[10] = (uint64_t)LAB_ENDING(touch(memory + kPages * kPage));
  lab_report[11] = (uint64_t)LAB_ENDING(put(memory - 1));
  lab_report[12] = (uint64_t)LAB_ENDING(touch((void *)(uintptr_t)8));
  lab_report[13] = (uint64_t)LAB_ENDING(touch((void *)0xffff800000100000));
  lab_report[14] = (uint64_t)LAB_ENDING(put((void *)0xffffffff80200000));
  lab_report[15] = (uint64_t)LAB_ENDING(touch((void *)0x4141414141414141));
  lab_report[16] = (uint64_t)LAB_ENDING(touch((void *)0x7ffffffff000));
  lab_report[17] = (uint64_t)LAB_ENDING(run((void *)0xffffffff80200000));
  checkpoint(3);
}
