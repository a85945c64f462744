/* How many children can a large process have? Each child writes a page of its own and stays alive until all are there.
 *
 *   many [MIB [CHILDREN]]     MIB of touched memory in the parent (1024), so many children at least (5000)
 *
 * Prints the number, and ends with 0 if it was reached and every child saw what it should. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "raw.h"

enum { kPage = 4096 };

struct shared {
  volatile int go, good;
};

static void be_a_child(unsigned char *memory, size_t pages, struct shared *shared, long number) {
  const long while_[2] = {0, 500000000};
  size_t own = (size_t)number * 37 % pages;

  memory[own * kPage] = 0xcc;
  while (!shared->go) raw(NR_nanosleep, while_, 0);
  int good = memory[own * kPage] == 0xcc && memory[(own + 1) % pages * kPage] == 1;
  __sync_fetch_and_add((int *)&shared->good, good);
  raw(NR_exit_group, 0);
}

int main(int argc, char *argv[]) {
  size_t pages = (size_t)(argc > 1 ? atoi(argv[1]) : 1024) * 256;
  long wanted = argc > 2 ? atoi(argv[2]) : 5000, children = 0, pid = 0;
  unsigned char *memory = mmap(NULL, pages * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  struct shared *shared = mmap(NULL, kPage, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

  if (memory == MAP_FAILED || shared == MAP_FAILED) return 2;
  for (size_t i = 0; i < pages; i++) memory[i * kPage] = 1;
  while (children < wanted && (pid = raw(NR_fork)) > 0) children++;
  if (pid == 0 && children < wanted) be_a_child(memory, pages, shared, children);
  shared->go = 1;
  while (raw(NR_wait4, -1, 0, 0, 0) > 0)
    ;
  for (size_t i = 0; i < pages; i++)
    if (memory[i * kPage] != 1) return 3;
  printf("%ld of %ld children lived at once, %d of them saw their own page and their parent's\n", children, wanted, shared->good);
  if (children < wanted) printf("fork said: %s\n", strerror((int)-pid));
  return children < wanted || shared->good != children;
}
