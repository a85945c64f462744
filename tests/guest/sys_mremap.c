/* mremap: what it does, and every bad argument. */
#include "bad.h"
#include "test.h"

#ifndef MREMAP_MAYMOVE
#define MREMAP_MAYMOVE 1
#define MREMAP_FIXED 2
#endif

static void number_pages(unsigned char *memory, int count) {
  for (int i = 0; i < count; i++) memset(memory + (long)i * kPage, i + 1, kPage);
}
static void check_numbers(const unsigned char *memory, int count) {
  for (int i = 0; i < count; i++) CHECK_PAGE(memory + (long)i * kPage, i + 1);
}

TEST(shrinks, "shrinking keeps the address and the front, and unmaps the rest") {
  unsigned char *memory = map_private(4 * kPage);

  number_pages(memory, 4);
  CHECK_EQ(raw(NR_mremap, memory, 4 * kPage, 2 * kPage, 0), memory);
  check_numbers(memory, 2);
  CHECK_ENDS(KILLED_BY(SIGSEGV), (void)((volatile char *)memory)[2 * kPage]);
  CHECK_EQ(raw(NR_mremap, memory, 2 * kPage, 2 * kPage, 0), memory);
  CHECK_EQ(raw(NR_mremap, memory, 2 * kPage, 1, MREMAP_MAYMOVE), memory); /* rounded up */
  check_numbers(memory, 1);
  CHECK_ENDS(KILLED_BY(SIGSEGV), (void)((volatile char *)memory)[kPage]);
}

TEST(grows_where_there_is_room, "growing in place keeps the address; the new pages are zero") {
  unsigned char *memory = map_private(8 * kPage);

  munmap(memory + 2 * kPage, 6 * kPage);
  number_pages(memory, 2);
  CHECK_EQ(raw(NR_mremap, memory, 2 * kPage, 5 * kPage, 0), memory);
  check_numbers(memory, 2);
  CHECK_BYTES(memory + 2 * kPage, 3 * kPage, 0);
  number_pages(memory, 5);
  check_numbers(memory, 5);
}

TEST(does_not_grow_over_others, "without room and without MREMAP_MAYMOVE growing answers ENOMEM and changes nothing") {
  unsigned char *memory = map_private(3 * kPage);

  number_pages(memory, 3);
  raw(NR_mprotect, memory + 2 * kPage, kPage, PROT_READ); /* another mapping, as Linux sees it */
  CHECK_EQ(raw(NR_mremap, memory, 2 * kPage, 3 * kPage, 0), -ENOMEM);
  check_numbers(memory, 3);
}

TEST(moves, "with MREMAP_MAYMOVE the pages move when there is no room, and the old place is empty") {
  unsigned char *memory = map_private(3 * kPage);

  number_pages(memory, 3);
  raw(NR_mprotect, memory + 2 * kPage, kPage, PROT_READ);
  long at = raw(NR_mremap, memory, 2 * kPage, 600 * kPage, MREMAP_MAYMOVE);
  REQUIRE(at > 0);
  CHECK(at != (long)memory);
  check_numbers((unsigned char *)at, 2);
  CHECK_BYTES((unsigned char *)at + 2 * kPage, 598 * kPage, 0);
  CHECK_ENDS(KILLED_BY(SIGSEGV), (void)*(volatile char *)memory);
  CHECK_ENDS(KILLED_BY(SIGSEGV), (void)((volatile char *)memory)[2 * kPage - 1]);
  CHECK_PAGE(memory + 2 * kPage, 3);
}

TEST(moves_large, "a region of several tables moves with every page in order, and untouched ones stay zero") {
  enum { kPages = 1500 };
  unsigned char *memory = map_private((kPages + 1) * kPage);

  for (long i = 0; i < kPages; i += 3) *(volatile long *)(memory + i * kPage) = i + 1;
  raw(NR_mprotect, memory + (long)kPages * kPage, kPage, PROT_READ);
  long at = raw(NR_mremap, memory, kPages * kPage, 2L * kPages * kPage, MREMAP_MAYMOVE);
  REQUIRE(at > 0);
  for (long i = 0; i < kPages; i++) REQUIRE(*(volatile long *)(at + i * kPage) == (i % 3 == 0 ? i + 1 : 0));
  for (long i = kPages; i < 2 * kPages; i++) REQUIRE(*(volatile long *)(at + i * kPage) == 0);
}

TEST(moves_to_a_place, "MREMAP_FIXED moves to the given place and replaces what was there") {
  unsigned char *memory = map_private(2 * kPage);
  unsigned char *target = map_private(4 * kPage);

  number_pages(memory, 2);
  memset(target, 0x77, 4 * kPage);
  CHECK_EQ(raw(NR_mremap, memory, 2 * kPage, 2 * kPage, MREMAP_MAYMOVE | MREMAP_FIXED, target + kPage), target + kPage);
  CHECK_PAGE(target, 0x77);
  check_numbers(target + kPage, 2);
  CHECK_PAGE(target + 3 * kPage, 0x77);
  CHECK_ENDS(KILLED_BY(SIGSEGV), (void)*(volatile char *)memory);
}

TEST(moves_shared_pages, "moving pages that fork shares copies nothing that the other process can see") {
  unsigned char *memory = map_private(3 * kPage);
  volatile int *step = map_shared(kPage);

  number_pages(memory, 3);
  pid_t pid = fork();
  if (pid == 0) {
    await(step, 1);
    check_numbers(memory, 3);
    _exit(0);
  }
  raw(NR_mprotect, memory + 2 * kPage, kPage, PROT_READ);
  unsigned char *at = (unsigned char *)raw(NR_mremap, memory, 2 * kPage, 4 * kPage, MREMAP_MAYMOVE);
  check_numbers(at, 2);
  memset(at, 0x7f, 4 * kPage);
  *step = 1;
  CHECK_EQ(ending_of(pid), 0);
  CHECK_BYTES(at, 4 * kPage, 0x7f);
}

TEST(rights_move_along, "moved pages keep their rights") {
  unsigned char *memory = map_private(2 * kPage);

  number_pages(memory, 2);
  raw(NR_mprotect, memory, kPage, PROT_READ);
  volatile char *at = (char *)raw(NR_mremap, memory, kPage, 3 * kPage, MREMAP_MAYMOVE);
  REQUIRE((long)at > 0);
  check_numbers((unsigned char *)(uintptr_t)at, 1);
  CHECK_ENDS(KILLED_BY(SIGSEGV), at[0] = 1);
  CHECK_ENDS(KILLED_BY(SIGSEGV), at[2 * kPage] = 1);
}

TEST(bad_arguments, "bad flags, sizes and addresses answer EINVAL; where nothing is mapped, EFAULT") {
  unsigned char *memory = map_private(4 * kPage);

  number_pages(memory, 4);
  CHECK_EQ(raw(NR_mremap, memory + 1, kPage, kPage, MREMAP_MAYMOVE), -EINVAL);
  CHECK_EQ(raw(NR_mremap, memory, kPage, 0, MREMAP_MAYMOVE), -EINVAL);
  CHECK_EQ(raw(NR_mremap, memory, kPage, kPage, 0x80), -EINVAL);
  CHECK_EQ(raw(NR_mremap, memory, kPage, kPage, MREMAP_FIXED, memory), -EINVAL); /* without MAYMOVE */
  CHECK_EQ(raw(NR_mremap, memory, kPage, kPage, MREMAP_MAYMOVE | MREMAP_FIXED, memory + 1), -EINVAL);
  CHECK_EQ(raw(NR_mremap, memory, 2 * kPage, 2 * kPage, MREMAP_MAYMOVE | MREMAP_FIXED, memory + kPage), -EINVAL); /* overlap */
  CHECK_EQ(raw(NR_mremap, memory, kPage, kPage, MREMAP_MAYMOVE | MREMAP_FIXED, 0xffff800000000000), -EINVAL);
  CHECK_EQ(raw(NR_mremap, memory, kPage, kPage, MREMAP_MAYMOVE | MREMAP_FIXED, 0x0000800000000000), -EINVAL);
  CHECK_EQ(raw(NR_mremap, 0x300000000000, kPage, 2 * kPage, MREMAP_MAYMOVE), -EFAULT);
  CHECK_EQ(raw(NR_mremap, 0xffff800000000000, kPage, 2 * kPage, MREMAP_MAYMOVE), -EFAULT);
  CHECK_EQ(raw(NR_mremap, 0x4141414141414000, kPage, 2 * kPage, MREMAP_MAYMOVE), -EFAULT);
  check_numbers(memory, 4);
}

TEST(huge_sizes, "a new size that cannot fit answers an error and changes nothing") {
  unsigned char *memory = map_private(kPage);

  number_pages(memory, 1);
  CHECK(raw(NR_mremap, memory, kPage, 1UL << 47, MREMAP_MAYMOVE) < 0); /* which error depends on Linux's version */
  CHECK(raw(NR_mremap, memory, kPage, -kPage, MREMAP_MAYMOVE) < 0);
  CHECK(raw(NR_mremap, memory, kPage, -1, MREMAP_MAYMOVE) < 0);
  CHECK(raw(NR_mremap, memory, kPage, INT64_MAX, MREMAP_MAYMOVE) < 0);
  CHECK(raw(NR_mremap, memory, -kPage, kPage, MREMAP_MAYMOVE) < 0);
  check_numbers(memory, 1);
}
