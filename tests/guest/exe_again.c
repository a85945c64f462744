/* exe_again N [unlink]: executes /proc/self/exe with N - 1, and ends with 42 at 0. With `unlink` its own name goes first. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char *argv[]) {
  char count[12];
  int left = argc > 1 ? atoi(argv[1]) : 0;

  if (left == 0) return 42;
  if (argc > 2 && unlink(argv[0]) < 0) return 1;
  snprintf(count, sizeof count, "%d", left - 1);
  execl("/proc/self/exe", argv[0], count, (char *)NULL);
  return 2;
}
