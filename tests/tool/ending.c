/* ending exit N | segv | ill | loop: ends in the way that is asked for, or not at all. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char *argv[]) {
  if (argc == 3 && strcmp(argv[1], "exit") == 0) return atoi(argv[2]);
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
