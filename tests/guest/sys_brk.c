/* brk: the end of the heap. It answers the new end, or, when it cannot, the old one; it has no errors. */
#include "bad.h"
#include "test.h"

static long heap_end(void) { return raw(NR_brk, 0); }

TEST(grows, "growing gives zeroed memory up to the new end") {
  long start = heap_end();

  CHECK_EQ(raw(NR_brk, start + 5 * kPage), start + 5 * kPage);
  CHECK_EQ(heap_end(), start + 5 * kPage);
  CHECK_BYTES((unsigned char *)start, 5 * kPage, 0);
  memset((void *)start, 0x21, 5 * kPage);
  CHECK_BYTES((unsigned char *)start, 5 * kPage, 0x21);
}

TEST(shrinks_and_zeroes, "what a shrinking heap gives up is zero when it grows again") {
  long start = heap_end();

  raw(NR_brk, start + 6 * kPage);
  memset((void *)start, 0x22, 6 * kPage);
  CHECK_EQ(raw(NR_brk, start + 2 * kPage), start + 2 * kPage);
  CHECK_BYTES((unsigned char *)start, kPage, 0x22);
  CHECK_ENDS(KILLED_BY(SIGSEGV), (void)*(volatile char *)((start + 3 * kPage) & -kPage));
  CHECK_EQ(raw(NR_brk, start + 6 * kPage), start + 6 * kPage);
  long first_new = (start + 2 * kPage + kPage - 1) & -kPage; /* the page of the end itself was kept */
  CHECK_BYTES((unsigned char *)first_new, (size_t)(start + 6 * kPage - first_new), 0);
}

TEST(unaligned_ends, "the end may lie anywhere in a page") {
  long start = (heap_end() + kPage - 1) & -kPage;

  CHECK_EQ(raw(NR_brk, start + 1), start + 1);
  *(volatile char *)start = 1;
  CHECK_EQ(raw(NR_brk, start + 100), start + 100);
  CHECK_EQ(raw(NR_brk, start + kPage + 1), start + kPage + 1);
  CHECK_EQ(*(volatile char *)start, 1);
  ((volatile char *)start)[kPage] = 2;
  CHECK_EQ(raw(NR_brk, start + 3), start + 3);
  CHECK_EQ(*(volatile char *)start, 1);
  CHECK_ENDS(KILLED_BY(SIGSEGV), ((volatile char *)start)[kPage] = 2);
}

TEST(impossible_ends, "an end below the heap, in the kernel half or beyond memory changes nothing") {
  static const unsigned long ends[] = {
      1, kPage, 0x400000, 0x0000800000000000, 0xffff800000000000, 0xffffffffffffffff, 0x4141414141414141, 0x00007ffffffff000};
  long end = heap_end();

  for (unsigned i = 0; i < sizeof ends / sizeof ends[0]; i++) CHECK_EQ(raw(NR_brk, ends[i]), end);
  CHECK_EQ(heap_end(), end);
}

TEST(stops_at_a_mapping, "the heap does not grow over a mapping") {
  long start = (heap_end() + kPage - 1) & -kPage;
  unsigned char *wall = (unsigned char *)(start + 16 * kPage);

  CHECK_EQ(raw(NR_mmap, wall, kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0), wall);
  memset(wall, 0x23, kPage);
  long end = heap_end();
  CHECK_EQ(raw(NR_brk, start + 17 * kPage), end);
  CHECK_EQ(raw(NR_brk, start + 64 * kPage), end);
  CHECK_PAGE(wall, 0x23);
}

TEST(forks_apart, "parent and child have each their own end of the heap") {
  long start = heap_end();

  raw(NR_brk, start + 2 * kPage);
  memset((void *)start, 0x24, 2 * kPage);
  CHECK_ENDS(0, raw(NR_brk, start + 8 * kPage); memset((void *)start, 0x25, 8 * kPage));
  CHECK_EQ(heap_end(), start + 2 * kPage);
  CHECK_BYTES((unsigned char *)start, 2 * kPage, 0x24);
  CHECK_ENDS(0, raw(NR_brk, start));
  CHECK_BYTES((unsigned char *)start, 2 * kPage, 0x24);
}

TEST(large_heap, "a heap of hundreds of MiB costs nothing until it is touched") {
  long start = heap_end();
  size_t size = 512 * MiB;

  REQUIRE(raw(NR_brk, start + size) == start + (long)size);
  ((volatile char *)start)[size / 2] = 1;
  ((volatile char *)start)[size - 1] = 1;
  CHECK_EQ(((volatile char *)start)[size / 2 + kPage], 0);
  CHECK_EQ(raw(NR_brk, start), start);
  CHECK_EQ(raw(NR_brk, start + size), start + (long)size);
  CHECK_EQ(((volatile char *)start)[size / 2], 0);
}

TEST(up_and_down, "a heap that moves up and down by odd steps never shows an old byte") {
  long start = (heap_end() + kPage - 1) & -kPage;
  long end = start;

  for (int i = 1; i <= 200; i++) {
    long next = start + (i * 7919L) % (40 * kPage);
    REQUIRE(raw(NR_brk, next) == next);
    if (next > end) {
      long clean = (end + kPage - 1) & -kPage; /* the rest of the end's page may hold what was written there */
      if (clean < next) REQUIRE(CHECK_BYTES((unsigned char *)clean, (size_t)(next - clean), 0));
      memset((void *)end, i | 1, (size_t)(next - end));
    }
    end = next;
  }
}
