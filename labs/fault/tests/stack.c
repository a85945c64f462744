/* The stack grows by being used, page by page, down to its guard. */
#include "lab.h"

enum { kDeep = 96, kMiB = 1 << 20 };

static unsigned char second_stack[16384] __attribute__((aligned(16)));

static void overflowed(int number, siginfo_t *info, void *context) {
  (void)context;
  lab_report[1] = (uint64_t)number;
  lab_report[2] = (uint64_t)info->si_code;
  lab_report[3] = (uint64_t)(uintptr_t)info->si_addr;
  checkpoint(3);
  lab_exit(0);
}

/* Each call has a page of its own. */
static __attribute__((noinline)) uint64_t descend(int depth) {
  volatile uint64_t words[kWords - 16];

  words[0] = lab_word(7, (uint64_t)depth);
  if (depth == 1) checkpoint(2);
  const uint64_t below = depth > 1 ? descend(depth - 1) : 0;
  return below + (words[0] == lab_word(7, (uint64_t)depth));
}

static __attribute__((noinline)) void read_far_below(volatile unsigned char *here) { lab_report[5] = here[-(3 * kMiB)]; }

LAB_PROGRAM {
  const stack_t stack = {.ss_sp = second_stack, .ss_size = sizeof second_stack};
  struct sigaction action = {0};

  memset(second_stack, 1, sizeof second_stack);
  action.sa_sigaction = overflowed;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigaltstack(&stack, NULL);
  sigaction(SIGSEGV, &action, NULL);
  lab_report[0] = (uint64_t)(uintptr_t)__builtin_frame_address(0);
  checkpoint(1);
  lab_report[4] = descend(kDeep);
  read_far_below(__builtin_frame_address(0));
  descend(1 << 20);
}
