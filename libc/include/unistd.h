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

/* access */
#define F_OK 0
#define X_OK 1
#define W_OK 2
#define R_OK 4

#define _SC_ARG_MAX 0
#define _SC_CHILD_MAX 1
#define _SC_CLK_TCK 2
#define _SC_NGROUPS_MAX 3
#define _SC_OPEN_MAX 4
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

/* Groups of processes, sessions, the terminal's foreground group */
pid_t getpgrp(void);
pid_t getpgid(pid_t pid);
int setpgid(pid_t pid, pid_t group);
int setpgrp(void);
pid_t getsid(pid_t pid);
pid_t setsid(void);
pid_t tcgetpgrp(int fd);
int tcsetpgrp(int fd, pid_t group);

/* Users and groups. (uid_t)-1 in setre… and setres… leaves that one as it is. */
uid_t getuid(void);
uid_t geteuid(void);
gid_t getgid(void);
gid_t getegid(void);
int setuid(uid_t uid);
int setgid(gid_t gid);
int seteuid(uid_t uid);
int setegid(gid_t gid);
int setreuid(uid_t real, uid_t effective);
int setregid(gid_t real, gid_t effective);
int setresuid(uid_t real, uid_t effective, uid_t saved);
int setresgid(gid_t real, gid_t effective, gid_t saved);
int getresuid(uid_t *real, uid_t *effective, uid_t *saved);
int getresgid(gid_t *real, gid_t *effective, gid_t *saved);
int getgroups(int count, gid_t *groups);
int setgroups(size_t count, const gid_t *groups);

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
ssize_t pread(int fd, void *to, size_t size, off_t offset);
ssize_t pwrite(int fd, const void *from, size_t size, off_t offset);
off_t lseek(int fd, off_t offset, int whence);
int close(int fd);
int dup(int fd);
int dup2(int from, int to);
int dup3(int from, int to, int flags);
int pipe(int ends[2]);
int pipe2(int ends[2], int flags);
int ftruncate(int fd, off_t size);
int fsync(int fd);
int fdatasync(int fd);
int isatty(int fd);
char *ttyname(int fd);
int ttyname_r(int fd, char *name, size_t size); /* returns an error number */

/* Paths */
int access(const char *path, int mode);
int faccessat(int directory, const char *path, int mode, int flags);
int truncate(const char *path, off_t size);
int link(const char *from, const char *to);
int linkat(int from_directory, const char *from, int to_directory, const char *to, int flags);
int symlink(const char *target, const char *path);
int symlinkat(const char *target, int directory, const char *path);
ssize_t readlink(const char *__restrict path, char *__restrict to, size_t size);
ssize_t readlinkat(int directory, const char *__restrict path, char *__restrict to, size_t size);
int unlink(const char *path);
int unlinkat(int directory, const char *path, int flags);
int rmdir(const char *path);
int chown(const char *path, uid_t uid, gid_t gid);
int lchown(const char *path, uid_t uid, gid_t gid);
int fchown(int fd, uid_t uid, gid_t gid);
int fchownat(int directory, const char *path, uid_t uid, gid_t gid, int flags);
int chdir(const char *path);
int fchdir(int fd);
char *getcwd(char *to, size_t size); /* to NULL: memory from malloc */
void sync(void);
int gethostname(char *name, size_t size);

/* Memory */
int brk(void *end);
void *sbrk(__INTPTR_TYPE__ increment);
int getpagesize(void);
long sysconf(int name);

/* Time */
unsigned sleep(unsigned seconds);
int usleep(useconds_t microseconds);
unsigned alarm(unsigned seconds);
int pause(void);

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
