/* For posix_spawn (not installed for programs): the signals that ever had a handler in this process. */
#ifndef LIBC_SYSTEM_SIGNAL_H
#define LIBC_SYSTEM_SIGNAL_H

#include <sys/types.h>

extern sigset_t __libc_handled;

#endif
