/* What the system calls cost, in ticks of the time-stamp counter. Runs on Kine and on Linux.
 *
 *   bench [--tsv] [--check] [MAXPAGES]
 *
 *   MAXPAGES   the largest number of touched pages to fork with (without it: what fits)
 *   --tsv      one line a row, tab-separated: key, median, least, most, must, aims (0: none)
 *   --check    end with status 1 if a row misses its goal; this needs a tick to be an instruction, as under tools/run --icount
 *
 * What is measured is raw system calls and single writes, without libc; all output comes at the end. Each sample is less the cost of
 * reading the clock twice. The goals are Kine's, in instructions. How many live children a large process can have: tests/guest/many.c.
 *
 * The time of an execve can be taken only by the program that it starts. So the last part is a chain: bench executes tiny, whose first
 * instruction reads the clock, and tiny executes bench again, which finds everything measured so far in its arguments. */
#include <kine.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "raw.h"

enum { kPage = 4096, kRegionPages = 512, kWarm = 3, kRounds = 15, kLinks = 9, kMaxSamples = 8192 };
#define MiB (1UL << 20)
#define GiB (1UL << 30)

enum key {
#define ROW(enumerator, ...) enumerator,
#include "bench_rows.h"
#undef ROW
  kKeys,
  kNone = -1
};

static const struct row {
  const char *key, *what;
  long must, aims, linux_6_1;
  int base;
} rows[kKeys] = {
#define ROW(enumerator, ...) {__VA_ARGS__},
#include "bench_rows.h"
#undef ROW
};

/* Everything that a link of the chain must know. Numbers only: they travel as text. */
static struct state {
  long median[kKeys], least[kKeys], most[kKeys]; /* 0: not measured */
  long exec[2][kLinks];
  long links;        /* of the chain, so far */
  long link_ticks;   /* what it takes to write down when a link begins */
  long clock_ticks;  /* what it takes to read the clock */
  long per_thousand; /* ticks a thousand instructions */
  long tsv, check;
} state;

/* Shared with the children that measure or wait. */
static struct {
  volatile long child_ticks;
  volatile int go;
} * shared;

static long samples[kMaxSamples];
static int sample_count;
static char self[4096], tiny[4096];
static char *no_environment[] = {NULL};

static inline __attribute__((always_inline)) long ticks(void) {
  unsigned low, high;

  __asm__ volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
  return (long)((unsigned long)high << 32 | low);
}

/* ---- samples ---- */

static int by_value(const void *left, const void *right) {
  long a = *(const long *)left, b = *(const long *)right;
  return a < b ? -1 : a > b;
}

static void sample(int round, long value) {
  if (round >= 0 && sample_count < kMaxSamples) samples[sample_count++] = value - state.clock_ticks;
}

static void finish(enum key key, long divisor) {
  if (sample_count == 0) return;
  qsort(samples, (size_t)sample_count, sizeof samples[0], by_value);
  state.least[key] = samples[0] / divisor;
  state.median[key] = (samples[sample_count / 2] + divisor / 2) / divisor;
  state.most[key] = samples[sample_count - 1] / divisor;
  sample_count = 0;
}

static __attribute__((noreturn)) void fail(const char *what) {
  fprintf(stderr, "bench: %s failed\n", what);
  exit(1);
}

/* ---- memory and processes to measure with ---- */

/* Untouched memory, at a border of 2 MiB. */
static volatile unsigned char *map(size_t size) {
  char *memory = mmap(NULL, size + 2 * MiB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

  if (memory == MAP_FAILED) fail("mmap");
  char *aligned = (char *)(((unsigned long)memory + 2 * MiB - 1) & -(2 * MiB));
  if (aligned > memory) munmap(memory, (size_t)(aligned - memory));
  munmap(aligned + size, (size_t)(memory + 2 * MiB - aligned));
  return (volatile unsigned char *)aligned;
}

static void touch(volatile unsigned char *memory, size_t from, size_t to) {
  for (size_t i = from; i < to; i++) memory[i * kPage] = 1;
}

static void bury(long pid) { raw(NR_wait4, pid, 0, 0, 0); }

/* A child that keeps sharing everything, until release(). */
static long hold(void) {
  shared->go = 0;
  long pid = raw(NR_fork);
  if (pid < 0) fail("fork");
  if (pid == 0) {
    while (!shared->go) raw(NR_sched_yield);
    raw(NR_exit_group, 0);
  }
  return pid;
}

static void release(long pid) {
  shared->go = 1;
  bury(pid);
}

/* ---- the rows ---- */

static void calibrate(void) {
  for (int i = -kWarm; i < 101; i++) {
    long before = ticks();
    sample(i, ticks() - before);
  }
  finish(kGetppid, 1);
  state.clock_ticks = state.median[kGetppid];
  for (int i = -kWarm; i < kRounds; i++) {
    long before = ticks();
    __asm__ volatile("mov $500000, %%ecx; 1: dec %%ecx; jnz 1b" : : : "rcx", "cc"); /* 1,000,001 instructions */
    sample(i, ticks() - before);
  }
  finish(kGetppid, 1000);
  state.per_thousand = state.median[kGetppid];
}

static void measure_calls(void) {
  for (int i = -kWarm; i < 1000; i++) {
    long before = ticks();
    raw(NR_getppid);
    sample(i, ticks() - before);
  }
  finish(kGetppid, 1);

  long pid = hold();
  for (int i = -kWarm; i < 1000; i++) {
    long before = ticks();
    raw(NR_sched_yield); /* to the child, which yields at once: two switches */
    sample(i, ticks() - before);
  }
  finish(kYield, 2);
  release(pid);
}

/* A server of one's own answers every call with 0; on Linux there is no such thing. */
static void measure_message(void) {
  int port = (int)raw(KINE_PORT), connection = (int)raw(KINE_MINT, port, 1);

  if (port < 0) return;
  long pid = raw(NR_fork);
  if (pid < 0) fail("fork");
  if (pid == 0) {
    static struct kine_message message;
    raw(KINE_RECEIVE, port, &message);
    for (;;) raw(KINE_REPLY_RECEIVE, message.token, 0, port, &message);
  }
  for (int i = -kWarm; i < 1000; i++) {
    long before = ticks();
    raw(NR_lseek, connection, 0, 0);
    sample(i, ticks() - before);
  }
  finish(kMessage, 1);
  raw(NR_kill, pid, 9);
  bury(pid);
  raw(NR_close, connection);
  raw(NR_close, port);
}

/* A byte to the child and back. */
static void measure_pipe(void) {
  int there[2], back[2];
  char byte = 0;

  if (raw(NR_pipe2, there, 0) != 0 || raw(NR_pipe2, back, 0) != 0) fail("pipe2");
  long pid = raw(NR_fork);
  if (pid < 0) fail("fork");
  if (pid == 0) {
    raw(NR_close, there[1]);
    while (raw(NR_read, there[0], &byte, 1) == 1) raw(NR_write, back[1], &byte, 1);
    raw(NR_exit_group, 0);
  }
  for (int i = -kWarm; i < 1000; i++) {
    long before = ticks();
    raw(NR_write, there[1], &byte, 1);
    raw(NR_read, back[0], &byte, 1);
    sample(i, ticks() - before);
  }
  finish(kPipe, 1);
  for (int end = 0; end < 2; end++) {
    raw(NR_close, there[end]);
    raw(NR_close, back[end]);
  }
  bury(pid);
}

static void measure_mappings(void) {
  static const size_t sizes[] = {1, 1024};

  for (int s = 0; s < 2; s++) {
    size_t size = sizes[s] * kPage;
    for (int i = -kWarm; i < 200; i++) {
      long before = ticks();
      long at = raw(NR_mmap, 0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      raw(NR_munmap, at, size);
      sample(i, ticks() - before);
    }
    finish(s ? kMap1024 : kMap1, 1);
  }
}

/* The same mapping whatever the number of touched pages. */
static void measure_forks(volatile unsigned char *memory, size_t max_pages) {
  static const size_t counts[] = {0, 4096, 65536, 262144};

  for (int c = 0; c < 4 && counts[c] <= max_pages; c++) {
    touch(memory, c > 0 ? counts[c - 1] : 0, counts[c]);
    for (int i = -kWarm; i < kRounds; i++) {
      shared->child_ticks = 0;
      long before = ticks();
      long pid = raw(NR_fork);
      long after = ticks();
      if (pid == 0) {
        shared->child_ticks = after;
        raw(NR_exit_group, 0);
      }
      if (pid < 0) { /* a fork that copies needs memory for two: what fits was less */
        sample_count = 0;
        return;
      }
      bury(pid);
      sample(i, (shared->child_ticks < after ? shared->child_ticks : after) - before); /* whoever came first */
    }
    finish((enum key)(kFork0 + c), 1);
    for (int i = -kWarm; i < kRounds; i++) {
      long before = ticks();
      long pid = raw(NR_fork);
      if (pid == 0) raw(NR_exit_group, 0);
      raw(NR_wait4, pid, 0, 0, 0);
      sample(i, ticks() - before);
    }
    finish((enum key)(kCycle0 + c), 1);
  }
}

/* One region of 2 MiB, full, shared with a child that does nothing. */
static void measure_copies(void) {
  volatile unsigned char *memory = map(2 * MiB);

  touch(memory, 0, kRegionPages);
  for (int later = 0; later < 2; later++) {
    for (int i = -kWarm; i < kRounds; i++) {
      long pid = hold();
      for (int page = 0; page < (later ? kRegionPages : 1); page++) {
        long before = ticks();
        memory[page * kPage] = 2;
        long after = ticks();
        if (later == 0 || page > 0) sample(i, after - before);
      }
      release(pid);
    }
    finish(later ? kLaterWrite : kFirstWrite, 1);
  }
  munmap((void *)(unsigned long)memory, 2 * MiB);
}

/* The same region, after a child that has written nothing, or everything, and is gone. */
static void measure_reuse(void) {
  volatile unsigned char *memory = map(2 * MiB);

  touch(memory, 0, kRegionPages);
  for (int wrote = 0; wrote < 2; wrote++) {
    for (int i = -kWarm; i < kRounds; i++) {
      long pid = raw(NR_fork);
      if (pid == 0) {
        if (wrote) touch(memory, 0, kRegionPages);
        raw(NR_exit_group, 0);
      }
      bury(pid);
      for (int page = 0; page < (wrote ? kRegionPages : 1); page++) {
        long before = ticks();
        memory[page * kPage] = 2;
        long after = ticks();
        if (wrote == 0 || page > 0) sample(i, after - before);
      }
    }
    finish(wrote ? kReuse : kTakeBack, 1);
  }
  munmap((void *)(unsigned long)memory, 2 * MiB);
}

static void measure_zero_fill(void) {
  for (int later = 0; later < 2; later++) {
    volatile unsigned char *memory = map(64 * MiB);
    for (size_t region = 0; region < 64 * MiB; region += 2 * MiB) {
      for (int page = 0; page <= (later ? 20 : 0); page++) {
        long before = ticks();
        memory[region + (size_t)page * kPage] = 1;
        long after = ticks();
        if (later == 0 || page > 0) sample(0, after - before);
      }
    }
    finish(later ? kZeroLater : kZeroFirst, 1);
    munmap((void *)(unsigned long)memory, 64 * MiB);
  }
}

/* Work on 4,096 touched pages at once, counted for each. */
static void measure_ranges(void) {
  enum { kCount = 4096 };
  const size_t size = (size_t)kCount * kPage;

  for (int i = -kWarm; i < kRounds; i++) {
    volatile unsigned char *memory = map(size);
    touch(memory, 0, kCount);
    long before = ticks();
    raw(NR_munmap, memory, size);
    sample(i, ticks() - before);
  }
  finish(kFree, kCount);

  volatile unsigned char *memory = map(size);
  touch(memory, 0, kCount);
  for (int i = -kWarm; i < kRounds; i++) {
    long before = ticks();
    raw(NR_mprotect, memory, size, PROT_READ);
    raw(NR_mprotect, memory, size, PROT_READ | PROT_WRITE);
    sample(i, ticks() - before);
  }
  finish(kProtect, kCount);

  for (int i = -kWarm; i < kRounds; i++) { /* the worst case of sharing tables: everything is copied after all, fault by fault */
    long before = ticks();
    long pid = raw(NR_fork);
    if (pid == 0) {
      touch(memory, 0, kCount);
      raw(NR_exit_group, 0);
    }
    raw(NR_wait4, pid, 0, 0, 0);
    sample(i, ticks() - before);
  }
  finish(kWriteAll, kCount);
  munmap((void *)(unsigned long)memory, size);
}

static void measure_fork_exec(void) {
  char *arguments[] = {tiny, NULL};

  for (int i = -kWarm; i < kRounds; i++) {
    int status = -1;
    long before = ticks();
    long pid = raw(NR_fork);
    if (pid == 0) {
      raw(NR_execve, tiny, arguments, no_environment);
      raw(NR_exit_group, 1);
    }
    raw(NR_wait4, pid, &status, 0, 0);
    sample(i, ticks() - before);
    if (status != 0) fail("execve of tiny");
  }
  finish(kForkExec, 1);
}

/* ---- the chain: state as text, through two execve a link ---- */

enum { kDigits = 11, kNumbers = sizeof state / sizeof(long) };
static char state_text[kNumbers * kDigits + 1], start_text[17], end_text[17];

/* Always the same number of instructions, whatever the number. */
static inline __attribute__((always_inline)) void write_number(char *to, int digits, unsigned long value) {
  for (int i = digits - 1; i >= 0; i--, value >>= 4) to[i] = (char)('a' + (value & 15));
}

static unsigned long read_number(const char *from, int digits, char zero) {
  unsigned long value = 0;

  for (int i = 0; i < digits; i++) {
    unsigned digit = (unsigned)(from[i] - zero);
    if (zero == '0' && from[i] >= 'a') digit = (unsigned)(from[i] - 'a' + 10);
    value = value << 4 | digit;
  }
  return value;
}

/* The pages of this process are all shared with another one, as those of a child that was just forked. Does not return. */
static __attribute__((noreturn)) void next_link(void) {
  static const long while_it_lasts[2] = {0, 30000000};
  char *arguments[] = {tiny, self, "--link", state_text, start_text, end_text, NULL};
  volatile unsigned char *memory = map(GiB);
  long first = 0;

  if (state.links % 2 == 1) touch(memory, 0, 4096);
  /* A kernel may keep frames zeroed, of which the touching took some. Both cases shall find the same: page tables that were almost empty.
   */
  volatile unsigned char *sparse = map(128 * MiB);
  for (size_t i = 0; i < 128 * MiB; i += 2 * MiB) sparse[i] = 1;
  munmap((void *)(unsigned long)sparse, 128 * MiB);
  memset(end_text, '0', 16);
  for (size_t i = 0; i < kNumbers; i++) write_number(state_text + i * kDigits, kDigits, (unsigned long)((long *)&state)[i]);
  long pid = raw(NR_fork);
  if (pid == 0) {
    raw(NR_nanosleep, while_it_lasts, 0);
    raw(NR_exit_group, 0);
  }
  if (pid < 0) fail("fork");
  for (int i = 0; i < 3; i++) { /* each pass as if it were the last, until the stack and these texts are this process's own */
    first = ticks();
    write_number(start_text, 16, (unsigned long)first);
    long spent = ticks() - first;
    if (i == 1) write_number(state_text + (offsetof(struct state, link_ticks) / sizeof(long)) * kDigits, kDigits, (unsigned long)spent);
  }
  raw(NR_execve, tiny, arguments, no_environment);
  fail("execve in the chain");
}

/* The other end: argv is {bench, "--link", state, start, end}. */
static void receive_link(char *argv[]) {
  if (strlen(argv[2]) != kNumbers * kDigits) fail("the chain");
  for (size_t i = 0; i < kNumbers; i++) ((long *)&state)[i] = (long)read_number(argv[2] + i * kDigits, kDigits, 'a');
  long start = (long)read_number(argv[3], 16, 'a'), end = (long)read_number(argv[4], 16, '0');
  state.exec[state.links % 2][state.links / 2] = end - start - state.link_ticks;
  state.links++;
  bury(-1); /* the process that shared everything */
}

static void finish_chain(void) {
  for (int which = 0; which < 2; which++) {
    for (int i = 0; i < kLinks; i++) sample(i, state.exec[which][i]);
    finish(which ? kExec4K : kExec0, 1);
  }
}

/* ---- report ---- */

static long goal(const struct row *row, long absolute, int percent) {
  return row->base == kNone ? absolute : state.median[row->base] * (100 + percent) / 100;
}

static const char *verdict(enum key key) {
  long must = goal(&rows[key], rows[key].must, 5), aims = goal(&rows[key], rows[key].aims, 1);

  if (must == 0 || state.per_thousand < 990 || state.per_thousand > 1010) return "";
  return state.median[key] <= aims ? "aim reached" : state.median[key] <= must ? "reached" : "MISSED";
}

static int report(void) {
  int missed = 0;

  if (!state.tsv) {
    printf("A thousand instructions take %ld ticks%s. Each row: the median, the least and the most; Kine's goals; Linux 6.1.\n\n",
           state.per_thousand, state.per_thousand >= 990 && state.per_thousand <= 1010 ? ": the ticks are instructions" : "");
    printf("%-50s %11s %11s %11s %9s %9s %11s\n", "operation", "median", "least", "most", "must", "aims", "Linux 6.1");
  }
  for (int i = 0; i < kKeys; i++) {
    const struct row *row = &rows[i];
    long must = goal(row, row->must, 5), aims = goal(row, row->aims, 1);
    if (state.most[i] == 0) continue;
    const char *result = verdict((enum key)i);
    missed += strcmp(result, "MISSED") == 0;
    if (state.tsv)
      printf("%s\t%ld\t%ld\t%ld\t%ld\t%ld\n", row->key, state.median[i], state.least[i], state.most[i], must, aims);
    else
      printf("%-50s %11ld %11ld %11ld %9ld %9ld %11ld %s\n", row->what, state.median[i], state.least[i], state.most[i], must, aims,
             row->linux_6_1, result);
  }
  if (!state.check) return 0;
  if (state.per_thousand < 990 || state.per_thousand > 1010) {
    fprintf(stderr, "bench: --check: a tick is not an instruction here; run it by tools/run --icount\n");
    return 1;
  }
  return missed > 0;
}

/* What fits: three quarters of what is free, or as much as Linux may be asked for. */
static size_t default_pages(void) {
  struct kine_statistics statistics;

  return raw(KINE_STATISTICS, KINE_MACHINE_FD, &statistics) == 0 ? statistics.frames_free * 3 / 4 : 65536;
}

static void measure_all(size_t max_pages) {
  shared = mmap(NULL, kPage, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) fail("mmap");
  calibrate();
  measure_calls();
  measure_message();
  measure_pipe();
  measure_mappings();
  measure_copies();
  measure_reuse();
  measure_zero_fill();
  measure_ranges();
  measure_fork_exec();
  volatile unsigned char *memory = map(GiB);
  measure_forks(memory, max_pages);
  munmap((void *)(unsigned long)memory, GiB);
}

int main(int argc, char *argv[]) {
  size_t max_pages = 0;
  ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1); /* argv[0] may be a name that a shell looked up */

  if (length < 0) fail("readlink of /proc/self/exe");
  snprintf(tiny, sizeof tiny, "%.*stiny", (int)(strrchr(self, '/') + 1 - self), self);
  if (argc == 5 && strcmp(argv[1], "--link") == 0) {
    receive_link(argv);
  } else {
    for (int i = 1; i < argc; i++) {
      if (strcmp(argv[i], "--tsv") == 0)
        state.tsv = 1;
      else if (strcmp(argv[i], "--check") == 0)
        state.check = 1;
      else
        max_pages = strtoul(argv[i], NULL, 0);
    }
    measure_all(max_pages > 0 ? max_pages : default_pages());
  }
  if (state.links < 2 * kLinks) next_link();
  finish_chain();
  return report();
}
