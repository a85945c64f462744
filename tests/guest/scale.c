/* How many, how often, how deep: what a kernel that keeps a little too much for each process, or looks through all of them, cannot do.
 *
 *   scale [CHILDREN [FORKS [GENERATIONS [TALKERS]]]]     10000 100000 1000 2000
 *
 * Each part prints `ok NAME` or `FAIL NAME: why`, and how many frames a process took; at the end as many frames must be free as at its
 * beginning, to the last one. */
#include <kine.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "raw.h"

enum { kPage = 4096, kParentPages = 262144 /* 1 GiB */, kRounds = 10 };
/* What one process may take at most, in frames: of the kernel's and of its own together. */
enum { kMostOfAChild = 10, kMostOfAGeneration = 16, kMostOfATalker = 24 };

static int failures, passed, failed;
static const char *part;

static __attribute__((format(printf, 1, 2))) void fail(const char *format, ...) {
  char line[300];
  va_list arguments;

  va_start(arguments, format);
  vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  printf("FAIL %s: %s\n", part, line);
  failures++;
}

static uint64_t frames_free(void) {
  struct kine_statistics now;
  return kine_statistics(KINE_MACHINE_FD, &now) == 0 ? now.frames_free : 0;
}

/* Frames that each of them takes; of many, more than `most` is a failure. */
static void per_process(long before, long while_alive, long processes, long most) {
  const long hundredths = processes > 0 ? (before - while_alive) * 100 / processes : 0;

  printf("%s: %ld processes, %ld.%02ld frames each\n", part, processes, hundredths / 100, hundredths % 100);
  if (processes >= 1000 && hundredths > most * 100)
    fail("expected at most %ld frames for a process, seen %ld.%02ld", most, hundredths / 100, hundredths % 100);
}

static void expect(const char *what, long seen, long expected) {
  if (seen != expected) fail("%s: expected %ld, seen %ld", what, expected, seen);
}

static void bury_all(void) {
  while (raw(NR_wait4, -1, 0, 0, 0) > 0) continue;
}

/* --- Live children of a large process --- */

/* In the child: its page, filled with its number; then it waits for an answer that never comes. It touches no other page, not of its stack
 * either, so everything is in registers. */
static inline __attribute__((always_inline)) void be_a_child(uint64_t *page, uint64_t number, int connection) {
  uint64_t *to = page, words = kPage / 8;
  __asm__ volatile("rep stosq" : "+D"(to), "+c"(words) : "a"(number) : "memory");
  raw(SYS_fsync, connection, page);
  for (;;) raw(NR_exit_group, 1);
}

static void live_children(long wanted) {
  static struct kine_message message;
  static uint64_t seen[kPage / 8], next[kPage / 8];
  const size_t bytes = (size_t)kParentPages * kPage;
  uint64_t *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  const int port = kine_port(), connection = kine_mint(port, 1);
  pid_t *pids = mmap(NULL, (size_t)wanted * sizeof *pids, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  long children = 0, pid = 0;

  if (memory == MAP_FAILED || pids == MAP_FAILED || connection < 0) {
    fail("expected memory and a port, seen none");
    return;
  }
  memset(pids, 1, (size_t)wanted * sizeof *pids);
  for (size_t i = 0; i < kParentPages; i++) memory[i * (kPage / 8)] = ~0UL;
  frames_free();
  const long before = (long)frames_free();
  for (; children < wanted; children++) {
    uint64_t *const page = memory + (size_t)(children * 37 % kParentPages) * (kPage / 8);
    if ((pid = raw(NR_fork)) == 0) be_a_child(page, (uint64_t)children, connection);
    if (pid < 0) break;
    pids[children] = (pid_t)pid;
  }
  if (children < wanted) fail("expected %ld live children, seen %ld, and then error %ld", wanted, children, -pid);
  per_process(before, (long)frames_free(), children, kMostOfAChild);
  for (long call = 0; call < children && failures == 0; call++) {
    long i = 0;
    if (kine_receive(port, &message) != 0 || message.kind != KINE_CALL) fail("call %ld: expected one, seen none", call);
    while (i < children && pids[(call + i) % children] != message.pid) i++; /* they come nearly in the order in which they were made */
    if (i == children) fail("call %ld: expected it from a child, seen process %d", call, message.pid);
    i = (call + i) % children;
    const size_t own = (size_t)(i * 37 % kParentPages);
    const uint64_t at = (uint64_t)(memory + own * (kPage / 8));
    if (kine_read(message.token, seen, at, kPage) != 0) fail("child %ld: expected its page, seen an error", i);
    for (int word = 0; word < kPage / 8; word++)
      if (seen[word] != (uint64_t)i) {
        fail("child %ld, word %d of its page: expected its number, seen 0x%lx", i, word, seen[word]);
        break;
      }
    if (kine_read(message.token, next, (uint64_t)(memory + (own + 1) % kParentPages * (kPage / 8)), kPage) != 0 || next[0] != ~0UL ||
        next[1] != 0)
      fail("child %ld: expected the next page as its parent made it, seen 0x%lx", i, next[0]);
  }
  for (long i = 0; i < children; i++) raw(NR_kill, pids[i], SIGKILL);
  bury_all();
  for (size_t i = 0; i < kParentPages && failures == 0; i++)
    if (memory[i * (kPage / 8)] != ~0UL) fail("the parent's page %zu: expected what it wrote, seen 0x%lx", i, memory[i * (kPage / 8)]);
  close(connection), close(port);
  munmap(memory, bytes);
  munmap(pids, (size_t)wanted * sizeof *pids);
}

/* --- Forks in a row --- */

static void forks_in_a_row(long count) {
  volatile uint64_t *const page = mmap(NULL, kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  int status;

  for (long i = 0; i < count && failures == 0; i++) {
    page[0] = (uint64_t)i;
    const long pid = raw(NR_fork);
    if (pid == 0) {
      page[1] = 1;
      raw(NR_exit_group, page[0] == (uint64_t)i ? 42 : 1);
    }
    if (pid < 0) fail("fork %ld: expected a child, seen error %ld", i, -pid);
    if (raw(NR_wait4, pid, &status, 0, 0) != pid || status != 42 << 8) fail("child %ld: expected status 42, seen 0x%x", i, status);
    if (page[1] != 0) fail("child %ld: expected its write to be its own, seen %lu in the parent", i, page[1]);
  }
  munmap((void *)(uintptr_t)page, kPage);
}

/* --- Generation after generation --- */

struct shared {
  volatile long lowest_free, talking, all;
};

/* Writes its own page, sees those of all its ancestors, and has a child that does the same. */
static int generation(volatile long *pages, long number, long count, struct shared *shared) {
  int status = 0;

  pages[number * (kPage / 8)] = number + 1;
  for (long i = 0; i <= number; i++)
    if (pages[i * (kPage / 8)] != i + 1) return 1;
  if (number + 1 == count) {
    shared->lowest_free = (long)frames_free();
    return 0;
  }
  const pid_t pid = fork();
  if (pid == 0) _exit(generation(pages, number + 1, count, shared));
  if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0) return 1;
  return pages[(number + 1) * (kPage / 8)] == 0 ? 0 : 1; /* what the child wrote is its own */
}

static void chain(long count) {
  volatile long *const pages = mmap(NULL, (size_t)count * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  struct shared *const shared = mmap(NULL, kPage, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  const long before = (long)frames_free();

  expect("the first generation's status, and so all others'", generation(pages, 0, count, shared), 0);
  per_process(before, shared->lowest_free, count, kMostOfAGeneration);
  munmap((void *)(uintptr_t)pages, (size_t)count * kPage);
  munmap(shared, kPage);
}

/* --- Messages --- */

/* Pairs: a server with a port of its own, and a client, which is its child. All talk at once. */
static void serve(struct shared *shared, long number) {
  static struct kine_message message;
  const int port = kine_port(), connection = kine_mint(port, (uint64_t)number);
  int status;
  const pid_t client = connection < 0 ? -1 : fork();

  if (client == 0) {
    long wrong = 0;
    close(port);
    if (__sync_add_and_fetch(&shared->talking, 1) == shared->all) shared->lowest_free = (long)frames_free();
    for (long round = 0; round < kRounds; round++) wrong += raw(SYS_lseek, connection, number * 1000 + round, 0) != number * 2000 + round;
    _exit(wrong != 0);
  }
  if (client < 0) _exit(1);
  if (__sync_add_and_fetch(&shared->talking, 1) == shared->all) shared->lowest_free = (long)frames_free();
  while (shared->talking < shared->all) raw(NR_sched_yield); /* nobody ends before all are there */
  for (long round = 0; round < kRounds; round++) {
    if (kine_receive(port, &message) != 0 || message.number != SYS_lseek || message.cookie != (uint64_t)number || message.pid != client)
      _exit(1);
    if (kine_reply(message.token, (int64_t)message.words[1] + number * 1000) != 0) _exit(1);
  }
  _exit(waitpid(client, &status, 0) != client || status != 0);
}

static void talkers(long count) {
  struct shared *const shared = mmap(NULL, kPage, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  const uint64_t go[2] = {0, 20000000};
  struct kine_statistics first, last;
  int status;
  long wrong = 0, pairs = 0;

  kine_statistics(KINE_MACHINE_FD, &first);
  for (; pairs < count / 2; pairs++) {
    const pid_t pid = fork();
    if (pid == 0) {
      raw(NR_kill, raw(NR_getpid), SIGSTOP); /* until all are there */
      serve(shared, pairs);
    }
    if (pid < 0) break;
  }
  expect("pairs", pairs, count / 2);
  shared->all = 2 * pairs;
  raw(NR_nanosleep, go, 0);
  raw(NR_kill, 0, SIGCONT); /* this group: itself too, which goes on anyway */
  while (waitpid(-1, &status, 0) > 0) wrong += status != 0;
  kine_statistics(KINE_MACHINE_FD, &last);
  per_process((long)first.frames_free, shared->lowest_free, shared->talking, kMostOfATalker);
  expect("processes that talked", shared->talking, 2 * pairs);
  expect("pairs in which an answer was wrong", wrong, 0);
  if ((long)(last.messages - first.messages) < pairs * kRounds)
    fail("expected %ld messages at least, seen %ld", pairs * kRounds, (long)(last.messages - first.messages));
  munmap(shared, kPage);
}

/* --- */

static void run(const char *name, void (*test)(long), long count) {
  uint64_t before, after;

  part = name;
  failures = 0;
  for (int warm = 0; warm < 2; warm++) {
    before = frames_free();
    test(warm == 0 ? count / 100 + 2 : count); /* first a few, so that the kernel and this program have what they keep */
    after = frames_free();
  }
  expect("free frames at the end, against the beginning", (long)after, (long)before);
  expect("audit", kine_audit(KINE_MACHINE_FD), 0);
  if (failures == 0) printf("ok %s\n", name);
  failures == 0 ? passed++ : failed++;
  fflush(stdout);
}

int main(int argc, char *argv[]) {
  long counts[4] = {10000, 100000, 1000, 2000};

  setvbuf(stdout, NULL, _IOLBF, 0);
  for (int i = 1; i < argc && i <= 4; i++) counts[i - 1] = atol(argv[i]);
  run("live_children", live_children, counts[0]);
  run("forks_in_a_row", forks_in_a_row, counts[1]);
  run("chain_of_generations", chain, counts[2]);
  run("talking_processes", talkers, counts[3]);
  printf("%d passed, %d failed\n", passed, failed);
  return failed > 0;
}
