/* Kine's own system calls. */
#include "call.h"

#include <kine.h>

int kine_statistics(struct kine_statistics *out) { return (int)__libc_result(call1(KINE_STATISTICS, (long)out)); }
int kine_page(const void *address, struct kine_page *out) { return (int)__libc_result(call2(KINE_PAGE, (long)address, (long)out)); }
int kine_audit(void) { return (int)__libc_result(call0(KINE_AUDIT)); }
