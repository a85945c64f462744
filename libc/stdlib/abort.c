/* abort and assert. */
#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

/* The process ends by SIGABRT, whatever it had arranged: a handler runs, but its return changes nothing. */
void abort(void) {
  const struct sigaction standard = {.sa_handler = SIG_DFL};
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGABRT);
  sigprocmask(SIG_UNBLOCK, &set, NULL);
  raise(SIGABRT);
  sigaction(SIGABRT, &standard, NULL);
  raise(SIGABRT);
  for (;;) __builtin_trap(); /* unreachable, but the compiler does not know */
}

void __assert_fail(const char *condition, const char *file, unsigned line, const char *function) {
  fflush(stdout);
  fprintf(stderr, "%s: %s:%u: %s: Assertion `%s' failed.\n", program_invocation_short_name, file, line, function, condition);
  abort();
}
