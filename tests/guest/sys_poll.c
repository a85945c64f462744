/* poll, ppoll, select, pselect6: what is ready, what becomes ready, how long one waits, and every bad argument. */
#include <poll.h>
#include <sys/select.h>

#include "bad.h"
#include "signals.h"

static int ends[2];
static char full_block[65536];
static long no_time[2];

static void make_pipe(void) { REQUIRE(pipe(ends) == 0); }
static void close_both(void) {
  close(ends[0]);
  close(ends[1]);
}
/* What one descriptor is ready for, of `events`; without waiting. */
static long ready(int fd, int events) {
  struct pollfd one = {fd, (short)events, 0x7fff};
  long count = raw(SYS_poll, &one, 1, 0);
  CHECK_EQ(count, one.revents != 0);
  return one.revents;
}
static long now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

TEST(pipe_readiness, "a pipe is writable while it has room, readable while it has bytes, and hung up without a writer") {
  make_pipe();
  CHECK_EQ(ready(ends[0], POLLIN | POLLOUT), 0);
  CHECK_EQ(ready(ends[1], POLLIN | POLLOUT), POLLOUT);
  CHECK_EQ(write(ends[1], "x", 1), 1);
  CHECK_EQ(ready(ends[0], POLLIN), POLLIN);
  CHECK_EQ(ready(ends[0], 0), 0);
  CHECK_EQ(read(ends[0], full_block, 10), 1);
  CHECK_EQ(ready(ends[0], POLLIN), 0);
  CHECK_EQ(write(ends[1], full_block, sizeof full_block), (long)sizeof full_block);
  CHECK_EQ(ready(ends[1], POLLOUT), 0);
  CHECK_EQ(read(ends[0], full_block, sizeof full_block), (long)sizeof full_block);
  CHECK_EQ(ready(ends[1], POLLOUT), POLLOUT);
  CHECK_EQ(write(ends[1], "x", 1), 1);
  close(ends[1]);
  CHECK_EQ(ready(ends[0], POLLIN), POLLIN | POLLHUP);
  CHECK_EQ(read(ends[0], full_block, 10), 1);
  CHECK_EQ(ready(ends[0], POLLIN), POLLHUP);
  CHECK_EQ(ready(ends[0], 0), POLLHUP); /* hung up and error are told unasked */
  close(ends[0]);
  make_pipe();
  close(ends[0]);
  CHECK_EQ(ready(ends[1], POLLOUT), POLLOUT | POLLERR);
  close(ends[1]);
}

TEST(files_are_ready, "files and /dev/null are always ready for both") {
  int fd = open("/dev/null", O_RDWR);

  REQUIRE(fd >= 0);
  CHECK_EQ(ready(fd, POLLIN | POLLOUT), POLLIN | POLLOUT);
  close(fd);
}

TEST(not_open, "poll says POLLNVAL of what is not open, passes over negative numbers, and select answers EBADF") {
  struct pollfd list[3] = {{40, POLLIN, 0}, {-1, POLLIN, 99}, {-77, POLLIN, 99}};
  fd_set set;

  close(40);
  CHECK_EQ(raw(SYS_poll, list, 3, -1), 1);
  CHECK_EQ(list[0].revents, POLLNVAL);
  CHECK_EQ(list[1].revents, 0);
  CHECK_EQ(list[2].revents, 0);
  FD_ZERO(&set);
  FD_SET(40, &set); /* Linux passes over numbers beyond the table, which may end at 64 */
  CHECK_EQ(raw(SYS_select, 41, &set, NULL, NULL, NULL), -EBADF);
  CHECK(FD_ISSET(40, &set));
  CHECK_EQ(raw(SYS_select, 40, &set, NULL, NULL, no_time), 0); /* beyond the count nobody looks */
}

TEST(becomes_ready, "poll and select wake up when a byte comes, when room comes, when the last writer goes") {
  for (int how = 0; how < 2; how++) {
    for (int what = 0; what < 3; what++) {
      make_pipe();
      if (what == 1) CHECK_EQ(write(ends[1], full_block, sizeof full_block), (long)sizeof full_block);
      pid_t child = fork();
      if (child == 0) {
        if (what == 2) close(ends[0]);
        milliseconds(30);
        if (what == 0) _exit(write(ends[1], "x", 1) != 1);
        if (what == 1) _exit(read(ends[0], full_block, 65536) != 65536);
        _exit(0);
      }
      if (what == 2) close(ends[1]);
      int fd = ends[what == 1];
      if (how == 0) {
        struct pollfd one = {fd, what == 1 ? POLLOUT : POLLIN, 0};
        CHECK_EQ(raw(SYS_poll, &one, 1, 20000), 1);
        CHECK_EQ(one.revents, what == 0 ? POLLIN : what == 1 ? POLLOUT : POLLHUP);
      } else {
        fd_set set;
        long some_time[2] = {20, 0};
        FD_ZERO(&set);
        FD_SET(fd, &set);
        CHECK_EQ(raw(SYS_select, fd + 1, what == 1 ? NULL : &set, what == 1 ? &set : NULL, NULL, some_time), 1);
        CHECK(FD_ISSET(fd, &set));
      }
      CHECK_EQ(ending_of(child), 0);
      close_both();
    }
  }
}

TEST(time_runs_out, "with nothing ready, poll and select answer 0 after the time that was given, and not before") {
  struct pollfd one;
  struct timespec short_time = {0, 40000000};
  struct timeval less = {0, 40000};
  fd_set set;

  make_pipe();
  one = (struct pollfd){ends[0], POLLIN, 99};
  long start = now_ms();
  CHECK_EQ(raw(SYS_poll, &one, 1, 40), 0);
  CHECK(now_ms() - start >= 40);
  CHECK_EQ(one.revents, 0);
  start = now_ms();
  CHECK_EQ(raw(SYS_ppoll, &one, 1, &short_time, NULL, 8), 0);
  CHECK(now_ms() - start >= 39);
  FD_ZERO(&set);
  FD_SET(ends[0], &set);
  start = now_ms();
  CHECK_EQ(raw(SYS_select, ends[0] + 1, &set, NULL, NULL, &less), 0);
  CHECK(now_ms() - start >= 39);
  CHECK(!FD_ISSET(ends[0], &set));
  CHECK(less.tv_sec == 0 && less.tv_usec == 0); /* what is left */
  start = now_ms();
  CHECK_EQ(raw(SYS_poll, NULL, 0, 30), 0); /* as a sleep */
  CHECK(now_ms() - start >= 30);
  CHECK_EQ(raw(SYS_poll, &one, 1, 0), 0);
  close_both();
}

TEST(tells_what_is_left, "select, pselect6 and ppoll leave the rest of the time in its place") {
  struct timeval time = {10, 0};
  struct timespec exact = {10, 0};
  struct pollfd one;
  fd_set set;

  make_pipe();
  CHECK_EQ(write(ends[1], "x", 1), 1);
  FD_ZERO(&set);
  FD_SET(ends[0], &set);
  CHECK_EQ(raw(SYS_select, ends[0] + 1, &set, NULL, NULL, &time), 1);
  CHECK(time.tv_sec > 0 && time.tv_sec < 10 && time.tv_usec >= 0 && time.tv_usec < 1000000);
  CHECK_EQ(raw(SYS_pselect6, ends[0] + 1, &set, NULL, NULL, &exact, NULL), 1);
  CHECK(exact.tv_sec > 0 && exact.tv_sec < 10 && exact.tv_nsec >= 0 && exact.tv_nsec < 1000000000);
  one = (struct pollfd){ends[0], POLLIN, 0};
  CHECK_EQ(raw(SYS_ppoll, &one, 1, &exact, NULL, 8), 1);
  CHECK(exact.tv_sec > 0 && exact.tv_sec < 10);
  exact = (struct timespec){0, 20000000};
  CHECK_EQ(raw(SYS_pselect6, 0, NULL, NULL, NULL, &exact, NULL), 0);
  CHECK(exact.tv_sec == 0 && exact.tv_nsec == 0);
  FD_SET(40, &set);
  time = (struct timeval){10, 0};
  CHECK_EQ(raw(SYS_select, 41, &set, NULL, NULL, &time), -EBADF);
  CHECK(time.tv_sec > 0 && time.tv_sec < 10); /* with an error, too */
  close_both();
}

TEST(rest_behind_a_handler, "a handler finds the rest of the time in its place; what only stops the process changes nothing") {
  struct timeval time = {10, 0};
  struct timespec exact = {0, 300000000};

  handle(SIGALRM, note, SA_RESTART);
  alarm(1);
  CHECK_EQ(raw(SYS_select, 0, NULL, NULL, NULL, &time), -EINTR);
  CHECK(time.tv_sec > 0 && time.tv_sec < 10);
  pid_t child = fork();
  if (child == 0) {
    long start = now_ms();
    if (raw(SYS_ppoll, NULL, 0, &exact, NULL, 8) != 0) _exit(1);
    _exit(exact.tv_sec != 0 || exact.tv_nsec != 0 || now_ms() - start < 299 ? 2 : 0);
  }
  milliseconds(30);
  kill(child, SIGSTOP);
  milliseconds(30);
  kill(child, SIGCONT);
  CHECK_EQ(ending_of(child), 0);
}

TEST(time_that_cannot_be_written, "is no error, and no byte of it changes") {
  static const struct timespec kShort = {0, 10000000};
  static const struct timeval kAlsoShort = {0, 10000};

  CHECK_EQ(raw(SYS_ppoll, NULL, 0, &kShort, NULL, 8), 0);
  CHECK_EQ(raw(SYS_pselect6, 0, NULL, NULL, NULL, &kShort, NULL), 0);
  CHECK_EQ(raw(SYS_select, 0, NULL, NULL, NULL, &kAlsoShort), 0);
  CHECK_EQ(*(const volatile long *)&kShort.tv_nsec, 10000000);
  handle(SIGALRM, note, 0);
  struct itimerval soon = {{0, 0}, {0, 30000}};
  setitimer(ITIMER_REAL, &soon, NULL);
  static const struct timespec kLong = {10, 0};
  CHECK_EQ(raw(SYS_ppoll, NULL, 0, &kLong, NULL, 8), -EINTR);
}

TEST(several, "the answer counts what is ready, in all sets and entries") {
  struct pollfd list[4];
  int more[2];
  fd_set readable, writable, strange;

  make_pipe();
  REQUIRE(pipe(more) == 0);
  CHECK_EQ(write(ends[1], "x", 1), 1);
  list[0] = (struct pollfd){ends[0], POLLIN, 0};
  list[1] = (struct pollfd){ends[1], POLLOUT, 0};
  list[2] = (struct pollfd){more[0], POLLIN, 0};
  list[3] = (struct pollfd){ends[0], POLLIN, 0}; /* twice the same */
  CHECK_EQ(raw(SYS_poll, list, 4, -1), 3);
  CHECK(list[0].revents == POLLIN && list[1].revents == POLLOUT && list[2].revents == 0 && list[3].revents == POLLIN);
  FD_ZERO(&readable);
  FD_ZERO(&writable);
  FD_ZERO(&strange);
  for (int i = 0; i < 2; i++) FD_SET(ends[i], &strange), FD_SET(more[i], &strange);
  FD_SET(ends[0], &readable), FD_SET(more[0], &readable);
  FD_SET(ends[1], &writable), FD_SET(more[1], &writable);
  CHECK_EQ(raw(SYS_select, 64, &readable, &writable, &strange, NULL), 3);
  CHECK(FD_ISSET(ends[0], &readable) && !FD_ISSET(more[0], &readable));
  CHECK(FD_ISSET(ends[1], &writable) && FD_ISSET(more[1], &writable));
  CHECK(!FD_ISSET(ends[0], &strange) && !FD_ISSET(more[1], &strange));
  close_both();
  close(more[0]), close(more[1]);
}

TEST(many_descriptors, "two hundred entries, of which the last becomes ready") {
  static struct pollfd list[200];

  make_pipe();
  for (int i = 0; i < 199; i++) list[i] = (struct pollfd){i % 3 ? ends[0] : -1, i % 3 == 2 ? POLLIN : 0, 0};
  list[199] = (struct pollfd){ends[1], POLLOUT, 0};
  CHECK_EQ(raw(SYS_poll, list, 200, -1), 1);
  CHECK_EQ(list[199].revents, POLLOUT);
  close_both();
}

TEST(masks, "ppoll and pselect6 wait with another mask, and it is gone afterwards") {
  sigset_t none, before, after;
  struct pollfd one;

  make_pipe();
  one = (struct pollfd){ends[0], POLLIN, 0};
  handle(SIGUSR1, note, 0);
  block(SIGUSR1);
  raise(SIGUSR1);
  sigemptyset(&none);
  sigprocmask(SIG_BLOCK, NULL, &before);
  CHECK_EQ(raw(SYS_poll, &one, 1, 10), 0); /* blocked */
  CHECK_EQ(noted[SIGUSR1], 0);
  CHECK_EQ(raw(SYS_ppoll, &one, 1, NULL, &none, 8), -EINTR);
  CHECK_EQ(noted[SIGUSR1], 1);
  raise(SIGUSR1);
  struct {
    const sigset_t *set;
    size_t size;
  } pair = {&none, 8};
  CHECK_EQ(raw(SYS_pselect6, 0, NULL, NULL, NULL, NULL, &pair), -EINTR);
  CHECK_EQ(noted[SIGUSR1], 2);
  sigprocmask(SIG_BLOCK, NULL, &after);
  CHECK_EQ(memcmp(&before, &after, sizeof before), 0);
  CHECK_EQ(raw(SYS_ppoll, &one, 1, NULL, &none, 4), -EINVAL);
  close_both();
}

TEST(bad_arguments, "EFAULT for addresses, EINVAL for counts and times that make no sense") {
  struct pollfd one = {0, POLLIN, 0};
  struct timespec negative = {-1, 0}, large = {0, 1000000000};
  struct timeval strange = {-1, 0};
  fd_set set;

  FD_ZERO(&set);
  CHECK_EFAULT(8, kForWriting, raw(SYS_poll, p, 1, 0));
  CHECK_EQ(raw(SYS_poll, &one, 1UL << 30, 0), -EINVAL);
  CHECK_EFAULT(16, kForReading | kOrNull, raw(SYS_ppoll, &one, 1, p, NULL, 8));
  CHECK_EFAULT(8, kForReading | kOrNull, raw(SYS_ppoll, &one, 1, NULL, p, 8));
  CHECK_EQ(raw(SYS_ppoll, &one, 1, &negative, NULL, 8), -EINVAL);
  CHECK_EQ(raw(SYS_ppoll, &one, 1, &large, NULL, 8), -EINVAL);
  CHECK_EQ(raw(SYS_select, -1, NULL, NULL, NULL, no_time), -EINVAL);
  CHECK_EQ(raw(SYS_select, 0, NULL, NULL, NULL, &strange), -EINVAL);
  CHECK_EQ(raw(SYS_pselect6, 0, NULL, NULL, NULL, &negative, NULL), -EINVAL);
  CHECK_EFAULT(8, kForWriting | kOrNull, raw(SYS_select, 1, p, NULL, NULL, no_time));
  CHECK_EFAULT(16, kForReading | kOrNull, raw(SYS_select, 0, NULL, NULL, NULL, p));
  CHECK_EFAULT(16, kForReading | kOrNull, raw(SYS_pselect6, 0, NULL, NULL, NULL, no_time, p));
}

TEST(waiters_end, "processes that wait in poll for the same pipe are all woken, and all can be killed") {
  pid_t pid[5];

  make_pipe();
  for (int i = 0; i < 5; i++) {
    pid[i] = fork();
    if (pid[i] != 0) continue;
    struct pollfd one = {ends[0], POLLIN, 0};
    _exit(raw(SYS_poll, &one, 1, -1) == 1 && one.revents == POLLIN ? 0 : 1);
  }
  milliseconds(50);
  kill(pid[4], SIGKILL);
  CHECK_EQ(ending_of(pid[4]), KILLED_BY(SIGKILL));
  CHECK_EQ(write(ends[1], "x", 1), 1);
  for (int i = 0; i < 4; i++) CHECK_EQ(ending_of(pid[i]), 0);
  close_both();
}
