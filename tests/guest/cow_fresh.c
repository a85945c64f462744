/* Memory that a process is given is zero, whoever had the frame before. */
#include "test.h"

enum { kSome = 2000 }; /* pages: what is freed here is what is given out next */

static void dirty_and_die(void) {
  unsigned char *memory = map_private(kSome * (size_t)kPage);
  memset(memory, 0xdd, kSome * (size_t)kPage);
}

TEST(after_a_dead_process, "a dead process's bytes are never seen") {
  for (int round = 0; round < 4; round++) {
    CHECK_ENDS(0, dirty_and_die());
    unsigned char *memory = map_private(kSome * (size_t)kPage);
    CHECK_BYTES(memory, kSome * (size_t)kPage, 0);
    munmap(memory, kSome * (size_t)kPage);
  }
}

TEST(after_munmap, "unmapped bytes are never seen again") {
  for (int round = 0; round < 4; round++) {
    unsigned char *memory = map_private(kSome * (size_t)kPage);
    CHECK_BYTES(memory, kSome * (size_t)kPage, 0);
    memset(memory, 0xd1 + round, kSome * (size_t)kPage);
    munmap(memory, kSome * (size_t)kPage);
  }
}

TEST(page_tables_are_not_seen, "frames that were page tables are zero as pages") {
  for (int round = 0; round < 4; round++) {
    CHECK_ENDS(
        0, for (long i = 0; i < 300; i++) {
          char *page =
              mmap((void *)(0x220000000000 + i * (long)GiB), kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
          if (page != MAP_FAILED) page[0] = 1;
        });
    unsigned char *memory = map_private(1000 * kPage);
    CHECK_BYTES(memory, 1000 * kPage, 0);
    munmap(memory, 1000 * kPage);
  }
}

TEST(shared_memory_is_fresh, "shared memory begins as zeros, too") {
  for (int round = 0; round < 4; round++) {
    CHECK_ENDS(0, dirty_and_die());
    unsigned char *memory = map_shared(500 * kPage);
    CHECK_BYTES(memory, 500 * kPage, 0);
    memset(memory, 0xd7, 500 * kPage);
    munmap(memory, 500 * kPage);
  }
}

TEST(heap_and_stack_are_fresh, "a new break and a new stack page are zero") {
  for (int round = 0; round < 4; round++) {
    CHECK_ENDS(0, dirty_and_die());
    CHECK_ENDS(0, {
      long start = (raw(NR_brk, 0) + kPage - 1) & -kPage;
      REQUIRE(raw(NR_brk, start + 200 * kPage) == start + 200 * kPage);
      CHECK_BYTES((unsigned char *)start, 200 * kPage, 0);
    });
    CHECK_ENDS(0, {
      volatile unsigned char *low = (unsigned char *)__builtin_frame_address(0) - 4 * MiB; /* deeper than anybody has been */
      unsigned char *page = (unsigned char *)((uintptr_t)low & -(uintptr_t)kPage);
      for (int i = 0; i < 100; i++) CHECK_PAGE(page + i * kPage, 0);
    });
  }
}

TEST(a_copy_is_whole, "a copied page has all 4,096 bytes of the old one, and none of the frame's former owner") {
  unsigned char *memory = map_private(64 * kPage);

  for (int i = 0; i < 64 * kPage; i++) memory[i] = (unsigned char)(i * 31 + i / kPage);
  CHECK_ENDS(0, dirty_and_die());
  CHECK_ENDS(0, {
    for (int i = 0; i < 64; i++) memory[i * kPage + 2048] ^= 0xff;
    for (int i = 0; i < 64 * kPage; i++) REQUIRE(memory[i] == (unsigned char)((i * 31 + i / kPage) ^ (i % kPage == 2048 ? 0xff : 0)));
  });
  for (int i = 0; i < 64 * kPage; i++) REQUIRE(memory[i] == (unsigned char)(i * 31 + i / kPage));
}
