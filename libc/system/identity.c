/* System calls about who a process is: groups of processes, sessions, users. */
#include "call.h"

#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

pid_t getpgid(pid_t pid) { return (pid_t)__libc_result(call1(SYS_getpgid, pid)); }
pid_t getpgrp(void) { return getpgid(0); }
int setpgid(pid_t pid, pid_t group) { return (int)__libc_result(call2(SYS_setpgid, pid, group)); }
int setpgrp(void) { return setpgid(0, 0); }
pid_t getsid(pid_t pid) { return (pid_t)__libc_result(call1(SYS_getsid, pid)); }
pid_t setsid(void) { return (pid_t)__libc_result(call0(SYS_setsid)); }

pid_t tcgetpgrp(int fd) {
  pid_t group;
  return ioctl(fd, TIOCGPGRP, &group) < 0 ? -1 : group;
}

int tcsetpgrp(int fd, pid_t group) { return ioctl(fd, TIOCSPGRP, &group); }

uid_t getuid(void) { return (uid_t)call0(SYS_getuid); }
uid_t geteuid(void) { return (uid_t)call0(SYS_geteuid); }
gid_t getgid(void) { return (gid_t)call0(SYS_getgid); }
gid_t getegid(void) { return (gid_t)call0(SYS_getegid); }

int setuid(uid_t uid) { return (int)__libc_result(call1(SYS_setuid, uid)); }
int setgid(gid_t gid) { return (int)__libc_result(call1(SYS_setgid, gid)); }
int seteuid(uid_t uid) { return setresuid((uid_t)-1, uid, (uid_t)-1); }
int setegid(gid_t gid) { return setresgid((gid_t)-1, gid, (gid_t)-1); }
int setreuid(uid_t real, uid_t effective) { return (int)__libc_result(call2(SYS_setreuid, real, effective)); }
int setregid(gid_t real, gid_t effective) { return (int)__libc_result(call2(SYS_setregid, real, effective)); }

int setresuid(uid_t real, uid_t effective, uid_t saved) { return (int)__libc_result(call3(SYS_setresuid, real, effective, saved)); }

int setresgid(gid_t real, gid_t effective, gid_t saved) { return (int)__libc_result(call3(SYS_setresgid, real, effective, saved)); }

int getresuid(uid_t *real, uid_t *effective, uid_t *saved) {
  return (int)__libc_result(call3(SYS_getresuid, (long)real, (long)effective, (long)saved));
}

int getresgid(gid_t *real, gid_t *effective, gid_t *saved) {
  return (int)__libc_result(call3(SYS_getresgid, (long)real, (long)effective, (long)saved));
}

int getgroups(int count, gid_t *groups) { return (int)__libc_result(call2(SYS_getgroups, count, (long)groups)); }
int setgroups(size_t count, const gid_t *groups) { return (int)__libc_result(call2(SYS_setgroups, (long)count, (long)groups)); }
