/* Copy-on-write where ranges meet: at the borders of 2 MiB, 1 GiB and 512 GiB, around holes, in promises that are only partly filled,
 * and in mappings that are taken apart while another process shares them. */
#include "test.h"

enum { kReadWrite = PROT_READ | PROT_WRITE };

/* Two pages, one on each side of `border`. */
static unsigned char *around(unsigned long border) {
  unsigned char *at = (unsigned char *)(border - kPage);
  void *got = mmap(at, 2 * kPage, kReadWrite, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

  REQUIRE(got == (void *)at);
  return at;
}

static void check_border(unsigned long border) {
  unsigned char *memory = around(border);

  memset(memory, 0x11, 2 * kPage);
  CHECK_ENDS(0, {
    CHECK_BYTES(memory, 2 * kPage, 0x11);
    memset(memory + kPage - 50, 0x22, 100); /* one write across the border */
    CHECK_BYTES(memory, kPage - 50, 0x11);
    CHECK_BYTES(memory + kPage - 50, 100, 0x22);
    CHECK_ENDS(0, memset(memory, 0x33, 2 * kPage));
    CHECK_BYTES(memory + kPage - 50, 100, 0x22);
    CHECK_BYTES(memory + kPage + 50, kPage - 50, 0x11);
  });
  CHECK_BYTES(memory, 2 * kPage, 0x11);
  CHECK_EQ(munmap(memory, kPage), 0);
  CHECK_ENDS(KILLED_BY(SIGSEGV), (void)*(volatile unsigned char *)memory);
  CHECK_PAGE(memory + kPage, 0x11);
  CHECK_EQ(munmap(memory + kPage, kPage), 0);
}

TEST(borders, "pages on both sides of a table's border are copied each in its own table") {
  static const unsigned long base = 0x200000000000;

  check_border(base + 2 * MiB);
  check_border(base + 3 * GiB);
  check_border(base + 1024 * GiB);
  check_border(base + 512 * GiB + 2 * MiB);
}

TEST(lone_pages, "single pages far apart, each below tables of its own, are shared and copied") {
  unsigned char *page[40];

  for (long i = 0; i < 40; i++) {
    unsigned long at = 0x210000000000 + (unsigned long)(i * i) * 37 * GiB;
    page[i] = mmap((void *)at, kPage, kReadWrite, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    REQUIRE(page[i] == (void *)at);
    memset(page[i], (int)i + 1, kPage);
  }
  CHECK_ENDS(0, for (int i = 0; i < 40; i += 2) memset(page[i], 0xf0, kPage);
             for (int i = 0; i < 40; i++) CHECK_PAGE(page[i], i % 2 ? i + 1 : 0xf0));
  for (int i = 0; i < 40; i++) CHECK_PAGE(page[i], i + 1);
}

TEST(holes_in_shared_memory, "what one process unmaps stays mapped in the other") {
  unsigned char *memory = map_private(8 * MiB);

  for (size_t i = 0; i < 8 * MiB; i += kPage) memory[i] = (unsigned char)(i / kPage);
  CHECK_ENDS(0, {
    CHECK_EQ(munmap(memory + MiB, 4 * MiB), 0); /* whole tables, and parts of two others */
    CHECK_ENDS(KILLED_BY(SIGSEGV), (void)((volatile unsigned char *)memory)[MiB]);
    CHECK_ENDS(KILLED_BY(SIGSEGV), (void)((volatile unsigned char *)memory)[5 * MiB - 1]);
    CHECK_EQ(memory[MiB - kPage], (unsigned char)(MiB / kPage - 1));
    CHECK_EQ(memory[5 * MiB], (unsigned char)(5 * MiB / kPage));
    memset(memory + 5 * MiB, 0xee, MiB);
    /* What is mapped into the hole is zero, although the parent's old pages are still alive. */
    CHECK(mmap(memory + 2 * MiB, MiB, kReadWrite, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == memory + 2 * MiB);
    CHECK_BYTES(memory + 2 * MiB, MiB, 0);
  });
  for (size_t i = 0; i < 8 * MiB; i += kPage) REQUIRE(memory[i] == (unsigned char)(i / kPage));
}

TEST(parent_unmaps, "… and the other way round: the parent unmaps what the child still reads") {
  unsigned char *memory = map_private(5 * MiB);
  volatile int *step = map_shared(kPage);

  memset(memory, 0x44, 5 * MiB);
  pid_t pid = fork();
  if (pid == 0) {
    await(step, 1);
    CHECK_BYTES(memory, 5 * MiB, 0x44);
    memset(memory, 0x45, 5 * MiB);
    _exit(0);
  }
  CHECK_EQ(munmap(memory, 5 * MiB), 0);
  unsigned char *other = map_private(5 * MiB); /* most likely at the same place */
  CHECK_BYTES(other, 5 * MiB, 0);
  memset(other, 0x55, 5 * MiB);
  *step = 1;
  CHECK_EQ(ending_of(pid), 0);
  CHECK_BYTES(other, 5 * MiB, 0x55);
}

TEST(middle_of_a_promise, "the middle of a large mapping is unmapped while its sides stay promises, in one process alone") {
  unsigned char *memory = map_private(256 * MiB);

  memory[128 * MiB] = 1;
  CHECK_ENDS(0, {
    CHECK_EQ(munmap(memory + 64 * MiB + kPage, 100 * MiB), 0);
    CHECK_ENDS(KILLED_BY(SIGSEGV), (void)((volatile unsigned char *)memory)[128 * MiB]);
    CHECK_ENDS(KILLED_BY(SIGSEGV), (void)((volatile unsigned char *)memory)[164 * MiB + kPage - 1]);
    CHECK_PAGE(memory + 64 * MiB, 0);
    CHECK_PAGE(memory + 164 * MiB + kPage, 0);
    memory[200 * MiB] = 2;
  });
  CHECK_EQ(memory[128 * MiB], 1);
  CHECK_EQ(memory[100 * MiB], 0);
  CHECK_EQ(memory[200 * MiB], 0);
}

TEST(middle_of_shared, "a part of a shared mapping is unmapped by one process alone") {
  unsigned char *shared = map_shared(3 * MiB);

  memset(shared, 0x61, 3 * MiB);
  CHECK_ENDS(0, CHECK_EQ(munmap(shared + MiB, MiB), 0); CHECK_ENDS(KILLED_BY(SIGSEGV), shared[MiB] = 1); memset(shared, 0x62, MiB));
  CHECK_BYTES(shared, MiB, 0x62);
  CHECK_BYTES(shared + MiB, 2 * MiB, 0x61);
  CHECK_EQ(munmap(shared + MiB, MiB), 0);
  CHECK_BYTES(shared + 2 * MiB, MiB, 0x61);
}

TEST(shared_promise_is_filled_apart, "a page that nobody had touched at the fork is filled by each process for itself") {
  unsigned char *memory = map_private(64 * MiB);
  volatile int *step = map_shared(kPage);

  pid_t pid = fork();
  if (pid == 0) {
    for (size_t i = 0; i < 64 * MiB; i += 4 * MiB) memory[i] = 0x71;
    *step = 1;
    await(step, 2);
    for (size_t i = 0; i < 64 * MiB; i += 4 * MiB) CHECK_EQ(memory[i], 0x71);
    CHECK_EQ(memory[2 * MiB], 0);
    _exit(0);
  }
  await(step, 1);
  for (size_t i = 0; i < 64 * MiB; i += 2 * MiB) REQUIRE(memory[i] == 0);
  for (size_t i = 0; i < 64 * MiB; i += 2 * MiB) memory[i] = 0x72;
  *step = 2;
  CHECK_EQ(ending_of(pid), 0);
}

TEST(reading_fills_for_all, "a page that one process only read may be filled for both, and is private once written") {
  unsigned char *memory = map_private(4 * MiB);
  volatile int *step = map_shared(kPage);

  pid_t pid = fork();
  if (pid == 0) {
    for (size_t i = 0; i < 4 * MiB; i += 64 * kPage) CHECK_EQ(memory[i], 0);
    *step = 1;
    await(step, 2);
    CHECK_BYTES(memory, 4 * MiB, 0);
    _exit(0);
  }
  await(step, 1);
  memset(memory, 0x81, 4 * MiB);
  *step = 2;
  CHECK_EQ(ending_of(pid), 0);
  CHECK_BYTES(memory, 4 * MiB, 0x81);
}

TEST(a_thousand_forks, "a thousand forks, each with a few writes, leave nothing behind and change nothing") {
  unsigned char *memory = map_private(3 * MiB);

  memset(memory, 0x91, 3 * MiB);
  for (int i = 0; i < 1000; i++) {
    pid_t pid = fork();
    if (pid == 0) {
      memory[(i * 7919L) % (long)(3 * MiB)] = 0x92;
      _exit(i & 0xff);
    }
    REQUIRE(ending_of(pid) == (i & 0xff));
    if (i % 50 == 0) memory[(i * 104729L) % (long)(3 * MiB)] = 0x91;
  }
  CHECK_BYTES(memory, 3 * MiB, 0x91);
}
