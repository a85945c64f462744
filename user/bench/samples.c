/* Samples, and what becomes of them. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { kMaxSamples = 8192 };
static long samples[kMaxSamples];
static int sample_count;

struct state state;
struct shared *shared;
char self[4096], tiny[4096];
char *no_environment[] = {NULL};

void fail(const char *what) {
  fprintf(stderr, "bench: %s failed\n", what);
  exit(1);
}

static int by_value(const void *left, const void *right) {
  long a = *(const long *)left, b = *(const long *)right;
  return a < b ? -1 : a > b;
}

void sample(int round, long value) {
  if (round >= 0 && sample_count < kMaxSamples) samples[sample_count++] = value - state.clock_ticks;
}

void store_events(enum key key, const struct kine_statistics *before, const struct kine_statistics *after) {
  const long events[] = {
#define EVENT(name, member) (long)(after->member - before->member),
      EVENTS(EVENT)
#undef EVENT
  };

  memcpy(state.events[key], events, sizeof events);
  state.counted[key] = 1;
}

void finish(enum key key, long operations) {
  if (shared->window == 2) store_events(key, &shared->before, &shared->after);
  shared->window = 0;
  if (sample_count == 0) return;
  qsort(samples, (size_t)sample_count, sizeof samples[0], by_value);
  state.least[key] = samples[0] / operations;
  state.median[key] = (samples[sample_count / 2] + operations / 2) / operations;
  state.most[key] = samples[sample_count - 1] / operations;
  state.operations[key] = operations;
  sample_count = 0;
}

void calibrate(void) {
  for (int i = -kWarm; i < 101; i++) {
    unsigned before = begin(kCalibration, i);
    end(i, before);
  }
  finish(kCalibration, 1);
  state.clock_ticks = state.median[kCalibration];
  for (int i = -kWarm; i < kRounds; i++) {
    unsigned before = begin(kCalibration, i);
    __asm__ volatile("mov $500000, %%ecx; 1: dec %%ecx; jnz 1b" : : : "rcx", "cc"); /* 1,000,001 instructions */
    end(i, before);
  }
  finish(kCalibration, 1);
}

/* ---- memory and processes to measure with ---- */

volatile unsigned char *map(size_t size) {
  char *memory = mmap(NULL, size + 2 * MiB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

  if (memory == MAP_FAILED) fail("mmap");
  char *aligned = (char *)(((unsigned long)memory + 2 * MiB - 1) & -(2 * MiB));
  if (aligned > memory) munmap(memory, (size_t)(aligned - memory));
  munmap(aligned + size, (size_t)(memory + 2 * MiB - aligned));
  return (volatile unsigned char *)aligned;
}

void unmap(volatile unsigned char *memory, size_t size) { munmap((void *)(unsigned long)memory, size); }

void touch(volatile unsigned char *memory, size_t from, size_t to, size_t step) {
  for (size_t i = from; i < to; i += step) memory[i * kPage] = 1;
}

void bury(long pid) { raw(NR_wait4, pid, 0, 0, 0); }

long hold(void) {
  shared->go = 0;
  long pid = raw_bare(NR_fork);
  if (pid < 0) fail("fork");
  if (pid == 0) {
    while (!shared->go) raw_bare(NR_sched_yield); /* it writes nothing: that would copy tables */
    raw(NR_exit_group, 0);
  }
  return pid;
}

void release(long pid) {
  shared->go = 1;
  bury(pid);
}
