/* Reads the I/O port whose number is the argument: what only a process with a right to it survives. */
#include <stdlib.h>

int main(int argc, char *argv[]) {
  unsigned char value;

  if (argc != 2) return 2;
  __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"((unsigned short)atoi(argv[1])));
  return 0;
}
