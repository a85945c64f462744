#ifndef _SYS_RANDOM_H
#define _SYS_RANDOM_H

#include <sys/types.h>

#define GRND_NONBLOCK 1
#define GRND_RANDOM 2

#ifdef __cplusplus
extern "C" {
#endif

ssize_t getrandom(void *to, size_t size, unsigned flags);

#ifdef __cplusplus
}
#endif
#endif
