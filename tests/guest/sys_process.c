/* getpid and its like, set_tid_address, arch_prctl, uname, clone's flags, wait4's arguments: what they do, and every bad argument. */
#include <sys/utsname.h>

#include "bad.h"
#include "test.h"

enum { kSetFs = 0x1002, kGetFs = 0x1003 }; /* arch_prctl */
enum {                                     /* clone; glibc wants _GNU_SOURCE for these */
       kCloneVm = 0x100,
       kCloneSighand = 0x800,
       kCloneThread = 0x10000,
       kCloneVfork = 0x4000,
       kCloneParentSetTid = 0x100000,
       kCloneChildClearTid = 0x200000,
       kCloneChildSetTid = 0x1000000,
};

TEST(pids, "a process's ids agree, and the child's parent is its parent") {
  long self = raw(NR_getpid);

  CHECK(self > 1);
  CHECK_EQ(raw(NR_gettid), self);
  CHECK_EQ(getpid(), self);
  CHECK_ENDS(0, _exit(raw(NR_getppid) != self));
  CHECK_ENDS(0, _exit(raw(NR_getpid) == self || raw(NR_gettid) != raw(NR_getpid)));
}

TEST(pids_are_fresh, "children that live at the same time have different pids") {
  enum { kChildren = 50 };
  volatile int *go = map_shared(kPage);
  long pid[kChildren];

  for (int i = 0; i < kChildren; i++) {
    pid[i] = fork();
    if (pid[i] == 0) {
      await(go, 1);
      _exit(i);
    }
    REQUIRE(pid[i] > 0);
    for (int j = 0; j < i; j++) REQUIRE(pid[j] != pid[i]);
  }
  *go = 1;
  for (int i = 0; i < kChildren; i++) CHECK_EQ(ending_of(pid[i]), i);
}

TEST(set_tid_address, "set_tid_address answers the thread's id and believes any address") {
  static int word;

  CHECK_EQ(raw(NR_set_tid_address, &word), raw(NR_gettid));
  CHECK_ENDS(0, raw(NR_set_tid_address, 0xffff800000000000));
  CHECK_ENDS(0, raw(NR_set_tid_address, 1));
  CHECK_ENDS(0, raw(NR_set_tid_address, 0x4141414141414141));
  CHECK_ENDS(0, raw(NR_set_tid_address, case_set_tid_address));
  CHECK_ENDS(0, raw(NR_set_tid_address, 0));
}

TEST(arch_prctl_fs, "the FS base can be read, set, and not set outside the user half") {
  unsigned long base = 0, other = 0;

  CHECK_EQ(raw(NR_arch_prctl, kGetFs, &base), 0);
  CHECK_EQ(raw(NR_arch_prctl, kSetFs, 0xffff800000000000), -EPERM);
  CHECK_EQ(raw(NR_arch_prctl, kSetFs, -1), -EPERM);
  CHECK_EQ(raw(NR_arch_prctl, kSetFs, 0x0000800000000000), -EPERM);
  CHECK_EQ(raw(NR_arch_prctl, kSetFs, 0x4141414141414141), -EPERM);
  CHECK_EQ(raw(NR_arch_prctl, kGetFs, &other), 0);
  CHECK_EQ(other, base);
  CHECK_EFAULT(8, kForWriting, raw(NR_arch_prctl, kGetFs, p));
  CHECK_EQ(raw(NR_arch_prctl, 0, 0), -EINVAL);
  CHECK_EQ(raw(NR_arch_prctl, 0x7777, &other), -EINVAL);
}

TEST(uname_fields, "uname fills six strings") {
  struct utsname name;

  memset(&name, 'x', sizeof name);
  CHECK_EQ(raw(NR_uname, &name), 0);
  CHECK_EQ(strcmp(name.machine, "x86_64"), 0);
  CHECK(strnlen(name.sysname, sizeof name.sysname) < sizeof name.sysname && name.sysname[0] != 0);
  CHECK(strnlen(name.nodename, sizeof name.nodename) < sizeof name.nodename);
  CHECK(strnlen(name.release, sizeof name.release) < sizeof name.release && name.release[0] != 0);
  CHECK(strnlen(name.version, sizeof name.version) < sizeof name.version);
  CHECK_EFAULT(390, kForWriting, raw(NR_uname, p));
}

TEST(uname_across_pages, "the kernel writes an object that spans two untouched pages") {
  unsigned char *memory = map_private(2 * kPage);
  struct utsname *name = (struct utsname *)(memory + kPage - 100);

  CHECK_EQ(raw(NR_uname, name), 0);
  CHECK_EQ(strcmp(name->machine, "x86_64"), 0);
  CHECK_BYTES(memory, kPage - 100, 0);
  CHECK_BYTES(memory + kPage - 100 + 390, kPage + 100 - 390, 0); /* exactly 390 bytes */
}

TEST(clone_bad_flags, "combinations of flags that make no sense answer EINVAL") {
  CHECK_EQ(raw(NR_clone, kCloneSighand | SIGCHLD, 0), -EINVAL); /* shared signal actions need shared memory */
  CHECK_EQ(raw(NR_clone, kCloneThread | SIGCHLD, 0), -EINVAL);  /* a thread needs shared signal actions */
  CHECK_EQ(raw(NR_clone, kCloneThread | kCloneVm | SIGCHLD, 0), -EINVAL);
}

TEST(clone_as_fork, "clone with nothing but SIGCHLD is fork") {
  volatile int number = 1;
  long pid = raw(NR_clone, SIGCHLD, 0, 0, 0, 0);

  if (pid == 0) {
    number = 2;
    raw(NR_exit_group, 33);
  }
  CHECK_EQ(ending_of(pid), 33);
  CHECK_EQ(number, 1);
}

TEST(clone_tids, "SETTID writes the child's id where it was asked to, each into its own memory") {
  static volatile int parent_word, child_word;

  parent_word = child_word = -1;
  long pid = raw(NR_clone, kCloneParentSetTid | kCloneChildSetTid | kCloneChildClearTid | SIGCHLD, 0, &parent_word, &child_word, 0);
  if (pid == 0) raw(NR_exit_group, child_word == raw(NR_gettid) ? 0 : 1);
  CHECK_EQ(parent_word, pid);
  CHECK_EQ(child_word, -1); /* the child wrote to its copy */
  CHECK_EQ(ending_of(pid), 0);
  CHECK_EQ(child_word, -1);
}

TEST(clone_bad_tids, "addresses for SETTID that cannot be written to are passed over in silence, as on Linux") {
  struct bad_address bad[kMaxBad];
  unsigned count = bad_addresses(bad, 4, kForWriting);

  for (unsigned i = 0; i < count; i++) {
    long pid = raw(NR_clone, kCloneParentSetTid | kCloneChildSetTid | kCloneChildClearTid | SIGCHLD, 0, bad[i].address, bad[i].address, 0);
    if (pid == 0) raw(NR_exit_group, 44);
    CHECK_EQ(ending_of(pid), 44);
  }
}

TEST(clone_stack, "a child can start on another stack") {
  unsigned char *stack = map_private(4 * kPage);
  long pid;
  register long r10 __asm__("r10") = 0;

  /* The child has no return address on its new stack, so it ends here, by exit_group(7 + what lies on top of the stack). */
  ((long *)(stack + 4 * kPage))[-1] = 5;
  __asm__ volatile(
      "syscall\n\t"
      "test %%rax, %%rax\n\t"
      "jnz 1f\n\t"
      "pop %%rdi\n\t"
      "add $7, %%rdi\n\t"
      "mov $231, %%eax\n\t"
      "syscall\n"
      "1:"
      : "=a"(pid)
      : "a"((long)NR_clone), "D"((long)SIGCHLD), "S"(stack + 4 * kPage - 8), "d"(0L), "r"(r10)
      : "rcx", "r11", "memory");
  CHECK_EQ(ending_of(pid), 12);
}

TEST(wait_bad_arguments, "wait4 answers ECHILD without such a child, EINVAL for unknown options, ESRCH for the smallest pid") {
  int status = 0;

  CHECK_EQ(raw(NR_wait4, -1, &status, 0, 0), -ECHILD);
  CHECK_EQ(raw(NR_wait4, 0, &status, 0, 0), -ECHILD);
  CHECK_EQ(raw(NR_wait4, 1, &status, 0, 0), -ECHILD);
  CHECK_EQ(raw(NR_wait4, getpid(), &status, 0, 0), -ECHILD);
  CHECK_EQ(raw(NR_wait4, getppid(), &status, WNOHANG, 0), -ECHILD);
  CHECK_EQ(raw(NR_wait4, INT32_MAX, &status, 0, 0), -ECHILD);
  CHECK_EQ(raw(NR_wait4, -INT32_MAX, &status, 0, 0), -ECHILD);
  CHECK_EQ(raw(NR_wait4, INT32_MIN, &status, 0, 0), -ESRCH);
  CHECK_EQ(raw(NR_wait4, -1, &status, 0x100, 0), -EINVAL);
  CHECK_EQ(raw(NR_wait4, -1, &status, 0x10000, 0), -EINVAL);
  CHECK_EQ(raw(NR_wait4, -1, &status, -1, 0), -EINVAL);
  CHECK_EQ(raw(NR_wait4, -1, 1, 0, 0), -ECHILD);
}

/* Whether the child is buried by a wait that answers EFAULT is not promised (Linux does), so each has a child of its own. */
static long wait_into(void *status, void *usage) {
  long pid = fork();

  if (pid == 0) _exit(3);
  long result = raw(NR_wait4, pid, status, 0, usage);
  raw(NR_wait4, pid, 0, 0, 0);
  return result;
}

TEST(wait_bad_pointers, "a status or usage that cannot be written answers EFAULT") {
  int status;

  CHECK_EFAULT(4, kForWriting | kOrNull, wait_into(p, NULL));
  CHECK_EFAULT(144, kForWriting | kOrNull, wait_into(NULL, p));
  CHECK_EFAULT(144, kForWriting | kOrNull, wait_into(&status, p));
}

TEST(wait_usage, "wait4 can tell what the child used") {
  unsigned char usage[144 + 16];
  int status = -1;

  memset(usage, 0xee, sizeof usage);
  pid_t pid = fork();
  if (pid == 0) _exit(9);
  CHECK_EQ(raw(NR_wait4, pid, &status, 0, usage), pid);
  CHECK_EQ(WEXITSTATUS(status), 9);
  CHECK_BYTES(usage + 144, 16, 0xee);
  long user_seconds;
  memcpy(&user_seconds, usage, 8);
  CHECK(user_seconds >= 0 && user_seconds < 100);
}

TEST(yield, "sched_yield answers 0") {
  for (int i = 0; i < 100; i++) CHECK_EQ(raw(NR_sched_yield), 0);
}
