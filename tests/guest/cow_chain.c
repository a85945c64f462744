/* Fork upon fork: pages shared again and again, by many processes at once, by generation after generation. */
#include "test.h"

TEST(fork_again, "a page that was copied, and is shared by a second fork, is copied again") {
  unsigned char *memory = map_private(2 * kPage);

  memset(memory, 1, 2 * kPage);
  for (int round = 0; round < 10; round++) {
    CHECK_ENDS(0, {
      CHECK_BYTES(memory, 2 * kPage, round + 1);
      memset(memory, 0x80, kPage);
      CHECK_ENDS(0, CHECK_PAGE(memory, 0x80); CHECK_PAGE(memory + kPage, round + 1); memset(memory, 0x81, 2 * kPage));
      CHECK_PAGE(memory, 0x80);
      CHECK_PAGE(memory + kPage, round + 1);
    });
    CHECK_BYTES(memory, 2 * kPage, round + 1);
    memset(memory, round + 2, 2 * kPage);
  }
}

TEST(two_children, "a second fork does not forget what the first one shared") {
  unsigned char *memory = map_private(4 * kPage);
  volatile int *step = map_shared(kPage);
  pid_t pid[2];

  memset(memory, 0x10, 4 * kPage);
  for (int i = 0; i < 2; i++) {
    pid[i] = fork();
    if (pid[i] == 0) {
      await(step, 1 + i);
      CHECK_BYTES(memory, 2 * kPage, i ? 0x20 : 0x10);
      CHECK_BYTES(memory + 2 * kPage, 2 * kPage, 0x10);
      memset(memory + kPage, 0x30 + i, 2 * kPage);
      CHECK_PAGE(memory, i ? 0x20 : 0x10);
      _exit(0);
    }
    memset(memory, 0x20, 2 * kPage);
  }
  *step = 1;
  CHECK_EQ(ending_of(pid[0]), 0);
  CHECK_BYTES(memory, 2 * kPage, 0x20);
  *step = 2;
  CHECK_EQ(ending_of(pid[1]), 0);
  CHECK_BYTES(memory, 2 * kPage, 0x20);
  CHECK_BYTES(memory + 2 * kPage, 2 * kPage, 0x10);
}

enum { kGenerations = 200 };

/* Generation n marks page n, forks n + 1 and waits for it. Each sees the marks of its ancestors, and none of its descendants. */
static void generation(unsigned char *memory, int n) {
  memset(memory + (long)n * kPage, n + 1, kPage);
  memory[kGenerations * (long)kPage] = (unsigned char)n; /* a page that every generation writes */
  if (n + 1 < kGenerations) {
    pid_t pid = fork();
    if (pid == 0) {
      generation(memory, n + 1);
      _exit(0);
    }
    CHECK_EQ(ending_of(pid), 0);
  }
  for (int i = 0; i <= n; i += 7) CHECK_PAGE(memory + (long)i * kPage, i + 1);
  CHECK_PAGE(memory + (long)n * kPage, n + 1);
  if (n + 1 < kGenerations) CHECK_PAGE(memory + (n + 1L) * kPage, 0);
  CHECK_EQ(memory[kGenerations * (long)kPage], (unsigned char)n);
}

TEST(two_hundred_generations, "in a long line of descendants each sees its ancestors' writes and its own") {
  generation(map_private((kGenerations + 1) * (size_t)kPage), 0);
}

TEST(three_hundred_children, "a page that more than 255 processes share stays whole, and free only after the last") {
  enum { kChildren = 300 };
  unsigned char *memory = map_private(4 * kPage);
  volatile int *step = map_shared(kPage);
  static pid_t pid[kChildren];

  memset(memory, 0x77, 4 * kPage);
  for (int i = 0; i < kChildren; i++) {
    pid[i] = fork();
    if (pid[i] == 0) {
      await(step, 1);
      CHECK_PAGE(memory, 0x77);
      if (i % 3 == 0) memset(memory + kPage, i, kPage);
      CHECK_PAGE(memory + kPage, i % 3 == 0 ? i : 0x77);
      _exit(i & 0x7f);
    }
    REQUIRE(pid[i] > 0);
  }
  CHECK_BYTES(memory, 4 * kPage, 0x77);
  memset(memory + 2 * kPage, 0x78, kPage);
  *step = 1;
  for (int i = kChildren - 1; i >= 0; i--) CHECK_EQ(ending_of(pid[i]), i & 0x7f);
  CHECK_BYTES(memory, 2 * kPage, 0x77);
  CHECK_PAGE(memory + 2 * kPage, 0x78);
  CHECK_PAGE(memory + 3 * kPage, 0x77);
}

TEST(owner_leaves_first, "pages outlive the process that made them, for as long as a descendant has them") {
  unsigned char *memory = map_private(2 * MiB);
  unsigned char *report = map_shared(kPage);
  volatile int *step = (volatile int *)(report + 8);

  memset(memory, 0x66, 2 * MiB);
  CHECK_ENDS(0, {
    memset(memory, 0x67, kPage);
    if (fork() == 0) {
      await(step, 1); /* by now the owner of page 0 is gone */
      report[0] = check_bytes(__FILE__, __LINE__, "page 0", memory, kPage, 0x67) &&
                  check_bytes(__FILE__, __LINE__, "the others", memory + kPage, 2 * MiB - kPage, 0x66);
      memset(memory, 0x68, 2 * MiB);
      report[1] = 1;
      *step = 2;
      _exit(0);
    }
  });
  memset(memory + kPage, 0x69, kPage);
  *step = 1;
  await(step, 2);
  CHECK_EQ(report[0], 1);
  CHECK_EQ(report[1], 1);
  CHECK_PAGE(memory, 0x66);
  CHECK_PAGE(memory + kPage, 0x69);
  CHECK_BYTES(memory + 2 * kPage, 2 * MiB - 2 * kPage, 0x66);
}

TEST(orphans, "a process whose parent has ended becomes a child of init, which buries it") {
  volatile int *report = map_shared(kPage);

  CHECK_ENDS(0, {
    int parent = getpid();
    if (fork() == 0) {
      while (getppid() == parent) raw(NR_sched_yield);
      report[1] = on_kine() ? getppid() == 1 : getppid() != parent; /* elsewhere it may be a subreaper */
      report[0] = 1;
      _exit(0);
    }
  });
  await(report, 1);
  CHECK_EQ(report[1], 1);
  CHECK_EQ(raw(NR_wait4, -1, 0, 0, 0), -ECHILD); /* a grandchild is no child */
}

TEST(many_orphans, "a hundred orphans at once are adopted, living and dead") {
  volatile int *report = map_shared(kPage);

  CHECK_ENDS(0, {
    for (int i = 0; i < 100; i++) {
      if (fork() == 0) {
        if (i % 2) await(report + 1, 1); /* these outlive their parent; the others are zombies when it ends */
        __sync_fetch_and_add((int *)(uintptr_t)report, 1);
        _exit(0);
      }
    }
    await(report, 50);
  });
  report[1] = 1;
  await(report, 100);
}
