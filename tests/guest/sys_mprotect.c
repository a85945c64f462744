/* mprotect: what it does, and every bad argument. Two documented differences from Linux: write and execute together answer EACCES,
 * and a range with a hole changes nothing at all (Linux changes the pages before the hole). */
#include "bad.h"
#include "test.h"

enum { kReadWrite = PROT_READ | PROT_WRITE };

TEST(takes_and_gives, "rights change page by page, and contents stay") {
  unsigned char *memory = map_private(3 * kPage);

  memset(memory, 0x33, 3 * kPage);
  CHECK_EQ(raw(NR_mprotect, memory + kPage, kPage, PROT_READ), 0);
  CHECK_ENDS(KILLED_BY(SIGSEGV), ((volatile char *)memory)[kPage] = 1);
  CHECK_ENDS(KILLED_BY(SIGSEGV), ((volatile char *)memory)[2 * kPage - 1] = 1);
  memory[kPage - 1] = 0x33;
  memory[2 * kPage] = 0x33;
  CHECK_EQ(raw(NR_mprotect, memory + kPage, kPage, kReadWrite), 0);
  memory[kPage] = 0x33;
  CHECK_BYTES(memory, 3 * kPage, 0x33);
}

TEST(no_rights_keep_contents, "a page of PROT_NONE keeps its contents") {
  unsigned char *memory = map_private(2 * kPage);

  memset(memory, 0x44, kPage); /* the second stays untouched */
  CHECK_EQ(raw(NR_mprotect, memory, 2 * kPage, PROT_NONE), 0);
  CHECK_ENDS(KILLED_BY(SIGSEGV), (void)*(volatile char *)memory);
  CHECK_ENDS(KILLED_BY(SIGSEGV), (void)((volatile char *)memory)[kPage]);
  CHECK_EQ(raw(NR_mprotect, memory, 2 * kPage, kReadWrite), 0);
  CHECK_PAGE(memory, 0x44);
  CHECK_PAGE(memory + kPage, 0);
  memset(memory, 0x45, 2 * kPage);
  CHECK_BYTES(memory, 2 * kPage, 0x45);
}

TEST(execute_is_a_right, "code runs only from a page with PROT_EXEC") {
  unsigned char *memory = map_private(kPage);

  memory[0] = 0xc3; /* ret */
  CHECK_ENDS(KILLED_BY(SIGSEGV), ((void (*)(void))(uintptr_t)memory)());
  CHECK_EQ(raw(NR_mprotect, memory, kPage, PROT_READ | PROT_EXEC), 0);
  CHECK_ENDS(0, ((void (*)(void))(uintptr_t)memory)());
  CHECK_ENDS(KILLED_BY(SIGSEGV), ((volatile unsigned char *)memory)[1] = 1);
  CHECK_EQ(raw(NR_mprotect, memory, kPage, PROT_READ), 0);
  CHECK_ENDS(KILLED_BY(SIGSEGV), ((void (*)(void))(uintptr_t)memory)());
}

TEST(write_and_execute, "on Kine no page becomes both writable and executable: EACCES, and nothing changes") {
  unsigned char *memory = map_private(kPage);

  if (!on_kine()) return;
  memory[0] = 1;
  CHECK_EQ(raw(NR_mprotect, memory, kPage, PROT_WRITE | PROT_EXEC), -EACCES);
  CHECK_EQ(raw(NR_mprotect, memory, kPage, PROT_READ | PROT_WRITE | PROT_EXEC), -EACCES);
  memory[0] = 2;
  CHECK_ENDS(KILLED_BY(SIGSEGV), ((void (*)(void))(uintptr_t)memory)());
}

TEST(bad_arguments, "an unaligned address or unknown rights answer EINVAL, a range outside the user half ENOMEM") {
  unsigned char *memory = map_private(2 * kPage);

  CHECK_EQ(raw(NR_mprotect, memory + 1, kPage, PROT_READ), -EINVAL);
  CHECK_EQ(raw(NR_mprotect, memory + 1, 0, PROT_READ), -EINVAL);
  CHECK_EQ(raw(NR_mprotect, memory, kPage, 0x80), -EINVAL);
  CHECK_EQ(raw(NR_mprotect, memory, kPage, -1), -EINVAL);
  CHECK_EQ(raw(NR_mprotect, memory, 0, PROT_NONE), 0); /* of no page */
  CHECK_EQ(raw(NR_mprotect, memory, -1, PROT_NONE), -ENOMEM);
  CHECK_EQ(raw(NR_mprotect, memory, -kPage, PROT_NONE), -ENOMEM);
  CHECK_EQ(raw(NR_mprotect, 0x0000800000000000, kPage, PROT_READ), -ENOMEM);
  CHECK_EQ(raw(NR_mprotect, 0xffff800000000000, kPage, PROT_READ), -ENOMEM);
  CHECK_EQ(raw(NR_mprotect, 0xfffffffffffff000, kPage, PROT_READ), -ENOMEM);
  CHECK_EQ(raw(NR_mprotect, 0xffffffff80000000, kPage, kReadWrite), -ENOMEM);
  memory[0] = 1;
  CHECK_EQ(memory[0], 1);
}

TEST(holes, "a range with a hole answers ENOMEM; on Kine it changes nothing") {
  unsigned char *memory = map_private(4 * kPage);

  memset(memory, 0x55, 4 * kPage);
  munmap(memory + 2 * kPage, kPage);
  CHECK_EQ(raw(NR_mprotect, memory, 4 * kPage, PROT_READ), -ENOMEM);
  CHECK_EQ(raw(NR_mprotect, memory + 2 * kPage, kPage, PROT_READ), -ENOMEM);
  if (on_kine()) {
    memory[0] = 0x55;
    memory[2 * kPage - 1] = 0x55;
  }
  memory[3 * kPage] = 0x55; /* behind the hole nothing changes anywhere */
  CHECK_BYTES(memory, 2 * kPage, 0x55);
}

TEST(only_the_caller, "rights of pages shared by fork change for the caller alone") {
  unsigned char *memory = map_private(2 * kPage);

  memset(memory, 0x66, 2 * kPage);
  CHECK_ENDS(0, raw(NR_mprotect, memory, 2 * kPage, PROT_NONE));
  memset(memory, 0x67, kPage);
  pid_t pid = fork();
  if (pid == 0) {
    raw(NR_sched_yield);
    memory[0] = 0x68; /* still the child's right */
    CHECK_PAGE(memory + kPage, 0x66);
    _exit(0);
  }
  CHECK_EQ(raw(NR_mprotect, memory, 2 * kPage, PROT_READ), 0);
  CHECK_EQ(ending_of(pid), 0);
  CHECK_PAGE(memory, 0x67);
  CHECK_ENDS(KILLED_BY(SIGSEGV), *(volatile unsigned char *)memory = 1);
}

TEST(a_right_given_back_is_no_leak, "write rights given back to a page that fork shares do not reach the other process") {
  unsigned char *memory = map_private(2 * kPage);

  memset(memory, 0x71, 2 * kPage);
  volatile int *step = map_shared(kPage);
  pid_t pid = fork();
  if (pid == 0) {
    await(step, 1);
    CHECK_BYTES(memory, 2 * kPage, 0x71);
    _exit(0);
  }
  CHECK_EQ(raw(NR_mprotect, memory, 2 * kPage, PROT_READ), 0);
  CHECK_EQ(raw(NR_mprotect, memory, 2 * kPage, kReadWrite), 0);
  memset(memory, 0x72, 2 * kPage);
  *step = 1;
  CHECK_EQ(ending_of(pid), 0);
  CHECK_BYTES(memory, 2 * kPage, 0x72);
}

TEST(many_pages_and_back, "a large range loses and regains its rights, edges included") {
  enum { kPages = 2000 }; /* several tables */
  unsigned char *memory = map_private(kPages * kPage);

  for (int i = 0; i < kPages; i++) memory[i * kPage] = (unsigned char)i;
  CHECK_EQ(raw(NR_mprotect, memory + kPage, (kPages - 2) * kPage, PROT_READ), 0);
  memory[0] = 9;
  memory[(kPages - 1) * kPage] = 9;
  CHECK_ENDS(KILLED_BY(SIGSEGV), ((volatile unsigned char *)memory)[kPage] = 1);
  CHECK_ENDS(KILLED_BY(SIGSEGV), ((volatile unsigned char *)memory)[kPages / 2 * kPage] = 1);
  CHECK_ENDS(KILLED_BY(SIGSEGV), ((volatile unsigned char *)memory)[(kPages - 1) * kPage - 1] = 1);
  CHECK_EQ(raw(NR_mprotect, memory, kPages * kPage, kReadWrite), 0);
  for (int i = 1; i < kPages - 1; i++) REQUIRE(memory[i * kPage]++ == (unsigned char)i);
}

TEST(untouched_pages, "rights of memory that nobody has touched change, too, and it is zero afterwards") {
  unsigned char *memory = map_private(8 * MiB);

  CHECK_EQ(raw(NR_mprotect, memory + MiB + kPage, 4 * MiB, PROT_READ), 0);
  CHECK_PAGE(memory + MiB + kPage, 0);
  CHECK_PAGE(memory + 3 * MiB, 0);
  CHECK_ENDS(KILLED_BY(SIGSEGV), ((volatile unsigned char *)memory)[MiB + kPage] = 1);
  CHECK_ENDS(KILLED_BY(SIGSEGV), ((volatile unsigned char *)memory)[5 * MiB + kPage - 1] = 1);
  memory[MiB + kPage - 1] = 1;
  memory[5 * MiB + kPage] = 1;
  CHECK_EQ(raw(NR_mprotect, memory, 8 * MiB, kReadWrite), 0);
  memory[3 * MiB] = 1;
  CHECK_BYTES(memory + 2 * MiB, MiB, 0);
}
