/* Makes one system call: call_kernel NUMBER ARGUMENT ARGUMENT. For calls that only a kernel with a mistake in it has
 * (tests/planted/undefined.cc); any other says ENOSYS, -38. */
#include <stdio.h>
#include <stdlib.h>

#include "raw.h"

int main(int argc, char *argv[]) {
  if (argc != 4) {
    fprintf(stderr, "usage: call_kernel NUMBER ARGUMENT ARGUMENT\n");
    return 2;
  }
  printf("%ld\n", raw(strtoul(argv[1], NULL, 0), strtoul(argv[2], NULL, 0), strtoul(argv[3], NULL, 0)));
  return 0;
}
