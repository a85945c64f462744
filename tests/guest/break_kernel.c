/* Breaks a kernel that lets itself be broken (tests/planted/panics.cc): break_kernel HOW ADDRESS. ADDRESS is a number, or `own`: a page of
 * this program's. Does nothing to any other kernel. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "raw.h"

enum { kBreakKernel = 1009 };

static const char *const ways[] = {"read", "write", "execute", "lose-stack", "overflow", "break-rule", "interrupt", "lose-process"};

static __attribute__((noinline)) long break_it(unsigned long how, unsigned long address) { return raw(kBreakKernel, how, address); }

int main(int argc, char *argv[]) {
  static char page[4096] = {1};

  for (unsigned long how = 0; argc == 3 && how < sizeof ways / sizeof ways[0]; how++) {
    if (strcmp(argv[1], ways[how]) != 0) continue;
    const unsigned long address = strcmp(argv[2], "own") == 0 ? (unsigned long)page : strtoul(argv[2], NULL, 0);
    printf("the kernel lives: %ld\n", break_it(how, address));
    return 0;
  }
  fprintf(stderr, "usage: break_kernel HOW ADDRESS\n");
  return 2;
}
