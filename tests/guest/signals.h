/* What the tests of signals share: handlers that note what came, short waits, processes that wait for each other.
 * Must never: wait for a fixed time where something can be waited for; a short sleep only gives another process the time to go to sleep. */
#ifndef SIGNALS_H
#define SIGNALS_H

#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>

#include "test.h"

enum { kMask = 8 /* bytes of a set of signals */ };

struct kernel_action { /* as the kernel has it */
  void *handler;
  unsigned long flags;
  void *restorer;
  unsigned long mask;
};

static volatile sig_atomic_t noted[NSIG]; /* how often each came */
static volatile int noted_order[64], noted_count;
static siginfo_t noted_info;

static inline void note(int number) {
  noted[number]++;
  if (noted_count < 64) noted_order[noted_count++] = number;
}
static inline void note_info(int number, siginfo_t *info, void *context) {
  (void)context;
  noted_info = *info;
  note(number);
}

static inline void handle(int number, void (*handler)(int), int flags) {
  struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
  REQUIRE(sigaction(number, &action, NULL) == 0);
}
static inline void handle_info(int number, void (*handler)(int, siginfo_t *, void *), int flags) {
  struct sigaction action = {.sa_sigaction = handler, .sa_flags = flags | SA_SIGINFO};
  REQUIRE(sigaction(number, &action, NULL) == 0);
}

static inline sigset_t set_of(int first, int second) {
  sigset_t set;

  sigemptyset(&set);
  sigaddset(&set, first);
  if (second) sigaddset(&set, second);
  return set;
}
static inline void block(int number) {
  sigset_t set = set_of(number, 0);
  REQUIRE(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
}
static inline void unblock(int number) {
  sigset_t set = set_of(number, 0);
  REQUIRE(sigprocmask(SIG_UNBLOCK, &set, NULL) == 0);
}
static inline int is_pending(int number) {
  sigset_t set;
  return sigpending(&set) == 0 && sigismember(&set, number);
}

static inline void milliseconds(long count) {
  struct timespec left = {count / 1000, count % 1000 * 1000000};
  while (nanosleep(&left, &left) < 0 && errno == EINTR) continue;
}

/* In a child: signals its parent after a while. The parent must bury it. */
static inline pid_t signal_later(int number, long after) {
  pid_t parent = getpid(), pid = fork();

  if (pid == 0) {
    milliseconds(after);
    kill(parent, number);
    _exit(0);
  }
  REQUIRE(pid > 0);
  return pid;
}

#endif
