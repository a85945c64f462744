/* What the right to statistics lets one see: frames, page tables, the last crash. */
#include "test.h"

enum {
  kEntries = 512,
  kPresent = 1,
  kPageFault = 14,
  kWrite = 2,
  kVector = 15,
  kError = 16,
  kFramesPerCall = kPage / sizeof(struct kine_frame)
};

static struct kine_frame frames[kFramesPerCall] __attribute__((aligned(kPage)));
static uint64_t entries[kEntries] __attribute__((aligned(kPage)));

static uint64_t frame_of(uint64_t entry) { return entry >> 12 & 0xffffffffff; }

/* How many frames there are of each kind, and in all. */
static uint64_t count_frames(uint64_t counts[KINE_FRAME_KERNEL + 1]) {
  uint64_t first = 0;

  for (int i = 0; i <= KINE_FRAME_KERNEL; i++) counts[i] = 0;
  for (int got; (got = kine_frames(KINE_MACHINE_FD, first, frames)) > 0; first += (uint64_t)got)
    for (int i = 0; i < got; i++) counts[frames[i].kind]++;
  return first;
}

TEST(frames_of_each_kind, "every frame is told once, and as many are free as the statistics say") {
  struct kine_statistics before, after;
  uint64_t counts[KINE_FRAME_KERNEL + 1], later[KINE_FRAME_KERNEL + 1];

  /* So that every page that is touched below has its frame. */
  count_frames(counts);
  count_frames(later);
  CHECK_EQ(kine_statistics(KINE_MACHINE_FD, &before), 0);
  CHECK_EQ(kine_statistics(KINE_MACHINE_FD, &after), 0);
  char *memory = mmap(NULL, 100 * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK_EQ(kine_statistics(KINE_MACHINE_FD, &before), 0);
  const uint64_t all = count_frames(counts);
  CHECK_EQ(kine_statistics(KINE_MACHINE_FD, &after), 0);
  CHECK_EQ(before.frames_free, after.frames_free);
  CHECK_EQ(counts[KINE_FRAME_FREE] + counts[KINE_FRAME_ZEROED], before.frames_free);
  CHECK(all >= before.frames_total);
  CHECK(counts[KINE_FRAME_ROOT] >= 2 && counts[KINE_FRAME_ROOT] <= before.processes); /* one that has ended has none */
  CHECK(counts[KINE_FRAME_KERNEL] >= before.processes);
  for (int i = 0; i < 100; i++) memory[i * kPage] = 1;
  count_frames(later);
  CHECK_EQ(later[KINE_FRAME_PAGE], counts[KINE_FRAME_PAGE] + 100);
  CHECK_EQ(munmap(memory, 100 * kPage), 0);
  count_frames(later);
  CHECK_EQ(later[KINE_FRAME_PAGE], counts[KINE_FRAME_PAGE]);
}

TEST(references_of_a_frame, "a page that a fork shares has one reference more when the tables above it have been copied") {
  static char page[kPage] __attribute__((aligned(kPage)));
  static volatile char beside[kPage] __attribute__((aligned(kPage)));
  struct kine_page found;
  int told[2], go[2];

  REQUIRE(pipe(told) == 0 && pipe(go) == 0);
  page[0] = beside[0] = 1;
  pid_t child = fork();
  if (child == 0) {
    char byte = 0;
    beside[0] = 2; /* copies the tables that lead to `page` too */
    _exit(write(told[1], &byte, 1) == 1 && read(go[0], &byte, 1) == 1 ? 0 : 1);
  }
  char byte;
  REQUIRE(read(told[0], &byte, 1) == 1);
  CHECK_EQ(kine_page(page, &found), 0);
  CHECK_EQ(kine_frames(KINE_MACHINE_FD, found.frame, frames) > 0, 1);
  CHECK_EQ(frames[0].kind, KINE_FRAME_PAGE);
  CHECK_EQ(frames[0].references, strcmp(test_fork, "eager") == 0 ? 1 : 2);
  CHECK_EQ(frames[0].references, found.references);
  CHECK_EQ(write(go[1], &byte, 1), 1);
  CHECK_EQ(ending_of(child), 0);
  for (int i = 0; i < 2; i++) close(told[i]), close(go[i]);
}

TEST(a_walk_from_the_root, "the entries of the tables lead from a process's root to the frame of its page") {
  static char page[kPage] __attribute__((aligned(kPage)));
  struct kine_process self;
  struct kine_page found;

  page[0] = 1;
  CHECK_EQ(kine_process(KINE_MACHINE_FD, getpid(), &self), 0);
  CHECK_EQ(self.pid, getpid());
  CHECK_EQ(kine_page(page, &found), 0);
  uint64_t frame = self.root;
  for (int level = 3; level >= 0; level--) {
    CHECK_EQ(kine_table(KINE_MACHINE_FD, frame, entries), 0);
    if (level == 3)
      for (int i = kEntries / 2; i < kEntries; i++) CHECK_EQ(entries[i], 0); /* the kernel's half */
    const uint64_t entry = entries[(uint64_t)page >> (12 + 9 * level) & (kEntries - 1)];
    REQUIRE(entry & kPresent);
    frame = frame_of(entry);
  }
  CHECK_EQ(frame, found.frame);
}

TEST(only_tables_are_shown, "pages, free frames and frames that do not exist have no entries to show") {
  struct kine_page found;

  entries[0] = 1;
  CHECK_EQ(kine_page(entries, &found), 0);
  errno = 0;
  CHECK_EQ(kine_table(KINE_MACHINE_FD, found.frame, entries), -1);
  CHECK_EQ(errno, ESRCH);
  CHECK_EQ(kine_table(KINE_MACHINE_FD, ~0ul, entries), -1);
  CHECK_EQ(errno, ESRCH);
  CHECK_EQ(kine_table(KINE_MACHINE_FD, 1ul << 32, entries), -1);
  CHECK_EQ(kine_frames(KINE_MACHINE_FD, ~0ul, frames), 0);
  CHECK_EQ(kine_frames(KINE_MACHINE_FD, 1ul << 32, frames), 0);
}

static void check_refused(int right, int error) {
  struct kine_crash crash;

  CHECK(kine_frames(right, 0, frames) == -1 && errno == error);
  CHECK(kine_table(right, 0, entries) == -1 && errno == error);
  CHECK(kine_crash(right, &crash) == -1 && errno == error);
}

TEST(a_right_is_needed, "nobody looks without the right to statistics, and that one is enough") {
  struct kine_process self;
  int statistics = kine_cut(KINE_MACHINE_FD, KINE_RIGHT_STATISTICS, 0, 0), other = kine_cut(KINE_MACHINE_FD, KINE_RIGHT_INTERRUPT, 5, 1);

  check_refused(-1, EBADF);
  check_refused(200, EBADF);
  check_refused(1, EINVAL);
  check_refused(other, EPERM);
  CHECK_EQ(kine_process(statistics, getpid(), &self), 0);
  CHECK(kine_frames(statistics, 0, frames) > 0);
  CHECK_EQ(kine_table(statistics, self.root, entries), 0);
  close(statistics);
  close(other);
}

TEST(a_whole_page_is_filled, "the page to fill begins on a page's boundary and may be written") {
  struct kine_process self;
  void *const bad[] = {(char *)frames + 8, (char *)frames + 2048};

  CHECK_EQ(kine_process(KINE_MACHINE_FD, getpid(), &self), 0);
  for (int i = 0; i < 2; i++) {
    CHECK(kine_frames(KINE_MACHINE_FD, 0, bad[i]) == -1 && errno == EINVAL);
    CHECK(kine_table(KINE_MACHINE_FD, self.root, bad[i]) == -1 && errno == EINVAL);
  }
  void *closed = mmap(NULL, kPage, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(kine_frames(KINE_MACHINE_FD, 0, closed) == -1 && errno == EFAULT);
  CHECK(kine_table(KINE_MACHINE_FD, self.root, closed) == -1 && errno == EFAULT);
  CHECK(kine_frames(KINE_MACHINE_FD, 0, NULL) == -1 && errno == EFAULT);
  munmap(closed, kPage);
}

static volatile uintptr_t near_null = 16; /* (so that the compiler does not see the mistake) */

TEST(the_last_crash, "who was ended by an exception, why, where, and what was mapped there") {
  struct kine_crash crash, next;
  char *page = mmap(NULL, kPage, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

  pid_t child = fork();
  if (child == 0) *(volatile char *)(page + 5) = 1;
  CHECK_EQ(ending_of(child), KILLED_BY(SIGSEGV));
  REQUIRE(kine_crash(KINE_MACHINE_FD, &crash) == 0);
  CHECK_EQ(crash.pid, child);
  CHECK_EQ(crash.signal, SIGSEGV);
  CHECK_EQ(crash.address, page + 5);
  CHECK_EQ(crash.mapped, 1);
  CHECK_EQ(crash.page.rights, PROT_READ);
  CHECK_EQ(crash.page.frame, 0);
  CHECK_EQ(strncmp(crash.name, "looking", sizeof crash.name), 0);
  CHECK_EQ(crash.registers[kVector], kPageFault);
  CHECK_EQ(crash.registers[kError] & kWrite, kWrite);
  child = fork();
  if (child == 0) (void)*(volatile char *)near_null;
  CHECK_EQ(ending_of(child), KILLED_BY(SIGSEGV));
  REQUIRE(kine_crash(KINE_MACHINE_FD, &next) == 0);
  CHECK_EQ(next.number, crash.number + 1);
  CHECK_EQ(next.pid, child);
  CHECK_EQ(next.address, 16);
  CHECK_EQ(next.mapped, 0);
  munmap(page, kPage);
}

TEST(no_crash, "a program that ends in order, or by a signal that somebody sent, has not crashed") {
  struct kine_crash before = {0}, after = {0};

  kine_crash(KINE_MACHINE_FD, &before);
  pid_t child = fork();
  if (child == 0) _exit(3);
  CHECK_EQ(ending_of(child), 3);
  child = fork();
  if (child == 0) raise(SIGSEGV);
  CHECK_EQ(ending_of(child), KILLED_BY(SIGSEGV));
  kine_crash(KINE_MACHINE_FD, &after);
  CHECK_EQ(before.number, after.number);
}
