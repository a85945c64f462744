/* System calls about limits and use: of a process, of the machine; and random bytes. */
#include "call.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/times.h>
#include <sys/utsname.h>
#include <unistd.h>

int prlimit(pid_t pid, int resource, const struct rlimit *limit, struct rlimit *old) {
  return (int)__libc_result(call4(SYS_prlimit64, pid, resource, (long)limit, (long)old));
}

int getrlimit(int resource, struct rlimit *limit) { return prlimit(0, resource, NULL, limit); }
int setrlimit(int resource, const struct rlimit *limit) { return prlimit(0, resource, limit, NULL); }
int getrusage(int who, struct rusage *usage) { return (int)__libc_result(call2(SYS_getrusage, who, (long)usage)); }

long sysconf(int name) {
  struct rlimit limit;
  switch (name) {
    case _SC_PAGESIZE: return 4096;
    case _SC_CLK_TCK: return 100;
    case _SC_ARG_MAX: return 131072;
    case _SC_NGROUPS_MAX: return 65536;
    case _SC_CHILD_MAX:
    case _SC_OPEN_MAX:
      if (getrlimit(name == _SC_OPEN_MAX ? RLIMIT_NOFILE : RLIMIT_NPROC, &limit) < 0) return -1;
      return limit.rlim_cur == RLIM_INFINITY ? -1 : (long)limit.rlim_cur; /* no limit is no error: errno stays */
  }
  errno = EINVAL;
  return -1;
}

clock_t times(struct tms *used) { return __libc_result(call1(SYS_times, (long)used)); }
int sysinfo(struct sysinfo *out) { return (int)__libc_result(call1(SYS_sysinfo, (long)out)); }
int uname(struct utsname *name) { return (int)__libc_result(call1(SYS_uname, (long)name)); }

int gethostname(char *name, size_t size) {
  struct utsname system;
  if (uname(&system) < 0) return -1;
  size_t length = strlen(system.nodename) + 1;
  memcpy(name, system.nodename, length < size ? length : size);
  if (length <= size) return 0;
  errno = ENAMETOOLONG;
  return -1;
}

ssize_t getrandom(void *to, size_t size, unsigned flags) { return __libc_result(call3(SYS_getrandom, (long)to, (long)size, flags)); }
