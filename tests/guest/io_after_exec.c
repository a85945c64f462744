/* io_after_exec [FD]: reads an I/O port; with FD, a right to it, after asking for it. Another program executes it (msg_rights.c): without
 * the right, or before it has asked, it ends by SIGSEGV. */
#include <kine.h>
#include <stdlib.h>

int main(int argc, char *argv[]) {
  enum { kScratch = 0x2ff };
  unsigned char value;

  if (argc > 1 && kine_io(atoi(argv[1])) != 0) return 1;
  __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"((unsigned short)kScratch));
  return 0;
}
