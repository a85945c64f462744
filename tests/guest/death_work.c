/* death_work NONCE: uses every server in every way, while one of them dies at some step (tests/suite/death.py boots with --die).
 *
 * A round of work is done by a child. It goes on through the errors that the death of a server may cause, and makes nothing of them but an
 * unclean round; an error that it may not cause, or wrong data, ends all. Rounds follow each other until two in a row were clean and the
 * second has left as many free frames as the first. The verdict goes to the debug console, by I/O port, since the console may be the
 * victim:
 *
 *     death_work: NONCE ok, died in round R, N rounds, F free      R: -1: in none
 *     death_work: NONCE failed: why
 *
 * Must never: wait without an end, or use a server in the parent, which has to tell. */
#include <errno.h>
#include <fcntl.h>
#include <kine.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { kPage = 4096, kLogPort = 0xe9, kMostRounds = 8, kSeconds = 20, kServers = 3, kBlock = 20000 };
enum { kClean = 0, kUnclean = 1, kWrong = 2 }; /* how a round ends */

static const char *nonce;
static int log_right;
static char block[kBlock], seen[kBlock];
static bool clean = true;

/* --- The report --- */

static void say(const char *format, ...) {
  char line[400];
  va_list arguments;

  if (kine_io(log_right) != 0 && errno != ENOSPC) return;
  va_start(arguments, format);
  vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  for (const char *at = line; *at != '\0'; at++) __asm__ volatile("outb %0, %1" : : "a"(*at), "Nd"((unsigned short)kLogPort));
}

static void wrong(int line, const char *what) {
  say("death_work: %s failed: line %d: %s: errno %d\n", nonce, line, what, errno);
  _exit(kWrong);
}

/* What a death may make of a call: EIO, its answer is lost, or what it was about is; ESTALE, the file was an earlier server's; ENOENT, what
 * was written is gone. The section is over then. */
static bool lost(int line, const char *what) {
  if (errno != EIO && errno != ESTALE && errno != ENOENT) wrong(line, what);
  return clean = false;
}
#define TRY(condition)                                         \
  do {                                                         \
    errno = 0;                                                 \
    if (!(condition)) return (void)lost(__LINE__, #condition); \
  } while (0)
#define EXPECT(condition)                          \
  do {                                             \
    if (!(condition)) wrong(__LINE__, #condition); \
  } while (0)

/* --- The work --- */

/* One file through all that can be done to it. */
static void work_on_file(int fd) {
  struct iovec pieces[2] = {{seen, 5}, {seen + 5, kBlock - 5}};
  struct stat status;
  void *memory;

  TRY(write(fd, block, kBlock) == kBlock);
  TRY(lseek(fd, 0, SEEK_SET) == 0);
  TRY(readv(fd, pieces, 2) == kBlock);
  EXPECT(memcmp(block, seen, kBlock) == 0);
  TRY(pread(fd, seen, 100, 1000) == 100);
  EXPECT(memcmp(block + 1000, seen, 100) == 0);
  TRY(fstat(fd, &status) == 0);
  EXPECT(status.st_size == kBlock);
  TRY((memory = mmap(NULL, kBlock, PROT_READ, MAP_PRIVATE, fd, 0)) != MAP_FAILED);
  EXPECT(memcmp(block, memory, kBlock) == 0);
  munmap(memory, kBlock);
  TRY(ftruncate(fd, 3) == 0);
  TRY(lseek(fd, 0, SEEK_END) == 3);
  TRY(fsync(fd) == 0);
}

static void use_names(void) {
  char path[100];
  struct stat status;

  TRY(rename("one", "two") == 0);
  TRY(link("two", "three") == 0);
  TRY(symlink("two", "four") == 0);
  TRY(readlink("four", path, sizeof path) == 3);
  TRY(stat("four", &status) == 0);
  EXPECT(status.st_nlink == 2 && status.st_size == 3);
  TRY(chmod("three", 0600) == 0);
  TRY(unlink("three") == 0);
  TRY(unlink("four") == 0);
  TRY(unlink("two") == 0);
}

static void use_files(void) {
  char path[100];
  int fd;

  TRY(mkdir("/tmp/work", 0700) == 0);
  TRY(chdir("/tmp/work") == 0);
  TRY(getcwd(path, sizeof path) != NULL);
  EXPECT(strcmp(path, "/tmp/work") == 0);
  TRY((fd = open("one", O_RDWR | O_CREAT | O_EXCL, 0644)) >= 0);
  work_on_file(fd);
  EXPECT(close(fd) == 0); /* closing asks nobody */
  use_names();
  TRY(chdir("/") == 0);
  TRY(rmdir("/tmp/work") == 0);
  TRY((fd = open("/proc/self/status", O_RDONLY)) >= 0);
  TRY(read(fd, seen, kBlock) > 0);
  close(fd);
}

/* After a death the tree is new; without one, a round that was given up may have left something. */
static void clear_up(void) {
  static const char *const names[] = {"one", "two", "three", "four"};

  if (chdir("/tmp/work") == 0)
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) unlink(names[i]);
  (void)!chdir("/");
  rmdir("/tmp/work");
}

static int ends[2];

static bool is_ready(int fd, short events) {
  struct pollfd one = {fd, events, 0};
  return poll(&one, 1, 0) == 1 && one.revents & events;
}

static void use_pipe_alone(void) {
  TRY(write(ends[1], "hello", 5) == 5);
  EXPECT(is_ready(ends[0], POLLIN)); /* of a pipe that is lost, too: its error can be read */
  TRY(read(ends[0], seen, 100) == 5);
  EXPECT(memcmp(seen, "hello", 5) == 0);
  TRY(fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0);
  errno = 0;
  if (read(ends[0], seen, 1) >= 0) wrong(__LINE__, "bytes in an empty pipe");
  if (errno != EAGAIN) return (void)lost(__LINE__, "read that does not wait");
  TRY(fcntl(ends[0], F_SETFL, 0) == 0);
}

static void alarmed(int signal) { (void)signal; }

/* A signal comes while a read waits. */
static void interrupt_read(void) {
  struct sigaction action = {.sa_handler = alarmed};
  struct itimerval soon = {.it_value = {0, 1000}, .it_interval = {0, 5000}}, never = {0};

  sigaction(SIGALRM, &action, NULL);
  setitimer(ITIMER_REAL, &soon, NULL);
  errno = 0;
  const ssize_t bytes = read(ends[0], seen, 1);
  const int error = errno;
  setitimer(ITIMER_REAL, &never, NULL);
  EXPECT(bytes < 0);
  errno = error;
  if (error != EINTR) lost(__LINE__, "read until a signal");
}

/* More than the pipe holds, so that both sides wait for each other. */
static void use_pipe_with_child(void) {
  enum { kRepeat = 5 };
  size_t total = 0;
  ssize_t bytes;
  int status;

  const pid_t child = fork();
  EXPECT(child >= 0);
  if (child == 0) {
    close(ends[0]);
    for (int i = 0; i < kRepeat; i++)
      if (write(ends[1], block, kBlock) != kBlock) _exit(errno);
    _exit(0);
  }
  close(ends[1]);
  ends[1] = -1;
  struct pollfd one = {ends[0], POLLIN, 0};
  poll(&one, 1, -1);
  for (errno = 0; (bytes = read(ends[0], seen, sizeof seen)) > 0; total += (size_t)bytes)
    for (ssize_t i = 0; i < bytes; i++) EXPECT(seen[i] == block[(total + (size_t)i) % kBlock]);
  const int error = errno;
  close(ends[0]);
  ends[0] = -1;
  EXPECT(waitpid(child, &status, 0) == child && WIFEXITED(status));
  errno = bytes < 0 ? error : WEXITSTATUS(status);
  if (errno != 0) return (void)lost(__LINE__, "a child's pipe");
  EXPECT(total == kRepeat * kBlock);
}

static void use_broken_pipe(void) {
  TRY(pipe(ends) == 0);
  close(ends[0]);
  signal(SIGPIPE, SIG_IGN);
  errno = 0;
  EXPECT(write(ends[1], "x", 1) < 0);
  close(ends[1]);
  if (errno != EPIPE) lost(__LINE__, "write that nobody reads");
}

static void use_pipes(void) {
  TRY(pipe(ends) == 0);
  use_pipe_alone();
  interrupt_read();
  use_pipe_with_child();
  use_broken_pipe();
}

static void use_exec(void) {
  enum { kNotRun = 99 };
  static char *argv[] = {"cat", "/etc/passwd", NULL}, *environment[] = {NULL};
  ssize_t bytes, total = 0;
  int status;

  TRY(pipe(ends) == 0);
  const pid_t child = fork();
  EXPECT(child >= 0);
  if (child == 0) {
    dup2(ends[1], 1);
    close(ends[0]);
    close(ends[1]);
    execve("/bin/cat", argv, environment);
    _exit(errno == EIO ? kNotRun : kNotRun + 1);
  }
  close(ends[1]);
  while ((bytes = read(ends[0], seen, sizeof seen)) > 0) total += bytes;
  close(ends[0]);
  EXPECT(waitpid(child, &status, 0) == child && WIFEXITED(status)); /* a program goes on without the file that it came from */
  EXPECT(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 1 /* cat's, with an error */ || WEXITSTATUS(status) == kNotRun);
  if (bytes < 0 || WEXITSTATUS(status) != 0) clean = false;
  EXPECT(!clean || total > 20);
}

static void use_console(void) {
  struct termios settings;
  struct winsize size;
  struct stat status;
  int fd;

  TRY(write(1, block, 3000) == 3000);
  TRY(write(2, "\n", 1) == 1);
  TRY(fstat(1, &status) == 0);
  EXPECT(is_ready(1, POLLOUT));
  TRY((fd = open("/dev/console", O_RDWR | O_NOCTTY)) >= 0);
  TRY(ioctl(fd, TCGETS, &settings) == 0);
  TRY(ioctl(fd, TCSETS, &settings) == 0);
  TRY(ioctl(fd, TIOCGWINSZ, &size) == 0);
  TRY(write(fd, "terminal\n", 9) == 9);
  close(fd);
}

static int work(void) {
  for (int i = 0; i < kBlock; i++) block[i] = (char)('a' + i % 26);
  use_console();
  use_files();
  use_pipes();
  use_exec();
  use_console();
  if (clean) dprintf(1, "%s\n", nonce); /* so the console has all that was written to it */
  if (!clean) clear_up();
  return clean ? kClean : kUnclean;
}

/* --- Rounds --- */

static int server_pids[kServers]; /* of console, files and pipes, in the order of their names */

/* How many of the servers have another pid than before; a server that is dead now will have one later. */
static int restarted(void) {
  static const char *const names[kServers] = {"console", "files", "pipes"};
  struct kine_process process = {0};
  int count = 0;

  for (int pid = 1; kine_process(KINE_MACHINE_FD, pid, &process) == 0; pid = process.pid + 1)
    for (int i = 0; i < kServers; i++) {
      if (!process.server || process.state == 'Z' || strcmp(process.name, names[i]) != 0 || process.pid == server_pids[i]) continue;
      server_pids[i] = process.pid;
      count++;
    }
  return count;
}

static void pause_for(long milliseconds) {
  const struct timespec pause = {0, milliseconds * 1000000};
  nanosleep(&pause, NULL);
}

/* Runs a round in a child: how it ended, or -1: not in time. */
static int run_round(void) {
  int status;
  const pid_t child = fork();

  if (child == 0) _exit(work());
  for (int i = 0; child > 0 && i < kSeconds * 1000; i++) {
    if (waitpid(child, &status, WNOHANG) == child) return WIFEXITED(status) ? WEXITSTATUS(status) : kWrong;
    pause_for(1);
  }
  if (child > 0) kill(child, SIGKILL);
  return -1;
}

/* Free frames when all that the round began has ended. */
static uint64_t free_frames(uint64_t processes) {
  struct kine_statistics now = {0};

  for (int i = 0; i < 1000; i++) {
    if (kine_statistics(KINE_MACHINE_FD, &now) != 0) return 0;
    if (now.processes <= processes) break;
    pause_for(1);
  }
  return now.frames_free;
}

int main(int argc, char *argv[]) {
  uint64_t before = 0;
  int died = -1, clean_rounds = 0;
  struct kine_statistics now;

  nonce = argc > 1 ? argv[1] : "-";
  log_right = kine_cut(KINE_MACHINE_FD, KINE_RIGHT_IO, kLogPort, 1);
  (void)restarted(); /* these are the pids to begin with */
  kine_statistics(KINE_MACHINE_FD, &now);
  for (int round = 1; round <= kMostRounds; round++) {
    const int ended = run_round();
    const uint64_t free = free_frames(now.processes);
    if (ended == kWrong) return 1;
    if (ended != kClean && ended != kUnclean) {
      say("death_work: %s failed: round %d %s\n", nonce, round, ended < 0 ? "did not end" : "ended in disorder");
      return 1;
    }
    if (restarted() > 0 && died < 0) died = round;
    if (kine_audit(KINE_MACHINE_FD) != 0) {
      say("death_work: %s failed: audit after round %d\n", nonce, round);
      return 1;
    }
    clean_rounds = ended == kClean ? clean_rounds + 1 : 0;
    if (clean_rounds >= 2 && free == before) {
      pause_for(5); /* so that init can end its line */
      say("death_work: %s ok, died in round %d, %d rounds, %lu free\n", nonce, died, round, free);
      return 0;
    }
    before = free;
  }
  say("death_work: %s failed: %d rounds, the last %d clean; frames are lost, or a server serves no more\n", nonce, kMostRounds,
      clean_rounds);
  return 1;
}
