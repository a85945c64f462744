/* Not a test but what a test executes: checks that its own memory is as the file says, fresh at each start, whatever an earlier run of
 * the same file wrote; then writes all over it, and executes itself again as often as its first argument says. Ends with 0, or with the
 * number of the first check that failed. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static unsigned char data[5000] = {1, 2, 3, [4999] = 9}; /* ends inside a page, where the bss begins */
static unsigned char first_bss[3];
static unsigned char bss[20000];
static const char constant[] = "constant";
static char pointed_to[] = "text";
static char *pointer = pointed_to;

extern unsigned char edata[], end[];

static int is_zero(const unsigned char *from, const unsigned char *to) {
  for (; from < to; from++)
    if (*from != 0) return 0;
  return 1;
}

/* What was on the stack below this program's first frame, and never used by it. */
static int stack_is_fresh(void) {
  const unsigned char *low = (const unsigned char *)((uintptr_t)__builtin_frame_address(0) & -4096UL) - 100 * 4096;
  return is_zero(low, low + 4096);
}

int main(int argc, char *argv[]) {
  int rounds = argc > 1 ? atoi(argv[1]) : 0;
  const unsigned char *page_end = (const unsigned char *)(((uintptr_t)end + 4095) & -4096UL);

  if (data[0] != 1 || data[1] != 2 || data[2] != 3 || data[4999] != 9 || !is_zero(data + 3, data + 4999)) return 1;
  if (!is_zero(first_bss, first_bss + sizeof first_bss)) return 2;
  if (!is_zero(bss, bss + sizeof bss)) return 3;
  if (!is_zero(end, page_end)) return 4; /* and what follows the bss in its last page */
  if (strcmp(constant, "constant") != 0 || pointer != pointed_to || strcmp(pointer, "text") != 0) return 5;
  if (!stack_is_fresh()) return 6;
  unsigned char *page = malloc(100000);
  if (page == NULL || !is_zero(page + 50000, page + 99000)) return 7;

  memset(data, 0xaa, sizeof data);
  memset(first_bss, 0xbb, sizeof first_bss);
  memset(bss, 0xcc, sizeof bss);
  memset((unsigned char *)(uintptr_t)end, 0xdd, (size_t)(page_end - end));
  memset(page, 0xee, 100000);
  pointed_to[0] = 'T';
  if (rounds == 0) return 0;
  char count[16], *arguments[] = {argv[0], count, NULL};
  snprintf(count, sizeof count, "%d", rounds - 1);
  execv(argv[0], arguments);
  return 8;
}
