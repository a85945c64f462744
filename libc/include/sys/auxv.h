#ifndef _SYS_AUXV_H
#define _SYS_AUXV_H

#include <elf.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Entry of the auxiliary vector that the kernel passed, or 0 with errno ENOENT. */
unsigned long getauxval(unsigned long type);

#ifdef __cplusplus
}
#endif
#endif
