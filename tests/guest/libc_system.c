/* Users, limits, terminals, random bytes, commands of the shell: checks itself, and prints the same with any correct C library. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysinfo.h>
#include <sys/sysmacros.h>
#include <sys/times.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "self_check.h"

#define FAILS(call, error) (errno = 0, (call) == -1 && errno == (error))

static void users(void) {
  uid_t uid[3];
  gid_t gid[3], groups[NGROUPS_MAX > 1000 ? 1000 : NGROUPS_MAX];
  CHECK(getresuid(&uid[0], &uid[1], &uid[2]) == 0 && uid[0] == getuid() && uid[1] == geteuid());
  CHECK(getresgid(&gid[0], &gid[1], &gid[2]) == 0 && gid[0] == getgid() && gid[1] == getegid());
  int count = getgroups(0, NULL);
  CHECK(count >= 0 && getgroups(1000, groups) == count);
  CHECK(setuid(getuid()) == 0 && setgid(getgid()) == 0 && seteuid(geteuid()) == 0 && setegid(getegid()) == 0);
  pid_t pid = fork();
  if (pid == 0) { /* only root may become somebody else, and then no longer */
    if (getuid() == 0) {
      const gid_t one[1] = {12};
      if (setgroups(1, one) < 0 || getgroups(1000, groups) != 1 || groups[0] != 12) _exit(1);
      if (setresgid(5, 6, 7) < 0 || setresuid(1000, 1001, 1002) < 0) _exit(2);
      if (getuid() != 1000 || geteuid() != 1001 || getgid() != 5 || getegid() != 6) _exit(3);
      if (seteuid(1002) < 0 || geteuid() != 1002 || setreuid(1002, (uid_t)-1) < 0 || getuid() != 1002) _exit(4);
    }
    _exit(FAILS(setuid(4242), EPERM) && FAILS(setgid(4242), EPERM) && FAILS(setgroups(0, NULL), EPERM) ? 0 : 5);
  }
  int status;
  CHECK(waitpid(pid, &status, 0) == pid && status == 0);
}

static void limits(void) {
  struct rlimit limit, old, now;
  struct rusage usage;
  struct tms used;
  struct sysinfo machine;
  CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur > 30 && sysconf(_SC_OPEN_MAX) == (long)limit.rlim_cur);
  now = limit;
  now.rlim_cur = 20;
  CHECK(prlimit(0, RLIMIT_NOFILE, &now, &old) == 0 && old.rlim_cur == limit.rlim_cur && sysconf(_SC_OPEN_MAX) == 20);
  CHECK(dup2(1, 19) == 19 && FAILS(dup2(1, 20), EBADF) && close(19) == 0 && FAILS(fcntl(1, F_DUPFD, 20), EINVAL));
  CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0 && FAILS(getrlimit(99, &limit), EINVAL));
  CHECK(sysconf(_SC_PAGESIZE) == 4096 && sysconf(_SC_CLK_TCK) == 100 && FAILS(sysconf(12345), EINVAL));
  CHECK(getrusage(RUSAGE_SELF, &usage) == 0 && usage.ru_utime.tv_usec < 1000000 && FAILS(getrusage(99, &usage), EINVAL));
  CHECK(times(&used) >= 0 && used.tms_utime >= 0 && used.tms_cstime >= 0);
  CHECK(sysinfo(&machine) == 0 && machine.totalram > machine.freeram && machine.freeram > 0 && machine.mem_unit > 0 && machine.procs > 0);
  char a[65] = "", b[65] = "", name[65];
  CHECK(getrandom(a, 64, 0) == 64 && getrandom(b, 64, GRND_NONBLOCK) == 64 && memcmp(a, b, 64) != 0);
  CHECK(gethostname(name, sizeof name) == 0 && strlen(name) > 0 && FAILS(gethostname(name, 1), ENAMETOOLONG));
  struct timespec resolution;
  CHECK(clock_getres(CLOCK_MONOTONIC, &resolution) == 0 && resolution.tv_sec == 0 && resolution.tv_nsec >= 1);
  const struct timespec soon = {.tv_nsec = 1000000}, wrong = {.tv_nsec = -1};
  CHECK(clock_nanosleep(CLOCK_MONOTONIC, 0, &soon, NULL) == 0 && clock_nanosleep(CLOCK_MONOTONIC, 0, &wrong, NULL) == EINVAL);
  CHECK(major(makedev(5, 259)) == 5 && minor(makedev(5, 259)) == 259 && makedev(5, 1) == 0x501);
  CHECK(major(makedev(0x12345, 0x6789a)) == 0x12345 && minor(makedev(0x12345, 0x6789a)) == 0x6789a);
  char *memory = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  memory[0] = memory[4096] = 1;
  CHECK(madvise(memory, 4096, MADV_DONTNEED) == 0 && memory[0] == 0 && memory[4096] == 1 &&
        FAILS(madvise(memory + 1, 1, MADV_DONTNEED), EINVAL));
  CHECK(msync(memory, 4096, MS_SYNC) == 0 && FAILS(msync(memory, 4096, MS_SYNC | MS_ASYNC), EINVAL) && munmap(memory, 8192) == 0);
  struct statfs system;
  CHECK(statfs("/", &system) == 0 && system.f_bsize > 0 && system.f_namelen == NAME_MAX && FAILS(statfs("/nothing/x", &system), ENOENT));
}

static void terminals(void) {
  struct termios settings;
  struct winsize size;
  int ends[2];
  CHECK(pipe(ends) == 0 && !isatty(ends[0]) && FAILS(tcgetattr(ends[0], &settings), ENOTTY) && FAILS(tcgetpgrp(ends[0]), ENOTTY));
  CHECK(FAILS(ioctl(ends[0], TIOCGWINSZ, &size), ENOTTY) && FAILS(tcgetattr(-1, &settings), EBADF) && ttyname(ends[0]) == NULL);
  int waiting = -1;
  CHECK(write(ends[1], "four", 4) == 4 && ioctl(ends[0], FIONREAD, &waiting) == 0 && waiting == 4);
  close(ends[0]), close(ends[1]);
  memset(&settings, 0xff, sizeof settings);
  cfmakeraw(&settings);
  CHECK(!(settings.c_lflag & (ICANON | ECHO | ISIG | IEXTEN)) && settings.c_lflag & TOSTOP && !(settings.c_iflag & (ICRNL | IXON)));
  CHECK(!(settings.c_oflag & OPOST) && (settings.c_cflag & (CSIZE | PARENB)) == CS8 && settings.c_cc[VMIN] == 1 &&
        settings.c_cc[VTIME] == 0);
  CHECK(cfsetospeed(&settings, B115200) == 0 && cfgetospeed(&settings) == B115200 && FAILS(tcsetattr(0, 99, &settings), EINVAL));
}

static void commands(void) {
  char line[100] = "";
  int status = system("exit 7");
  CHECK(system(NULL) != 0 && WIFEXITED(status) && WEXITSTATUS(status) == 7);
  CHECK(system("kill -TERM $$") == SIGTERM && system("echo from system") == 0);
  FILE *file = popen("echo one; echo two", "r");
  CHECK(file && fgets(line, sizeof line, file) && strcmp(line, "one\n") == 0 && fgets(line, sizeof line, file) &&
        strcmp(line, "two\n") == 0);
  CHECK(fgets(line, sizeof line, file) == NULL && pclose(file) == 0);
  file = popen("read a b; echo \"$b-$a\"; exit 3", "w");
  CHECK(file && fputs("left right\n", file) >= 0);
  status = pclose(file);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 3);
  errno = 0;
  CHECK(popen("true", "q") == NULL && errno == EINVAL);
}

int main(void) {
  users();
  limits();
  terminals();
  commands();
  printf("%d checks, %d failed\n", checks, failures);
  return failures != 0;
}
