/* Ends with a sum that says which signal state it was executed with; see signals_through_exec in sys_signal_child.c. */
#include <signal.h>
#include <stddef.h>

int main(void) {
  struct sigaction action;
  sigset_t mask, pending;
  stack_t stack;
  int sum = 0;

  sigaction(SIGUSR1, NULL, &action);
  sum += action.sa_handler == SIG_DFL ? 1 : 0;
  sigaction(SIGUSR2, NULL, &action);
  sum += action.sa_handler == SIG_IGN ? 2 : 0;
  sigprocmask(SIG_BLOCK, NULL, &mask);
  sum += sigismember(&mask, SIGTERM) ? 4 : 0;
  sigpending(&pending);
  sum += sigismember(&pending, SIGHUP) ? 8 : 0;
  sigaltstack(NULL, &stack);
  return sum + (stack.ss_flags == SS_DISABLE ? 16 : 0);
}
