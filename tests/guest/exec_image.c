/* execve: what a new program begins with, and what is left of the old one: its pid, its parent, its descriptors, and nothing else. */
#include "test.h"

static char *empty[] = {NULL};

TEST(processor_state, "a new program begins with clean registers, whatever the old one left in them") {
  static const unsigned odd_mxcsr = 0x1f80 | 0x6000;
  static const unsigned short odd_control = 0x0f7f;
  char path[300], *argv[] = {"start_state", "x", NULL};

  companion("start_state", path);
  CHECK_ENDS(0, execve(path, argv, empty));
  CHECK_ENDS(0, execve(path, argv + 1, empty)); /* another number of arguments, another alignment of what lies above */
  CHECK_ENDS(0, {
    raw(NR_arch_prctl, 0x1002, &empty); /* set FS */
    __asm__ volatile("ldmxcsr %0; fldcw %1; pcmpeqd %%xmm0, %%xmm0; movaps %%xmm0, %%xmm15; fldpi"
                     :
                     : "m"(odd_mxcsr), "m"(odd_control)
                     : "xmm0", "xmm15");
    raw(NR_execve, path, argv, empty);
  });
}

TEST(fresh_image, "a program's data, bss and stack are as its file says, each time, whatever earlier runs wrote to them") {
  char path[300], *argv[] = {path, "5", NULL};

  companion("image", path);
  for (int i = 0; i < 3; i++) CHECK_ENDS(0, execve(path, argv, empty));
}

TEST(image_after_image, "a process can execute again and again, and its memory does not grow") {
  char path[300], *argv[] = {path, "100", NULL};

  companion("image", path);
  CHECK_ENDS(0, execve(path, argv, empty));
}

TEST(position_independent, "a static position-independent program runs") {
  char path[300], *argv[] = {"ends_pie", "44", NULL};

  companion("ends_pie", path);
  CHECK_ENDS(44, execve(path, argv, empty));
  argv[1] = "45";
  CHECK_ENDS(45, execve(path, argv, empty));
  char *fresh[] = {companion("image_pie", path), "3", NULL};
  CHECK_ENDS(0, execve(path, fresh, empty));
}

TEST(old_memory_is_gone, "nothing of the old program's mappings is left, shared ones included, but others keep them") {
  unsigned char *shared = map_shared(8 * kPage);
  unsigned char *private = map_private(3 * MiB);
  char path[300], *argv[] = {"ends", "0", NULL};

  memset(shared, 0x12, 8 * kPage);
  memset(private, 0x34, 3 * MiB);
  CHECK_ENDS(0, memset(private, 0x35, MiB); memset(shared, 0x13, kPage); execve(companion("ends", path), argv, empty));
  CHECK_BYTES(private, 3 * MiB, 0x34);
  CHECK_PAGE(shared, 0x13);
  CHECK_BYTES(shared + kPage, 7 * kPage, 0x12);
}

TEST(descriptors_stay, "descriptors stay open through exec") {
  char path[300], *argv[] = {"show_start", "printed through a descriptor that exec kept", NULL};

  CHECK_ENDS(0, raw(NR_dup2, 1, 9); raw(NR_close, 1); raw(NR_dup2, 9, 1); execve(companion("show_start", path), argv, empty));
}

TEST(pid_stays, "the pid is the same after exec, and so is the parent") {
  char path[300], *argv[] = {"ends", "18", NULL};
  pid_t pid = fork();

  if (pid == 0) {
    execve(companion("ends", path), argv, empty);
    _exit(1);
  }
  CHECK_EQ(ending_of(pid), 18);
}

TEST(a_killed_image, "a fault in the new program kills it, not the old one's family") {
  char path[300], *argv[] = {"ends", "0", "ud2", NULL};

  CHECK_ENDS(KILLED_BY(SIGILL), execve(companion("ends", path), argv, empty));
}

TEST(exec_while_sharing, "many processes execute the same file at the same time, and each has its own data") {
  enum { kChildren = 30 };
  char path[300], *argv[] = {path, "2", NULL};
  pid_t pid[kChildren];

  companion("image", path);
  for (int i = 0; i < kChildren; i++) {
    pid[i] = fork();
    if (pid[i] == 0) {
      execve(path, argv, empty);
      _exit(99);
    }
  }
  for (int i = 0; i < kChildren; i++) CHECK_EQ(ending_of(pid[i]), 0);
}
