/* Ends and waits: exit statuses, signals that kill, zombies, every form of wait4. */
#include "test.h"

TEST(every_status, "all 256 exit statuses arrive, and no more than 8 bits of them") {
  for (int i = 0; i < 256; i++) CHECK_ENDS(i, _exit(i));
  CHECK_ENDS(0, raw(NR_exit_group, 256));
  CHECK_ENDS(0x34, raw(NR_exit_group, 0x1234));
  CHECK_ENDS(255, raw(NR_exit_group, -1));
  CHECK_ENDS(7, raw(NR_exit, 7));
  CHECK_ENDS(7, raw(NR_exit, 0x107));
  CHECK_ENDS(3, exit(3));
}

TEST(killed_by_faults, "a fault that the program made kills with the signal that Linux gives") {
  CHECK_ENDS(KILLED_BY(SIGSEGV), *(volatile int *)hidden((void *)0) = 1);
  CHECK_ENDS(KILLED_BY(SIGILL), __asm__ volatile("ud2"));
  CHECK_ENDS(KILLED_BY(SIGFPE), __asm__ volatile("xor %%ecx, %%ecx; divl %%ecx" ::: "rax", "rcx", "rdx"));
  CHECK_ENDS(KILLED_BY(SIGFPE), __asm__ volatile("mov $0x80000000, %%eax; cltd; mov $-1, %%ecx; idivl %%ecx" ::: "rax", "rcx", "rdx"));
  CHECK_ENDS(KILLED_BY(SIGTRAP), __asm__ volatile("int3"));
  CHECK_ENDS(KILLED_BY(SIGSEGV), __asm__ volatile("hlt"));
}

TEST(a_killed_child_has_no_status, "a status says either how a process ended or what killed it") {
  int status = -1;
  pid_t pid = fork();
  if (pid == 0) *(volatile int *)hidden((void *)0) = 1;
  CHECK_EQ(waitpid(pid, &status, 0), pid);
  CHECK_EQ(status & 0xff7f, SIGSEGV); /* bit 7: "core dumped", as the machine likes */
  pid = fork();
  if (pid == 0) _exit(42);
  CHECK_EQ(waitpid(pid, &status, 0), pid);
  CHECK_EQ(status, 42 << 8);
}

TEST(no_hang, "WNOHANG answers 0 while the child runs, its pid once it has ended, and ECHILD thereafter") {
  volatile int *step = map_shared(kPage);
  int status = 0x7777;

  pid_t pid = fork();
  if (pid == 0) {
    await(step, 1);
    _exit(5);
  }
  CHECK_EQ(waitpid(pid, &status, WNOHANG), 0);
  CHECK_EQ(waitpid(-1, &status, WNOHANG), 0);
  CHECK_EQ(status, 0x7777);
  *step = 1;
  pid_t got;
  while ((got = waitpid(pid, &status, WNOHANG)) == 0) raw(NR_sched_yield);
  CHECK_EQ(got, pid);
  CHECK_EQ(WEXITSTATUS(status), 5);
  CHECK_EQ(raw(NR_wait4, pid, &status, WNOHANG, 0), -ECHILD);
  CHECK_EQ(raw(NR_wait4, -1, &status, 0, 0), -ECHILD);
}

TEST(zombies_keep, "a child's end is kept until somebody asks, in any order") {
  enum { kChildren = 20 };
  pid_t pid[kChildren];

  for (int i = 0; i < kChildren; i++) {
    pid[i] = fork();
    if (pid[i] == 0) _exit(100 + i);
  }
  for (int i = 0; i < 50; i++) raw(NR_sched_yield);
  for (int i = kChildren - 1; i >= 0; i -= 2) CHECK_EQ(ending_of(pid[i]), 100 + i);
  for (int i = 0; i < kChildren; i += 2) CHECK_EQ(ending_of(pid[i]), 100 + i);
  CHECK_EQ(ending_of(pid[3]), -ECHILD);
}

TEST(any_child, "wait4(-1) gives each child once") {
  enum { kChildren = 30 };
  int seen[kChildren] = {0};

  for (int i = 0; i < kChildren; i++)
    if (fork() == 0) _exit(i);
  for (int i = 0; i < kChildren; i++) {
    int status = -1;
    REQUIRE(wait(&status) > 0);
    REQUIRE(WIFEXITED(status) && WEXITSTATUS(status) < kChildren);
    seen[WEXITSTATUS(status)]++;
  }
  for (int i = 0; i < kChildren; i++) CHECK_EQ(seen[i], 1);
  CHECK_EQ(raw(NR_wait4, -1, 0, 0, 0), -ECHILD);
}

TEST(own_group, "wait4(0) waits for children of the caller's process group") {
  pid_t pid = fork();
  if (pid == 0) _exit(6);
  int status = 0;
  CHECK_EQ(raw(NR_wait4, 0, &status, 0, 0), pid);
  CHECK_EQ(WEXITSTATUS(status), 6);
}

TEST(harmless_options, "options about stopped children are taken, and change nothing here") {
  CHECK_ENDS(8, _exit(8));
  pid_t pid = fork();
  if (pid == 0) _exit(9);
  int status = 0;
  CHECK_EQ(raw(NR_wait4, pid, &status, WUNTRACED | WCONTINUED, 0), pid);
  CHECK_EQ(WEXITSTATUS(status), 9);
  pid = fork();
  if (pid == 0) _exit(10);
  CHECK_EQ(raw(NR_wait4, pid, &status, 0x40000000 /* __WALL */, 0), pid);
  CHECK_EQ(WEXITSTATUS(status), 10);
}

TEST(not_mine, "neither a grandchild nor a sibling can be waited for") {
  pid_t sibling = fork();
  if (sibling == 0) _exit(0);
  CHECK_ENDS(0, CHECK_EQ(raw(NR_wait4, sibling, 0, 0, 0), -ECHILD));
  volatile int *grandchild = map_shared(kPage);
  CHECK_ENDS(0, {
    pid_t pid = fork();
    if (pid == 0) _exit(0);
    *grandchild = pid;
    CHECK_EQ(ending_of(pid), 0);
  });
  CHECK_EQ(raw(NR_wait4, *grandchild, 0, 0, 0), -ECHILD);
  CHECK_EQ(ending_of(sibling), 0);
}

TEST(waiter_sleeps, "a parent that waits does not keep its child from running, nor the child's child") {
  CHECK_ENDS(1, CHECK_ENDS(2, CHECK_ENDS(3, for (volatile int i = 0; i < 1000000; i++); _exit(3)); _exit(2)); _exit(1));
}

TEST(status_beyond_32_bits, "a pid is an int: the upper half of the register does not count") {
  pid_t pid = fork();
  if (pid == 0) _exit(11);
  int status = 0;
  CHECK_EQ(raw(NR_wait4, 0x500000000L | (unsigned)pid, &status, 0, 0), pid);
  CHECK_EQ(WEXITSTATUS(status), 11);
}
