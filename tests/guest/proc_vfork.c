/* vfork, and clone(CLONE_VM | CLONE_VFORK): the child borrows the parent's memory, and the parent waits until it has called exec or
 * ended. posix_spawn of every libc rests on it. */
#include <spawn.h>

#include "test.h"

enum { kVm = 0x100, kVfork = 0x4000, kParentSetTid = 0x100000, kChildClearTid = 0x200000, kChildSetTid = 0x1000000 };

extern char **environ;

/* A child with a stack of its own in the parent's memory, as posix_spawn makes it: it calls body(argument) and ends with the result. */
static long borrow(long flags, void *stack_top, int *parent_tid, int *child_tid, int (*body)(void *), void *argument) {
  long result;
  long *stack = stack_top;
  register long r10 __asm__("r10") = (long)child_tid;

  *--stack = (long)argument;
  *--stack = (long)(uintptr_t)body;
  __asm__ volatile(
      "syscall\n\t"
      "test %%rax, %%rax\n\t"
      "jnz 1f\n\t"
      "xor %%ebp, %%ebp\n\t"
      "pop %%rax\n\t"
      "pop %%rdi\n\t"
      "call *%%rax\n\t"
      "mov %%eax, %%edi\n\t"
      "mov $60, %%eax\n\t"
      "syscall\n"
      "1:"
      : "=a"(result)
      : "a"((long)NR_clone), "D"(flags), "S"(stack), "d"(parent_tid), "r"(r10)
      : "rcx", "r11", "memory");
  return result;
}

static void *stack_top(void) { return map_private(64 * 1024) + 64 * 1024; }

static volatile int written;

static int writes(void *argument) {
  for (int i = 0; i < 20; i++) raw(NR_sched_yield); /* the parent must not run meanwhile */
  written = *(int *)argument;
  return 21;
}

TEST(child_writes_to_the_parent, "the parent sees what the borrowing child wrote, and ran nothing meanwhile") {
  int value = 77;

  written = 0;
  long pid = borrow(kVm | kVfork | SIGCHLD, stack_top(), NULL, NULL, writes, &value);
  CHECK_EQ(written, 77);
  CHECK_EQ(ending_of(pid), 21);
}

TEST(vfork_itself, "vfork lends everything, the stack too, until the child ends") {
  volatile int number = 1;
  pid_t pid = vfork();

  if (pid == 0) {
    number = 2;
    _exit(4);
  }
  CHECK_EQ(number, 2);
  CHECK_EQ(ending_of(pid), 4);
}

TEST(untouched_memory_is_lent, "pages that the child touches first are the parent's, too") {
  static unsigned char *memory;

  memory = map_private(4 * MiB);
  pid_t pid = vfork();
  if (pid == 0) {
    memory[3 * MiB] = 9;
    _exit(0);
  }
  CHECK_EQ(memory[3 * MiB], 9);
  CHECK_EQ(ending_of(pid), 0);
}

TEST(vfork_and_exec, "the parent goes on when the child execs, while the child still runs") {
  char path[300], *arguments[] = {(char *)"ends", (char *)"17", NULL};

  companion("ends", path);
  for (int i = 0; i < 20; i++) {
    pid_t pid = vfork();
    if (pid == 0) {
      execve(path, arguments, environ);
      _exit(127);
    }
    CHECK_EQ(ending_of(pid), 17);
  }
}

TEST(failed_exec_in_vfork, "a child whose exec fails still has the parent's memory, and can say so") {
  volatile int error = 0;
  char *arguments[] = {(char *)"x", NULL};
  pid_t pid = vfork();

  if (pid == 0) {
    error = (int)raw(NR_execve, "/no/such/program", arguments, environ);
    _exit(9);
  }
  CHECK_EQ(error, -ENOENT);
  CHECK_EQ(ending_of(pid), 9);
}

TEST(spawn, "posix_spawn runs a program, and tells the parent when it cannot") {
  char path[300], *arguments[] = {(char *)"ends", (char *)"23", NULL};
  pid_t pid = -1;

  companion("ends", path);
  CHECK_EQ(posix_spawn(&pid, path, NULL, NULL, arguments, environ), 0);
  CHECK_EQ(ending_of(pid), 23);
  CHECK_EQ(posix_spawn(&pid, "/no/such/program", NULL, NULL, arguments, environ), ENOENT);
  CHECK_EQ(raw(NR_wait4, -1, 0, 0, 0), -ECHILD);
}

static int forks_inside(void *argument) {
  int *ending = argument;
  volatile int mine = 1;
  long pid = raw(NR_fork);

  if (pid == 0) {
    mine = 2; /* to a copy: this one is not borrowed */
    written = 50;
    raw(NR_exit_group, 6);
  }
  int status = 0;
  raw(NR_wait4, pid, &status, 0, 0);
  *ending = WEXITSTATUS(status);
  return mine;
}

TEST(fork_in_a_borrower, "a fork by the borrowing child copies, and leaves the lender's memory alone") {
  int ending = 0;
  unsigned char *memory = map_private(2 * kPage);

  memset(memory, 0x13, 2 * kPage);
  written = 49;
  long pid = borrow(kVm | kVfork | SIGCHLD, stack_top(), NULL, NULL, forks_inside, &ending);
  CHECK_EQ(written, 49);
  CHECK_EQ(ending, 6);
  CHECK_EQ(ending_of(pid), 1);
  CHECK_BYTES(memory, 2 * kPage, 0x13);
  memset(memory, 0x14, 2 * kPage);
}

static int maps_inside(void *argument) {
  void **result = argument;

  result[0] = (void *)raw(NR_mmap, 0, 2 * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ((char *)result[0])[5] = 5;
  raw(NR_munmap, result[1], kPage);
  return 0;
}

TEST(mapping_in_a_borrower, "what the borrowing child maps and unmaps is mapped and unmapped for the lender") {
  void *result[2] = {NULL, map_private(2 * kPage)};

  ((char *)result[1])[0] = 1;
  CHECK_EQ(ending_of(borrow(kVm | kVfork | SIGCHLD, stack_top(), NULL, NULL, maps_inside, result)), 0);
  CHECK_EQ(((char *)result[0])[5], 5);
  CHECK_ENDS(KILLED_BY(SIGSEGV), *(volatile char *)hidden(result[1]) = 1);
  CHECK_EQ(((char *)result[1])[kPage], 0);
}

static int dies(void *argument) {
  written = 60;
  *(volatile int *)hidden(argument) = 1;
  return 0;
}

TEST(borrower_is_killed, "a borrowing child that is killed wakes its parent, whose memory stays") {
  written = 0;
  long pid = borrow(kVm | kVfork | SIGCHLD, stack_top(), NULL, NULL, dies, (void *)8);
  CHECK_EQ(written, 60);
  CHECK_EQ(ending_of(pid), KILLED_BY(SIGSEGV));
}

static int ends_at_once(void *argument) {
  (void)argument;
  return 0;
}

TEST(tids_of_a_borrower, "SETTID and CLEARTID write to the memory that both have") {
  static int parent_tid, child_tid;

  parent_tid = child_tid = -1;
  long pid = borrow(kVm | kVfork | kParentSetTid | kChildSetTid | SIGCHLD, stack_top(), &parent_tid, &child_tid, ends_at_once, NULL);
  CHECK_EQ(parent_tid, pid);
  CHECK_EQ(child_tid, pid);
  CHECK_EQ(ending_of(pid), 0);
  child_tid = -1;
  pid = borrow(kVm | kVfork | kChildClearTid | SIGCHLD, stack_top(), NULL, &child_tid, ends_at_once, NULL);
  CHECK_EQ(ending_of(pid), 0);
  CHECK_EQ(child_tid, 0); /* cleared at the child's end */
}

static int vforks_inside(void *argument) {
  int status = 0;
  pid_t pid = (pid_t)borrow(kVm | kVfork | SIGCHLD, stack_top(), NULL, NULL, writes, argument);
  if (waitpid(pid, &status, WNOHANG) != pid || !WIFEXITED(status)) return 1; /* it has ended already */
  *(int *)argument = 99;
  return WEXITSTATUS(status) + 1;
}

/* (Whether the inner child's writes are seen differs: Linux lends on, Kine copies what is itself borrowed, as POSIX allows vfork to.) */
TEST(borrower_of_a_borrower, "a borrowing child may have such a child too, and waits for its end; the lender's memory stays lent") {
  int value = 88;

  CHECK_EQ(ending_of(borrow(kVm | kVfork | SIGCHLD, stack_top(), NULL, NULL, vforks_inside, &value)), 22);
  CHECK_EQ(value, 99);
}

TEST(parent_of_a_borrower, "the borrowing child has its own pid, and its parent is the lender") {
  volatile int parent = 0, self = 0;
  int own = getpid();
  pid_t pid = vfork();

  if (pid == 0) {
    parent = (int)raw(NR_getppid);
    self = (int)raw(NR_getpid);
    _exit(0);
  }
  CHECK_EQ(parent, own);
  CHECK_EQ(self, pid);
  CHECK_EQ(ending_of(pid), 0);
}
