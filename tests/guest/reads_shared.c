/* Bytes from standard input, read into pages that fork shares: read is one of the ways for the kernel to write to user memory. It needs
 * an input, so it stands apart from cow_kernel.c; the same bytes on Linux and on Kine give the same lines. */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { kPage = 4096, kBytes = 100 };

static unsigned char *memory;

static int all(const unsigned char *from, size_t size, int value) {
  for (size_t i = 0; i < size; i++)
    if (from[i] != value) return 0;
  return 1;
}

/* Across the border between the two pages; the bytes around what was read stay. */
static int read_in_the_middle(void) {
  unsigned char *at = memory + kPage - kBytes / 2;
  ssize_t got = read(0, at, kBytes);

  return got == kBytes && !all(at, kBytes, 0xee) && all(memory, (size_t)(at - memory), 0xee) && all(at + kBytes, kPage - kBytes / 2, 0xee);
}

static void verdict(const char *what, int good) {
  printf("%s: %s\n", what, good ? "yes" : "no");
  fflush(stdout);
}

int main(void) {
  int status = -1;

  memory = mmap(NULL, 2 * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return 1;
  memset(memory, 0xee, 2 * kPage);

  if (fork() == 0) _exit(read_in_the_middle() ? 0 : 1);
  wait(&status);
  verdict("the child read into its copy", status == 0);
  verdict("the parent's pages are untouched", all(memory, 2 * kPage, 0xee));

  int *turn = mmap(NULL, kPage, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (turn == MAP_FAILED) return 1;
  if (fork() == 0) {
    while (*(volatile int *)turn == 0) usleep(1000);
    _exit(all(memory, 2 * kPage, 0xee) ? 0 : 1);
  }
  verdict("the parent read into its copy", read_in_the_middle());
  *(volatile int *)turn = 1;
  wait(&status);
  verdict("the child's pages are untouched", status == 0);
  return 0;
}
