/* What the system calls cost, in ticks of the time-stamp counter. Runs on Kine and on Linux; `make bench` runs it on both.
 *
 *   bench [--tsv] [--check] [--only KEY] [MAXPAGES]
 *
 *   MAXPAGES   the largest number of touched pages to fork with (without it: what fits)
 *   --tsv      a line of names, then a line a row, tab-separated. A goal of 0: none. Events: those of one sample, which holds so many
 *              operations; - where nobody counts
 *   --check    end with status 1 if a row misses its goal; this needs a tick to be an instruction, as under tools/run --icount
 *   --only KEY events are counted in this row alone: for tools/profile, which looks at what lies between the two calls that count
 *
 * What is measured is raw system calls and single writes, without libc; all output comes at the end. Each sample is less the cost of
 * reading the clock twice. The goals are Kine's, in instructions. How many live children a large process can have: tests/guest/many.c.
 *
 * All calls are Linux's, but for the message row, which Linux cannot have, and for Kine's statistics. As process 1 of a Linux that was
 * booted for this, it resets the machine at the end. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <unistd.h>

enum { kDrain = 0x5409 /* ioctl TCSBRK: tcdrain */, kMagic1 = (int)0xfee1dead, kMagic2 = 672274793, kRestart = 0x1234567 };

/* What fits: three quarters of what is free. */
static size_t default_pages(void) {
  struct sysinfo info;

  return sysinfo(&info) == 0 ? info.freeram * info.mem_unit / kPage * 3 / 4 : 65536;
}

static void __attribute__((noreturn)) usage(void) {
  fprintf(stderr, "usage: bench [--tsv] [--check] [--only KEY] [MAXPAGES]\n");
  exit(2);
}

static size_t read_options(int argc, char *argv[]) {
  size_t max_pages = 0;
  char *rest;

  state.only = kNone;
  for (int i = 1; i < argc; i++) {
    if (strcmp(argv[i], "--tsv") == 0) {
      state.tsv = 1;
    } else if (strcmp(argv[i], "--check") == 0) {
      state.check = 1;
    } else if (strcmp(argv[i], "--only") == 0 && i + 1 < argc) {
      state.only = key_of(argv[++i]);
    } else {
      max_pages = strtoul(argv[i], &rest, 0);
      if (rest == argv[i] || *rest != '\0') usage();
    }
  }
  return max_pages > 0 ? max_pages : default_pages();
}

/* argv[0] may be a name that a shell looked up; or there may be no /proc. */
static void find_programs(const char *name) {
  ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);

  if (length < 0 && name[0] != '/') fail("readlink of /proc/self/exe");
  if (length < 0) snprintf(self, sizeof self, "%s", name);
  snprintf(tiny, sizeof tiny, "%.*stiny", (int)(strrchr(self, '/') + 1 - self), self);
}

static void reset_machine(void) {
  fflush(stdout);
  raw(NR_ioctl, 1, kDrain, 1);
  raw(NR_reboot, kMagic1, kMagic2, kRestart, 0);
}

int main(int argc, char *argv[]) {
  find_programs(argv[0]);
  shared = mmap(NULL, kPage, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) fail("mmap");
  if (argc >= 3 && strcmp(argv[1], "--link") == 0) {
    receive_link(argv[2], argc > 3 ? argv[3] : NULL);
  } else {
    size_t max_pages = read_options(argc, argv);
    calibrate();
    measure_calls();
    measure_memory(max_pages);
  }
  if (state.links < 2 * kLinks) next_link();
  finish_chain();
  int status = report();
  if (getpid() == 1) reset_machine();
  return status;
}
