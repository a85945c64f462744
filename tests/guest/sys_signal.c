/* rt_sigaction, rt_sigprocmask, rt_sigpending, rt_sigsuspend, kill, tgkill, pause, alarm and setitimer: sending, blocking, handling, and
 * what a signal does to whom nothing was said. */
#include "bad.h"
#include "signals.h"

TEST(handler_runs, "a handler runs before the call that sent the signal returns, and the program goes on") {
  handle(SIGUSR1, note, 0);
  for (int i = 1; i <= 100; i++) {
    CHECK_EQ(raw(SYS_kill, getpid(), SIGUSR1), 0);
    CHECK_EQ(noted[SIGUSR1], i);
  }
}

TEST(every_number, "each of the 64 signals but KILL and STOP can be handled") {
  for (int number = 1; number <= 64; number++) {
    struct kernel_action action = {.handler = SIG_IGN};

    if (number == SIGKILL || number == SIGSTOP) {
      CHECK_EQ(raw(SYS_rt_sigaction, number, &action, NULL, kMask), -EINVAL);
      CHECK_EQ(raw(SYS_rt_sigaction, number, NULL, &action, kMask), 0);
      CHECK(action.handler == SIG_DFL);
      continue;
    }
    handle(number, note, 0);
    CHECK_EQ(raw(SYS_kill, getpid(), number), 0);
    CHECK_EQ(noted[number], 1);
  }
}

TEST(action_is_told, "rt_sigaction tells the action that was set, flags and mask included") {
  struct sigaction action = {.sa_handler = note, .sa_mask = set_of(SIGUSR2, SIGHUP), .sa_flags = SA_RESTART | SA_NODEFER}, seen;

  CHECK_EQ(sigaction(SIGUSR1, &action, NULL), 0);
  CHECK_EQ(sigaction(SIGUSR1, NULL, &seen), 0);
  CHECK(seen.sa_handler == note);
  CHECK_EQ(seen.sa_flags, SA_RESTART | SA_NODEFER);
  CHECK(sigismember(&seen.sa_mask, SIGUSR2) && sigismember(&seen.sa_mask, SIGHUP) && !sigismember(&seen.sa_mask, SIGUSR1));
  /* KILL and STOP cannot be in it. */
  struct kernel_action all = {.handler = note, .flags = 0x04000000, .restorer = note, .mask = ~0UL}, told;
  CHECK_EQ(raw(SYS_rt_sigaction, SIGUSR2, &all, NULL, kMask), 0);
  CHECK_EQ(raw(SYS_rt_sigaction, SIGUSR2, NULL, &told, kMask), 0);
  CHECK_EQ(told.mask, ~(1UL << (SIGKILL - 1) | 1UL << (SIGSTOP - 1)));
}

TEST(action_bad_arguments, "rt_sigaction: EINVAL for numbers and sizes that do not exist, EFAULT for addresses") {
  struct kernel_action action = {.handler = SIG_IGN};

  CHECK_EQ(raw(SYS_rt_sigaction, 0, NULL, NULL, kMask), -EINVAL);
  CHECK_EQ(raw(SYS_rt_sigaction, 65, NULL, NULL, kMask), -EINVAL);
  CHECK_EQ(raw(SYS_rt_sigaction, -1, NULL, NULL, kMask), -EINVAL);
  CHECK_EQ(raw(SYS_rt_sigaction, SIGUSR1, &action, NULL, 4), -EINVAL);
  CHECK_EQ(raw(SYS_rt_sigaction, SIGUSR1, &action, NULL, 128), -EINVAL);
  CHECK_EFAULT(32, kForReading | kOrNull, raw(SYS_rt_sigaction, SIGUSR1, p, NULL, kMask));
  CHECK_EFAULT(32, kForWriting | kOrNull, raw(SYS_rt_sigaction, SIGUSR1, NULL, p, kMask));
}

TEST(blocked_waits, "a blocked signal is pending until it is unblocked, and comes once, however often it was sent") {
  handle(SIGUSR1, note, 0);
  block(SIGUSR1);
  for (int i = 0; i < 5; i++) CHECK_EQ(raw(SYS_kill, getpid(), SIGUSR1), 0);
  CHECK_EQ(noted[SIGUSR1], 0);
  CHECK(is_pending(SIGUSR1));
  CHECK(!is_pending(SIGUSR2));
  unblock(SIGUSR1);
  CHECK_EQ(noted[SIGUSR1], 1);
  CHECK(!is_pending(SIGUSR1));
}

TEST(ignored_is_dropped, "an ignored signal is forgotten, even a pending one when it becomes ignored") {
  handle(SIGUSR1, SIG_IGN, 0);
  CHECK_EQ(raw(SYS_kill, getpid(), SIGUSR1), 0);
  handle(SIGUSR1, note, 0);
  CHECK_EQ(noted[SIGUSR1], 0);
  block(SIGUSR1);
  raw(SYS_kill, getpid(), SIGUSR1);
  handle(SIGUSR1, SIG_IGN, 0);
  CHECK(!is_pending(SIGUSR1));
  handle(SIGUSR1, note, 0);
  unblock(SIGUSR1);
  CHECK_EQ(noted[SIGUSR1], 0);
  /* What is ignored by default is dropped too: */
  block(SIGCHLD);
  raw(SYS_kill, getpid(), SIGCHLD);
  handle(SIGCHLD, SIG_DFL, 0);
  CHECK(!is_pending(SIGCHLD));
}

TEST(mask_calls, "rt_sigprocmask adds, removes, sets and tells; KILL and STOP are never blocked") {
  unsigned long old, set = 1UL << (SIGUSR1 - 1), all = ~0UL, none = 0;

  CHECK_EQ(raw(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, kMask), 0);
  CHECK_EQ(raw(SYS_rt_sigprocmask, SIG_BLOCK, &set, &old, kMask), 0);
  CHECK_EQ(old, 0);
  CHECK_EQ(raw(SYS_rt_sigprocmask, SIG_SETMASK, &all, &old, kMask), 0);
  CHECK_EQ(old, set);
  CHECK_EQ(raw(SYS_rt_sigprocmask, SIG_UNBLOCK, &set, &old, kMask), 0);
  CHECK_EQ(old, ~(1UL << (SIGKILL - 1) | 1UL << (SIGSTOP - 1)));
  CHECK_EQ(raw(SYS_rt_sigprocmask, 77, NULL, &old, kMask), 0); /* without a set nobody looks at the first word */
  CHECK_EQ(old, ~(1UL << (SIGKILL - 1) | 1UL << (SIGSTOP - 1) | set));
  CHECK_EQ(raw(SYS_rt_sigprocmask, 77, &set, NULL, kMask), -EINVAL);
  CHECK_EQ(raw(SYS_rt_sigprocmask, SIG_BLOCK, &set, NULL, 4), -EINVAL);
  CHECK_EQ(raw(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, kMask), 0);
  CHECK_EFAULT(8, kForReading | kOrNull, raw(SYS_rt_sigprocmask, SIG_BLOCK, p, NULL, kMask));
  CHECK_EFAULT(8, kForWriting | kOrNull, raw(SYS_rt_sigprocmask, SIG_BLOCK, NULL, p, kMask));
  CHECK_EFAULT(8, kForWriting, raw(SYS_rt_sigpending, p, kMask));
  CHECK_EQ(raw(SYS_rt_sigpending, &old, 16), -EINVAL);
}

static int handler_saw[3];
static void note_mask(int number) {
  sigset_t now;

  note(number);
  sigprocmask(SIG_BLOCK, NULL, &now);
  handler_saw[0] = sigismember(&now, SIGUSR1);
  handler_saw[1] = sigismember(&now, SIGUSR2);
  handler_saw[2] = sigismember(&now, SIGTERM);
}

TEST(mask_in_handler, "while a handler runs its own signal and those of sa_mask are blocked; afterwards the old mask is back") {
  struct sigaction action = {.sa_handler = note_mask, .sa_mask = set_of(SIGUSR2, 0)};
  sigset_t now;

  block(SIGTERM);
  CHECK_EQ(sigaction(SIGUSR1, &action, NULL), 0);
  raise(SIGUSR1);
  CHECK(handler_saw[0] && handler_saw[1] && handler_saw[2]);
  sigprocmask(SIG_BLOCK, NULL, &now);
  CHECK(!sigismember(&now, SIGUSR1) && !sigismember(&now, SIGUSR2) && sigismember(&now, SIGTERM));
  action.sa_flags = SA_NODEFER;
  CHECK_EQ(sigaction(SIGUSR1, &action, NULL), 0);
  raise(SIGUSR1);
  CHECK(!handler_saw[0] && handler_saw[1]);
}

static void resend(int number) {
  note(number);
  if (noted[number] < 3) raise(number);
  note(number); /* and once more on the way out */
}
TEST(handlers_nest, "with SA_NODEFER a handler interrupts itself; without, the signal comes when it has returned") {
  handle(SIGUSR1, resend, SA_NODEFER);
  raise(SIGUSR1);
  CHECK_EQ(noted[SIGUSR1], 6);
}

static void send_other(int number) {
  note(number);
  if (number == SIGUSR1) raise(SIGUSR2);
  note(0);
}
TEST(handlers_interrupt_each_other, "another signal's handler runs in the middle of one that does not block it") {
  handle(SIGUSR1, send_other, 0);
  handle(SIGUSR2, send_other, 0);
  raise(SIGUSR1);
  CHECK_EQ(noted_count, 4);
  CHECK_EQ(noted_order[0], SIGUSR1);
  CHECK_EQ(noted_order[1], SIGUSR2);
  CHECK_EQ(noted_order[2], 0);
  CHECK_EQ(noted_order[3], 0);
}

TEST(several_pending, "signals that become deliverable together all come, each handler seeing the state that it interrupts") {
  sigset_t both = set_of(SIGUSR1, SIGUSR2);

  handle(SIGUSR1, note, 0);
  handle(SIGUSR2, note, 0);
  handle(SIGTERM, note, 0);
  sigprocmask(SIG_BLOCK, &both, NULL);
  block(SIGTERM);
  raise(SIGTERM);
  raise(SIGUSR2);
  raise(SIGUSR1);
  sigemptyset(&both);
  sigprocmask(SIG_SETMASK, &both, NULL);
  CHECK_EQ(noted[SIGUSR1] + noted[SIGUSR2] + noted[SIGTERM], 3);
}

TEST(reset_hand, "SA_RESETHAND: the second time the default action is back") {
  CHECK_ENDS(KILLED_BY(SIGUSR1), handle(SIGUSR1, note, SA_RESETHAND); raise(SIGUSR1); if (noted[SIGUSR1] != 1) _exit(1); raise(SIGUSR1));
}

TEST(siginfo_of_kill, "a handler that asks learns who sent the signal") {
  handle_info(SIGUSR1, note_info, 0);
  raise(SIGUSR1);
  CHECK_EQ(noted_info.si_signo, SIGUSR1);
  CHECK_EQ(noted_info.si_code, SI_USER);
  CHECK_EQ(noted_info.si_pid, getpid());
  CHECK_EQ(noted_info.si_uid, getuid());
  pid_t child = signal_later(SIGUSR1, 20);
  while (noted[SIGUSR1] < 2) milliseconds(1);
  CHECK_EQ(noted_info.si_pid, child);
  CHECK_EQ(ending_of(child), 0);
  CHECK_EQ(raw(SYS_tgkill, getpid(), raw(SYS_gettid), SIGUSR1), 0);
  CHECK_EQ(noted_info.si_code, SI_TKILL);
}

/* The default actions, by number: ends, ignored, stops. */
TEST(default_actions, "each signal without a handler ends the process, or is ignored") {
  for (int number = 1; number <= 31; number++) {
    if (number == SIGSTOP || number == SIGTSTP || number == SIGTTIN || number == SIGTTOU) continue;
    int ignored = number == SIGCHLD || number == SIGCONT || number == SIGURG || number == SIGWINCH;
    CHECK_ENDS(ignored ? 7 : KILLED_BY(number), raw(SYS_kill, raw(SYS_getpid), number); _exit(7));
  }
  CHECK_ENDS(KILLED_BY(SIGRTMIN), raise(SIGRTMIN));
  CHECK_ENDS(KILLED_BY(64), raise(64));
}

TEST(kill_targets, "kill: a process, one's group, a named group, nobody; and who is not there") {
  CHECK_EQ(raw(SYS_kill, getpid(), 0), 0);
  CHECK_EQ(raw(SYS_kill, INT32_MAX, SIGTERM), -ESRCH);
  CHECK_EQ(raw(SYS_kill, INT32_MAX, 0), -ESRCH);
  CHECK_EQ(raw(SYS_kill, -INT32_MAX, SIGTERM), -ESRCH);
  CHECK_EQ(raw(SYS_kill, getpid(), 65), -EINVAL);
  CHECK_EQ(raw(SYS_kill, getpid(), -1), -EINVAL);
  CHECK_EQ(raw(SYS_tgkill, getpid(), raw(SYS_gettid), 0), 0);
  CHECK_EQ(raw(SYS_tgkill, getpid(), 0, 0), -EINVAL);
  CHECK_EQ(raw(SYS_tgkill, 0, getpid(), 0), -EINVAL);
  CHECK_EQ(raw(SYS_tgkill, INT32_MAX, INT32_MAX, 0), -ESRCH);
  /* A group of two; this process is not in it. */
  pid_t leader = fork();
  if (leader == 0) {
    setpgid(0, 0);
    fork();
    for (;;) pause();
  }
  setpgid(leader, leader);
  milliseconds(50);
  CHECK_EQ(raw(SYS_kill, -leader, 0), 0);
  CHECK_EQ(raw(SYS_kill, -leader, SIGTERM), 0);
  CHECK_EQ(ending_of(leader), KILLED_BY(SIGTERM));
  CHECK_ENDS(KILLED_BY(SIGUSR1), setpgid(0, 0); raw(SYS_kill, 0, SIGUSR1));
}

TEST(kill_a_zombie, "a process that has ended and was not waited for still takes signals, without effect") {
  pid_t pid = fork();

  if (pid == 0) _exit(5);
  milliseconds(30);
  CHECK_EQ(raw(SYS_kill, pid, SIGKILL), 0);
  CHECK_EQ(ending_of(pid), 5);
  CHECK_EQ(raw(SYS_kill, pid, 0), -ESRCH);
}

TEST(kill_the_sleeping, "SIGKILL ends a process that sleeps, that waits for a child, and that blocks every signal") {
  pid_t pid[3];
  sigset_t all;

  sigfillset(&all);
  for (int i = 0; i < 3; i++) {
    pid[i] = fork();
    if (pid[i] != 0) continue;
    if (i == 1 && fork() == 0) {
      milliseconds(300);
      _exit(0);
    }
    if (i == 1) wait(NULL);
    if (i == 2) sigprocmask(SIG_SETMASK, &all, NULL);
    for (;;) milliseconds(100000);
  }
  milliseconds(30);
  for (int i = 0; i < 3; i++) CHECK_EQ(raw(SYS_kill, pid[i], SIGKILL), 0);
  for (int i = 0; i < 3; i++) CHECK_EQ(ending_of(pid[i]), KILLED_BY(SIGKILL));
  milliseconds(300); /* the orphan */
}

TEST(suspend, "rt_sigsuspend waits with another mask, answers EINTR after the handler, and the old mask is back") {
  sigset_t none;

  handle(SIGUSR1, note_mask, 0);
  block(SIGUSR1);
  sigemptyset(&none);
  raise(SIGUSR1);
  CHECK_EQ(raw(SYS_rt_sigsuspend, &none, kMask), -EINTR); /* pending already */
  CHECK_EQ(noted[SIGUSR1], 1);
  sigset_t now;
  sigprocmask(SIG_BLOCK, NULL, &now);
  CHECK(sigismember(&now, SIGUSR1));
  pid_t child = signal_later(SIGUSR1, 30);
  CHECK_EQ(raw(SYS_rt_sigsuspend, &none, kMask), -EINTR);
  CHECK_EQ(noted[SIGUSR1], 2);
  CHECK_EQ(ending_of(child), 0);
  CHECK_EFAULT(8, kForReading, raw(SYS_rt_sigsuspend, p, kMask));
  CHECK_EQ(raw(SYS_rt_sigsuspend, &none, 9), -EINVAL);
}

TEST(suspend_passes_over, "rt_sigsuspend does not end for an ignored signal") {
  sigset_t none;

  sigemptyset(&none);
  handle(SIGUSR2, SIG_IGN, 0);
  handle(SIGUSR1, note, 0);
  pid_t first = signal_later(SIGUSR2, 20), second = signal_later(SIGUSR1, 80);
  CHECK_EQ(raw(SYS_rt_sigsuspend, &none, kMask), -EINTR);
  CHECK_EQ(noted[SIGUSR1], 1);
  CHECK_EQ(ending_of(first), 0);
  CHECK_EQ(ending_of(second), 0);
}

TEST(pause_ends, "pause answers EINTR after a handler") {
  handle(SIGUSR1, note, SA_RESTART);
  pid_t child = signal_later(SIGUSR1, 30);
  CHECK_EQ(raw(SYS_pause), -EINTR);
  CHECK_EQ(noted[SIGUSR1], 1);
  CHECK_EQ(ending_of(child), 0);
}

TEST(alarm_comes, "alarm and setitimer send SIGALRM, once or again and again; each tells what was left") {
  struct itimerval interval = {{0, 20000}, {0, 20000}}, left, off = {{0, 0}, {0, 0}};

  handle(SIGALRM, note, 0);
  CHECK_EQ(raw(SYS_alarm, 100), 0);
  CHECK_EQ(raw(SYS_getitimer, ITIMER_REAL, &left), 0);
  CHECK(left.it_value.tv_sec >= 98 && left.it_value.tv_sec <= 100 && left.it_interval.tv_sec == 0);
  long seconds = raw(SYS_alarm, 0);
  CHECK(seconds >= 99 && seconds <= 100);
  CHECK_EQ(raw(SYS_alarm, 0), 0);
  CHECK_EQ(raw(SYS_setitimer, ITIMER_REAL, &interval, NULL), 0);
  while (noted[SIGALRM] < 3) milliseconds(1);
  CHECK_EQ(raw(SYS_setitimer, ITIMER_REAL, &off, &left), 0);
  CHECK_EQ(left.it_interval.tv_usec, 20000);
  int count = noted[SIGALRM];
  milliseconds(60);
  CHECK_EQ(noted[SIGALRM], count);
  interval.it_interval.tv_usec = 0;
  CHECK_EQ(raw(SYS_setitimer, ITIMER_REAL, &interval, NULL), 0);
  CHECK_EQ(raw(SYS_pause), -EINTR);
  CHECK_EQ(noted[SIGALRM], count + 1);
  interval.it_value.tv_usec = 1000000;
  CHECK_EQ(raw(SYS_setitimer, ITIMER_REAL, &interval, NULL), -EINVAL);
  CHECK_EQ(raw(SYS_setitimer, 7, &off, NULL), -EINVAL);
  CHECK_EFAULT(32, kForReading | kOrNull, raw(SYS_setitimer, ITIMER_REAL, p, NULL));
  CHECK_EFAULT(32, kForWriting, raw(SYS_getitimer, ITIMER_REAL, p));
}

TEST(alarm_kills, "without a handler the alarm ends the process; a child does not inherit it, and exec keeps it") {
  CHECK_ENDS(KILLED_BY(SIGALRM), struct itimerval soon = {{0, 0}, {0, 20000}}; setitimer(ITIMER_REAL, &soon, NULL); for (;;) pause());
  struct itimerval later = {{0, 0}, {100, 0}}, seen;
  CHECK_EQ(setitimer(ITIMER_REAL, &later, NULL), 0);
  CHECK_ENDS(0, getitimer(ITIMER_REAL, &seen); _exit(seen.it_value.tv_sec != 0));
}

TEST(fork_and_signals, "a child has its parent's handlers and mask, and none of its pending signals") {
  handle(SIGUSR1, note, 0);
  block(SIGUSR2);
  handle(SIGUSR2, note, 0);
  raise(SIGUSR2);
  CHECK_ENDS(0, if (is_pending(SIGUSR2)) _exit(1); raise(SIGUSR1); if (noted[SIGUSR1] != 1) _exit(2); raise(SIGUSR2);
             if (!is_pending(SIGUSR2)) _exit(3); unblock(SIGUSR2); _exit(noted[SIGUSR2] != 1));
  CHECK(is_pending(SIGUSR2));
  CHECK_EQ(noted[SIGUSR1], 0);
}

static volatile double witness;
static void spoil(int number) {
  /* Everything that a handler may use: registers of all kinds. */
  volatile double a = 1.5;
  for (int i = 0; i < 100; i++) a = a * 1.01 + number;
  __asm__ volatile("fninit; fld1; pxor %%xmm0, %%xmm0; pxor %%xmm7, %%xmm7; pxor %%xmm15, %%xmm15; std; cld" : : : "xmm0", "xmm7", "xmm15");
  witness = a;
  note(number);
}
TEST(registers_survive, "a handler leaves no trace in the registers of what it interrupts, those of the FPU included") {
  struct itimerval often = {{0, 3000}, {0, 3000}}, off = {{0, 0}, {0, 0}};
  int wrong = 0;

  handle(SIGALRM, spoil, 0);
  CHECK_EQ(setitimer(ITIMER_REAL, &often, NULL), 0);
  for (long round = 0; noted[SIGALRM] < 30; round++) {
    double x0 = (double)round, x7 = (double)round + 0.25, x15 = (double)round * 2, out0, out7, out15;
    unsigned long r12 = (unsigned long)round, r8 = ~(unsigned long)round, out12, out8, count = 2000;
    __asm__ volatile(
        "movq %[r12], %%r12\n movq %[r8], %%r8\n movsd %[x0], %%xmm0\n movsd %[x7], %%xmm7\n movsd %[x15], %%xmm15\n"
        "1: dec %[count]\n jnz 1b\n"
        "movq %%r12, %[out12]\n movq %%r8, %[out8]\n movsd %%xmm0, %[out0]\n movsd %%xmm7, %[out7]\n movsd %%xmm15, %[out15]\n"
        : [out12] "=m"(out12), [out8] "=m"(out8), [out0] "=m"(out0), [out7] "=m"(out7), [out15] "=m"(out15), [count] "+r"(count)
        : [r12] "m"(r12), [r8] "m"(r8), [x0] "m"(x0), [x7] "m"(x7), [x15] "m"(x15)
        : "r12", "r8", "xmm0", "xmm7", "xmm15", "cc", "memory");
    wrong += out12 != r12 || out8 != r8 || out0 != x0 || out7 != x7 || out15 != x15;
  }
  setitimer(ITIMER_REAL, &off, NULL);
  CHECK_EQ(wrong, 0);
}

TEST(red_zone, "the 128 bytes below the stack pointer belong to the program: a handler's frame lies below them") {
  struct itimerval often = {{0, 3000}, {0, 3000}}, off = {{0, 0}, {0, 0}};
  long bad = 0;

  handle(SIGALRM, spoil, 0);
  setitimer(ITIMER_REAL, &often, NULL);
  while (noted[SIGALRM] < 20) {
    unsigned long seen;
    __asm__ volatile(
        "movq $0x5a5a5a5a, -8(%%rsp)\n movq $0x5a5a5a5b, -128(%%rsp)\n"
        "movl $3000, %%ecx\n 1: dec %%ecx\n jnz 1b\n"
        "movq -8(%%rsp), %0\n addq -128(%%rsp), %0\n"
        : "=&r"(seen)
        :
        : "rcx", "cc", "memory");
    bad += seen != 0xb4b4b4b5UL;
  }
  setitimer(ITIMER_REAL, &off, NULL);
  CHECK_EQ(bad, 0);
}
