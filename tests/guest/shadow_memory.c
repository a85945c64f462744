/* Random operations on memory, by several processes that fork each other, against a model that each of them keeps of what its pages must
 * hold.
 *
 *     shadow_memory [SEED [STEPS]]
 *
 * Whose turn it is, and what comes next, is decided in memory that all share, so a seed names one sequence of operations, whatever the
 * kernel schedules: it prints the same digest (of every operation, its result, every value read) on Linux and on Kine. At the first word
 * that is not what the model says it names process, step and page, and ends with 1.
 *
 * Operations: mmap private and shared, munmap, mprotect, mremap, madvise, brk, words written and read by the program and by the kernel,
 * with and without the right to, fork, exit. Must never: allocate memory by libc, whose pages would lie among those of the model. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "raw.h"

enum { kPage = 4096, kPages = 96, kBreakPages = 16, kAll = kPages + kBreakPages, kWords = 8, kStride = kPage / kWords };
enum { kSlots = 8, kBurst = 12, kCells = 60000 };
#define kArea                         \
  ((unsigned char *)(0x600040000000 - \
                     40 * kPage)) /* across the boundary of a GiB, where tables of every level end; Kine keeps mappings there */
#define kControl ((void *)0x200000000000)

enum rights { kNone = PROT_NONE, kRead = PROT_READ, kReadWrite = PROT_READ | PROT_WRITE };

/* What a page must be. The words lie kStride bytes apart; all other bytes are zero. */
struct page {
  uint8_t mapped, rights;
  int32_t cell; /* of a shared page: its words are in control->cells; -1: private */
  uint64_t words[kWords];
};

static struct control {
  uint64_t state, digest, operations, forks, faults;
  volatile int turn, failed;
  int live[kSlots];
  long steps;
  int cells_used;
  uint64_t cells[kCells][kWords];
} * control;

static struct page pages[kAll]; /* those of the break come last */
static unsigned char *break_base;
static int break_pages, me;

/* --- Chance, and what comes of it --- */

static uint64_t below(uint64_t limit) { /* xorshift64* */
  control->state ^= control->state >> 12;
  control->state ^= control->state << 25;
  control->state ^= control->state >> 27;
  return (control->state * 0x2545f4914f6cdd1d >> 16) % limit;
}

static void note(uint64_t value) { control->digest = (control->digest ^ value) * 0x100000001b3; } /* FNV-1a */

static void fail(const char *what, int page, uint64_t expected, uint64_t seen) {
  printf("process %d, step %ld left, page %d: %s: expected %#lx, seen %#lx\n", me, control->steps, page, what, expected, seen);
  fflush(stdout);
  control->failed = 1;
  _exit(1);
}

static void must(const char *what, int page, long expected, long seen) {
  note((uint64_t)seen);
  if (seen != expected) fail(what, page, (uint64_t)expected, (uint64_t)seen);
}

static unsigned char *address(int page) { return page < kPages ? kArea + (long)page * kPage : break_base + (long)(page - kPages) * kPage; }
static volatile uint64_t *word_at(int page, int word) { return (volatile uint64_t *)(address(page) + word * kStride); }
static uint64_t *model_of(int page, int word) {
  struct page *p = &pages[page];
  return p->cell >= 0 ? &control->cells[p->cell][word] : &p->words[word];
}

/* --- Words, with and without the right to --- */

static sigjmp_buf refused;
static void on_fault(int signal) {
  (void)signal;
  siglongjmp(refused, 1);
}

static int may(int page, int right) { return pages[page].mapped && (pages[page].rights & right); }

static void write_word(int page, int word, uint64_t value) {
  if (sigsetjmp(refused, 1) == 0) {
    *word_at(page, word) = value;
    if (!may(page, PROT_WRITE)) fail("a write without the right to", page, 0, 1);
    *model_of(page, word) = value;
    note(1);
  } else {
    control->faults++;
    if (may(page, PROT_WRITE)) fail("a write with the right to faulted", page, 1, 0);
    note(0);
  }
}

static void read_word(int page, int word) {
  if (sigsetjmp(refused, 1) == 0) {
    const uint64_t seen = *word_at(page, word);
    if (!may(page, PROT_READ)) fail("a read without the right to", page, 0, 1);
    if (seen != *model_of(page, word)) fail("a word", page, *model_of(page, word), seen);
    note(seen);
  } else {
    control->faults++;
    if (may(page, PROT_READ)) fail("a read with the right to faulted", page, 1, 0);
    note(2);
  }
}

/* The kernel's write: which signals are blocked. Only signals that nobody sends. */
static void kernel_writes(int page, int word) {
  const uint64_t mask = below(1 << 20) << 40;

  raw(14 /* rt_sigprocmask */, SIG_SETMASK, &mask, 0, 8);
  const long result = raw(14, SIG_BLOCK, 0, word_at(page, word), 8);
  must("the kernel's write", page, may(page, PROT_WRITE) ? 0 : -EFAULT, result);
  if (result == 0) *model_of(page, word) = mask;
}

/* Every byte of every page that may be read. */
static void check_all(void) {
  for (int page = 0; page < kAll; page++) {
    if (!may(page, PROT_READ)) continue;
    for (int at = 0; at < kPage / 8; at++) {
      const uint64_t seen = ((volatile uint64_t *)address(page))[at];
      const uint64_t expected = at % (kStride / 8) == 0 ? *model_of(page, at / (kStride / 8)) : 0;
      if (seen != expected) fail("a word of a page", page, expected, seen);
    }
  }
}

/* --- Mappings --- */

static void set_fresh(int page, int rights, int shared) {
  pages[page] = (struct page){.mapped = 1, .rights = (uint8_t)rights, .cell = shared ? control->cells_used++ : -1};
}

static int some_rights(void) {
  static const int choices[] = {kReadWrite, kReadWrite, kReadWrite, kRead, kNone};
  return choices[below(5)];
}

static int all_mapped(int first, int count, int private) {
  for (int page = first; page < first + count; page++)
    if (!pages[page].mapped || (private && pages[page].cell >= 0)) return 0;
  return 1;
}

static void map(int first, int count, int shared) {
  const int rights = some_rights();

  if (shared && control->cells_used + count > kCells) return;
  must("mmap", first, (long)address(first),
       raw(NR_mmap, address(first), count * kPage, rights, (shared ? MAP_SHARED : MAP_PRIVATE) | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
  for (int page = first; page < first + count; page++) set_fresh(page, rights, shared);
}

static void unmap(int first, int count) {
  must("munmap", first, 0, raw(NR_munmap, address(first), count * kPage));
  for (int page = first; page < first + count; page++) pages[page] = (struct page){0};
}

static void protect(int first, int count) {
  const int rights = some_rights();

  if (!all_mapped(first, count, 0)) return;
  must("mprotect", first, 0, raw(NR_mprotect, address(first), count * kPage, rights));
  for (int page = first; page < first + count; page++) pages[page].rights = (uint8_t)rights;
}

static void forget(int first, int count) {
  if (!all_mapped(first, count, 1)) return;
  must("madvise", first, 0, raw(28, address(first), count * kPage, MADV_DONTNEED));
  for (int page = first; page < first + count; page++)
    for (int word = 0; word < kWords; word++) pages[page].words[word] = 0;
}

/* One page, which may become more if it is private. (More at once Linux refuses if it keeps them as two mappings.) */
static void move(int from, int to, int count) {
  if (!pages[from].mapped || (from >= to && from < to + count)) return;
  if (pages[from].cell >= 0) count = 1;
  must("mremap", from, (long)address(to), raw(NR_mremap, address(from), kPage, count * kPage, MREMAP_MAYMOVE | MREMAP_FIXED, address(to)));
  for (int page = to + 1; page < to + count; page++) set_fresh(page, pages[from].rights, 0);
  pages[to] = pages[from];
  pages[from] = (struct page){0};
}

static void move_break(void) {
  const int now = (int)below(kBreakPages + 1);

  must("brk", kPages, (long)now * kPage, raw(NR_brk, break_base + (long)now * kPage) - (long)break_base); /* (the base differs) */
  for (int page = now; page < break_pages; page++) pages[kPages + page] = (struct page){0};
  for (int page = break_pages; page < now; page++) set_fresh(kPages + page, kReadWrite, 0);
  break_pages = now;
}

/* --- Processes --- */

static void fork_one(void) {
  int slot = 1;

  while (slot < kSlots && control->live[slot]) slot++;
  if (slot == kSlots) return;
  control->live[slot] = 1;
  control->forks++;
  const long pid = fork();
  if (pid < 0) fail("fork", 0, 1, (uint64_t)-errno);
  if (pid == 0) me = slot;
}

static void pass_turn(void) {
  int next = (int)below(kSlots);

  while (!control->live[next]) next = (next + 1) % kSlots;
  control->turn = next;
}

static void leave(void) {
  check_all();
  control->live[me] = 0;
  pass_turn();
  _exit(0);
}

static void step(void) {
  const int first = (int)below(kPages), room = kPages - first, count = 1 + (int)below((uint64_t)(room < 12 ? room : 12));
  const int page = (int)below(kAll), word = (int)below(kWords);
  const uint64_t roll = below(100);

  control->operations++;
  note(roll);
  if (roll < 10)
    map(first, count, 0);
  else if (roll < 14)
    map(first, count, 1);
  else if (roll < 19)
    unmap(first, count);
  else if (roll < 27)
    protect(first, count);
  else if (roll < 30)
    forget(first, count);
  else if (roll < 35)
    move((int)below(kPages), first, count);
  else if (roll < 38)
    move_break();
  else if (roll < 65)
    write_word(page, word, below(~0UL));
  else if (roll < 85)
    read_word(page, word);
  else if (roll < 92)
    kernel_writes(page, word);
  else if (roll < 95)
    check_all();
}

static void live(void) {
  for (;;) {
    const int self = me;
    while (control->turn != me && !control->failed) raw(NR_sched_yield);
    if (control->failed) _exit(1);
    while (waitpid(-1, NULL, WNOHANG) > 0) continue;
    for (int i = 0; i < kBurst && control->steps > 0; i++, control->steps--) step();
    const int ends = control->steps <= 0 || below(10) == 0;
    if (ends && me != 0) leave();
    if (ends && control->steps <= 0) {
      int others = 0;
      for (int slot = 1; slot < kSlots; slot++) others |= control->live[slot];
      if (!others) return;
    }
    if (!ends && below(3) == 0) fork_one();
    if (me == self) pass_turn(); /* (a child waits for its first turn) */
  }
}

int main(int argc, char *argv[]) {
  const uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
  const struct sigaction action = {.sa_handler = on_fault};

  control = mmap(kControl, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  if ((void *)control == MAP_FAILED) return 2;
  control->state = seed * 0x9e3779b97f4a7c15 + 1;
  control->digest = 0xcbf29ce484222325;
  control->steps = argc > 2 ? strtol(argv[2], NULL, 0) : 20000;
  control->live[0] = 1;
  break_base = (unsigned char *)((raw(NR_brk, 0) + kPage - 1) & -(long)kPage);
  raw(NR_brk, break_base);
  sigaction(SIGSEGV, &action, NULL);
  live();
  check_all();
  while (wait(NULL) > 0) continue;
  printf("seed %lu: %lu operations, %lu forks, %lu faults refused, digest %016lx\n", seed, control->operations, control->forks,
         control->faults, control->digest);
  return control->failed;
}
