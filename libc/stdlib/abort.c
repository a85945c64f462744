/* abort and assert. */
#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

void abort(void) {
  raise(SIGABRT);
  for (;;) __builtin_trap(); /* where kill does not exist: SIGILL ends the process */
}

void __assert_fail(const char *condition, const char *file, unsigned line, const char *function) {
  fflush(stdout);
  fprintf(stderr, "%s: %s:%u: %s: Assertion `%s' failed.\n", program_invocation_short_name, file, line, function, condition);
  abort();
}
