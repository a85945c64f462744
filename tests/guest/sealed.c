/* Writes a page, makes it read-only, and writes it once more, which must end the process by SIGSEGV. docs/gdb-missing-flush.md looks for the
 * reason why, on a broken kernel, it does not. */
#include <stdio.h>
#include <sys/mman.h>

static volatile char *page;

static __attribute__((noinline)) void write_to(char letter) { *page = letter; }

int main(void) {
  page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return 2;
  write_to('a');
  if (mprotect((void *)page, 4096, PROT_READ) != 0) return 2;
  write_to('b');
  printf("a read-only page was written: it has %c\n", *page);
  return 1;
}
