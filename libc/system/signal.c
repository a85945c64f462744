/* Signals. The kernel's struct sigaction and the return from a handler (signal.asm) are nobody else's business. */
#include "signal.h"

#include "call.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <unistd.h>

struct kernel_sigaction {
  sighandler_t handler;
  unsigned long flags;
  void (*restorer)(void);
  sigset_t mask;
};

void __libc_restorer(void);

sigset_t __libc_handled;

int sigaction(int number, const struct sigaction *restrict action, struct sigaction *restrict old) {
  struct kernel_sigaction now, before;
  if (action) {
    now.handler = action->sa_handler;
    now.flags = (unsigned)action->sa_flags | SA_RESTORER;
    now.restorer = __libc_restorer;
    now.mask = action->sa_mask;
    /* Before the call: from it on the handler may run, and call posix_spawn. */
    if (number > 0 && number < NSIG && now.handler != SIG_DFL && now.handler != SIG_IGN)
      __atomic_fetch_or(&__libc_handled.__bits, 1UL << (number - 1), __ATOMIC_RELAXED);
  }
  if (__libc_result(call4(SYS_rt_sigaction, number, action ? (long)&now : 0, old ? (long)&before : 0, sizeof(sigset_t))) < 0) return -1;
  if (old) {
    old->sa_handler = before.handler;
    old->sa_flags = (int)(before.flags & ~(unsigned long)SA_RESTORER);
    old->sa_mask = before.mask;
  }
  return 0;
}

sighandler_t signal(int number, sighandler_t handler) {
  struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART}, old;
  return sigaction(number, &action, &old) < 0 ? SIG_ERR : old.sa_handler;
}

int sigprocmask(int how, const sigset_t *restrict set, sigset_t *restrict old) {
  return (int)__libc_result(call4(SYS_rt_sigprocmask, how, (long)set, (long)old, sizeof *set));
}

int sigpending(sigset_t *set) { return (int)__libc_result(call2(SYS_rt_sigpending, (long)set, sizeof *set)); }
int sigsuspend(const sigset_t *mask) { return (int)__libc_result(call2(SYS_rt_sigsuspend, (long)mask, sizeof *mask)); }

int sigaltstack(const stack_t *restrict stack, stack_t *restrict old) {
  return (int)__libc_result(call2(SYS_sigaltstack, (long)stack, (long)old));
}

int kill(pid_t pid, int number) { return (int)__libc_result(call2(SYS_kill, pid, number)); }

int killpg(pid_t group, int number) {
  if (group >= 0) return kill(-group, number);
  errno = EINVAL;
  return -1;
}

int raise(int number) { return kill(getpid(), number); }
int pause(void) { return (int)__libc_result(call0(SYS_pause)); }

int sigemptyset(sigset_t *set) {
  set->__bits = 0;
  return 0;
}

int sigfillset(sigset_t *set) {
  set->__bits = ~0UL;
  return 0;
}

/* The signal's bit, or 0 with errno set. */
static unsigned long bit(int number) {
  if (number > 0 && number < NSIG) return 1UL << (number - 1);
  errno = EINVAL;
  return 0;
}

int sigaddset(sigset_t *set, int number) {
  set->__bits |= bit(number);
  return bit(number) ? 0 : -1;
}

int sigdelset(sigset_t *set, int number) {
  set->__bits &= ~bit(number);
  return bit(number) ? 0 : -1;
}

int sigismember(const sigset_t *set, int number) {
  unsigned long wanted = bit(number);
  if (!wanted) return -1;
  return (set->__bits & wanted) != 0;
}

/* Called by sigsetjmp (setjmp.asm). */
void __libc_save_mask(sigjmp_buf state);
void __libc_save_mask(sigjmp_buf state) { call4(SYS_rt_sigprocmask, SIG_BLOCK, 0, (long)&state->__mask, sizeof state->__mask); }

void siglongjmp(sigjmp_buf state, int value) {
  if (state->__has_mask) call4(SYS_rt_sigprocmask, SIG_SETMASK, (long)&state->__mask, 0, sizeof state->__mask);
  longjmp(state->__registers, value);
}
