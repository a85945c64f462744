/* After fork, a write is private to the process that makes it: in the program's data, its bss, its heap, its stack and its mappings,
 * in both directions, over whole pages. Only memory that is mapped shared is shared. */
#include "test.h"

enum { kPages = 3, kBytes = kPages * kPage };

static unsigned char data[kBytes] __attribute__((aligned(kPage))) = {1}; /* initialised: from the file */
static unsigned char bss[kBytes] __attribute__((aligned(kPage)));        /* demand-zero */
static unsigned char odd_data[kBytes + 7] = {1};                         /* begins and ends inside a page */

/* The parent fills the memory; the child sees it, changes it and sees the change; the parent still sees its own. */
static void child_writes(unsigned char *memory, size_t size) {
  memset(memory, 0xa1, size);
  CHECK_ENDS(0, {
    CHECK_BYTES(memory, size, 0xa1);
    memset(memory, 0xb2, size);
    CHECK_BYTES(memory, size, 0xb2);
  });
  CHECK_BYTES(memory, size, 0xa1);
}

/* The other way round: the parent changes it while the child lives, and the child still sees what it was at the fork. */
static void parent_writes(unsigned char *memory, size_t size) {
  volatile int *step = map_shared(kPage);

  memset(memory, 0xc3, size);
  pid_t pid = fork();
  if (pid == 0) {
    await(step, 1);
    CHECK_BYTES(memory, size, 0xc3);
    _exit(0);
  }
  memset(memory, 0xd4, size);
  CHECK_BYTES(memory, size, 0xd4);
  *step = 1;
  CHECK_EQ(ending_of(pid), 0);
  CHECK_BYTES(memory, size, 0xd4);
}

/* Both write, in turns, one byte in each page at a time, and at the end each has only its own bytes. */
static void both_write(unsigned char *memory, size_t size) {
  volatile int *step = map_shared(kPage);

  memset(memory, 0, size);
  pid_t pid = fork();
  int self = pid == 0;
  for (int turn = 0; turn < 8; turn++) {
    await(step, 2 * turn + self);
    for (size_t i = (size_t)turn; i < size; i += 8) memory[i] = (unsigned char)(self ? 0x51 : 0x62);
    *step = 2 * turn + self + 1;
  }
  CHECK_BYTES(memory, size, self ? 0x51 : 0x62);
  if (pid == 0) _exit(0);
  CHECK_EQ(ending_of(pid), 0);
  CHECK_BYTES(memory, size, 0x62);
}

static void all_ways(unsigned char *memory, size_t size) {
  child_writes(memory, size);
  parent_writes(memory, size);
  both_write(memory, size);
}

TEST(data_is_private, "a write to initialised data is private to its writer") { all_ways(data, sizeof data); }

TEST(odd_data_is_private, "… also where it begins and ends inside a page") { all_ways(odd_data, sizeof odd_data); }

TEST(bss_is_private, "a write to the bss is private to its writer") { all_ways(bss, sizeof bss); }

TEST(heap_is_private, "a write to memory from malloc is private to its writer") {
  unsigned char *small = malloc(100), *large = malloc(300000);

  REQUIRE(small != NULL && large != NULL);
  all_ways(small, 100);
  all_ways(large, 300000);
  free(small);
  free(large);
}

TEST(brk_is_private, "a write above the old break is private to its writer") {
  long start = raw(NR_brk, 0);

  REQUIRE(raw(NR_brk, start + kBytes) == start + kBytes);
  all_ways((unsigned char *)start, kBytes);
}

TEST(stack_is_private, "a write to the stack is private to its writer") {
  unsigned char here[kBytes];

  all_ways(here, sizeof here);
}

TEST(deep_stack_is_private, "… also to stack that was never touched before the fork") {
  CHECK_ENDS(0, {
    volatile unsigned char deep[500000];
    deep[0] = 1;
    for (size_t i = 0; i < sizeof deep; i += kPage) deep[i] = 2;
    CHECK_EQ(deep[kPage], 2);
  });
  unsigned char deep[400000];
  all_ways(deep, sizeof deep);
}

TEST(private_mapping_is_private, "a write to a private mapping is private to its writer") { all_ways(map_private(kBytes), kBytes); }

TEST(large_mapping_is_private, "… also in a mapping that spans several page tables") { all_ways(map_private(5 * MiB), 5 * MiB); }

TEST(untouched_pages_are_private, "pages that nobody had touched at the fork are private, too, and zero") {
  unsigned char *memory = map_private(6 * MiB);

  memory[3 * MiB] = 1;
  CHECK_ENDS(0, {
    memset(memory + MiB, 0x31, MiB);
    CHECK_PAGE(memory, 0);
  });
  CHECK_BYTES(memory, 3 * MiB, 0);
  parent_writes(memory + 4 * MiB, MiB);
  CHECK_EQ(memory[3 * MiB], 1);
}

TEST(reading_first_is_no_difference, "a page that was read after the fork, before it is written, is copied all the same") {
  unsigned char *memory = map_private(2 * kPage);
  volatile int *step = map_shared(kPage);

  memset(memory, 0x41, kPage); /* the second page: never touched before the fork */
  pid_t pid = fork();
  if (pid == 0) {
    CHECK_PAGE(memory, 0x41);
    CHECK_PAGE(memory + kPage, 0);
    *step = 1;
    await(step, 2);
    CHECK_PAGE(memory, 0x41);
    CHECK_PAGE(memory + kPage, 0);
    memset(memory, 0x43, 2 * kPage);
    _exit(0);
  }
  await(step, 1);
  CHECK_PAGE(memory + kPage, 0);
  memset(memory, 0x42, 2 * kPage);
  *step = 2;
  CHECK_EQ(ending_of(pid), 0);
  CHECK_BYTES(memory, 2 * kPage, 0x42);
}

TEST(shared_mapping_is_shared, "memory mapped shared is the same memory for both, before and after the other's exit") {
  unsigned char *shared = map_shared(kBytes);
  volatile int *step = map_shared(kPage);

  memset(shared, 0x11, kBytes);
  pid_t pid = fork();
  if (pid == 0) {
    CHECK_BYTES(shared, kBytes, 0x11);
    memset(shared, 0x22, kBytes);
    *step = 1;
    await(step, 2);
    CHECK_BYTES(shared, kBytes, 0x33);
    memset(shared, 0x44, kBytes);
    _exit(0);
  }
  await(step, 1);
  CHECK_BYTES(shared, kBytes, 0x22);
  memset(shared, 0x33, kBytes);
  *step = 2;
  CHECK_EQ(ending_of(pid), 0);
  CHECK_BYTES(shared, kBytes, 0x44);
  CHECK_ENDS(0, memset(shared, 0x55, kBytes)); /* and a second fork shares it again */
  CHECK_BYTES(shared, kBytes, 0x55);
}

TEST(shared_beside_private, "shared and private pages that lie side by side keep apart") {
  unsigned char *memory = map_private(6 * kPage);

  for (int i = 1; i < 6; i += 2)
    REQUIRE(mmap(memory + i * kPage, kPage, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == memory + i * kPage);
  memset(memory, 0x61, 6 * kPage);
  CHECK_ENDS(0, memset(memory, 0x62, 6 * kPage));
  for (int i = 0; i < 6; i++) CHECK_PAGE(memory + i * kPage, i % 2 ? 0x62 : 0x61);
  memset(memory, 0x63, 6 * kPage);
  CHECK_ENDS(0, CHECK_BYTES(memory, 6 * kPage, 0x63); CHECK_ENDS(0, memset(memory, 0x64, 6 * kPage)); CHECK_PAGE(memory, 0x63);
             CHECK_PAGE(memory + kPage, 0x64));
  for (int i = 0; i < 6; i++) CHECK_PAGE(memory + i * kPage, i % 2 ? 0x64 : 0x63);
}
