/* Writes a byte, then copies one from descriptor 0 to descriptor 1, and ends with 0. */
#include <unistd.h>

int main(void) {
  char byte = 'R';

  if (write(1, &byte, 1) != 1 || read(0, &byte, 1) != 1) return 1;
  return write(1, &byte, 1) != 1;
}
