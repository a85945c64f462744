/* What exec_shares executes: a program with some data. Its first argument says which instance it is. */
#include "lab.h"

uint64_t exec_data[3 * kWords] __attribute__((aligned(4096))) = {1, 2, 3, [kWords] = 4, [2 * kWords] = 5};
const uint64_t exec_constant[kWords] __attribute__((aligned(4096))) = {6, 7};

LAB_PROGRAM {
  const int instance = atoi(lab_arguments[0]);

  lab_report[0] = ((const volatile uint64_t *)exec_constant)[1];
  checkpoint(10 + instance);
  ((volatile uint64_t *)exec_data)[kWords] = lab_word((uint64_t)instance, 0);
  checkpoint(20 + instance);
  raw(NR_kill, raw(NR_getpid), SIGSTOP);
}
