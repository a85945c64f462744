/* mmap and munmap: what they do, and every bad argument. */
#include <time.h>

#include "bad.h"
#include "test.h"

enum { kReadWrite = PROT_READ | PROT_WRITE, kPrivate = MAP_PRIVATE | MAP_ANONYMOUS, kSharedMap = MAP_SHARED | MAP_ANONYMOUS };
#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

static long map(const void *where, size_t size, int rights, int flags) { return raw(NR_mmap, where, size, rights, flags, -1, 0); }
static int is_address(long result) { return (result & (kPage - 1)) == 0 && result > 0 && result < 0x7ffffffff000; }
static int is_mapped(const void *page) { return raw(NR_mprotect, page, kPage, kReadWrite) == 0; } /* changes rights, for the test's end */

TEST(maps_zeros, "a new mapping is aligned, zero, readable and writable") {
  long at = map(NULL, 3 * kPage, kReadWrite, kPrivate);

  REQUIRE(is_address(at));
  CHECK_BYTES((unsigned char *)at, 3 * kPage, 0);
  memset((void *)at, 0xa5, 3 * kPage);
  CHECK_BYTES((unsigned char *)at, 3 * kPage, 0xa5);
  CHECK_EQ(raw(NR_munmap, at, 3 * kPage), 0);
}

TEST(sizes_round_up, "a length of 1 maps one page, and unmapping a part of a page takes the whole page") {
  long at = map(NULL, 1, kReadWrite, kPrivate);

  REQUIRE(is_address(at));
  ((volatile char *)at)[kPage - 1] = 1;
  CHECK_EQ(raw(NR_munmap, at, 1), 0);
  CHECK_ENDS(KILLED_BY(SIGSEGV), ((volatile char *)at)[kPage - 1] = 1);
}

TEST(bad_lengths, "length 0 answers EINVAL, one that cannot fit ENOMEM") {
  CHECK_EQ(map(NULL, 0, kReadWrite, kPrivate), -EINVAL);
  CHECK_EQ(map(NULL, (size_t)-1, kReadWrite, kPrivate), -ENOMEM);
  CHECK_EQ(map(NULL, (size_t)-kPage, kReadWrite, kPrivate), -ENOMEM);
  CHECK_EQ(map(NULL, (size_t)INT64_MAX, kReadWrite, kPrivate), -ENOMEM);
  CHECK_EQ(map(NULL, 1UL << 47, kReadWrite, kPrivate), -ENOMEM);
  CHECK_EQ(map(NULL, 1UL << 48, kReadWrite, kPrivate), -ENOMEM);
  CHECK_EQ(map(NULL, (size_t)-1, kReadWrite, kSharedMap), -ENOMEM);
}

TEST(bad_flags, "exactly one of MAP_SHARED and MAP_PRIVATE, else EINVAL") {
  CHECK_EQ(map(NULL, kPage, kReadWrite, MAP_ANONYMOUS), -EINVAL);
  CHECK_EQ(map(NULL, kPage, kReadWrite, MAP_ANONYMOUS | MAP_SHARED | MAP_PRIVATE), -EINVAL);
  CHECK_EQ(map(NULL, kPage, kReadWrite, MAP_ANONYMOUS | 4), -EINVAL);
}

TEST(harmless_flags, "flags that only advise are taken") {
  static const int flags[] = {MAP_NORESERVE, MAP_STACK, MAP_POPULATE, MAP_NORESERVE | MAP_POPULATE};

  for (unsigned i = 0; i < sizeof flags / sizeof flags[0]; i++) {
    long at = map(NULL, 2 * kPage, kReadWrite, kPrivate | flags[i]);
    REQUIRE(is_address(at));
    CHECK_BYTES((unsigned char *)at, 2 * kPage, 0);
    CHECK_EQ(raw(NR_munmap, at, 2 * kPage), 0);
  }
}

TEST(bad_files, "a mapping of a file needs an open descriptor") {
  raw(NR_close, 77);
  CHECK_EQ(raw(NR_mmap, 0, kPage, PROT_READ, MAP_PRIVATE, -1, 0), -EBADF);
  CHECK_EQ(raw(NR_mmap, 0, kPage, PROT_READ, MAP_SHARED, 77, 0), -EBADF);
  CHECK_EQ(raw(NR_mmap, 0, kPage, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, 77, 0) < 0, 0); /* ignored for anonymous memory */
}

TEST(bad_offset, "an offset that is no multiple of a page answers EINVAL") {
  CHECK_EQ(raw(NR_mmap, 0, kPage, PROT_READ, kPrivate, -1, 1), -EINVAL);
  CHECK_EQ(raw(NR_mmap, 0, kPage, PROT_READ, kPrivate, -1, kPage - 1), -EINVAL);
}

TEST(bad_fixed_addresses, "MAP_FIXED at an address that is unaligned answers EINVAL, outside the user half ENOMEM") {
  static const unsigned long outside[] = {0x00007ffffffff000, 0x0000800000000000, 0x4141414141414000, 0xffff7ffffffff000,
                                          0xffff800000000000, 0xffffffff80000000, 0xfffffffffffff000};
  char *good = (char *)map_private(4 * kPage);

  CHECK_EQ(map(good + 1, kPage, kReadWrite, kPrivate | MAP_FIXED), -EINVAL);
  CHECK_EQ(map(good + 2048, kPage, kReadWrite, kPrivate | MAP_FIXED), -EINVAL);
  for (unsigned i = 0; i < sizeof outside / sizeof outside[0]; i++) {
    CHECK_EQ(map((void *)outside[i], kPage, kReadWrite, kPrivate | MAP_FIXED), -ENOMEM);
    CHECK_EQ(map((void *)outside[i], kPage, kReadWrite, kSharedMap | MAP_FIXED), -ENOMEM);
    CHECK_EQ(map((void *)outside[i], 1UL << 46, kReadWrite, kPrivate | MAP_FIXED), -ENOMEM);
  }
  CHECK_EQ(map((void *)0x00007fffffffe000, 2 * kPage, kReadWrite, kPrivate | MAP_FIXED), -ENOMEM);
  CHECK_EQ(map(good, (size_t)-kPage, kReadWrite, kPrivate | MAP_FIXED), -ENOMEM);
  CHECK_EQ(map(good, (size_t) - (long)good, kReadWrite, kPrivate | MAP_FIXED), -ENOMEM);
  CHECK_PAGE((unsigned char *)good, 0); /* and the failed calls took nothing away */
}

TEST(last_page_is_refused, "no code may lie at the very end of the user half, where sysret would fault in the kernel") {
  CHECK_EQ(map((void *)0x00007ffffffff000, kPage, PROT_READ | PROT_EXEC, kPrivate | MAP_FIXED), -ENOMEM);
}

TEST(hints, "a hint is taken when it is free, rounded when unaligned, and never replaces a mapping") {
  char *taken = (char *)map_private(kPage);
  long at = map((void *)0x200000000000, kPage, kReadWrite, kPrivate);

  CHECK_EQ(at, 0x200000000000);
  at = map((void *)0x200000001234, kPage, kReadWrite, kPrivate);
  CHECK_EQ(at & (kPage - 1), 0);
  taken[0] = 7;
  at = map(taken, kPage, kReadWrite, kPrivate);
  REQUIRE(is_address(at));
  CHECK(at != (long)taken);
  CHECK_EQ(taken[0], 7);
  CHECK(is_address(map((void *)0xffff800000000000, kPage, kReadWrite, kPrivate))); /* a useless hint is no error */
  CHECK(is_address(map((void *)0x0000800000000000, kPage, kReadWrite, kPrivate)));
}

TEST(fixed_replaces, "MAP_FIXED replaces what was there by zeros; MAP_FIXED_NOREPLACE answers EEXIST and replaces nothing") {
  unsigned char *memory = map_private(4 * kPage);

  memset(memory, 0x11, 4 * kPage);
  CHECK_EQ(map(memory + kPage, kPage, kReadWrite, kPrivate | MAP_FIXED_NOREPLACE), -EEXIST);
  CHECK_EQ(map(memory + kPage, kPage, kReadWrite, kPrivate | MAP_FIXED | MAP_FIXED_NOREPLACE), -EEXIST);
  CHECK_BYTES(memory, 4 * kPage, 0x11);
  CHECK_EQ(map(memory + kPage, 2 * kPage, kReadWrite, kPrivate | MAP_FIXED), memory + kPage);
  CHECK_PAGE(memory, 0x11);
  CHECK_BYTES(memory + kPage, 2 * kPage, 0);
  CHECK_PAGE(memory + 3 * kPage, 0x11);
  CHECK_EQ(raw(NR_munmap, memory + kPage, kPage), 0);
  CHECK_EQ(map(memory + kPage, kPage, kReadWrite, kPrivate | MAP_FIXED_NOREPLACE), memory + kPage);
}

TEST(rights_are_given, "a mapping grants the rights that were asked for") {
  volatile char *nothing = (char *)map(NULL, kPage, PROT_NONE, kPrivate);
  volatile char *reading = (char *)map(NULL, kPage, PROT_READ, kPrivate);
  volatile char *shared = (char *)map(NULL, kPage, PROT_READ, kSharedMap);

  CHECK_EQ(reading[5], 0);
  CHECK_EQ(shared[5], 0);
  CHECK_ENDS(KILLED_BY(SIGSEGV), reading[5] = 1);
  CHECK_ENDS(KILLED_BY(SIGSEGV), shared[5] = 1);
  CHECK_ENDS(KILLED_BY(SIGSEGV), nothing[5] = 1);
  CHECK_ENDS(KILLED_BY(SIGSEGV), (void)nothing[5]);
  CHECK_ENDS(KILLED_BY(SIGSEGV), ((void (*)(void))(uintptr_t)reading)());
}

TEST(write_and_execute, "on Kine no page is both writable and executable: EACCES") {
  long at = map(NULL, kPage, PROT_WRITE | PROT_EXEC, kPrivate);

  if (!on_kine()) return;
  CHECK_EQ(at, -EACCES);
  CHECK_EQ(map(NULL, kPage, PROT_READ | PROT_WRITE | PROT_EXEC, kPrivate), -EACCES);
  CHECK_EQ(map(NULL, kPage, PROT_READ | PROT_WRITE | PROT_EXEC, kSharedMap), -EACCES);
}

TEST(large_promises, "a mapping larger than memory costs nothing until it is touched") {
  for (unsigned shift = 30; shift <= 42; shift += 4) {
    size_t size = 1UL << shift;
    uint64_t free_before = statistics().frames_free;
    long at = map(NULL, size, kReadWrite, kPrivate | MAP_NORESERVE);
    REQUIRE(is_address(at));
    CHECK(free_before - statistics().frames_free < 16);
    volatile char *bytes = (char *)at;
    bytes[0] = 1, bytes[size / 2] = 2, bytes[size - 1] = 3;
    CHECK_EQ(bytes[0] + bytes[size / 2] + bytes[size - 1], 6);
    CHECK_EQ(bytes[size / 2 + kPage], 0);
    CHECK_EQ(raw(NR_munmap, at, size), 0);
    CHECK_ENDS(KILLED_BY(SIGSEGV), (void)bytes[size / 2]);
  }
}

TEST(shared_larger_than_memory, "shared memory is filled when it is mapped; too much of it answers ENOMEM and leaves no trace") {
  if (!on_kine()) return; /* Linux overcommits */
  uint64_t free_before = statistics().frames_free;
  CHECK_EQ(map(NULL, (free_before + 1) * kPage, kReadWrite, kSharedMap), -ENOMEM);
  CHECK_EQ(map(NULL, 1UL << 40, kReadWrite, kSharedMap), -ENOMEM);
  CHECK_EQ(statistics().frames_free, free_before);
}

TEST(refused_at_once, "how much more than memory was asked for does not show in the time of the refusal") {
  if (!on_kine()) return;
  long before[2], after[2];

  raw(NR_clock_gettime, CLOCK_MONOTONIC, before);
  CHECK_EQ(map((void *)0x10000, 0x7ff000000000 - 0x10000, kReadWrite, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED), -ENOMEM);
  CHECK_EQ(map(NULL, 40UL << 40, kReadWrite, MAP_SHARED | MAP_ANONYMOUS), -ENOMEM);
  raw(NR_clock_gettime, CLOCK_MONOTONIC, after);
  CHECK((after[0] - before[0]) * 1000000000 + after[1] - before[1] < 500000000);
}

TEST(unmap_bad_arguments, "unmapping answers EINVAL for an unaligned address, length 0, and what leaves the user half") {
  char *memory = (char *)map_private(2 * kPage);

  memory[0] = 1;
  CHECK_EQ(raw(NR_munmap, memory + 1, kPage), -EINVAL);
  CHECK_EQ(raw(NR_munmap, memory, 0), -EINVAL);
  CHECK_EQ(raw(NR_munmap, memory, -1), -EINVAL);
  CHECK_EQ(raw(NR_munmap, memory, -kPage), -EINVAL);
  CHECK_EQ(raw(NR_munmap, memory, INT64_MAX), -EINVAL);
  CHECK_EQ(raw(NR_munmap, memory, 1UL << 47), -EINVAL);
  CHECK_EQ(raw(NR_munmap, 0x0000800000000000, kPage), -EINVAL);
  CHECK_EQ(raw(NR_munmap, 0xffff800000000000, kPage), -EINVAL);
  CHECK_EQ(raw(NR_munmap, 0xfffffffffffff000, kPage), -EINVAL);
  CHECK_EQ(raw(NR_munmap, 0x00007fffffffe000, 2 * kPage), -EINVAL);
  CHECK_EQ(memory[0], 1);
}

TEST(unmap_nothing, "unmapping where nothing is mapped is no error") {
  char *memory = (char *)map_private(4 * kPage);

  CHECK_EQ(raw(NR_munmap, memory + kPage, 2 * kPage), 0);
  CHECK_EQ(raw(NR_munmap, memory + kPage, 2 * kPage), 0);
  CHECK_EQ(raw(NR_munmap, memory, 4 * kPage), 0); /* across the hole */
  CHECK_EQ(raw(NR_munmap, 0x300000000000, 1UL << 40), 0);
}

TEST(unmap_middle, "unmapping the middle leaves both sides as they were") {
  unsigned char *memory = map_private(5 * kPage);

  for (int i = 0; i < 5; i++) memset(memory + i * kPage, i + 1, kPage);
  CHECK_EQ(raw(NR_munmap, memory + 2 * kPage, kPage), 0);
  CHECK_PAGE(memory + kPage, 2);
  CHECK_PAGE(memory + 3 * kPage, 4);
  CHECK_ENDS(KILLED_BY(SIGSEGV), (void)((volatile char *)memory)[2 * kPage]);
  CHECK_ENDS(KILLED_BY(SIGSEGV), ((volatile char *)memory)[3 * kPage - 1] = 1);
  CHECK(!is_mapped(memory + 2 * kPage));
}

TEST(unmapped_address_is_reused, "map and unmap for ever: the address space does not run out") {
  for (int i = 0; i < 5000; i++) {
    long at = map(NULL, 64UL << 30, kReadWrite, kPrivate | MAP_NORESERVE);
    REQUIRE(is_address(at));
    if (i % 100 == 0) *(volatile char *)(at + (i * 7L << 20)) = 1;
    REQUIRE(raw(NR_munmap, at, 64UL << 30) == 0);
  }
}

TEST(many_small_mappings, "thousands of mappings do not overlap, and holes are found again") {
  enum { kMaps = 2000 };
  static long at[kMaps];

  for (int i = 0; i < kMaps; i++) {
    at[i] = map(NULL, kPage, kReadWrite, kPrivate);
    REQUIRE(is_address(at[i]));
    *(volatile long *)at[i] = at[i];
  }
  for (int i = 0; i < kMaps; i += 2) REQUIRE(raw(NR_munmap, at[i], kPage) == 0);
  for (int i = 1; i < kMaps; i += 2) REQUIRE(*(volatile long *)at[i] == at[i]);
  for (int i = 0; i < kMaps; i += 2) {
    at[i] = map(NULL, kPage, kReadWrite, kPrivate);
    REQUIRE(is_address(at[i]) && *(volatile long *)at[i] == 0);
    *(volatile long *)at[i] = at[i];
  }
  for (int i = 0; i < kMaps; i++) REQUIRE(*(volatile long *)at[i] == at[i]);
}
