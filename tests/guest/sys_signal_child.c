/* SIGCHLD, stopped and continued children, and system calls that a signal interrupts: which go on, and which answer EINTR. */
#include <poll.h>

#include "bad.h"
#include "signals.h"

TEST(sigchld, "the end of a child sends SIGCHLD with its pid and how it ended") {
  handle_info(SIGCHLD, note_info, 0);
  pid_t pid = fork();
  if (pid == 0) _exit(42);
  while (noted[SIGCHLD] < 1) milliseconds(1);
  CHECK_EQ(noted_info.si_pid, pid);
  CHECK_EQ(noted_info.si_code, CLD_EXITED);
  CHECK_EQ(noted_info.si_status, 42);
  CHECK_EQ(noted_info.si_uid, getuid());
  CHECK_EQ(ending_of(pid), 42);
  pid = fork();
  if (pid == 0)
    for (;;) pause();
  CHECK_EQ(kill(pid, SIGTERM), 0);
  while (noted[SIGCHLD] < 2) milliseconds(1);
  CHECK_EQ(noted_info.si_code, CLD_KILLED);
  CHECK_EQ(noted_info.si_status, SIGTERM);
  CHECK_EQ(ending_of(pid), KILLED_BY(SIGTERM));
}

TEST(sigchld_ignored, "who ignores SIGCHLD, or asks for SA_NOCLDWAIT, has no zombies: wait answers ECHILD when all have ended") {
  int status = 0;

  handle(SIGCHLD, SIG_IGN, 0);
  for (int i = 0; i < 3; i++)
    if (fork() == 0) _exit(i);
  CHECK_EQ(raw(SYS_wait4, -1, &status, 0, 0), -ECHILD);
  handle(SIGCHLD, note, SA_NOCLDWAIT);
  if (fork() == 0) _exit(1);
  long result;
  while ((result = raw(SYS_wait4, -1, &status, 0, 0)) == -EINTR) continue;
  CHECK_EQ(result, -ECHILD);
  CHECK_EQ(noted[SIGCHLD], 1);
  handle(SIGCHLD, SIG_DFL, 0);
  pid_t pid = fork();
  if (pid == 0) _exit(6);
  milliseconds(20);
  CHECK_EQ(ending_of(pid), 6); /* the default action is "ignored", and still the zombie waits */
}

TEST(stop_and_continue, "a stopped child is told of once, to who asks by WUNTRACED; a continued one to who asks by WCONTINUED") {
  int status = 0;
  volatile int *shared = map_shared(kPage);
  pid_t pid = fork();

  if (pid == 0)
    for (;;) ++*shared, milliseconds(1);
  await(shared, 3);
  CHECK_EQ(kill(pid, SIGSTOP), 0);
  CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
  CHECK(WIFSTOPPED(status));
  CHECK_EQ(WSTOPSIG(status), SIGSTOP);
  CHECK_EQ(waitpid(pid, &status, WUNTRACED | WNOHANG), 0);
  int count = *shared;
  milliseconds(30);
  CHECK_EQ(*shared, count);
  CHECK_EQ(kill(pid, SIGTERM), 0); /* it waits until the process goes on … */
  milliseconds(10);
  CHECK_EQ(waitpid(pid, &status, WNOHANG | WUNTRACED), 0);
  CHECK_EQ(kill(pid, SIGCONT), 0);
  CHECK_EQ(waitpid(pid, &status, 0), pid);
  CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
  pid = fork();
  if (pid == 0)
    for (;;) ++*shared, milliseconds(1);
  kill(pid, SIGSTOP);
  CHECK_EQ(waitpid(pid, &status, WUNTRACED | WCONTINUED), pid);
  CHECK(WIFSTOPPED(status));
  kill(pid, SIGCONT);
  CHECK_EQ(waitpid(pid, &status, WCONTINUED), pid);
  CHECK(WIFCONTINUED(status));
  CHECK_EQ(waitpid(pid, &status, WCONTINUED | WNOHANG), 0);
  kill(pid, SIGSTOP);
  milliseconds(10);
  CHECK_EQ(waitpid(pid, &status, WNOHANG), 0); /* who does not ask is not told */
  kill(pid, SIGKILL);                          /* which a stopped process obeys at once */
  CHECK_EQ(ending_of(pid), KILLED_BY(SIGKILL));
}

TEST(stop_tells_the_parent, "SIGCHLD also says stopped and continued, unless SA_NOCLDSTOP") {
  int status;
  pid_t pid = fork();

  if (pid == 0)
    for (;;) pause();
  handle_info(SIGCHLD, note_info, 0);
  kill(pid, SIGSTOP);
  while (noted[SIGCHLD] < 1) milliseconds(1);
  CHECK_EQ(noted_info.si_code, CLD_STOPPED);
  CHECK_EQ(noted_info.si_status, SIGSTOP);
  CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
  kill(pid, SIGCONT);
  while (noted[SIGCHLD] < 2) milliseconds(1);
  CHECK_EQ(noted_info.si_code, CLD_CONTINUED);
  CHECK_EQ(waitpid(pid, &status, WCONTINUED), pid);
  handle_info(SIGCHLD, note_info, SA_NOCLDSTOP);
  kill(pid, SIGSTOP);
  CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
  CHECK_EQ(noted[SIGCHLD], 2);
  kill(pid, SIGKILL);
  CHECK_EQ(ending_of(pid), KILLED_BY(SIGKILL));
  CHECK_EQ(noted[SIGCHLD], 3);
}

TEST(terminal_stops, "TSTP, TTIN and TTOU stop by default and can be handled; CONT takes pending stops away, and they it") {
  static const int stops[] = {SIGTSTP, SIGTTIN, SIGTTOU};
  int status;

  for (int i = 0; i < 3; i++) {
    pid_t pid = fork();
    if (pid == 0) {
      raise(stops[i]);
      _exit(8);
    }
    /* A group without a relative in its session that could continue it would not stop; this one has a parent in it. */
    CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
    CHECK(WIFSTOPPED(status) || (WIFEXITED(status) && WEXITSTATUS(status) == 8));
    if (WIFSTOPPED(status)) {
      CHECK_EQ(WSTOPSIG(status), stops[i]);
      kill(pid, SIGCONT);
      CHECK_EQ(ending_of(pid), 8);
    }
  }
  CHECK_ENDS(0, handle(SIGTSTP, note, 0); raise(SIGTSTP); _exit(noted[SIGTSTP] != 1));
  CHECK_ENDS(0, handle(SIGCONT, note, 0); raise(SIGCONT); _exit(noted[SIGCONT] != 1));
  CHECK_ENDS(0, block(SIGTSTP); raise(SIGTSTP); if (!is_pending(SIGTSTP)) _exit(1); raise(SIGCONT); _exit(is_pending(SIGTSTP)));
  CHECK_ENDS(0, block(SIGCONT); handle(SIGCONT, note, 0); raise(SIGCONT); if (!is_pending(SIGCONT)) _exit(1); block(SIGTSTP);
             raise(SIGTSTP); _exit(is_pending(SIGCONT)));
}

/* Interrupted calls -------------------------------------------------------------------------------------------------------------- */

TEST(sleep_interrupted, "nanosleep answers EINTR and what is left, SA_RESTART or not") {
  struct timespec long_time = {100, 0}, left = {0, 0};

  for (int flags = 0; flags <= SA_RESTART; flags += SA_RESTART) {
    handle(SIGUSR1, note, flags);
    pid_t child = signal_later(SIGUSR1, 30);
    CHECK_EQ(raw(SYS_nanosleep, &long_time, &left), -EINTR);
    CHECK(left.tv_sec == 99 && left.tv_nsec > 0);
    CHECK_EQ(ending_of(child), 0);
    child = signal_later(SIGUSR1, 30);
    CHECK_EQ(raw(SYS_clock_nanosleep, 1, 0, &long_time, &left), -EINTR);
    CHECK_EQ(left.tv_sec, 99);
    CHECK_EQ(ending_of(child), 0);
  }
  CHECK_EQ(noted[SIGUSR1], 4);
}

TEST(sleep_passes_over, "an ignored signal, or one whose default is to be ignored, interrupts no call") {
  struct timespec some_time = {0, 150000000}, left = {7, 7};

  handle(SIGUSR1, SIG_IGN, 0);
  pid_t child = signal_later(SIGUSR1, 20); /* and its end sends SIGCHLD */
  CHECK_EQ(raw(SYS_nanosleep, &some_time, &left), 0);
  CHECK_EQ(ending_of(child), 0);
}

TEST(sleep_goes_on, "a stopped and continued sleeper wakes at its time, as if nothing had been") {
  struct timespec some_time = {0, 200000000}, left;
  int status;
  pid_t pid = fork();

  if (pid == 0) _exit(raw(SYS_nanosleep, &some_time, &left) == 0 ? 0 : 1);
  milliseconds(20);
  kill(pid, SIGSTOP);
  CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
  kill(pid, SIGCONT);
  CHECK_EQ(ending_of(pid), 0);
}

TEST(wait_interrupted, "wait4 answers EINTR, or goes on with SA_RESTART") {
  int status;

  for (int restart = 0; restart < 2; restart++) {
    handle(SIGUSR1, note, restart ? SA_RESTART : 0);
    pid_t slow = fork();
    if (slow == 0) {
      milliseconds(150);
      _exit(3);
    }
    pid_t sender = signal_later(SIGUSR1, 30);
    long result = raw(SYS_wait4, slow, &status, 0, 0);
    CHECK_EQ(result, restart ? slow : -EINTR);
    if (!restart) CHECK_EQ(raw(SYS_wait4, slow, &status, 0, 0), slow);
    CHECK_EQ(WEXITSTATUS(status), 3);
    CHECK_EQ(noted[SIGUSR1], restart + 1);
    CHECK_EQ(ending_of(sender), 0);
  }
}

TEST(read_interrupted, "read of an empty pipe answers EINTR, or goes on with SA_RESTART and gets what comes later") {
  for (int restart = 0; restart < 2; restart++) {
    int ends[2];
    char byte = 0;

    REQUIRE(pipe(ends) == 0);
    handle(SIGUSR1, note, restart ? SA_RESTART : 0);
    pid_t child = fork();
    if (child == 0) {
      milliseconds(30);
      kill(getppid(), SIGUSR1);
      milliseconds(60);
      _exit(write(ends[1], "x", 1) != 1);
    }
    CHECK_EQ(raw(SYS_read, ends[0], &byte, 1), restart ? 1 : -EINTR);
    CHECK_EQ(noted[SIGUSR1], restart + 1);
    CHECK_EQ(ending_of(child), 0);
    close(ends[0]);
    close(ends[1]);
  }
}

TEST(write_interrupted, "a write that has put a part into a full pipe answers that part; one that has put nothing, EINTR") {
  int ends[2];
  static char much[300000];

  REQUIRE(pipe(ends) == 0);
  handle(SIGUSR1, note, SA_RESTART);
  pid_t child = signal_later(SIGUSR1, 50);
  long part = raw(SYS_write, ends[1], much, sizeof much);
  CHECK(part >= 4096 && part < (long)sizeof much);
  CHECK_EQ(ending_of(child), 0);
  handle(SIGUSR1, note, 0);
  child = signal_later(SIGUSR1, 50);
  CHECK_EQ(raw(SYS_write, ends[1], much, 1), -EINTR);
  CHECK_EQ(ending_of(child), 0);
  long total = 0, got;
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  while ((got = raw(SYS_read, ends[0], much, sizeof much)) > 0) total += got;
  CHECK_EQ(total, part); /* nothing more was written */
}

TEST(poll_interrupted, "poll and select answer EINTR whatever the flags") {
  int ends[2];

  REQUIRE(pipe(ends) == 0);
  handle(SIGUSR1, note, SA_RESTART);
  struct pollfd one = {ends[0], POLLIN, 0};
  pid_t child = signal_later(SIGUSR1, 30);
  CHECK_EQ(raw(SYS_poll, &one, 1, -1), -EINTR);
  CHECK_EQ(ending_of(child), 0);
  child = signal_later(SIGUSR1, 30);
  CHECK_EQ(raw(SYS_select, 0, NULL, NULL, NULL, NULL), -EINTR);
  CHECK_EQ(ending_of(child), 0);
}

TEST(kill_the_waiting, "SIGKILL ends a process that waits in read, in write, in poll") {
  int ends[2], full[2];
  static char much[300000];
  pid_t pid[3];

  REQUIRE(pipe(ends) == 0 && pipe(full) == 0);
  for (int i = 0; i < 3; i++) {
    pid[i] = fork();
    if (pid[i] != 0) continue;
    struct pollfd one = {ends[0], POLLIN, 0};
    if (i == 0) raw(SYS_read, ends[0], much, 1);
    if (i == 1) raw(SYS_write, full[1], much, sizeof much);
    if (i == 2) raw(SYS_poll, &one, 1, -1);
    _exit(1);
  }
  milliseconds(50);
  for (int i = 0; i < 3; i++) {
    kill(pid[i], SIGKILL);
    CHECK_EQ(ending_of(pid[i]), KILLED_BY(SIGKILL));
  }
  CHECK_EQ(raw(SYS_write, ends[1], "ok", 2), 2); /* the pipe itself is well */
  CHECK_EQ(raw(SYS_read, ends[0], much, 10), 2);
}

TEST(signals_through_exec, "exec resets handlers and keeps what is ignored, the mask, and what is pending") {
  char path[300];

  companion("signal_state", path);
  handle(SIGUSR1, note, 0);
  handle(SIGUSR2, SIG_IGN, 0);
  block(SIGTERM);
  block(SIGHUP);
  raise(SIGHUP);
  /* signal_state ends with 1 = USR1 is default, 2 = USR2 is ignored, 4 = TERM is blocked, 8 = HUP is pending, 16 = no other stack. */
  stack_t stack = {.ss_sp = map_private(16 * kPage), .ss_size = 16 * kPage};
  sigaltstack(&stack, NULL);
  CHECK_ENDS(1 + 2 + 4 + 16, execl(path, path, NULL)); /* a fork's child has nothing pending */
  CHECK_ENDS(1 + 2 + 4 + 8 + 16, raise(SIGHUP); execl(path, path, NULL));
}
