/* When the kernel writes into a process's memory on the process's behalf, it must keep to the rules that hold for the process itself:
 * what fork shares is copied first, what is read-only answers EFAULT, and what was never touched is filled. */
#include <sys/utsname.h>
#include <time.h>

#include "test.h"

/* Each way for the kernel to write; `size` says how much it writes. All leave the other bytes of the page alone. */
static void write_status(void *at) {
  pid_t pid = fork();
  if (pid == 0) _exit(0x5a);
  CHECK_EQ(raw(NR_wait4, pid, at, 0, 0), pid);
}
static void write_usage(void *at) {
  pid_t pid = fork();
  if (pid == 0) _exit(0);
  CHECK_EQ(raw(NR_wait4, pid, 0, 0, at), pid);
}
static void write_clock(void *at) { CHECK_EQ(raw(NR_clock_gettime, CLOCK_MONOTONIC, at), 0); }
static void write_time_of_day(void *at) { CHECK_EQ(raw(NR_gettimeofday, at, 0), 0); }
static void write_zone(void *at) { CHECK_EQ(raw(NR_gettimeofday, 0, at), 0); }
static void write_time(void *at) { CHECK(raw(NR_time, at) > 0); }
static void write_name(void *at) { CHECK_EQ(raw(NR_uname, at), 0); }
static void write_fs(void *at) { CHECK_EQ(raw(NR_arch_prctl, 0x1003, at), 0); }
static void write_parent_tid(void *at) {
  long pid = raw(NR_clone, 0x100000 | SIGCHLD, 0, at, 0, 0);
  if (pid == 0) raw(NR_exit_group, 0);
  CHECK_EQ(ending_of(pid), 0);
}

static const struct {
  const char *name;
  void (*call)(void *at);
  unsigned size;
} writers[] = {
    {"wait4's status", write_status, 4},
    {"wait4's usage", write_usage, 144},
    {"clock_gettime", write_clock, 16},
    {"gettimeofday", write_time_of_day, 16},
    {"its zone", write_zone, 8},
    {"time", write_time, 8},
    {"uname", write_name, 390},
    {"arch_prctl", write_fs, 8},
    {"clone's parent tid", write_parent_tid, 4},
};
enum { kWriters = sizeof writers / sizeof writers[0], kFill = 0xee };

/* The bytes around what the kernel wrote must still be kFill. */
static void check_around(const unsigned char *pages, size_t at, size_t size) {
  CHECK_BYTES(pages, at, kFill);
  CHECK_BYTES(pages + at + size, 2 * kPage - at - size, kFill);
}

static int changed(const unsigned char *memory, size_t size) {
  for (size_t i = 0; i < size; i++)
    if (memory[i] != kFill) return 1;
  return 0;
}

/* In the middle of a page, and across a page boundary. */
static const size_t places[] = {64, kPage - 3};

TEST(child_lets_the_kernel_write, "what the kernel writes for the child is not seen by the parent") {
  for (int i = 0; i < kWriters; i++) {
    for (int j = 0; j < 2; j++) {
      unsigned char *pages = map_private(2 * kPage);
      memset(pages, kFill, 2 * kPage);
      CHECK_ENDS(0, {
        writers[i].call(pages + places[j]);
        CHECK(changed(pages + places[j], writers[i].size));
        check_around(pages, places[j], writers[i].size);
      });
      CHECK_BYTES(pages, 2 * kPage, kFill);
      munmap(pages, 2 * kPage);
    }
  }
}

TEST(parent_lets_the_kernel_write, "what the kernel writes for the parent is not seen by the child") {
  for (int i = 0; i < kWriters; i++) {
    for (int j = 0; j < 2; j++) {
      unsigned char *pages = map_private(2 * kPage);
      volatile int *step = map_shared(kPage);
      memset(pages, kFill, 2 * kPage);
      pid_t pid = fork();
      if (pid == 0) {
        await(step, 1);
        CHECK_BYTES(pages, 2 * kPage, kFill);
        _exit(0);
      }
      writers[i].call(pages + places[j]);
      *step = 1;
      CHECK_EQ(ending_of(pid), 0);
      CHECK(changed(pages + places[j], writers[i].size));
      check_around(pages, places[j], writers[i].size);
      munmap(pages, 2 * kPage);
      munmap((void *)(uintptr_t)step, kPage);
    }
  }
}

TEST(kernel_fills_promises, "the kernel may write to memory that was never touched, in a process and in its child") {
  for (int i = 0; i < kWriters; i++) {
    unsigned char *pages = map_private(2 * kPage);
    CHECK_ENDS(0, writers[i].call(pages + kPage - 3); CHECK_BYTES(pages, kPage - 3, 0);
               CHECK_BYTES(pages + kPage - 3 + writers[i].size, kPage + 3 - writers[i].size, 0));
    CHECK_BYTES(pages, 2 * kPage, 0);
    writers[i].call(pages + 100);
    CHECK_BYTES(pages + 100 + writers[i].size, 2 * kPage - 100 - writers[i].size, 0);
    munmap(pages, 2 * kPage);
  }
}

TEST(read_only_stays_so, "a read-only page answers EFAULT and keeps its bytes, in every state that a page can be in") {
  unsigned char *pages = map_private(2 * kPage);

  memset(pages, kFill, kPage);
  mprotect(pages, 2 * kPage, PROT_READ);
  for (int shared = 0; shared < 2; shared++) { /* first the only owner, then one of two */
    volatile int *step = map_shared(kPage);
    pid_t pid = shared ? fork() : 0;
    if (shared && pid == 0) {
      await(step, 1);
      CHECK_PAGE(pages, kFill);
      _exit(0);
    }
    CHECK_EQ(raw(NR_clock_gettime, CLOCK_MONOTONIC, pages), -EFAULT);
    CHECK_EQ(raw(NR_clock_gettime, CLOCK_MONOTONIC, pages + kPage), -EFAULT); /* never touched */
    CHECK_EQ(raw(NR_uname, pages + 100), -EFAULT);
    CHECK_EQ(raw(NR_uname, case_read_only_stays_so), -EFAULT);
    CHECK_EQ(raw(NR_time, "text in the program's read-only data"), -EFAULT);
    *step = 1;
    if (shared) CHECK_EQ(ending_of(pid), 0);
  }
  CHECK_PAGE(pages, kFill);
  CHECK_PAGE(pages + kPage, 0);
  CHECK_ENDS(KILLED_BY(SIGSEGV), *(volatile unsigned char *)pages = 1); /* and the kernel's attempts did not make it writable */
}

TEST(half_read_only, "an object that begins in a writable page and ends in a read-only one answers EFAULT") {
  unsigned char *pages = map_private(2 * kPage);

  memset(pages, kFill, 2 * kPage);
  mprotect(pages + kPage, kPage, PROT_READ);
  CHECK_EQ(raw(NR_uname, pages + kPage - 100), -EFAULT);
  CHECK_EQ(raw(NR_clock_gettime, CLOCK_MONOTONIC, pages + kPage - 8), -EFAULT);
  CHECK_PAGE(pages + kPage, kFill);
  CHECK_BYTES(pages, kPage - 100, kFill);
}

TEST(kernel_writes_shared, "what the kernel writes into memory that is mapped shared is seen by all") {
  unsigned char *pages = map_shared(2 * kPage);

  memset(pages, kFill, 2 * kPage);
  CHECK_ENDS(0, CHECK_EQ(raw(NR_uname, pages + kPage - 200), 0));
  struct utsname *name = (struct utsname *)(pages + kPage - 200);
  CHECK_EQ(strcmp(name->machine, "x86_64"), 0);
  check_around(pages, kPage - 200, 390);
}

TEST(kernel_reads_do_not_copy, "the kernel's reading of a page that fork shares copies nothing") {
  unsigned char *pages = map_private(2 * kPage);
  volatile int *step = map_shared(kPage);

  memset(pages, 0, 2 * kPage);
  pid_t pid = fork();
  if (pid == 0) {
    await(step, 1);
    _exit(0);
  }
  uint64_t before = statistics().machine.pages_copied;
  before = statistics().machine.pages_copied; /* now the stack that receives the answer is the parent's own */
  for (int i = 0; i < 5; i++) CHECK_EQ(raw(NR_nanosleep, pages + kPage - 8, 0), 0);
  CHECK_EQ(raw(NR_write, 2, pages, 0), 0);
  CHECK_EQ(statistics().machine.pages_copied, before);
  *step = 1;
  CHECK_EQ(ending_of(pid), 0);
}
