/* Numbers that name no system call answer ENOSYS, and calls that do not exist yet do so, too. */
#include "test.h"

TEST(far_numbers, "a number above every table answers ENOSYS, whatever its upper bits say") {
  static const unsigned long numbers[] = {600, 999, 1009, 1038, 4096, 65535, 65536, 100000, INT32_MAX};

  for (unsigned i = 0; i < sizeof numbers / sizeof numbers[0]; i++) CHECK_EQ(raw(numbers[i], -1, -1, -1, -1, -1, -1), -ENOSYS);
}

TEST(negative_numbers, "a negative number answers ENOSYS") {
  static const long numbers[] = {-1, -2, -39, -4096, -65536, INT32_MIN};

  for (unsigned i = 0; i < sizeof numbers / sizeof numbers[0]; i++) CHECK_EQ(raw(numbers[i]), -ENOSYS);
}

/* Linux looks at 32 bits of rax only, and so must every table that is indexed by it: none of these may reach outside. */
TEST(wide_numbers, "numbers with upper bits set answer ENOSYS or are taken for their lower 32 bits, and never reach outside the table") {
  static const unsigned long numbers[] = {1UL << 32 | 39, 1UL << 63 | 39, 1UL << 62 | 39, 0x1fffffff00000000UL | 39,
                                          0xffffffff00000000UL | 39};
  static const unsigned long nowhere[] = {1UL << 63, 1UL << 61, 1UL << 60, INT64_MAX, 1UL << 47};
  long self = raw(NR_getpid);

  for (unsigned i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
    long seen = raw(numbers[i]);
    CHECK(seen == self || seen == -ENOSYS);
  }
  for (unsigned i = 0; i < sizeof nowhere / sizeof nowhere[0]; i++) {
    long seen = raw(nowhere[i], -1, 0, 0); /* read(-1) where the lower half is 0 */
    CHECK(seen == -ENOSYS || seen == -EBADF || seen == -EINVAL);
  }
}

TEST(not_yet, "on Kine, calls that do not exist yet answer ENOSYS to any arguments") {
  static const int numbers[] = {41 /* socket */, 101 /* ptrace */, 202 /* futex */, 334 /* rseq */, 435 /* clone3 */, 450, 511, 512, 547};

  if (!on_kine()) return;
  for (unsigned i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
    CHECK_EQ(raw(numbers[i], 0, 0, 0, 0, 0, 0), -ENOSYS);
    CHECK_EQ(raw(numbers[i], -1, -1, -1, -1, -1, -1), -ENOSYS);
  }
}

TEST(registers_survive, "an unknown call changes no register but rax, rcx and r11") {
  long bad;

  __asm__ volatile(
      "mov $0x1111, %%edi; mov $0x2222, %%esi; mov $0x3333, %%edx; mov $0x4444, %%r10d; mov $0x5555, %%r8d; mov $0x6666, %%r9d\n\t"
      "mov $100000, %%eax; syscall\n\t"
      "sub $0x1111, %%rdi; sub $0x2222, %%rsi; sub $0x3333, %%rdx; sub $0x4444, %%r10; sub $0x5555, %%r8; sub $0x6666, %%r9\n\t"
      "or %%rsi, %%rdi; or %%rdx, %%rdi; or %%r10, %%rdi; or %%r8, %%rdi; or %%r9, %%rdi\n\t"
      "add $38, %%rax; or %%rax, %%rdi"
      : "=D"(bad)
      :
      : "rax", "rcx", "r11", "rsi", "rdx", "r10", "r8", "r9", "memory");
  CHECK_EQ(bad, 0);
}
