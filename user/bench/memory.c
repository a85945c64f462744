/* Mappings, faults, and fork. */
#include "bench.h"

static void measure_mappings(void) {
  static const size_t sizes[] = {1, 1024};

  for (int s = 0; s < 2; s++) {
    size_t size = sizes[s] * kPage;
    for (int i = -kWarm; i < 200; i++) {
      unsigned before = begin(s ? kMap1024 : kMap1, i);
      long at = raw(NR_mmap, 0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      raw(NR_munmap, at, size);
      end(i, before);
      if (at < 0) fail("mmap");
    }
    finish(s ? kMap1024 : kMap1, 1);
  }
}

/* One region of 2 MiB, full, shared with a child that does nothing. */
static void measure_copies(void) {
  volatile unsigned char *memory = map(2 * MiB);

  touch(memory, 0, kRegionPages, 1);
  for (int later = 0; later < 2; later++) {
    for (int i = -kWarm; i < kRounds; i++) {
      long pid = hold();
      if (later) memory[0] = 2;
      for (int page = later; page < (later ? kRegionPages : 1); page++) {
        volatile unsigned char *at = memory + page * kPage;
        unsigned before = begin(later ? kLaterWrite : kFirstWrite, page == later ? i : 0);
        *at = 2;
        end(i, before);
      }
      release(pid);
    }
    finish(later ? kLaterWrite : kFirstWrite, 1);
  }
  unmap(memory, 2 * MiB);
}

/* The same region, after a child that has written nothing, or everything, and is gone. */
static void measure_reuse(void) {
  volatile unsigned char *memory = map(2 * MiB);

  touch(memory, 0, kRegionPages, 1);
  for (int wrote = 0; wrote < 2; wrote++) {
    for (int i = -kWarm; i < kRounds; i++) {
      long pid = raw_bare(NR_fork);
      if (pid == 0) {
        if (wrote) touch(memory, 0, kRegionPages, 1);
        raw(NR_exit_group, 0);
      }
      if (pid < 0) fail("fork");
      bury(pid);
      if (wrote) memory[0] = 2;
      for (int page = wrote; page < (wrote ? kRegionPages : 1); page++) {
        volatile unsigned char *at = memory + page * kPage;
        unsigned before = begin(wrote ? kReuse : kTakeBack, page == wrote ? i : 0);
        *at = 2;
        end(i, before);
      }
    }
    finish(wrote ? kReuse : kTakeBack, 1);
  }
  unmap(memory, 2 * MiB);
}

static void measure_zero_fill(void) {
  for (int later = 0; later < 2; later++) {
    volatile unsigned char *memory = map(64 * MiB);
    for (size_t region = 0; region < 64 * MiB; region += 2 * MiB) {
      int round = region == 0 ? kCounted : 0;
      if (later) memory[region] = 1;
      for (int page = later; page <= (later ? 20 : 0); page++) {
        volatile unsigned char *at = memory + region + page * kPage;
        unsigned before = begin(later ? kZeroLater : kZeroFirst, page == later ? round : 0);
        *at = 1;
        end(round, before);
      }
    }
    finish(later ? kZeroLater : kZeroFirst, 1);
    unmap(memory, 64 * MiB);
  }
}

/* Work on 4,096 touched pages at once, counted for each. */
static void measure_ranges(void) {
  enum { kCount = 4096 };
  const size_t size = (size_t)kCount * kPage;

  for (int i = -kWarm; i < kRounds; i++) {
    volatile unsigned char *memory = map(size);
    touch(memory, 0, kCount, 1);
    unsigned before = begin(kFree, i);
    raw(NR_munmap, memory, size);
    end(i, before);
  }
  finish(kFree, kCount);

  volatile unsigned char *memory = map(size);
  touch(memory, 0, kCount, 1);
  for (int i = -kWarm; i < kRounds; i++) {
    unsigned before = begin(kProtect, i);
    raw(NR_mprotect, memory, size, PROT_READ);
    raw(NR_mprotect, memory, size, PROT_READ | PROT_WRITE);
    end(i, before);
  }
  finish(kProtect, kCount);
  unmap(memory, size);
}

/* A child that writes to every n-th of 4,096 pages, and ends. All of them is the worst case of sharing tables: everything is copied after
 * all, fault by fault. */
static void measure_writers(void) {
  enum { kCount = 4096 };
  static const size_t steps[] = {4096, 512, 64, 8, 1};
  volatile unsigned char *memory = map(kCount * kPage);

  touch(memory, 0, kCount, 1);
  for (int s = 0; s < 5; s++) {
    for (int i = -kWarm; i < kRounds; i++) {
      unsigned before = begin((enum key)(kWrite1 + s), i);
      long pid = raw_bare(NR_fork);
      if (pid == 0) {
        touch(memory, 0, kCount, steps[s]);
        raw(NR_exit_group, 0);
      }
      raw(NR_wait4, pid, 0, 0, 0);
      end(i, before);
      if (pid < 0) fail("fork");
    }
    finish((enum key)(kWrite1 + s), 1);
  }
  unmap(memory, kCount * kPage);
}

/* The fork alone: until whoever is first, parent or child, goes on. False: not enough memory (a fork that copies needs it twice). */
static int fork_once(enum key key, int round) {
  unsigned before = begin(key, round);
  long pid = raw_bare(NR_fork);
  unsigned after = low_ticks();
  if (round == kCounted) close_window();
  if (pid == 0) {
    shared->child_ticks = after;
    raw(NR_exit_group, 0);
  }
  if (pid < 0) return 0;
  bury(pid);
  unsigned parents = after - before, childs = shared->child_ticks - before;
  sample(round, parents < childs ? parents : childs);
  return 1;
}

/* The same mapping whatever the number of touched pages. */
static void measure_forks(size_t max_pages) {
  static const struct {
    size_t pages;
    enum key fork, cycle;
  } sizes[] = {{0, kFork0, kCycle0},      {1, kFork1, kNone},           {16, kFork16, kNone},           {256, kFork256, kNone},
               {4096, kFork4K, kCycle4K}, {65536, kFork64K, kCycle64K}, {262144, kFork256K, kCycle256K}};
  volatile unsigned char *memory = map(GiB);
  int fits = 1;

  for (unsigned s = 0; s < sizeof sizes / sizeof sizes[0] && sizes[s].pages <= max_pages; s++) {
    const int rounds = sizes[s].pages < 65536 ? kRounds : 5;
    touch(memory, s > 0 ? sizes[s - 1].pages : 0, sizes[s].pages, 1);
    for (int i = -kWarm; i < rounds && fits; i++) fits = fork_once(sizes[s].fork, i);
    if (!fits) break;
    finish(sizes[s].fork, 1);
    if (sizes[s].cycle == kNone) continue;
    for (int i = -kWarm; i < rounds; i++) {
      unsigned before = begin(sizes[s].cycle, i);
      long pid = raw_bare(NR_fork);
      if (pid == 0) raw(NR_exit_group, 0);
      raw(NR_wait4, pid, 0, 0, 0);
      end(i, before);
    }
    finish(sizes[s].cycle, 1);
  }
  unmap(memory, GiB);
}

void measure_memory(size_t max_pages) {
  measure_mappings();
  measure_copies();
  measure_reuse();
  measure_zero_fill();
  measure_ranges();
  measure_writers();
  measure_forks(max_pages);
}
