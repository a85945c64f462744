/* Attacks on memory that other kernels fell to, replayed: each case is named after what it replays. The mechanism is tried in this kernel's
 * own terms, with every whole page compared. docs/hardening.md lists which promise each of them shows. */
#include "messages.h"
#include "scratch.h"

enum { kWait = 1 /* milliseconds */ };

static void fill(volatile unsigned char *memory, size_t size, int value) { memset((void *)(uintptr_t)memory, value, size); }

/* A file of whole pages, all of one byte, in the working directory. */
static void make_pages(const char *path, int pages, int value) {
  unsigned char *bytes = map_private((size_t)pages * kPage);
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

  fill(bytes, (size_t)pages * kPage, value);
  REQUIRE(fd >= 0);
  REQUIRE(write(fd, bytes, (size_t)pages * kPage) == pages * kPage);
  close(fd);
  munmap(bytes, (size_t)pages * kPage);
}

/* The file as an open of its own sees it: read piece by piece, so that no page of it is shared. */
static void check_file(const char *path, int pages, int value) {
  static unsigned char piece[kPage / 2];
  int fd = open(path, O_RDONLY);

  REQUIRE(fd >= 0);
  for (int i = 0; i < 2 * pages; i++) {
    REQUIRE(read(fd, piece, sizeof piece) == sizeof piece);
    if (!CHECK_BYTES(piece, sizeof piece, value)) break;
  }
  close(fd);
}

/* --- A kernel's write that races with the copy of a private page --- */

/* Throws its copies away, lets the kernel write to the page, and looks: over and over, while others do the same. */
static void race(volatile unsigned char *page, int fd, int rounds) {
  for (int round = 0; round < rounds; round++) {
    raw(SYS_madvise, page, kPage, MADV_DONTNEED);
    CHECK_EQ(raw(NR_uname, page), 0); /* the kernel itself writes */
    CHECK_EQ(page[0], 'K');
    raw(SYS_madvise, page, kPage, MADV_DONTNEED);
    CHECK_EQ(raw(SYS_pread64, fd, page, 100, 0), 100); /* a server writes */
    CHECK_BYTES(page, 100, 'n');
    CHECK_BYTES(page + 100, kPage - 100, 0);
  }
}

TEST(dirty_cow_cve_2016_5195,
     "a kernel's write that races with the loss of a private copy reaches neither the file nor anybody else's page") {
  enum { kPages = 3, kRounds = 250, kRacers = 2 };
  pid_t pid[kRacers];

  enter_scratch();
  make_pages("file", kPages, 'o'), make_pages("news", 1, 'n');
  int fd = open("file", O_RDONLY), news = open("news", O_RDONLY);
  unsigned char *file = mmap(NULL, kPages * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  unsigned char *sealed = mmap(NULL, kPages * kPage, PROT_READ, MAP_PRIVATE, fd, 0);
  REQUIRE(file != MAP_FAILED && sealed != MAP_FAILED);
  for (int i = 0; i < kRacers; i++) {
    REQUIRE((pid[i] = fork()) >= 0);
    if (pid[i] == 0) race(file + kPage, news, kRounds), _exit(0);
  }
  for (int i = 0; i < 20; i++) {
    milliseconds(kWait);
    CHECK_BYTES(file, kPages * kPage, 'o');
    /* What may not be written is not copied for the kernel either: the original attack's mapping. */
    CHECK_EQ(raw(NR_uname, sealed + kPage), -EFAULT);
    CHECK(raw(SYS_pread64, news, sealed + kPage, 100, 0) == -EFAULT);
  }
  for (int i = 0; i < kRacers; i++) CHECK_EQ(ending_of(pid[i]), 0);
  CHECK_BYTES(file, kPages * kPage, 'o');
  CHECK_BYTES(sealed, kPages * kPage, 'o');
  check_file("file", kPages, 'o');
  close(fd), close(news), unlink("file"), unlink("news");
  leave_scratch();
}

/* The same race, with its steps in a fixed order: a server writes the two halves of a page of its waiting sender, and between them another
 * process that shares the page loses, changes, or protects its own, or ends. */
TEST(dirty_cow_between_two_halves,
     "whatever a page's other owner does between two writes of a server, each write reaches the sender's page alone") {
  enum { kWays = 5 };
  unsigned char *const page = map_private(kPage), *const half = map_private(kPage);
  volatile int *const step = map_shared(kPage);
  pid_t client, other;

  make_port();
  fill(page, kPage, 'o'), fill(half, kPage, 'w');
  for (int way = 0; way < kWays; way++) {
    *step = 0;
    REQUIRE((other = fork()) >= 0);
    if (other == 0) {
      close(port);
      await(step, 1);
      switch (way) {
        case 0: fill(page, kPage, 'x'); break;
        case 1: madvise(page, kPage, MADV_DONTNEED); break;
        case 2: munmap(page, kPage); break;
        case 3: CHECK_ENDS(0, fill(page, kPage, 'y')); break;
        default: mprotect(page, kPage, PROT_READ); break;
      }
      *step = 2;
      await(step, 3);
      if (way != 2) CHECK_PAGE(page, way == 0 ? 'x' : way == 1 ? 0 : 'o');
      _exit(0);
    }
    CLIENT(client, {
      CHECK_EQ(raw(SYS_read, connection, page, 0), 0);
      CHECK_PAGE(page, 'w');
    });
    uint64_t token = receive_call(SYS_read), at = message.words[1];
    CHECK_EQ(raw(KINE_WRITE, token, at, half, kPage / 2), 0);
    *step = 1;
    await(step, 2);
    CHECK_EQ(raw(KINE_WRITE, token, at + kPage / 2, half, kPage / 2), 0);
    reply(token, 0);
    BURY(client);
    *step = 3;
    BURY(other);
    CHECK_PAGE(page, 'o');
  }
}

/* --- Pages that were lent --- */

TEST(lent_page_cve_2020_29374,
     "who lends a page by message and drops it leaves its other owner no page to rewrite under the borrower's eyes") {
  unsigned char *const page = map_private(kPage), *const borrowed = map_private(kPage);
  volatile int *const step = map_shared(kPage);
  pid_t owner;

  make_port();
  for (int way = 0; way < 3; way++) {
    *step = 0;
    REQUIRE((owner = fork()) >= 0);
    if (owner == 0) { /* the victim, with a secret to come */
      pid_t lender;
      close(port);
      fill(page, kPage, 'o');
      REQUIRE((lender = fork()) >= 0);
      if (lender == 0) { /* the attacker, its child */
        CHECK_EQ(raw(SYS_write, connection, page, kPage), 0);
        if (way == 0) munmap(page, kPage);
        if (way == 1) fill(page, kPage, 'l');
        _exit(0); /* way 2: it only ends */
      }
      BURY(lender);
      fill(page, kPage, 's');
      *step = 1;
      await(step, 2);
      CHECK_PAGE(page, 's'); /* nor does the victim see what the borrower writes */
      _exit(0);
    }
    uint64_t token = receive_call(SYS_write);
    CHECK_EQ(raw(KINE_ACCEPT, token, borrowed, message.words[1], kPage), 0);
    CHECK_PAGE(borrowed, 'o');
    reply(token, 0);
    await(step, 1);
    CHECK_PAGE(borrowed, 'o');
    fill(borrowed, kPage, 'b');
    *step = 2;
    BURY(owner);
    CHECK_PAGE(borrowed, 'b');
  }
}

TEST(relent_page_dirty_pipe_cve_2022_0847, "a file's page that went through a reader and a pipe brings no right to the file along") {
  enum { kPages = 16 };
  unsigned char *const read_here = map_private(kPages * kPage), *const from_pipe = map_private(kPages * kPage);
  int ends[2];

  enter_scratch();
  make_pages("file", kPages, 'o');
  CHECK_EQ(chmod("file", 0444), 0);
  int fd = open("file", O_RDONLY);
  REQUIRE(fd >= 0 && pipe(ends) == 0);
  CHECK_EQ(pread(fd, read_here, kPages * kPage, 0), kPages * kPage); /* shared with the server's file */
  for (int round = 0; round < 3; round++) {
    /* Fill the pipe and empty it once, so that whatever flags its pieces have are old ones; then send the file's pages through it. */
    fill(from_pipe, kPages * kPage, 'f');
    CHECK_EQ(write(ends[1], from_pipe, 8 * kPage), 8 * kPage);
    CHECK_EQ(read(ends[0], from_pipe, 8 * kPage), 8 * kPage);
    CHECK_EQ(write(ends[1], read_here, 4 * kPage), 4 * kPage);
    CHECK_EQ(write(ends[1], "merged", 6), 6); /* behind the last page that was lent, or into it */
    CHECK_EQ(read(ends[0], from_pipe, kPage), kPage);
    CHECK_PAGE(from_pipe, 'o');
    fill(from_pipe, kPage, 'x');
    CHECK_EQ(write(ends[1], from_pipe, kPage), kPage);
    CHECK_EQ(read(ends[0], from_pipe, 3 * kPage), 3 * kPage);
    CHECK_BYTES(from_pipe, 3 * kPage, 'o');
    CHECK_EQ(read(ends[0], from_pipe, 6), 6);
    CHECK_EQ(memcmp(from_pipe, "merged", 6), 0);
    CHECK_EQ(read(ends[0], from_pipe, kPage), kPage);
    CHECK_PAGE(from_pipe, 'x');
    check_file("file", kPages, 'o');
    CHECK_BYTES(read_here, kPages * kPage, 'o');
  }
  fill(read_here, kPages * kPage, 'r');
  check_file("file", kPages, 'o');
  CHECK_EQ(raw(SYS_write, fd, read_here, kPage), -EBADF);
  close(fd), close(ends[0]), close(ends[1]), unlink("file");
  leave_scratch();
}

/* One page, lent on and on: server -> client -> server again -> the next client …, each of whom writes its own. */
TEST(relent_page_keeps_no_rights, "a page that is lent on from hand to hand is each one's own, whoever wrote it before") {
  enum { kHands = 6 };
  unsigned char *const pages = map_private((kHands + 1) * kPage), *const mine = map_private(kPage);
  pid_t pid;

  make_port();
  fill(pages, kPage, 'a');
  for (int hand = 0; hand < kHands; hand++) {
    CLIENT(pid, {
      CHECK_EQ(raw(SYS_read, connection, mine, kPage), 0); /* is given the page … */
      CHECK_PAGE(mine, 'a' + hand);
      if (hand % 2) mprotect(mine, kPage, PROT_READ);
      CHECK_EQ(raw(SYS_write, connection, mine, kPage), 0); /* … lends it back … */
      if (hand % 2) CHECK_EQ(raw(NR_uname, mine), -EFAULT); /* … and may write it as far as it said itself */
      if (hand % 2) CHECK_ENDS(KILLED_BY(SIGSEGV), mine[0] = 1);
      CHECK_PAGE(mine, 'a' + hand); /* what the server made of it is not seen here */
    });
    unsigned char *const from = pages + hand * kPage, *const to = from + kPage;
    uint64_t token = receive_call(SYS_read);
    CHECK_EQ(raw(KINE_GIVE, token, message.words[1], from, kPage), 0);
    reply(token, 0);
    token = receive_call(SYS_write);
    CHECK_EQ(raw(KINE_ACCEPT, token, to, message.words[1], kPage), 0);
    fill(to, kPage, 'a' + hand + 1);
    reply(token, 0);
    BURY(pid);
  }
  for (int hand = 0; hand <= kHands; hand++) CHECK_PAGE(pages + hand * kPage, 'a' + hand);
}

/* --- The stack --- */

#define STACK_TOP 0x7fffffe10000UL
#define STACK_BEGIN 0x7fffff600000UL
#define STACK_GUARD 0x7fffff400000UL

/* Calls itself with frames of `step` bytes, of which it touches the lowest byte alone. */
static void descend(size_t step) {
  for (volatile unsigned char *at = __builtin_frame_address(0);; at -= step) at[-(long)step] = 0xee;
}

TEST(stack_clash_cve_2017_1000364,
     "a stack that grows, by steps of any size up to its guard's, ends at the guard and not in a mapping below it") {
  static const size_t steps[] = {8, 4096, 65536, MiB, 2 * MiB - 4096};
  unsigned char *const neighbour = (unsigned char *)STACK_GUARD - 4 * MiB; /* as near as can be */

  REQUIRE(raw(NR_mmap, neighbour, 4 * MiB, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | 0x100000 /* MAP_FIXED_NOREPLACE */, -1,
              0) == (long)neighbour);
  for (unsigned i = 0; i < sizeof steps / sizeof steps[0]; i++) {
    CHECK_ENDS(KILLED_BY(SIGSEGV), descend(steps[i]));
    CHECK_BYTES(neighbour, 4 * MiB, 0);
  }
  /* Nor does the kernel step over it, which puts a handler's frame below the stack pointer. */
  CHECK_ENDS(KILLED_BY(SIGSEGV), handle(SIGILL, note, 0); __asm__ volatile("mov %0, %%rsp; ud2" : : "r"(STACK_BEGIN + 16) : "memory"));
  CHECK_BYTES(neighbour, 4 * MiB, 0);
}

TEST(stack_clash_nothing_is_placed_near, "no mapping that the kernel places lies in the stack or its guard, however full the rest is") {
  static const size_t sizes[] = {1UL << 39, 1UL << 36, 1UL << 30, 2 * MiB};
  long at;

  for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
    for (int count = 0; count < 1000 && (at = raw(NR_mmap, 0, sizes[i], PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) > 0; count++)
      if (!CHECK((unsigned long)at + sizes[i] <= STACK_GUARD)) return;
  /* A hint is no way either: guard and stack are taken, touched or not. */
  for (unsigned long hint = STACK_GUARD; hint < STACK_TOP; hint += 512 * 1024) {
    at = raw(NR_mmap, hint, kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(at < 0 || (unsigned long)at + kPage <= STACK_GUARD);
    CHECK_EQ(raw(NR_mmap, hint, kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | 0x100000, -1, 0), -EEXIST);
  }
}

/* --- Zeros --- */

/* Each way in which something gets into a page. */
static void write_somehow(volatile unsigned char *page, int way, int fd, int *ends) {
  switch (way) {
    case 0: page[7] = 1; break;
    case 1: CHECK_EQ(raw(NR_uname, page), 0); break;
    case 2: CHECK_EQ(raw(SYS_pread64, fd, page, kPage, 0), kPage); break; /* pread64: a server gives a page */
    case 3: CHECK_EQ(raw(SYS_pread64, fd, page, 9, 0), 9); break;
    case 4:
      CHECK_EQ(write(ends[1], "pipe", 4), 4);
      CHECK_EQ(raw(SYS_read, ends[0], page, 4), 4);
      break;
    case 5:
      CHECK_ENDS(0, fill(page, kPage, 3));
      page[1] = 1;
      break;
    default: CHECK_EQ(raw(NR_clock_gettime, 1, page + 16), 0); break;
  }
}

TEST(zero_page_stays_zero,
     "what one process writes, by any way, to memory that all see as zeros is seen by nobody else, and the next memory is zero") {
  enum { kWays = 7, kBytes = 4 * MiB };
  unsigned char *const zeros = map_private(kBytes);
  int ends[2];

  enter_scratch();
  make_pages("file", 1, 'f');
  int fd = open("file", O_RDONLY);
  REQUIRE(fd >= 0 && pipe(ends) == 0);
  CHECK_BYTES(zeros, kPage, 0); /* one page is read before the forks, the others are not */
  for (int way = 0; way < kWays; way++)
    for (size_t at = 0; at < kBytes; at += 2 * MiB - kPage) {
      CHECK_ENDS(0, {
        CHECK_PAGE(zeros + at, 0); /* filled where all see it */
        CHECK_ENDS(0, {
          write_somehow(zeros + at, way, fd, ends);
          CHECK_PAGE(zeros + (at + kPage) % kBytes, 0);
          CHECK_ENDS(0, CHECK_PAGE(map_private(kPage), 0));
        });
        CHECK_PAGE(zeros + at, 0);
        unsigned char *fresh = map_private(64 * kPage);
        CHECK_BYTES(fresh, 64 * kPage, 0);
      });
      CHECK_PAGE(zeros + at, 0);
    }
  CHECK_BYTES(zeros, kBytes, 0);
  close(fd), close(ends[0]), close(ends[1]), unlink("file");
  leave_scratch();
}

/* --- The dead --- */

/* Leaves its secret in every kind of memory that a process has a hand in, and ends. */
static void die_with_a_secret(int way) {
  static const char secret[16] = "sixteen  secrets";
  char path[300], *arguments[] = {path, (char *)"sixteen  secrets", NULL};
  unsigned char *memory = way % 2 ? map_private(8 * MiB) : map_shared(8 * MiB);

  for (size_t at = 0; at < 8 * MiB; at += sizeof secret) memcpy(memory + at, secret, sizeof secret);
  for (unsigned long at = 0x180000000000; way == 2 && at < 0x180000000000 + 200 * GiB; at += GiB) { /* page tables */
    unsigned char *page = mmap((void *)at, kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    if (page != MAP_FAILED) memcpy(page, secret, sizeof secret);
  }
  __asm__ volatile("movups %0, %%xmm0; movups %0, %%xmm15" : : "m"(secret) : "xmm0", "xmm15");
  raw(NR_sched_yield); /* the registers are in the process's frame */
  if (way == 3) companion("ends", path), execve(path, arguments, arguments);
  if (way == 4) raise(SIGKILL);
  if (way == 5) *(volatile char *)hidden((void *)1) = 1;
  _exit(0);
}

TEST(memory_of_the_dead,
     "nothing that a dead process left, in pages, tables, registers or arguments, is in the memory that comes after it") {
  const size_t bytes = on_kine() ? (statistics().frames_free - 2000) * kPage : 64 * MiB;

  for (int way = 0; way < 6; way++) {
    pid_t pid = fork();
    if (pid == 0) die_with_a_secret(way);
    ending_of(pid);
    if (way % 3 != 2) continue; /* all of memory is looked at twice */
    CHECK_ENDS(0, {
      const unsigned long *words = (unsigned long *)map_private(bytes);
      for (size_t i = 0; i < bytes / sizeof *words; i++)
        if (words[i] != 0) {
          test_fail(__FILE__, __LINE__, "word %zu of all free memory: expected 0, seen 0x%lx", i, words[i]);
          break;
        }
    });
  }
}
