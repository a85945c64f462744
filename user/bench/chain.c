/* execve: a chain of programs, bench and tiny in turn, since only the program that is started can take the time.
 *
 * Owns the pipe that takes the state from one bench to the next: bench writes the state, then tiny a struct link (both fit in a pipe). The
 * time at which the execve begins travels as an argument, as hexadecimal digits, and so do, in the links whose events are counted, the
 * statistics at that moment. */
#include "bench.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { kPipeRead = 10, kPipeWrite = 11 }; /* tiny.asm knows the second */

struct link {
  long ticks; /* at tiny's first instruction */
  struct kine_statistics statistics;
};
_Static_assert(sizeof(struct link) == 248, "tiny.asm has room for as much");

enum { kStatisticsDigits = 16 * sizeof(struct kine_statistics) / sizeof(long) };
static char start_text[17], before_text[kStatisticsDigits + 1];

static void whole(ssize_t done, size_t size) {
  if (done != (ssize_t)size) fail("the chain's pipe");
}

/* Always the same number of instructions, whatever the number. */
static ALWAYS_INLINE void write_number(char *to, unsigned long value) {
  for (int i = 15; i >= 0; i--, value >>= 4) to[i] = (char)('a' + (value & 15));
}

static unsigned long read_number(const char *from) {
  unsigned long value = 0;

  for (int i = 0; i < 16; i++) value = value << 4 | (unsigned)(from[i] - 'a');
  return value;
}

static void open_pipe(void) {
  int ends[2];

  if (pipe(ends) != 0 || dup2(ends[0], kPipeRead) < 0 || dup2(ends[1], kPipeWrite) < 0) fail("the chain's pipe");
  close(ends[0]);
  close(ends[1]);
}

/* The pages of this process are all shared with another one, as those of a child that was just forked. */
void next_link(void) {
  static const long while_it_lasts[2] = {0, 30000000};
  const int counted = state.links < 2;
  char *arguments[] = {tiny, self, "--link", start_text, counted ? before_text : NULL, NULL};
  volatile unsigned char *memory = map(GiB);

  if (state.links == 0) open_pipe();
  if (state.links % 2 == 1) touch(memory, 0, 4096, 1);
  /* A kernel may keep frames zeroed, of which the touching took some. Both cases shall find the same: page tables that were almost empty.
   */
  volatile unsigned char *sparse = map(128 * MiB);
  touch(sparse, 0, 128 * MiB / kPage, kRegionPages);
  unmap(sparse, 128 * MiB);
  long pid = raw_bare(NR_fork);
  if (pid == 0) {
    raw(NR_nanosleep, while_it_lasts, 0);
    raw(NR_exit_group, 0);
  }
  if (pid < 0) fail("fork");
  for (int i = 0; i < 2; i++) { /* once to learn what writing down costs; then stack and texts are this process's own */
    long first = ticks();
    write_number(start_text, (unsigned long)first);
    state.link_ticks = ticks() - first;
  }
  whole(write(kPipeWrite, &state, sizeof state), sizeof state);
  if (counted) {
    open_window(state.links % 2 ? kExec4K : kExec0);
    for (size_t i = 0; i < sizeof shared->before / sizeof(long); i++)
      write_number(before_text + 16 * i, ((unsigned long *)&shared->before)[i]);
  }
  write_number(start_text, (unsigned long)ticks());
  raw(NR_execve, tiny, arguments, no_environment);
  fail("execve in the chain");
}

/* The other end. `before` is NULL where no events are counted. */
void receive_link(const char *start, const char *before) {
  struct kine_statistics statistics = {0};
  struct link link;

  whole(read(kPipeRead, &state, sizeof state), sizeof state);
  whole(read(kPipeRead, &link, sizeof link), sizeof link);
  const long which = state.links % 2;
  if (before != NULL) {
    for (size_t i = 0; i < sizeof statistics / sizeof(long); i++) ((unsigned long *)&statistics)[i] = read_number(before + 16 * i);
    if (statistics.processes != 0) store_events(which ? kExec4K : kExec0, &statistics, &link.statistics);
  }
  state.exec[which][state.links / 2] = link.ticks - (long)read_number(start) - state.link_ticks;
  state.links++;
  bury(-1); /* the process that shared everything */
}

void finish_chain(void) {
  for (int which = 0; which < 2; which++) {
    for (int i = 1; i < kLinks; i++) sample(i, state.exec[which][i] + state.clock_ticks);
    finish(which ? kExec4K : kExec0, 1);
  }
}
