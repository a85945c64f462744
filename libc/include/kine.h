/* Kine's own system calls. Each returns 0, or -1 with errno set; on Linux errno is ENOSYS. */
#ifndef _KINE_H
#define _KINE_H

#include <kine_abi.h>

#ifdef __cplusplus
extern "C" {
#endif

int kine_statistics(struct kine_statistics *out);
int kine_page(const void *address, struct kine_page *out);
int kine_audit(void);

#ifdef __cplusplus
}
#endif
#endif
