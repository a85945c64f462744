/* ending exit N | mutter N | segv | ill | loop: ends in the way that is asked for, or not at all. Before `mutter` does, it leaves a line
 * on the debug console unfinished. */
#include <kine.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char *argv[]) {
  if (argc == 3 && strcmp(argv[1], "exit") == 0) return atoi(argv[2]);
  if (argc == 3 && strcmp(argv[1], "mutter") == 0) {
    const int log = kine_cut(KINE_MACHINE_FD, KINE_RIGHT_IO, 0xe9, 1);
    if (log < 0 || kine_io(log) != 0) return 1;
    for (const char *at = "half a li"; *at != '\0'; at++) __asm__ volatile("outb %0, %1" : : "a"(*at), "Nd"((unsigned short)0xe9));
    return atoi(argv[2]);
  }
  if (argc != 2) return 2;
  if (strcmp(argv[1], "segv") == 0) {
    volatile char *volatile nowhere = (char *)8; /* volatile twice: the compiler shall not see where it points */
    *nowhere = 1;
  }
  if (strcmp(argv[1], "ill") == 0) __asm__ volatile("ud2");
  if (strcmp(argv[1], "loop") == 0) {
    if (write(1, "looping\n", 8) != 8) return 1;
    for (volatile int forever = 1; forever;) {
    }
  }
  return 2;
}
