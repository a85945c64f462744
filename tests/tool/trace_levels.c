/* For the tests of the trace: faults that split a promise, copy tables and take them back at each level, copy and reuse a page, and are
 * refused. Before each a mark says what it is.
 *
 * Memory of 512 GiB is one promise in the root table. Four of its pages lie so that the ways to them part at each level. */
#include <kine.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "raw.h"

#define KiB 1024UL
#define MiB (1024 * KiB)
#define GiB (1024 * MiB)
#define BEGIN ((volatile char *)0x200000000000)

enum { kPages = 4 };
static const unsigned long offsets[kPages] = {0, GiB, 2 * MiB, 4 * KiB};
static const char *const parting[kPages] = {"root", "level 2", "level 1", "level 0"};

/* The stack is this process's own while it marks, so that the store is what comes next. */
static void mark(const char *what, const char *where) {
  char text[64];

  snprintf(text, sizeof text, "%s: %s", what, where);
  if (kine_trace_mark(text) != 0) exit(1);
}

static void store_everywhere(const char *what) {
  for (int i = 0; i < kPages; i++) {
    mark(what, parting[i]);
    BEGIN[offsets[i]] = (char)i;
  }
}

/* Ends by the signal of the last access. */
static void misbehave(void) {
  mark("bad", "a write where only reading is allowed");
  *(volatile char *)(unsigned long)&store_everywhere = 0;
}

int main(void) {
  void *const memory =
      mmap((void *)BEGIN, 512 * GiB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return 1;
  store_everywhere("split");

  pid_t pid = fork();
  if (pid == 0) {
    store_everywhere("copy");
    mark("read", "a promise beside the page");
    if (BEGIN[8 * KiB] != 0) _exit(1);
    _exit(0);
  }
  int status = 1;
  if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0) return 1;
  store_everywhere("reuse");

  pid = fork();
  if (pid == 0) misbehave();
  if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFSIGNALED(status)) return 1;
  if (kine_trace_mark("this text is longer than sixty-three bytes, which the kernel refuses") == 0) return 1;
  mark("end", "says \"quoted\" \\ and\nbroken");
  return 0;
}
