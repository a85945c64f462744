#ifndef _UNISTD_H
#define _UNISTD_H

#include <stddef.h>
#include <sys/types.h>

#define STDIN_FILENO 0
#define STDOUT_FILENO 1
#define STDERR_FILENO 2

#ifndef SEEK_SET
#define SEEK_SET 0
#define SEEK_CUR 1
#define SEEK_END 2
#endif

#define _SC_ARG_MAX 0
#define _SC_CLK_TCK 2
#define _SC_PAGESIZE 30
#define _SC_PAGE_SIZE 30

#ifdef __cplusplus
extern "C" {
#endif

extern char **environ;

/* Processes */
pid_t fork(void);
pid_t vfork(void) __attribute__((returns_twice));
void _exit(int status) __attribute__((noreturn));
pid_t getpid(void);
pid_t getppid(void);
pid_t gettid(void);

/* Of the thread; codes in <asm/prctl.h>. (Linux's own C libraries have these calls, but do not declare them.) */
int arch_prctl(int code, unsigned long address);
int set_tid_address(int *address);

/* Another program in this process: l takes a list, v an array; p searches PATH; e takes an environment. */
int execve(const char *path, char *const argv[], char *const envp[]);
int execv(const char *path, char *const argv[]);
int execvp(const char *file, char *const argv[]);
int execvpe(const char *file, char *const argv[], char *const envp[]);
int execl(const char *path, const char *argument, ...) __attribute__((sentinel));
int execlp(const char *file, const char *argument, ...) __attribute__((sentinel));
int execle(const char *path, const char *argument, ...) __attribute__((sentinel(1)));

/* Descriptors */
ssize_t read(int fd, void *to, size_t size);
ssize_t write(int fd, const void *from, size_t size);
off_t lseek(int fd, off_t offset, int whence);
int close(int fd);
int dup(int fd);
int dup2(int from, int to);
int pipe(int ends[2]);
int pipe2(int ends[2], int flags);
int isatty(int fd);

/* Memory */
int brk(void *end);
void *sbrk(__INTPTR_TYPE__ increment);
int getpagesize(void);
long sysconf(int name);

/* Time */
unsigned sleep(unsigned seconds);
int usleep(useconds_t microseconds);

/* Any system call: number and arguments as in <sys/syscall.h>; -1 and errno on failure. */
long syscall(long number, ...);

/* Command line. opterr, optopt, optind and optarg as POSIX has them. */
extern char *optarg;
extern int optind, opterr, optopt;
int getopt(int argc, char *const argv[], const char *options);

#ifdef __cplusplus
}
#endif
#endif
