/* errno, and the one place where a raw result becomes -1 and errno. */
#include "call.h"

#include <errno.h>

static int error_number;

int *__errno_location(void) { return &error_number; }

long __libc_result(long raw) {
  if (raw < 0 && raw >= -4095) { /* the kernel's errors; a larger magnitude is an address or an offset */
    error_number = (int)-raw;
    return -1;
  }
  return raw;
}
