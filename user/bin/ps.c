/* ps: all processes, and how the pages and page tables of each are used.
 *
 *   PRIVATE  pages that only this process maps       OWNPT  page tables of its own       COPIED  pages copied for it
 *   COW      pages shared copy-on-write              SHRPT  … that others use, too       ZEROED  pages given it empty
 *   SHARED   pages mapped MAP_SHARED                 FAULTS page faults                  REUSED  taken back without a copy
 *
 * PROMISED: pages that are mapped and have no frame yet. */
#include <stdio.h>

#include "proc.h"

static void print_number(long number, int width) {
  if (number == kAbsent) {
    printf(" %*s", width, "-");
  } else {
    printf(" %*ld", width, number);
  }
}

int main(void) {
  static const struct {
    const char *title;
    int number, width;
  } columns[] = {{"PRIVATE", kPrivate, 7},    {"COW", kCow, 6},           {"SHARED", kShared, 6}, {"OWNPT", kOwnTables, 5},
                 {"SHRPT", kSharedTables, 5}, {"PROMISED", kPromised, 9}, {"FAULTS", kFaults, 7}, {"COPIED", kCopied, 6},
                 {"ZEROED", kZeroed, 6},      {"REUSED", kReused, 6}};
  enum { kColumns = sizeof columns / sizeof columns[0] };
  size_t count;
  struct proc *list = proc_all(&count);

  if (list == NULL) {
    perror("ps: /proc");
    return 1;
  }
  printf("%5s %5s %5s S", "PID", "PPID", "UID");
  for (int c = 0; c < kColumns; c++) printf(" %*s", columns[c].width, columns[c].title);
  printf(" NAME\n");
  for (size_t i = 0; i < count; i++) {
    printf("%5d %5d %5d %c", list[i].pid, list[i].parent, list[i].uid, list[i].state);
    for (int c = 0; c < kColumns; c++) print_number(list[i].numbers[columns[c].number], columns[c].width);
    printf(" %s\n", list[i].name);
  }
  free(list);
  if (fflush(stdout) == 0) return 0;
  perror("ps");
  return 1;
}
