#ifndef _SYS_WAIT_H
#define _SYS_WAIT_H

#include <signal.h>
#include <sys/resource.h>
#include <sys/types.h>

#define WNOHANG 1
#define WUNTRACED 2
#define WCONTINUED 8

/* Status: bits 0-6 the signal that killed (0: it exited, 0x7f: it stopped), bit 7 core dumped, bits 8-15 exit status. */
#define WTERMSIG(status) ((status)&0x7f)
#define WEXITSTATUS(status) (((status) >> 8) & 0xff)
#define WSTOPSIG(status) WEXITSTATUS(status)
#define WIFEXITED(status) (WTERMSIG(status) == 0)
#define WIFSTOPPED(status) (((status)&0xff) == 0x7f)
#define WIFSIGNALED(status) (WTERMSIG(status) != 0 && WTERMSIG(status) != 0x7f)
#define WIFCONTINUED(status) ((status) == 0xffff)
#define WCOREDUMP(status) ((status)&0x80)
#define W_EXITCODE(status, signal) ((status) << 8 | (signal))
#define W_STOPCODE(signal) ((signal) << 8 | 0x7f)

#ifdef __cplusplus
extern "C" {
#endif

pid_t wait(int *status);
pid_t waitpid(pid_t pid, int *status, int options);
pid_t wait3(int *status, int options, struct rusage *usage);
pid_t wait4(pid_t pid, int *status, int options, struct rusage *usage);

#ifdef __cplusplus
}
#endif
#endif
