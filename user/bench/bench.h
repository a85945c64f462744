/* What the parts of bench share: the rows, the state that is measured, and the window around what is measured.
 *
 * Owns nothing itself; samples.c does. Between begin() and end() stand raw system calls and single accesses to memory, nothing else. */
#ifndef BENCH_H
#define BENCH_H

#include <kine.h>
#include <stddef.h>
#include <sys/mman.h>

#include "raw.h"

enum {
  kPage = 4096,
  kRegionPages = 512,
  kWarm = 3,     /* rounds -3, -2, -1 are not samples */
  kCounted = -1, /* … and in this one the kernel's events are counted */
  kRounds = 15,
  kLinks = 6, /* of the chain, of each kind; the first is the counted one */
};
#define MiB (1UL << 20)
#define GiB (1UL << 30)
#define ALWAYS_INLINE inline __attribute__((always_inline))

enum key {
#define ROW(enumerator, ...) enumerator,
#include "rows.h"
#undef ROW
  kKeys,
  kNone = -1
};

/* What Kine's kernel counts: a column's name, and the member of struct kine_statistics. */
#define EVENTS(EVENT)                           \
  EVENT("faults", machine.faults)               \
  EVENT("pages-copied", machine.pages_copied)   \
  EVENT("pages-zeroed", machine.pages_zeroed)   \
  EVENT("tables-copied", machine.tables_copied) \
  EVENT("tables-split", machine.tables_split)   \
  EVENT("tables-reused", machine.tables_reused) \
  EVENT("flushes", flushes_all)                 \
  EVENT("invlpgs", flushes_page)                \
  EVENT("messages", messages)

enum {
  kEvents = 0
#define EVENT(name, member) +1
  EVENTS(EVENT)
#undef EVENT
};

/* Everything that a link of the chain must know. */
extern struct state {
  long median[kKeys], least[kKeys], most[kKeys]; /* of one operation; most 0: not measured */
  long operations[kKeys];                        /* in one sample */
  long events[kKeys][kEvents];                   /* of one sample … */
  long counted[kKeys];                           /* … 0: there is nobody who counts */
  long exec[2][kLinks];
  long links;       /* of the chain, so far */
  long link_ticks;  /* what it takes to write down when a link begins */
  long clock_ticks; /* what it takes to read the clock */
  long tsv, check;
  long only; /* the one row whose events are counted, or kNone for all; tools/profile looks between its two calls of the statistics */
} state;

/* Shared with the children that measure or wait. */
struct shared {
  volatile unsigned child_ticks;
  volatile int go, turns; /* a child that yields shall end; how often it ran */
  volatile int window;    /* that counts events: 0 none, 1 open, 2 closed */
  struct kine_statistics before, after;
};
extern struct shared *shared;

static ALWAYS_INLINE long ticks(void) {
  unsigned low, high;

  __asm__ volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
  return (long)((unsigned long)high << 32 | low);
}

/* raw() without arguments sets none to 0: the least that a call can be. */
static ALWAYS_INLINE long raw_bare(long number) {
  long result;

  __asm__ volatile("syscall" : "=a"(result) : "a"(number) : "rcx", "r11", "memory");
  return result;
}

/* A window opens in the parent, and whoever is first at its end closes it. Neither writes to a page of its own: that would be part of what
 * is counted. */
static ALWAYS_INLINE void open_window(enum key key) {
  if (state.only != kNone && state.only != (long)key) return;
  shared->before.frames_total = 0; /* so that the kernel finds the page writable */
  shared->window = raw(KINE_STATISTICS, KINE_MACHINE_FD, &shared->before) == 0;
}

static ALWAYS_INLINE void close_window(void) {
  if (shared->window != 1) return;
  raw(KINE_STATISTICS, KINE_MACHINE_FD, &shared->after);
  shared->window = 2;
}

/* The end of a window: samples.c notes it. */
void sample(int round, long value);

/* The clock's low half: it leaves the fewest instructions of bench's own in the window, and a window holds less than 2^32. */
static ALWAYS_INLINE unsigned low_ticks(void) {
  unsigned low;

  __asm__ volatile("rdtsc" : "=a"(low) : : "rdx", "memory");
  return low;
}

static ALWAYS_INLINE unsigned begin(enum key key, int round) {
  if (round == kCounted) open_window(key);
  return low_ticks();
}

static ALWAYS_INLINE void end(int round, unsigned before) {
  unsigned after = low_ticks();
  if (round == kCounted) close_window();
  sample(round, (long)(after - before));
}

/* The row is measured: the samples become its numbers; `operations` were in each. */
void finish(enum key key, long operations);
void store_events(enum key key, const struct kine_statistics *before, const struct kine_statistics *after);
void calibrate(void);
void __attribute__((noreturn)) fail(const char *what);

/* Memory and processes to measure with. Memory is untouched, at a border of 2 MiB. */
volatile unsigned char *map(size_t size);
void unmap(volatile unsigned char *memory, size_t size);
void touch(volatile unsigned char *memory, size_t from, size_t to, size_t step);
void bury(long pid);
long hold(void); /* a child that keeps sharing everything, until release() */
void release(long pid);

extern char self[4096], tiny[4096]; /* the paths of this program and of tiny */
extern char *no_environment[];

void measure_calls(void);
void measure_memory(size_t max_pages);
void __attribute__((noreturn)) next_link(void);
void receive_link(const char *start, const char *before);
void finish_chain(void);
int report(void);
enum key key_of(const char *name); /* ends bench if there is no such row */

#endif
