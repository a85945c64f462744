/* System calls that have little to do with memory, messages, and new programs. */
#include "bench.h"

static void measure_null_call(void) {
  for (int i = -kWarm; i < 1000; i++) {
    unsigned before = begin(kGetppid, i);
    raw_bare(NR_getppid);
    end(i, before);
  }
  finish(kGetppid, 1);
}

/* To a child that yields at once, and back: two switches. Linux's scheduler often lets the caller go on, or the child; such a round does
 * not count. */
static void measure_yield(void) {
  shared->go = 0;
  long pid = raw_bare(NR_fork);
  if (pid < 0) fail("fork");
  if (pid == 0)
    for (;;) {
      __asm__ volatile("incl %0" : "+m"(shared->turns)); /* one instruction: it lies in the window */
      raw_bare(NR_sched_yield);
      if (shared->go) raw(NR_exit_group, 0);
    }
  for (int i = -kWarm, rounds = 0; i < 1000 && rounds < 100000; rounds++) {
    int turns = shared->turns;
    unsigned before = begin(kYield, i);
    raw_bare(NR_sched_yield);
    unsigned after = low_ticks();
    if (shared->turns != turns + 1) continue;
    if (i == kCounted) close_window();
    sample(i++, (long)(after - before));
  }
  finish(kYield, 2);
  release(pid);
}

/* A server of one's own answers every call with 0; on Linux there is no such thing. */
static void measure_message(void) {
  int port = (int)raw(KINE_PORT), connection = (int)raw(KINE_MINT, port, 1);

  if (port < 0) return;
  long pid = raw_bare(NR_fork);
  if (pid < 0) fail("fork");
  if (pid == 0) {
    static struct kine_message message;
    raw(KINE_RECEIVE, port, &message);
    for (;;) raw(KINE_REPLY_RECEIVE, message.token, 0, port, &message);
  }
  for (int i = -kWarm; i < 1000; i++) {
    unsigned before = begin(kMessage, i);
    raw(NR_lseek, connection, 0, 0);
    end(i, before);
  }
  finish(kMessage, 1);
  raw(NR_kill, pid, 9);
  bury(pid);
  raw(NR_close, connection);
  raw(NR_close, port);
}

/* A byte to the child and back. */
static void measure_pipe(void) {
  int there[2], back[2];
  char byte = 0;

  if (raw(NR_pipe2, there, 0) != 0 || raw(NR_pipe2, back, 0) != 0) fail("pipe2");
  long pid = raw_bare(NR_fork);
  if (pid < 0) fail("fork");
  if (pid == 0) {
    raw(NR_close, there[1]);
    while (raw(NR_read, there[0], &byte, 1) == 1) raw(NR_write, back[1], &byte, 1);
    raw(NR_exit_group, 0);
  }
  for (int i = -kWarm; i < 1000; i++) {
    unsigned before = begin(kPipe, i);
    raw(NR_write, there[1], &byte, 1);
    raw(NR_read, back[0], &byte, 1);
    end(i, before);
  }
  finish(kPipe, 1);
  for (int which = 0; which < 2; which++) {
    raw(NR_close, there[which]);
    raw(NR_close, back[which]);
  }
  bury(pid);
}

static void measure_fork_exec(void) {
  char *arguments[] = {tiny, NULL};

  for (int i = -kWarm; i < kRounds; i++) {
    int status = -1;
    unsigned before = begin(kForkExec, i);
    long pid = raw_bare(NR_fork);
    if (pid == 0) {
      raw(NR_execve, tiny, arguments, no_environment);
      raw(NR_exit_group, 1);
    }
    raw(NR_wait4, pid, &status, 0, 0);
    end(i, before);
    if (status != 0) fail("execve of tiny");
  }
  finish(kForkExec, 1);
}

void measure_calls(void) {
  measure_null_call();
  measure_yield();
  measure_message();
  measure_pipe();
  measure_fork_exec();
}
