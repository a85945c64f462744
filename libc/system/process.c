/* System calls about processes: fork, wait, identity, ending. (exec: exec.c; ids: identity.c; posix_spawn: spawn.c; vfork: vfork.asm) */
#include "call.h"

#include <sched.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

pid_t fork(void) { return (pid_t)__libc_result(call0(SYS_fork)); }

void _exit(int status) {
  for (;;) {
    call1(SYS_exit_group, status);
    call1(SYS_exit, status);
  }
}

void _Exit(int status) { _exit(status); }

pid_t wait4(pid_t pid, int *status, int options, struct rusage *usage) {
  return (pid_t)__libc_result(call4(SYS_wait4, pid, (long)status, options, (long)usage));
}
pid_t wait3(int *status, int options, struct rusage *usage) { return wait4(-1, status, options, usage); }
pid_t waitpid(pid_t pid, int *status, int options) { return wait4(pid, status, options, NULL); }
pid_t wait(int *status) { return wait4(-1, status, 0, NULL); }

pid_t getpid(void) { return (pid_t)call0(SYS_getpid); }
pid_t getppid(void) { return (pid_t)call0(SYS_getppid); }
pid_t gettid(void) { return (pid_t)call0(SYS_gettid); }

int sched_yield(void) { return (int)__libc_result(call0(SYS_sched_yield)); }

int arch_prctl(int code, unsigned long address) { return (int)__libc_result(call2(SYS_arch_prctl, code, (long)address)); }
int set_tid_address(int *address) { return (int)__libc_result(call1(SYS_set_tid_address, (long)address)); }

long syscall(long number, ...) {
  long argument[6];
  va_list list;
  va_start(list, number);
  for (int i = 0; i < 6; i++) argument[i] = va_arg(list, long); /* those not passed are garbage, and no call looks at them */
  va_end(list);
  return __libc_result(call6(number, argument[0], argument[1], argument[2], argument[3], argument[4], argument[5]));
}
