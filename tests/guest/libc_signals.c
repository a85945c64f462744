/* Signals: checks itself, and prints the same with any correct C library. */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "self_check.h"

#define FAILS(call, error) (errno = 0, (call) == -1 && errno == (error))

static volatile sig_atomic_t caught, last, code;
static siginfo_t info;
static volatile uintptr_t stack_seen;
static volatile unsigned long mask_seen;

static void note(int number) {
  caught++;
  last = number;
}

static void note_all(int number, siginfo_t *from, void *context) {
  sigset_t now;
  note(number);
  info = *from;
  code = from->si_code;
  stack_seen = (uintptr_t)&now;
  sigprocmask(SIG_BLOCK, NULL, &now);
  mask_seen = 0;
  for (int i = 1; i < 32; i++) mask_seen |= (unsigned long)(sigismember(&now, i) == 1) << i;
  (void)context;
}

static void handle(int number, void (*handler)(int, siginfo_t *, void *), int flags) {
  struct sigaction action = {.sa_flags = flags | SA_SIGINFO};
  action.sa_sigaction = handler;
  sigemptyset(&action.sa_mask);
  CHECK(sigaction(number, &action, NULL) == 0);
}

static sigset_t set_of(int number) {
  sigset_t set;
  sigemptyset(&set);
  if (number) sigaddset(&set, number);
  return set;
}

static int ending(pid_t pid) {
  int status = -1;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
  return WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void sets(void) {
  sigset_t set;
  CHECK(sigfillset(&set) == 0 && sigismember(&set, SIGHUP) == 1 && sigismember(&set, 64) == 1);
  CHECK(sigdelset(&set, SIGHUP) == 0 && sigismember(&set, SIGHUP) == 0 && sigismember(&set, SIGINT) == 1);
  CHECK(sigemptyset(&set) == 0 && sigismember(&set, SIGINT) == 0 && sigaddset(&set, 64) == 0 && sigismember(&set, 64) == 1);
  CHECK(FAILS(sigaddset(&set, 0), EINVAL) && FAILS(sigdelset(&set, 65), EINVAL) && FAILS(sigismember(&set, -1), EINVAL));
}

static void handlers(void) {
  struct sigaction old;
  CHECK(signal(SIGUSR1, note) == SIG_DFL && raise(SIGUSR1) == 0 && caught == 1 && last == SIGUSR1);
  CHECK(sigaction(SIGUSR1, NULL, &old) == 0 && old.sa_handler == note && old.sa_flags & SA_RESTART);
  CHECK(signal(SIGUSR1, SIG_IGN) == note && raise(SIGUSR1) == 0 && caught == 1 && signal(SIGUSR1, SIG_DFL) == SIG_IGN);
  errno = 0;
  CHECK(signal(SIGKILL, note) == SIG_ERR && errno == EINVAL && signal(0, note) == SIG_ERR && signal(65, note) == SIG_ERR);
  CHECK(kill(getpid(), 0) == 0 && FAILS(kill(getpid(), 65), EINVAL) && FAILS(kill(0x7ffffff0, SIGTERM), ESRCH));
  struct sigaction action = {.sa_flags = SA_RESETHAND};
  action.sa_handler = note;
  sigemptyset(&action.sa_mask);
  CHECK(sigaction(SIGUSR2, &action, NULL) == 0 && raise(SIGUSR2) == 0 && caught == 2 && signal(SIGUSR2, SIG_DFL) == SIG_DFL);
  handle(SIGUSR1, note_all, 0);
  CHECK(raise(SIGUSR1) == 0 && mask_seen == 1UL << SIGUSR1 && info.si_signo == SIGUSR1 && info.si_uid == getuid());
  handle(SIGUSR1, note_all, SA_NODEFER);
  CHECK(kill(getpid(), SIGUSR1) == 0 && mask_seen == 0 && code == SI_USER && info.si_pid == getpid());
  action.sa_flags = SA_SIGINFO;
  action.sa_sigaction = note_all;
  sigaddset(&action.sa_mask, SIGHUP);
  CHECK(sigaction(SIGUSR1, &action, NULL) == 0 && raise(SIGUSR1) == 0 && mask_seen == (1UL << SIGUSR1 | 1UL << SIGHUP));
}

static void masks(void) {
  sigset_t set = set_of(SIGUSR1), old, pending;
  handle(SIGUSR1, note_all, 0);
  caught = 0;
  CHECK(sigprocmask(SIG_BLOCK, &set, &old) == 0 && sigismember(&old, SIGUSR1) == 0);
  CHECK(raise(SIGUSR1) == 0 && raise(SIGUSR1) == 0 && caught == 0 && sigpending(&pending) == 0 && sigismember(&pending, SIGUSR1) == 1);
  CHECK(sigprocmask(SIG_UNBLOCK, &set, NULL) == 0 && caught == 1 && sigpending(&pending) == 0 && sigismember(&pending, SIGUSR1) == 0);
  CHECK(sigprocmask(SIG_SETMASK, &set, NULL) == 0 && raise(SIGUSR1) == 0 && caught == 1);
  sigset_t none = set_of(0);
  CHECK(FAILS(sigsuspend(&none), EINTR) && caught == 2);
  CHECK(sigprocmask(SIG_BLOCK, NULL, &pending) == 0 && sigismember(&pending, SIGUSR1) == 1 && sigprocmask(SIG_SETMASK, &old, NULL) == 0);
  CHECK(FAILS(sigprocmask(99, &set, NULL), EINVAL));
  sigset_t all;
  sigfillset(&all);
  CHECK(sigprocmask(SIG_SETMASK, &all, NULL) == 0 && sigprocmask(SIG_SETMASK, &old, &all) == 0);
  CHECK(sigismember(&all, SIGKILL) == 0 && sigismember(&all, SIGSTOP) == 0 && sigismember(&all, SIGTERM) == 1);
}

static sigjmp_buf back;
static void jump(int number) {
  note(number);
  siglongjmp(back, number);
}

static void jumps(void) {
  sigset_t now;
  volatile int times = 0;
  signal(SIGUSR1, jump);
  int value = sigsetjmp(back, 1);
  if (times++ < 3) raise(SIGUSR1);
  CHECK(value == SIGUSR1 && times == 4 && sigprocmask(SIG_BLOCK, NULL, &now) == 0 && sigismember(&now, SIGUSR1) == 0);
  if (sigsetjmp(back, 0) == 0) raise(SIGUSR1);
  CHECK(sigprocmask(SIG_BLOCK, NULL, &now) == 0 && sigismember(&now, SIGUSR1) == 1); /* as the handler had it */
  sigdelset(&now, SIGUSR1);
  CHECK(sigprocmask(SIG_SETMASK, &now, NULL) == 0);
}

static char alternate[32768] __attribute__((aligned(16)));

static void stacks(void) {
  const stack_t stack = {.ss_sp = alternate, .ss_size = sizeof alternate};
  stack_t old;
  CHECK(sigaltstack(&stack, &old) == 0 && old.ss_flags == SS_DISABLE && sigaltstack(NULL, &old) == 0 && old.ss_sp == alternate);
  handle(SIGUSR1, note_all, SA_ONSTACK);
  raise(SIGUSR1);
  CHECK(stack_seen - (uintptr_t)alternate < sizeof alternate);
  handle(SIGUSR1, note_all, 0);
  raise(SIGUSR1);
  CHECK(stack_seen - (uintptr_t)alternate >= sizeof alternate);
  const stack_t small = {.ss_sp = alternate, .ss_size = 100}, none = {.ss_flags = SS_DISABLE};
  CHECK(FAILS(sigaltstack(&small, NULL), ENOMEM) && sigaltstack(&none, NULL) == 0);
}

/* Looks at what is going on, and changes it: the fault would come again otherwise. */
static void repair(int number, siginfo_t *from, void *context) {
  ucontext_t *state = context;
  note(number);
  info = *from;
  code = from->si_code;
  state->uc_mcontext.gregs[REG_RIP] += 3; /* mov (%rcx), %rax */
  state->uc_mcontext.gregs[REG_RAX] = state->uc_mcontext.gregs[REG_RCX] == (greg_t)(uintptr_t)from->si_addr ? 77 : 78;
}

static unsigned long load(const void *from) {
  unsigned long value;
  __asm__ volatile("mov (%%rcx), %%rax" : "=a"(value) : "c"(from) : "memory");
  return value;
}

static void faults(void) {
  void *forbidden = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  handle(SIGSEGV, repair, 0);
  CHECK(load((void *)16) == 77 && last == SIGSEGV && code == SEGV_MAPERR && info.si_addr == (void *)16);
  CHECK(load(forbidden) == 77 && code == SEGV_ACCERR && info.si_addr == forbidden);
  signal(SIGSEGV, SIG_DFL);
  munmap(forbidden, 4096);
  double before = 1.5;
  signal(SIGUSR1, note);
  for (int i = 0; i < 100; i++) {
    before *= 1.0625;
    raise(SIGUSR1); /* the handler's own floating point must not be seen */
  }
  printf("%.17g\n", before);
}

static void clocks(void) {
  handle(SIGALRM, note_all, 0);
  caught = 0;
  const struct itimerval soon = {.it_value = {.tv_usec = 20000}}, often = {.it_value = {.tv_usec = 5000}, .it_interval = {.tv_usec = 5000}};
  const struct itimerval never = {.it_value = {.tv_sec = 0}};
  struct itimerval now;
  CHECK(setitimer(ITIMER_REAL, &soon, NULL) == 0 && FAILS(pause(), EINTR) && caught == 1 && last == SIGALRM);
  CHECK(setitimer(ITIMER_REAL, &often, NULL) == 0);
  while (caught < 4) FAILS(pause(), EINTR);
  CHECK(getitimer(ITIMER_REAL, &now) == 0 && now.it_interval.tv_usec >= 4000 && setitimer(ITIMER_REAL, &never, NULL) == 0);
  CHECK(alarm(100) == 0 && alarm(0) >= 99 && alarm(0) == 0 && FAILS(setitimer(99, &soon, NULL), EINVAL));
  struct timespec rest = {.tv_sec = 100}, left = {.tv_sec = 0};
  CHECK(setitimer(ITIMER_REAL, &soon, NULL) == 0 && FAILS(nanosleep(&rest, &left), EINTR) && left.tv_sec >= 90);
  CHECK(setitimer(ITIMER_REAL, &soon, NULL) == 0 && sleep(100) >= 90);
  CHECK(setitimer(ITIMER_REAL, &soon, NULL) == 0 && FAILS(poll(NULL, 0, 100000), EINTR));
  CHECK(setitimer(ITIMER_REAL, &soon, NULL) == 0 && FAILS(select(0, NULL, NULL, NULL, NULL), EINTR));
  sigset_t set = set_of(SIGALRM), none = set_of(0); /* blocked, except while it waits */
  CHECK(sigprocmask(SIG_BLOCK, &set, NULL) == 0 && setitimer(ITIMER_REAL, &soon, NULL) == 0 && FAILS(ppoll(NULL, 0, NULL, &none), EINTR));
  CHECK(setitimer(ITIMER_REAL, &soon, NULL) == 0 && FAILS(pselect(0, NULL, NULL, NULL, NULL, &none), EINTR));
  CHECK(sigprocmask(SIG_UNBLOCK, &set, NULL) == 0);
}

/* A call that a signal interrupts: fails, or goes on as if nothing had happened. */
static void restarts(void) {
  int ends[2];
  char byte;
  const struct itimerval soon = {.it_value = {.tv_usec = 20000}};
  const struct timespec later = {.tv_nsec = 100000000};
  CHECK(pipe(ends) == 0);
  handle(SIGALRM, note_all, 0);
  CHECK(setitimer(ITIMER_REAL, &soon, NULL) == 0 && FAILS(read(ends[0], &byte, 1), EINTR));
  handle(SIGALRM, note_all, SA_RESTART);
  pid_t pid = fork();
  if (pid == 0) {
    nanosleep(&later, NULL);
    _exit(write(ends[1], "!", 1) == 1 ? 0 : 1);
  }
  caught = 0;
  CHECK(setitimer(ITIMER_REAL, &soon, NULL) == 0 && read(ends[0], &byte, 1) == 1 && byte == '!' && caught == 1 && ending(pid) == 0);
  close(ends[0]);
  handle(SIGPIPE, note_all, 0);
  CHECK(FAILS(write(ends[1], "x", 1), EPIPE) && last == SIGPIPE);
  signal(SIGPIPE, SIG_IGN);
  CHECK(FAILS(write(ends[1], "x", 1), EPIPE));
  signal(SIGPIPE, SIG_DFL);
  pid = fork();
  if (pid == 0) _exit(write(ends[1], "x", 1) < 0);
  CHECK(ending(pid) == 1000 + SIGPIPE && close(ends[1]) == 0);
}

static void children(void) {
  int status;
  handle(SIGCHLD, note_all, 0);
  sigset_t set = set_of(SIGCHLD), none = set_of(0);
  sigprocmask(SIG_BLOCK, &set, NULL);
  pid_t pid = fork();
  if (pid == 0) {
    raise(SIGSTOP);
    _exit(42);
  }
  sigsuspend(&none);
  CHECK(code == CLD_STOPPED && info.si_pid == pid && info.si_status == SIGSTOP);
  CHECK(waitpid(pid, &status, WNOHANG) == 0 && waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status) &&
        WSTOPSIG(status) == SIGSTOP);
  CHECK(kill(pid, SIGCONT) == 0 && waitpid(pid, &status, WCONTINUED) == pid && WIFCONTINUED(status));
  while (code != CLD_EXITED) sigsuspend(&none);
  CHECK(info.si_pid == pid && info.si_status == 42 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 42);
  pid = fork();
  if (pid == 0) {
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    for (;;) pause();
  }
  CHECK(kill(pid, SIGTERM) == 0);
  do sigsuspend(&none);
  while (code != CLD_KILLED);
  CHECK(info.si_status == SIGTERM && ending(pid) == 1000 + SIGTERM && FAILS(waitpid(pid, &status, 0), ECHILD));
  sigprocmask(SIG_UNBLOCK, &set, NULL);
  signal(SIGCHLD, SIG_DFL);
}

static void groups(void) {
  int ends[2];
  char byte;
  CHECK(getpgrp() == getpgid(0) && getsid(0) == getsid(getpid()) && pipe(ends) == 0);
  pid_t leader = fork();
  if (leader == 0) {
    setpgid(0, 0);
    pid_t second = fork();
    if (second != 0 && write(ends[1], getpgrp() == getpid() ? "y" : "n", 1) != 1) _exit(1);
    for (;;) pause();
  }
  setpgid(leader, leader);
  CHECK(read(ends[0], &byte, 1) == 1 && byte == 'y' && getpgid(leader) == leader && getsid(leader) == getsid(0));
  close(ends[1]);
  CHECK(killpg(leader, SIGTERM) == 0 && ending(leader) == 1000 + SIGTERM && read(ends[0], &byte, 1) == 0); /* the other has ended, too */
  close(ends[0]);
  leader = fork();
  if (leader == 0) _exit(setsid() == getpid() && getsid(0) == getpid() && getpgrp() == getpid() && FAILS(setsid(), EPERM) ? 0 : 1);
  CHECK(ending(leader) == 0);
}

static void aborts(void) {
  pid_t pid = fork();
  if (pid == 0) abort();
  CHECK(ending(pid) == 1000 + SIGABRT);
  pid = fork();
  if (pid == 0) { /* blocked, and a handler that returns */
    sigset_t set = set_of(SIGABRT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGABRT, note);
    abort();
  }
  CHECK(ending(pid) == 1000 + SIGABRT);
  pid = fork();
  if (pid == 0) {
    signal(SIGABRT, SIG_IGN);
    abort();
  }
  CHECK(ending(pid) == 1000 + SIGABRT);
}

/* As the program that was spawned: says what it was given. */
static int as_child(void) {
  struct sigaction one, two;
  sigset_t mask;
  sigaction(SIGUSR1, NULL, &one);
  sigaction(SIGUSR2, NULL, &two);
  sigprocmask(SIG_BLOCK, NULL, &mask);
  printf("child: SIGUSR1 %s, SIGUSR2 %s, SIGHUP %s, SIGTERM %s, %s\n", one.sa_handler == SIG_DFL ? "default" : "changed",
         two.sa_handler == SIG_IGN ? "ignored" : "not ignored", sigismember(&mask, SIGHUP) ? "blocked" : "open",
         sigismember(&mask, SIGTERM) ? "blocked" : "open", getpgrp() == getpid() ? "leads a group" : "follows");
  return 0;
}

static void spawns(char *self) {
  posix_spawnattr_t attributes;
  char *argv[] = {self, (char *)"child", NULL}, *envp[] = {NULL};
  sigset_t set = set_of(SIGTERM), two = set_of(SIGUSR2);
  pid_t pid;
  signal(SIGUSR1, note);
  signal(SIGUSR2, SIG_IGN);
  fflush(stdout);
  CHECK(posix_spawnattr_init(&attributes) == 0 && posix_spawn(&pid, self, NULL, &attributes, argv, envp) == 0 && ending(pid) == 0);
  CHECK(posix_spawnattr_setsigmask(&attributes, &set) == 0 && posix_spawnattr_setsigdefault(&attributes, &two) == 0);
  CHECK(posix_spawnattr_setpgroup(&attributes, 0) == 0);
  CHECK(posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP) == 0);
  CHECK(posix_spawn(&pid, self, NULL, &attributes, argv, envp) == 0 && ending(pid) == 0 && posix_spawnattr_destroy(&attributes) == 0);
  sigset_t mask;
  CHECK(sigprocmask(SIG_BLOCK, NULL, &mask) == 0 && sigismember(&mask, SIGTERM) == 0 && sigismember(&mask, SIGINT) == 0);
  signal(SIGUSR1, SIG_DFL);
  signal(SIGUSR2, SIG_DFL);
}

int main(int argc, char **argv) {
  if (argc > 1) return as_child();
  sets();
  handlers();
  masks();
  jumps();
  stacks();
  faults();
  clocks();
  restarts();
  children();
  groups();
  aborts();
  spawns(argv[0]);
  for (int i = 0; i < 66; i++) printf("%s%c", strsignal(i), i % 6 == 5 ? '\n' : ';');
  printf("%d checks, %d failed\n", checks, failures);
  return failures != 0;
}
