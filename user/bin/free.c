/* free: the machine's memory, and whose it is: for each process its private, copy-on-write and shared pages, and its page tables, in KiB.
 *
 * A page that several processes map counts for each of them, so the columns "cow" and "shared" add up to more than is used: that is what
 * sharing saves. */
#include <stdio.h>

#include "proc.h"

enum { kPageKiB = 4 };

static void print_row(const char *name, const long numbers[kNumbers], int pid) {
  static const int columns[] = {kPrivate, kCow, kShared, kOwnTables, kSharedTables};

  printf(pid > 0 ? "%5d" : "%5.0d", pid);
  for (unsigned i = 0; i < sizeof columns / sizeof columns[0]; i++) printf(" %10ld", numbers[columns[i]] * kPageKiB);
  printf("  %s\n", name);
}

int main(void) {
  long total = proc_value("/proc/meminfo", "MemTotal"), unused = proc_value("/proc/meminfo", "MemFree"), sums[kNumbers] = {0};
  size_t count;
  bool known = false;
  struct proc *list = proc_all(&count);

  if (total == kAbsent || unused == kAbsent || list == NULL) {
    perror("free: /proc");
    return 1;
  }
  printf("%12s %10s %10s\n%12ld %10ld %10ld  KiB\n%12ld %10ld %10ld  frames\n\n", "total", "used", "free", total, total - unused, unused,
         total / kPageKiB, (total - unused) / kPageKiB, unused / kPageKiB);
  for (size_t i = 0; i < count; i++) known = known || list[i].numbers[kPrivate] != kAbsent;
  if (known) printf("  PID %10s %10s %10s %10s %10s  KiB\n", "private", "cow", "shared", "own tables", "shr tables");
  for (size_t i = 0; i < count; i++) {
    if (list[i].numbers[kPrivate] == kAbsent) continue; /* it has just ended (or this is not Kine) */
    print_row(list[i].name, list[i].numbers, list[i].pid);
    for (int n = 0; n < kNumbers; n++) sums[n] += list[i].numbers[n] > 0 ? list[i].numbers[n] : 0;
  }
  if (known) print_row("all", sums, 0);
  free(list);
  if (fflush(stdout) == 0) return 0;
  perror("free");
  return 1;
}
