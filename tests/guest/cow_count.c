/* Copy-on-write by the numbers: what a fork and each write after it cost, counted by the kernel. Not one page too many is copied, not
 * one fault too many is taken, and not one frame more is used. On Linux, which keeps no such counters, there is nothing to see.
 *
 * The program must know which strategy the kernel was started with (--fork=tree, pages or eager), else a kernel that fell back to
 * copying everything would pass. */
#include "test.h"

enum { kPages = 512 }; /* one full table */

static int is(const char *strategy) { return strcmp(test_fork, strategy) == 0; }

static struct kine_page page_of(const void *address) {
  struct kine_page page;

  memset(&page, 0, sizeof page);
  CHECK_EQ(raw(KINE_PAGE, address, &page), 0);
  return page;
}

/* What the calling process's faults did while a statement ran. The first call makes the stack that receives the answers its own. */
static struct kine_events before_events;
static void start_counting(void) {
  before_events = statistics().own;
  before_events = statistics().own;
}
static void check_events(int line, const char *what, long faults, long copied, long reused, long zeroed, long tables) {
  struct kine_events now = statistics().own;
  const char *file = __FILE__;
  char text[120];
  const struct {
    const char *name;
    uint64_t seen;
    long expected;
  } counters[] = {
      {"faults", now.faults - before_events.faults, faults},
      {"pages copied", now.pages_copied - before_events.pages_copied, copied},
      {"faults answered by reuse", now.faults_reuse - before_events.faults_reuse, reused},
      {"pages zeroed", now.pages_zeroed - before_events.pages_zeroed, zeroed},
      {"tables copied", now.tables_copied - before_events.tables_copied, tables},
  };

  for (unsigned i = 0; i < sizeof counters / sizeof counters[0]; i++) {
    if (counters[i].expected < 0) continue; /* not said */
    snprintf(text, sizeof text, "%s by %s", counters[i].name, what);
    check_equal(file, line, text, (long)counters[i].seen, counters[i].expected);
  }
}
#define CHECK_EVENTS(what, faults, copied, reused, zeroed, tables) check_events(__LINE__, what, faults, copied, reused, zeroed, tables)

static unsigned char *full_region(void) {
  unsigned char *memory = map_private(2 * MiB + kPages * kPage);

  memory = (unsigned char *)(((uintptr_t)memory + 2 * MiB - 1) & -(2 * MiB)); /* exactly one table */
  for (int i = 0; i < kPages; i++) memset(memory + (long)i * kPage, 0x11, kPage);
  return memory;
}

TEST(zero_fill_counts, "each first touch of a page is one fault and one frame, and the second touch is none") {
  volatile unsigned char *memory = map_private(8 * kPage);

  if (!on_kine()) return;
  start_counting();
  for (int i = 0; i < 8; i += 2) memory[i * kPage] = 1;
  CHECK_EVENTS("four first writes", 4, 0, 0, 4, 0);
  start_counting();
  for (int i = 0; i < 8; i += 2) memory[i * kPage + 100] = 1;
  CHECK_EVENTS("four second writes", 0, 0, 0, 0, 0);
  start_counting();
  CHECK_EQ(memory[kPage], 0);
  CHECK_EVENTS("a first read", 1, 0, 0, 1, 0);
  start_counting();
  memory[kPage] = 1;
  CHECK_EVENTS("a write after it", 0, 0, 0, 0, 0); /* the frame that the read took is the process's own */
}

TEST(fork_takes_few_frames, "fork of a large process takes a handful of frames; the page strategy copies its tables, the eager one all") {
  enum { kMany = 8 * kPages };
  unsigned char *memory = map_private(kMany * (size_t)kPage);
  volatile int *step = map_shared(kPage);

  if (!on_kine()) return;
  memset(memory, 1, kMany * (size_t)kPage);
  long before = (long)statistics().frames_free;
  pid_t pid = fork();
  if (pid == 0) {
    await(step, 1);
    _exit(0);
  }
  long taken = before - (long)statistics().frames_free;
  if (is("tree")) CHECK(taken < 32);
  if (is("pages")) CHECK(taken >= 8 && taken < 100);
  if (is("eager")) CHECK(taken >= kMany && taken < kMany + 200);
  *step = 1;
  CHECK_EQ(ending_of(pid), 0);
  CHECK_EQ(before - (long)statistics().frames_free < 4, 1); /* all but a stack page or two that were copied while the child lived */
}

/* The child of the region's owner, which waits meanwhile and so leaves everything shared. */
static void count_in_child(unsigned char *memory) {
  volatile unsigned char *bytes = memory;

  start_counting();
  bytes[100 * kPage] = 1;
  if (is("eager")) {
    CHECK_EVENTS("the first write", 0, 0, 0, 0, 0);
    return;
  }
  CHECK_EVENTS("the first write", 1, 1, 0, 0, is("pages") ? 0 : -1);
  uint64_t tables = statistics().own.tables_copied - before_events.tables_copied;
  if (is("tree")) CHECK(tables >= 1 && tables <= 3); /* the root is the child's own from the start */
  start_counting();
  bytes[100 * kPage + 1] = 1;
  bytes[101 * kPage - 1] = 1;
  CHECK_EVENTS("more writes to the same page", 0, 0, 0, 0, 0);
  CHECK_EQ(page_of(memory + 99 * kPage).references, 2); /* neither neighbour was copied along */
  CHECK_EQ(page_of(memory + 101 * kPage).references, 2);
  start_counting();
  bytes[200 * kPage] = 1;
  CHECK_EVENTS("the first write to another page", 1, 1, 0, 0, 0);
  start_counting();
  int sum = 0;
  for (int i = 0; i < kPages; i++) sum += i == 100 || i == 200 ? 0x11 : bytes[i * kPage];
  CHECK_EQ(sum, 0x11 * kPages);
  CHECK_EVENTS("reading all the others", 0, 0, 0, 0, 0);
  start_counting();
  for (int i = 0; i < kPages; i++) bytes[i * kPage] = 2;
  CHECK_EVENTS("writing all the others", kPages - 2, kPages - 2, 0, 0, 0);
}

TEST(child_copies_what_it_writes, "a write copies its page and the tables above it, once; a read copies nothing") {
  unsigned char *memory = full_region();

  if (!on_kine()) return;
  CHECK_ENDS(0, count_in_child(memory));
}

TEST(last_owner_reuses, "the last owner gets its page back without a copy") {
  unsigned char *memory = full_region();
  volatile unsigned char *bytes = memory;

  if (!on_kine() || is("eager")) return;
  CHECK_ENDS(0, memset(memory, 0x12, 10 * kPage)); /* the child copied ten pages, and has left */
  start_counting();
  for (int i = 0; i < kPages; i++) bytes[i * kPage] = 3;
  if (is("tree")) CHECK_EVENTS("writing everything after the child left", -1, 0, -1, 0, 0);
  if (is("pages")) CHECK_EVENTS("writing everything after the child left", kPages, 0, kPages, 0, 0);
  uint64_t faults = statistics().own.faults - before_events.faults, reused = statistics().own.faults_reuse - before_events.faults_reuse;
  CHECK_EQ(faults, reused);
  CHECK(faults >= 1 && faults <= kPages);
}

TEST(untouched_child_costs_one_fault, "after a child that wrote nothing, the whole tree is taken back by a few faults") {
  unsigned char *memory = full_region();
  volatile unsigned char *bytes = memory;

  if (!on_kine() || !is("tree")) return;
  CHECK_ENDS(0, (void)0);
  start_counting();
  for (int i = 0; i < kPages; i++) bytes[i * kPage] = 3;
  CHECK_EVENTS("writing everything after the child left", 1, 0, 1, 0, 0);
}

TEST(both_sides_copy_once, "when child and parent both write a page, one of them copies and the other keeps it") {
  unsigned char *memory = full_region();
  volatile unsigned char *bytes = memory;
  volatile int *step = map_shared(kPage);

  if (!on_kine() || is("eager")) return;
  pid_t pid = fork();
  if (pid == 0) {
    start_counting();
    for (int i = 0; i < kPages; i++) bytes[i * kPage] = 4;
    CHECK_EVENTS("the child's writes", kPages, kPages, 0, 0, -1);
    *step = 1;
    await(step, 2);
    _exit(0);
  }
  await(step, 1);
  start_counting();
  for (int i = 0; i < kPages; i++) bytes[i * kPage] = 5;
  CHECK_EVENTS("the parent's writes", kPages, 0, kPages, 0, 0);
  *step = 2;
  CHECK_EQ(ending_of(pid), 0);
}

TEST(a_child_that_execs_copies_little, "fork and exec together copy next to nothing, however large the process") {
  unsigned char *memory = map_private(16 * MiB);

  if (!on_kine() || is("eager")) return;
  memset(memory, 1, 16 * MiB);
  uint64_t before = statistics().machine.pages_copied;
  before = statistics().machine.pages_copied;
  char path[300], *arguments[] = {(char *)"ends", (char *)"5", NULL};
  CHECK_ENDS(5, execve(companion("ends", path), arguments, NULL));
  uint64_t after = statistics().machine.pages_copied;
  CHECK(after - before < 16); /* a few pages of stack and data of this process, its child, and the small program */
}

TEST(text_is_one_frame, "parent and child execute the same frames, and so do two processes of one program") {
  struct kine_page *report = map_shared(kPage);

  if (!on_kine() || is("eager")) return;
  struct kine_page mine = page_of((void *)(uintptr_t)page_of);
  CHECK_EQ(mine.rights, PROT_READ | PROT_EXEC);
  CHECK_EQ(mine.writable, 0);
  CHECK(mine.references > 1); /* the boot archive has it, too */
  CHECK_ENDS(0, struct kine_page its = page_of((void *)(uintptr_t)page_of); *report = its);
  CHECK_EQ(report->frame, mine.frame);
}

TEST(a_write_parts_the_frames,
     "before the write both have the same frame; after it, each its own; nobody's page is writable while shared") {
  unsigned char *memory = full_region();
  struct kine_page *report = map_shared(kPage);
  volatile int *step = (volatile int *)(report + 8);

  if (!on_kine()) return;
  struct kine_page before = page_of(memory);
  CHECK_EQ(before.writable, 1);
  CHECK_EQ(before.references, 1);
  CHECK_EQ(before.rights, PROT_READ | PROT_WRITE);
  pid_t pid = fork();
  if (pid == 0) {
    report[0] = page_of(memory);
    *(volatile unsigned char *)memory = 9;
    report[1] = page_of(memory);
    report[2] = page_of(memory + kPage);
    *step = 1;
    await(step, 2);
    _exit(0);
  }
  await(step, 1);
  struct kine_page after = page_of(memory), neighbour = page_of(memory + kPage);
  CHECK_EQ(after.frame, before.frame);
  CHECK_EQ(report[1].writable, 1);
  CHECK_EQ(report[1].references, 1);
  CHECK(report[1].frame != before.frame);
  if (!is("eager")) {
    CHECK_EQ(report[0].frame, before.frame);
    CHECK_EQ(report[0].writable, 0);
    CHECK_EQ(report[2].frame, neighbour.frame);
    CHECK_EQ(report[2].writable, 0);
    CHECK_EQ(neighbour.writable, 0);
    CHECK_EQ(neighbour.references, 2); /* two tables point at it now, in either strategy */
  }
  *step = 2;
  CHECK_EQ(ending_of(pid), 0);
}

TEST(references_beyond_a_byte, "three hundred sharers are counted as three hundred") {
  enum { kChildren = 300 };
  unsigned char *memory = full_region();
  volatile int *step = map_shared(kPage);
  static pid_t pid[kChildren];

  if (!on_kine() || is("eager")) return;
  for (int i = 0; i < kChildren; i++) {
    pid[i] = fork();
    if (pid[i] == 0) {
      await(step, 1);
      _exit(0);
    }
    REQUIRE(pid[i] > 0);
  }
  struct kine_page shared = page_of(memory);
  uint32_t most = shared.references;
  for (int i = 0; i < 3; i++) most = shared.tables[i] > most ? shared.tables[i] : most;
  CHECK_EQ(most, kChildren + 1); /* the tree strategy counts at the highest shared table, the other at the page */
  *step = 1;
  for (int i = 0; i < kChildren; i++) CHECK_EQ(ending_of(pid[i]), 0);
  *(volatile unsigned char *)memory = 1;
  CHECK_EQ(page_of(memory).references, 1);
  CHECK_EQ(page_of(memory).writable, 1);
}

TEST(own_counters, "a child's counters begin at zero, and exec keeps them") {
  if (!on_kine()) return;
  CHECK_ENDS(0, CHECK(statistics().own.faults < 10); CHECK_EQ(statistics().own.forks, 0); CHECK_EQ(statistics().own.execs, 0));
  uint64_t forks = statistics().own.forks, machine = statistics().machine.forks;
  CHECK_ENDS(0, (void)0);
  CHECK_EQ(statistics().own.forks, forks + 1);
  CHECK_EQ(statistics().machine.forks, machine + 1);
}

TEST(bad_faults_are_counted, "a fault that is refused is counted as such") {
  if (!on_kine()) return;
  uint64_t before = statistics().machine.faults_bad;
  CHECK_ENDS(KILLED_BY(SIGSEGV), *(volatile char *)hidden((void *)8) = 1);
  CHECK_EQ(statistics().machine.faults_bad, before + 1);
}

TEST(kine_calls_bad_arguments, "Kine's own calls believe no pointer either") {
  struct kine_page page;

  if (!on_kine()) return;
  CHECK_EQ(raw(KINE_STATISTICS, KINE_MACHINE_FD, 0), -EFAULT);
  CHECK_EQ(raw(KINE_STATISTICS, KINE_MACHINE_FD, 0xffff800000000000), -EFAULT);
  CHECK_EQ(raw(KINE_STATISTICS, KINE_MACHINE_FD, page_of), -EFAULT);
  CHECK_EQ(raw(KINE_PAGE, &page, 0), -EFAULT);
  CHECK_EQ(raw(KINE_PAGE, &page, 0x4141414141414141), -EFAULT);
  CHECK_EQ(raw(KINE_PAGE, &page, page_of), -EFAULT);
  CHECK_EQ(raw(KINE_PAGE, 8, &page), -ENOMEM);
  CHECK_EQ(raw(KINE_PAGE, 0x300000000000, &page), -ENOMEM);
  CHECK_EQ(raw(KINE_PAGE, 0xffff800000000000, &page), -ENOMEM);
  CHECK_EQ(raw(KINE_PAGE, 0xffffffff80100000, &page), -ENOMEM);
  CHECK_EQ(raw(KINE_PAGE, 0x4141414141414141, &page), -ENOMEM);
  struct kine_page promise = page_of(map_private(4 * MiB) + 2 * MiB);
  CHECK_EQ(promise.frame, 0);
  CHECK_EQ(promise.references, 0);
  CHECK_EQ(promise.rights, PROT_READ | PROT_WRITE);
}
