/* prlimit64, getrusage, times, sysinfo, getrandom: what is told, and that limits limit. */
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/times.h>

#include "bad.h"
#include "signals.h"

static long get_limit(int which, struct rlimit *limit) { return raw(SYS_prlimit64, 0, which, NULL, limit); }
static long set_limit(int which, const struct rlimit *limit) { return raw(SYS_prlimit64, 0, which, limit, NULL); }

TEST(limits_are_told, "each limit has a current value not above its maximum, by pid or 0 for one's own") {
  struct rlimit a, b;

  for (int which = 0; which < RLIM_NLIMITS; which++) {
    CHECK_EQ(raw(SYS_prlimit64, getpid(), which, NULL, &a), 0);
    CHECK_EQ(get_limit(which, &b), 0);
    CHECK(a.rlim_cur == b.rlim_cur && a.rlim_max == b.rlim_max);
    CHECK(a.rlim_cur <= a.rlim_max);
  }
  CHECK_EQ(raw(SYS_prlimit64, 0, RLIM_NLIMITS, NULL, &a), -EINVAL);
  CHECK_EQ(raw(SYS_prlimit64, 0, -1, NULL, &a), -EINVAL);
  CHECK_EQ(raw(SYS_prlimit64, INT32_MAX, 0, NULL, &a), -ESRCH);
  CHECK_EFAULT(16, kForWriting | kOrNull, raw(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, p));
  CHECK_EFAULT(16, kForReading | kOrNull, raw(SYS_prlimit64, 0, RLIMIT_NOFILE, p, NULL));
}

TEST(fixed_limits, "on Kine limits are what they are: setting the same ones is no error, others EPERM") {
  struct rlimit limit;

  if (!on_kine()) return;
  for (int which = 0; which < RLIM_NLIMITS; which++) {
    get_limit(which, &limit);
    CHECK_EQ(set_limit(which, &limit), 0);
    limit.rlim_cur ^= 1, limit.rlim_max |= 1;
    CHECK_EQ(set_limit(which, &limit), -EPERM);
  }
  get_limit(RLIMIT_NOFILE, &limit);
  long last = 0, next;
  while ((next = raw(NR_dup, 1)) >= 0) last = next;
  CHECK_EQ(next, -EMFILE);
  CHECK(last < (long)limit.rlim_cur);
  CHECK_EQ(raw(NR_dup2, 1, limit.rlim_cur), -EBADF);
  CHECK_EQ(raw(SYS_fcntl, 1, F_DUPFD, limit.rlim_cur), -EINVAL);
  CHECK_EQ(raw(SYS_openat, AT_FDCWD, "/dev/null", O_RDONLY), -EMFILE);
  CHECK_EQ(raw(SYS_close, 9), 0);
  CHECK_EQ(raw(SYS_openat, AT_FDCWD, "/dev/null", O_RDONLY), 9);
}

TEST(descriptors, "RLIMIT_NOFILE: no number at or above it, EMFILE when all below are taken; what is open above stays") {
  struct rlimit old, few;

  if (on_kine()) return; /* fixed_limits */
  get_limit(RLIMIT_NOFILE, &old);
  CHECK_EQ(raw(NR_dup2, 1, 20), 20);
  few = (struct rlimit){10, old.rlim_max};
  CHECK_EQ(set_limit(RLIMIT_NOFILE, &few), 0);
  long last = 0, next;
  while ((next = raw(NR_dup, 1)) >= 0) last = next;
  CHECK_EQ(next, -EMFILE);
  CHECK_EQ(last, 9);
  CHECK_EQ(raw(NR_dup2, 1, 10), -EBADF);
  CHECK_EQ(raw(SYS_fcntl, 1, F_DUPFD, 10), -EINVAL);
  CHECK_EQ(raw(SYS_write, 20, "", 0), 0);
  CHECK_EQ(raw(SYS_openat, AT_FDCWD, "/dev/null", O_RDONLY), -EMFILE);
  CHECK_EQ(raw(SYS_close, 9), 0);
  CHECK_EQ(raw(SYS_openat, AT_FDCWD, "/dev/null", O_RDONLY), 9);
  CHECK_ENDS(0, struct rlimit seen; get_limit(RLIMIT_NOFILE, &seen); _exit(seen.rlim_cur != 10)); /* inherited */
}

TEST(fcntl_dup, "F_DUPFD answers the lowest free number from a given one on, with or without FD_CLOEXEC") {
  for (int fd = 3; fd < 60; fd++) raw(SYS_close, fd);
  CHECK_EQ(raw(SYS_fcntl, 1, F_DUPFD, 40), 40);
  CHECK_EQ(raw(SYS_fcntl, 1, F_DUPFD, 40), 41);
  CHECK_EQ(raw(SYS_fcntl, 1, F_DUPFD_CLOEXEC, 0), 3);
  CHECK_EQ(raw(SYS_fcntl, 3, F_GETFD), FD_CLOEXEC);
  CHECK_EQ(raw(SYS_fcntl, 40, F_GETFD), 0);
  CHECK_EQ(raw(SYS_fcntl, 40, F_SETFD, FD_CLOEXEC), 0);
  CHECK_EQ(raw(SYS_fcntl, 40, F_GETFD), FD_CLOEXEC);
  CHECK_EQ(raw(SYS_fcntl, 40, F_SETFD, 0), 0);
  CHECK_EQ(raw(SYS_fcntl, 40, F_GETFD), 0);
  CHECK_EQ(raw(SYS_fcntl, 1, F_DUPFD, -1), -EINVAL);
  CHECK_EQ(raw(SYS_fcntl, 1, F_DUPFD, 100000000), -EINVAL);
  CHECK_EQ(raw(SYS_fcntl, 55, F_DUPFD, 0), -EBADF);
  CHECK_EQ(raw(SYS_fcntl, 55, F_GETFD), -EBADF);
  CHECK_EQ(raw(SYS_fcntl, 1, 12345, 0), -EINVAL);
  CHECK_EQ(raw(SYS_dup3, 1, 50, O_CLOEXEC), 50);
  CHECK_EQ(raw(SYS_fcntl, 50, F_GETFD), FD_CLOEXEC);
  CHECK_EQ(raw(SYS_dup3, 1, 1, 0), -EINVAL);
  CHECK_EQ(raw(SYS_dup3, 1, 51, 1), -EINVAL);
  CHECK_EQ(raw(SYS_dup3, 77, 51, 0), -EBADF);
}

TEST(lowering_is_for_good, "who is not root cannot raise a maximum again") {
  struct rlimit low = {5, 5}, high = {50, 50}, odd = {6, 5};

  CHECK_EQ(set_limit(RLIMIT_NOFILE, &odd), -EINVAL);
  if (on_kine()) return;
  CHECK_ENDS(0, if (raw(SYS_geteuid) == 0) raw(SYS_setuid, 100); if (set_limit(RLIMIT_NOFILE, &low) != 0) _exit(1);
             _exit(set_limit(RLIMIT_NOFILE, &high) != -EPERM));
}

/* As a user of its own: forks until it fails. Ends with 0 if it had `limit` processes then, itself included, and the error was EAGAIN. */
static void fork_until_refused(long limit) {
  struct rlimit few = {(rlim_t)limit, (rlim_t)limit};
  long children = 0;

  if (set_limit(RLIMIT_NPROC, &few) != 0 || raw(SYS_setuid, 4711) != 0) _exit(101);
  while (children < limit) {
    pid_t pid = fork();
    if (pid == 0)
      for (;;) pause();
    if (pid < 0) break;
    children++;
  }
  int error = errno;
  raw(SYS_kill, -1, SIGKILL); /* everyone whom this user may send a signal, but not the sender */
  while (wait(NULL) > 0) continue;
  _exit(children == limit - 1 && error == EAGAIN ? 0 : 1);
}

TEST(processes, "RLIMIT_NPROC limits how many processes a user has; root is not limited") {
  struct rlimit none = {0, 0}, own;

  get_limit(RLIMIT_NPROC, &own);
  CHECK(own.rlim_cur >= 3);
  if (raw(SYS_geteuid) != 0 || on_kine()) return; /* there it is the number of all processes; hostile_fork tries that */
  CHECK_ENDS(0, fork_until_refused(3));
  CHECK_ENDS(0, set_limit(RLIMIT_NPROC, &none); _exit(fork() < 0));
}

TEST(usage, "getrusage counts page faults and time, for oneself and for the children that were waited for") {
  struct rusage before, after, children;

  CHECK_EQ(raw(SYS_getrusage, RUSAGE_SELF, &before), 0);
  volatile unsigned char *memory = map_private(64 * kPage);
  for (int i = 0; i < 64; i++) memory[i * kPage] = 1;
  CHECK_EQ(raw(SYS_getrusage, RUSAGE_SELF, &after), 0);
  CHECK(after.ru_minflt >= before.ru_minflt + 64);
  CHECK(after.ru_minflt < before.ru_minflt + 200);
  pid_t child = fork();
  if (child == 0) {
    volatile unsigned char *more = map_private(200 * kPage);
    for (int i = 0; i < 200; i++) more[i * kPage] = 1;
    struct tms now;
    times(&now);
    clock_t end = times(&now) + 20;
    while (times(&now) < end) continue;
    _exit(0);
  }
  CHECK_EQ(raw(SYS_getrusage, RUSAGE_CHILDREN, &children), 0);
  long faults = children.ru_minflt, time = children.ru_utime.tv_sec * 1000000 + children.ru_utime.tv_usec;
  CHECK_EQ(ending_of(child), 0);
  CHECK_EQ(raw(SYS_getrusage, RUSAGE_CHILDREN, &children), 0);
  CHECK(children.ru_minflt >= faults + 200);
  time = children.ru_utime.tv_sec * 1000000 + children.ru_utime.tv_usec + children.ru_stime.tv_sec * 1000000 + children.ru_stime.tv_usec -
         time;
  CHECK(time > 0);
  CHECK_EQ(raw(SYS_getrusage, 5, &after), -EINVAL);
  CHECK_EFAULT(144, kForWriting, raw(SYS_getrusage, RUSAGE_SELF, p));
}

TEST(times_call, "times goes forward in hundredths of a second, and counts children") {
  struct tms now;
  long start = raw(SYS_times, &now);

  CHECK(start > 0);
  milliseconds(50);
  CHECK(raw(SYS_times, NULL) >= start + 4);
  CHECK(now.tms_utime >= 0 && now.tms_cutime >= 0);
  CHECK_EFAULT(32, kForWriting | kOrNull, raw(SYS_times, p));
}

TEST(sysinfo_call, "sysinfo tells of memory and processes, sensibly") {
  struct sysinfo info;

  memset(&info, 0xee, sizeof info);
  CHECK_EQ(raw(SYS_sysinfo, &info), 0);
  CHECK(info.mem_unit > 0 && info.totalram > 0 && info.freeram <= info.totalram);
  CHECK(info.procs > 0);
  CHECK(info.uptime >= 0);
  CHECK_EFAULT(112, kForWriting, raw(SYS_sysinfo, p));
}

TEST(random_bytes, "getrandom fills what it was given, differently each time, and refuses unknown flags") {
  unsigned char a[64], b[64], guard[80];
  int zeros = 0;

  memset(a, 0, sizeof a);
  memset(b, 0, sizeof b);
  CHECK_EQ(raw(SYS_getrandom, a, sizeof a, 0), (long)sizeof a);
  CHECK_EQ(raw(SYS_getrandom, b, sizeof b, 1 /* GRND_NONBLOCK */), (long)sizeof b);
  CHECK(memcmp(a, b, sizeof a) != 0);
  for (unsigned i = 0; i < sizeof a; i++) zeros += a[i] == 0;
  CHECK(zeros < 8);
  memset(guard, 0x77, sizeof guard);
  CHECK_EQ(raw(SYS_getrandom, guard, 64, 0), 64);
  CHECK_BYTES(guard + 64, 16, 0x77);
  CHECK_EQ(raw(SYS_getrandom, a, 0, 0), 0);
  CHECK_EQ(raw(SYS_getrandom, a, 1, 0x80), -EINVAL);
  CHECK_EFAULT(1, kForWriting, raw(SYS_getrandom, p, 1, 0));
}

TEST(madvise_dontneed, "MADV_DONTNEED gives pages back: they read as zeros, and only they") {
  unsigned char *pages = map_private(8 * kPage);

  memset(pages, 5, 8 * kPage);
  uint64_t free_before = statistics().frames_free;
  CHECK_EQ(raw(SYS_madvise, pages + 2 * kPage, 3 * kPage, 4 /* MADV_DONTNEED */), 0);
  if (on_kine()) CHECK_EQ(statistics().frames_free, free_before + 3);
  CHECK_BYTES(pages, 2 * kPage, 5);
  CHECK_BYTES(pages + 2 * kPage, 3 * kPage, 0);
  CHECK_BYTES(pages + 5 * kPage, 3 * kPage, 5);
  CHECK_EQ(raw(SYS_madvise, pages + 1, kPage, 4), -EINVAL);
  CHECK_EQ(raw(SYS_madvise, pages, kPage, 12345), -EINVAL);
  CHECK_EQ(raw(SYS_madvise, pages, 0, 4), 0);
  munmap(pages + 4 * kPage, kPage);
  CHECK_EQ(raw(SYS_madvise, pages, 8 * kPage, 4), -ENOMEM);
  pid_t child = fork();
  if (child == 0) {
    raw(SYS_madvise, pages, kPage, 4);
    _exit(pages[0] != 0);
  }
  CHECK_EQ(ending_of(child), 0);
}
