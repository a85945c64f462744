/* Copy-on-write must never give a right: what may not be written is not copied but refused, before a fork and after it, and what may
 * not be executed stays so. Each right is tried by using it. */
#include "test.h"

static const char constant[] = "read-only data of the program";
static unsigned char data[kPage] __attribute__((aligned(kPage))) = {0xc3}; /* a ret instruction */

static int seven(void) { return 7; }

static void write_to(const void *where) { *(volatile unsigned char *)hidden(where) = 0xcc; }
static int read_from(const void *where) { return *(volatile unsigned char *)hidden(where); }
static void run_at(const void *where) { ((void (*)(void))(uintptr_t)hidden(where))(); }

/* The check, in this process and then in a child that shares all its memory. */
#define IN_BOTH(...)            \
  do {                          \
    __VA_ARGS__;                \
    CHECK_ENDS(0, __VA_ARGS__); \
  } while (0)

TEST(text_is_read_only, "a write to program text kills with SIGSEGV and changes nothing, before and after fork") {
  IN_BOTH(CHECK_ENDS(KILLED_BY(SIGSEGV), write_to((void *)(uintptr_t)seven)));
  CHECK_EQ(seven(), 7);
}

TEST(constants_are_read_only, "a write to read-only data kills with SIGSEGV and changes nothing, before and after fork") {
  IN_BOTH(CHECK_ENDS(KILLED_BY(SIGSEGV), write_to(constant)));
  CHECK_EQ(constant[0], 'r');
}

TEST(data_does_not_run, "data, bss, heap, stack and mappings cannot be executed, before and after fork, written or not") {
  unsigned char stack[16] = {0xc3};
  unsigned char *heap = malloc(100), *mapping = map_private(kPage);

  heap[0] = mapping[0] = 0xc3;
  IN_BOTH({
    CHECK_ENDS(KILLED_BY(SIGSEGV), run_at(data));
    CHECK_ENDS(KILLED_BY(SIGSEGV), data[1] = 1; run_at(data)); /* copied, and still not executable */
    CHECK_ENDS(KILLED_BY(SIGSEGV), run_at(heap));
    CHECK_ENDS(KILLED_BY(SIGSEGV), run_at(stack));
    CHECK_ENDS(KILLED_BY(SIGSEGV), mapping[1] = 1; run_at(mapping));
  });
}

TEST(text_runs_and_reads, "text can be read and executed, in a child as well") {
  IN_BOTH(CHECK_EQ(seven(), 7); CHECK(read_from((void *)(uintptr_t)seven) >= 0));
}

static int depth_reached(int depth) {
  volatile char frame[64 * 1024];

  frame[0] = (char)depth;
  return depth == 0 ? frame[0] : depth_reached(depth - 1) + (frame[0] == 0);
}

TEST(stack_is_large, "a stack of 7 MiB can be used, and is gone after the child") {
  IN_BOTH(CHECK_ENDS(0, depth_reached(7 * 1024 / 64 - 2)));
}

TEST(guard_below_stack, "a stack that overflows ends in SIGSEGV, not in somebody's memory") {
  IN_BOTH(CHECK_ENDS(KILLED_BY(SIGSEGV), depth_reached(1 << 20)));
}

TEST(far_below_stack, "nothing grows towards an address far below the stack pointer") {
  char *here = hidden(__builtin_frame_address(0));

  IN_BOTH({
    CHECK_ENDS(KILLED_BY(SIGSEGV), write_to(here - 9 * MiB));
    CHECK_ENDS(KILLED_BY(SIGSEGV), write_to(here - 64 * MiB));
    CHECK_ENDS(KILLED_BY(SIGSEGV), read_from(here - 9 * MiB));
  });
}

TEST(wild_addresses, "a wild address kills with SIGSEGV, whichever way it is used") {
  static const unsigned long wild[] = {0,
                                       8,
                                       0x1000,
                                       0x00007ffffffff000,
                                       0x0000800000000000,
                                       0x4141414141414141,
                                       0xffff800000000000,
                                       0xffffffff80000000,
                                       0xffffffff80100000,
                                       0xfffffffffffffff8};
  for (unsigned i = 0; i < sizeof wild / sizeof wild[0]; i++) {
    CHECK_ENDS(KILLED_BY(SIGSEGV), read_from((void *)wild[i]));
    CHECK_ENDS(KILLED_BY(SIGSEGV), write_to((void *)wild[i]));
    CHECK_ENDS(KILLED_BY(SIGSEGV), run_at((void *)wild[i]));
  }
}

TEST(no_rights_after_fork, "a page of PROT_NONE keeps contents and refusal through fork, and parent and child decide apart") {
  unsigned char *memory = map_private(2 * kPage);

  memset(memory, 0x21, 2 * kPage);
  mprotect(memory, kPage, PROT_NONE);
  IN_BOTH(CHECK_ENDS(KILLED_BY(SIGSEGV), read_from(memory)); CHECK_ENDS(KILLED_BY(SIGSEGV), write_to(memory)));
  CHECK_ENDS(0, mprotect(memory, kPage, PROT_READ | PROT_WRITE); CHECK_PAGE(memory, 0x21); memset(memory, 0x22, 2 * kPage));
  CHECK_ENDS(KILLED_BY(SIGSEGV), read_from(memory));
  mprotect(memory, kPage, PROT_READ);
  CHECK_BYTES(memory, 2 * kPage, 0x21);
  IN_BOTH(CHECK_ENDS(KILLED_BY(SIGSEGV), write_to(memory)));
  mprotect(memory, kPage, PROT_READ | PROT_WRITE);
  memset(memory, 0x23, kPage);
  CHECK_PAGE(memory, 0x23);
}

TEST(read_only_after_fork, "a read-only page with contents is not writable in the child either, nor after a neighbour was copied") {
  unsigned char *memory = map_private(3 * kPage);

  memset(memory, 0x31, 3 * kPage);
  mprotect(memory + kPage, kPage, PROT_READ);
  CHECK_ENDS(0, {
    memset(memory, 0x32, kPage); /* copies the table, and this page */
    memset(memory + 2 * kPage, 0x32, kPage);
    CHECK_ENDS(KILLED_BY(SIGSEGV), write_to(memory + kPage));
    CHECK_ENDS(KILLED_BY(SIGSEGV), write_to(memory + 2 * kPage - 1));
    CHECK_PAGE(memory + kPage, 0x31);
  });
  CHECK_ENDS(KILLED_BY(SIGSEGV), write_to(memory + kPage)); /* also as the last owner */
  CHECK_BYTES(memory, 3 * kPage, 0x31);
}

TEST(reading_gives_no_right,
     "a read-only page that a read filled is not writable, not even where the tables above it are the process's own") {
  CHECK_ENDS(KILLED_BY(SIGSEGV), {
    unsigned char *memory = map_private(3 * kPage);
    mprotect(memory + kPage, kPage, PROT_READ);
    memory[0] = 1;
    CHECK_EQ(read_from(memory + kPage), 0);
    CHECK_EQ(raw(NR_time, memory + kPage), -EFAULT);
    write_to(memory + kPage);
  });
  CHECK_ENDS(KILLED_BY(SIGSEGV), {
    unsigned char *memory = map_private(2 * MiB); /* a large promise, split by the read */
    mprotect(memory, 2 * MiB, PROT_READ);
    CHECK_EQ(read_from(memory + MiB), 0);
    CHECK_ENDS(KILLED_BY(SIGSEGV), write_to(memory + MiB + kPage)); /* nor did its neighbours become so */
    CHECK_ENDS(KILLED_BY(SIGSEGV), run_at(memory + kPage));
    write_to(memory + MiB);
  });
}

TEST(given_rights_after_fork, "a right that the child is given later makes a private page, not a shared one, writable") {
  unsigned char *memory = map_private(kPage);

  memset(memory, 0x41, kPage);
  mprotect(memory, kPage, PROT_READ);
  CHECK_ENDS(0, CHECK_EQ(mprotect(memory, kPage, PROT_READ | PROT_WRITE), 0); memset(memory, 0x42, kPage); CHECK_PAGE(memory, 0x42));
  CHECK_PAGE(memory, 0x41);
  CHECK_ENDS(KILLED_BY(SIGSEGV), write_to(memory));
}

TEST(read_only_shared, "a shared mapping that is read-only here may be writable there") {
  unsigned char *memory = map_shared(kPage);

  CHECK_ENDS(0, {
    mprotect(memory, kPage, PROT_READ);
    CHECK_ENDS(KILLED_BY(SIGSEGV), write_to(memory));
    CHECK_ENDS(0, mprotect(memory, kPage, PROT_READ | PROT_WRITE); memset(memory, 0x51, kPage));
    CHECK_PAGE(memory, 0x51);
  });
  CHECK_PAGE(memory, 0x51);
  memset(memory, 0x52, kPage);
}
