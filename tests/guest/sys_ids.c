/* Users, groups of users, groups of processes, sessions: who may change what, and what fork and exec do to it.
 * Run as root these tests change to other users; run as somebody else they check that one cannot. */
#include <sys/stat.h>

#include "bad.h"
#include "signals.h"

static int is_root(void) { return raw(SYS_geteuid) == 0; }

TEST(ids_agree, "the id calls agree with each other") {
  unsigned real, effective, saved;

  CHECK_EQ(raw(SYS_getresuid, &real, &effective, &saved), 0);
  CHECK(real == (unsigned)raw(SYS_getuid) && effective == (unsigned)raw(SYS_geteuid));
  CHECK_EQ(raw(SYS_getresgid, &real, &effective, &saved), 0);
  CHECK(real == (unsigned)raw(SYS_getgid) && effective == (unsigned)raw(SYS_getegid));
  CHECK_EFAULT(4, kForWriting, raw(SYS_getresuid, p, &real, &saved));
  CHECK_EFAULT(4, kForWriting, raw(SYS_getresgid, &real, &saved, p));
}

TEST(root_becomes_somebody, "root's setuid changes all three ids, for good") {
  if (!is_root()) return;
  CHECK_ENDS(0, unsigned a, b, c; if (raw(SYS_setgid, 200) != 0 || raw(SYS_setuid, 100) != 0) _exit(1); raw(SYS_getresuid, &a, &b, &c);
             if (a != 100 || b != 100 || c != 100) _exit(2); raw(SYS_getresgid, &a, &b, &c); if (a != 200 || b != 200 || c != 200) _exit(3);
             if (raw(SYS_setuid, 0) != -EPERM || raw(SYS_setgid, 0) != -EPERM) _exit(4); if (raw(SYS_setuid, 100) != 0) _exit(5);
             if (raw(SYS_setresuid, 0, -1, -1) != -EPERM || raw(SYS_setreuid, 0, 0) != -EPERM) _exit(6);
             if (raw(SYS_setgroups, 0, NULL) != -EPERM) _exit(7); _exit(raw(SYS_getuid) == 100 && raw(SYS_getgid) == 200 ? 0 : 8));
  CHECK_EQ(raw(SYS_getuid), 0);
}

TEST(ids_are_one,
     "on Kine a process has one user id: a call that would part real, effective and saved id answers EPERM and changes nothing") {
  if (!on_kine()) return;
  CHECK_EQ(raw(SYS_setresuid, -1, 100, -1), -EPERM);
  CHECK_EQ(raw(SYS_setreuid, 100, 101), -EPERM);
  CHECK_EQ(raw(SYS_setresgid, 1, 2, 3), -EPERM);
  CHECK_EQ(raw(SYS_setresuid, -1, -1, -1), 0);
  CHECK_EQ(raw(SYS_getuid), 0);
  CHECK_EQ(raw(SYS_getgid), 0);
  CHECK_ENDS(0, if (raw(SYS_setreuid, 100, 100) != 0) _exit(1); _exit(raw(SYS_getuid) == 100 && raw(SYS_setreuid, 0, 0) == -EPERM ? 0 : 2));
}

TEST(effective_comes_back, "root may put its effective id aside and take it back, as the saved one stays") {
  if (!is_root() || on_kine()) return;
  CHECK_ENDS(0, unsigned a, b, c; if (raw(SYS_setresuid, -1, 100, -1) != 0) _exit(1); raw(SYS_getresuid, &a, &b, &c);
             if (a != 0 || b != 100 || c != 0) _exit(2); if (raw(SYS_setresuid, -1, 101, -1) != -EPERM) _exit(3);
             if (raw(SYS_setresuid, -1, 0, -1) != 0) _exit(4); if (raw(SYS_setresuid, 100, 101, 102) != 0) _exit(5);
             if (raw(SYS_setresuid, 102, 100, 101) != 0) _exit(6); raw(SYS_getresuid, &a, &b, &c);
             if (a != 102 || b != 100 || c != 101) _exit(7); if (raw(SYS_setuid, 101) != 0) _exit(8); raw(SYS_getresuid, &a, &b, &c);
             _exit(a == 102 && b == 101 && c == 101 ? 0 : 9));
  CHECK_ENDS(0, unsigned a, b, c; if (raw(SYS_setreuid, 100, 101) != 0) _exit(1); raw(SYS_getresuid, &a, &b, &c);
             _exit(a == 100 && b == 101 && c == 101 ? 0 : 2));
}

TEST(groups, "supplementary groups: set by root, told to all, inherited") {
  static const unsigned three[] = {7, 8, 9};
  unsigned seen[40];

  long count = raw(SYS_getgroups, 0, NULL);
  CHECK(count >= 0);
  CHECK_EQ(raw(SYS_getgroups, -1, seen), -EINVAL);
  if (!is_root()) {
    CHECK_EQ(raw(SYS_setgroups, 3, three), -EPERM);
    return;
  }
  CHECK_ENDS(0, if (raw(SYS_setgroups, 3, three) != 0 || raw(SYS_getgroups, 0, NULL) != 3 || raw(SYS_getgroups, 40, seen) != 3) _exit(1);
             if (seen[0] != 7 || seen[1] != 8 || seen[2] != 9) _exit(2); if (raw(SYS_getgroups, 2, seen) != -EINVAL) _exit(3);
             if (fork() == 0) _exit(raw(SYS_getgroups, 40, seen) == 3 ? 0 : 1); int status; wait(&status); if (status != 0) _exit(4);
             if (raw(SYS_setgroups, 0, NULL) != 0) _exit(5); _exit(raw(SYS_getgroups, 0, NULL) != 0));
  CHECK_EQ(raw(SYS_setgroups, 1 << 20, three), -EINVAL);
  CHECK_EFAULT(12, kForReading, raw(SYS_setgroups, 3, p));
  CHECK_ENDS(0, raw(SYS_setgroups, 3, three); unsigned char *page = map_private(kPage); mprotect(page, kPage, PROT_READ);
             _exit(raw(SYS_getgroups, 3, page) != -EFAULT));
}

TEST(signals_between_users, "a user's process cannot send signals to another user's") {
  if (!is_root()) return;
  pid_t victim = fork();
  if (victim == 0) {
    raw(SYS_setresuid, 101, 101, 101);
    for (;;) pause();
  }
  milliseconds(30);
  CHECK_ENDS(0, raw(SYS_setuid, 100); if (raw(SYS_kill, victim, SIGKILL) != -EPERM) _exit(1);
             if (raw(SYS_kill, victim, 0) != -EPERM) _exit(2); if (raw(SYS_kill, 1, SIGKILL) != -EPERM) _exit(3);
             if (raw(SYS_tgkill, victim, victim, SIGTERM) != -EPERM) _exit(4); _exit(raw(SYS_kill, getppid(), SIGTERM) != -EPERM));
  CHECK_ENDS(0, raw(SYS_setuid, 101); _exit(raw(SYS_kill, victim, SIGUSR1) != 0));
  CHECK_EQ(ending_of(victim), KILLED_BY(SIGUSR1));
  CHECK_EQ(raw(SYS_kill, getpid(), 0), 0);
}

TEST(umask_calls, "umask answers the old one, keeps nine bits, and is inherited") {
  long before = raw(SYS_umask, 022);

  CHECK_EQ(raw(SYS_umask, 0777777), 022);
  CHECK_EQ(raw(SYS_umask, 027), 0777);
  CHECK_ENDS(0, _exit(raw(SYS_umask, 0) != 027));
  CHECK_EQ(raw(SYS_umask, before), 027);
}

TEST(process_groups, "setpgid puts oneself or a child into a group of the session; getpgid tells it") {
  long own = raw(SYS_getpgrp);

  CHECK_EQ(raw(SYS_getpgid, 0), own);
  CHECK_EQ(raw(SYS_getpgid, getpid()), own);
  CHECK_EQ(raw(SYS_getpgid, INT32_MAX), -ESRCH);
  CHECK_EQ(raw(SYS_setpgid, 0, -1), -EINVAL);
  CHECK_EQ(raw(SYS_setpgid, INT32_MAX, 0), -ESRCH);
  CHECK_EQ(raw(SYS_setpgid, 0, INT32_MAX), -EPERM); /* there is no such group */
  CHECK_EQ(raw(SYS_setpgid, getppid(), 0), -ESRCH); /* not a child */
  pid_t child = fork();
  if (child == 0)
    for (;;) pause();
  CHECK_EQ(raw(SYS_getpgid, child), own);
  CHECK_EQ(raw(SYS_setpgid, child, child), 0);
  CHECK_EQ(raw(SYS_getpgid, child), child);
  pid_t second = fork();
  if (second == 0) _exit(raw(SYS_setpgid, 0, child) == 0 && raw(SYS_getpgrp) == child ? 0 : 1);
  CHECK_EQ(ending_of(second), 0);
  CHECK_EQ(raw(SYS_setpgid, child, own), 0);
  CHECK_EQ(raw(SYS_getpgid, child), own);
  kill(child, SIGKILL);
  CHECK_EQ(ending_of(child), KILLED_BY(SIGKILL));
  CHECK_ENDS(0, _exit(raw(SYS_setpgid, 0, 0) == 0 && raw(SYS_getpgrp) == getpid() ? 0 : 1));
}

TEST(wait_by_group, "waitpid can wait for the children of one group") {
  int status;
  pid_t first = fork();

  if (first == 0) {
    milliseconds(60);
    _exit(1);
  }
  setpgid(first, first);
  pid_t second = fork();
  if (second == 0) _exit(2);
  CHECK_EQ(raw(NR_wait4, -first, &status, 0, 0), first);
  CHECK_EQ(WEXITSTATUS(status), 1);
  CHECK_EQ(raw(NR_wait4, -first, &status, 0, 0), -ECHILD);
  CHECK_EQ(raw(NR_wait4, 0, &status, 0, 0), second);
}

TEST(after_exec, "a child that has executed a program cannot be moved by its parent") {
  char path[300];
  int status;

  companion("ends", path);
  pid_t child = fork();
  if (child == 0) execl(path, path, "stop", NULL);
  CHECK_EQ(waitpid(child, &status, 0), child); /* it has executed, and ended */
  CHECK_EQ(raw(SYS_setpgid, child, child), -ESRCH);
}

TEST(sessions, "setsid makes a session and a group; a group's leader cannot; nobody leaves for another session's group") {
  CHECK_EQ(raw(SYS_getsid, INT32_MAX), -ESRCH);
  long session = raw(SYS_getsid, 0);
  CHECK(session >= 0);
  CHECK_ENDS(0, if (raw(SYS_getsid, 0) != session) _exit(1); if (raw(SYS_setsid) != getpid()) _exit(2);
             if (raw(SYS_getsid, 0) != getpid() || raw(SYS_getpgrp) != getpid()) _exit(3); if (raw(SYS_setsid) != -EPERM) _exit(4);
             _exit(raw(SYS_setpgid, 0, 0) != -EPERM)); /* a session's leader stays */
  CHECK_ENDS(0, setpgid(0, 0); _exit(raw(SYS_setsid) != -EPERM));
  pid_t child = fork();
  if (child == 0) {
    setsid();
    for (;;) pause();
  }
  milliseconds(30);
  CHECK_EQ(raw(SYS_getsid, child), child);
  CHECK_EQ(raw(SYS_setpgid, child, 0), -EPERM);
  CHECK_EQ(raw(SYS_setpgid, 0, child), -EPERM);
  kill(child, SIGKILL);
  CHECK_EQ(ending_of(child), KILLED_BY(SIGKILL));
}

TEST(orphaned_stop, "a stopped member of a group that nobody can continue any more gets HUP and CONT") {
  int ends[2];
  char byte;

  REQUIRE(pipe(ends) == 0);
  pid_t leader = fork();
  if (leader == 0) {
    setsid();
    pid_t job = fork();
    if (job == 0) {
      setpgid(0, 0);
      handle(SIGHUP, note, 0);
      handle(SIGCONT, note, 0);
      raise(SIGSTOP);
      _exit(write(ends[1], noted[SIGHUP] == 1 && noted[SIGCONT] == 1 ? "y" : "n", 1) != 1);
    }
    int status;
    waitpid(job, &status, WUNTRACED);
    _exit(WIFSTOPPED(status) ? 0 : 1);
  }
  CHECK_EQ(ending_of(leader), 0);
  close(ends[1]);
  CHECK_EQ(raw(SYS_read, ends[0], &byte, 1), 1);
  CHECK_EQ(byte, 'y');
  close(ends[0]);
}
