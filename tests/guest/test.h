/* A harness for programs that test the kernel from user mode. The same file runs on Linux, which is the oracle.
 *
 *   TEST(name, "the rule that it checks") { CHECK_EQ(seen, expected); … }
 *
 * Owns main(). Each case runs in a forked child, twice: the first run warms up (the runner's own pages, the kernel's caches), the
 * second must leave behind exactly as many free frames as the first, and a clean audit. Servers take memory in larger pieces, so a run
 * that leaves fewer is followed by another, up to four: what leaks does so every time. On Linux all that is left out.
 * `PROGRAM NAME…` runs only the named cases. `PROGRAM --refuse=RUNS[,SEED]` runs each case that passes again and again: in the n-th such
 * run the n-th request for memory that the case makes is refused; it may end as it likes (a process whose fork fails ends there, see
 * test_forked), but audit, frames and processes must be as after any other run. All numbers, if there are no more than RUNS of them, else
 * some, chosen by SEED. Output: `ok NAME` or `FAIL NAME: file:line: …` for each, and `N passed, N failed`. Must never: print a pid, an
 * address or a count that differs from run to run, since the output on Linux and on Kine is compared. */
#ifndef TEST_H
#define TEST_H

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <kine.h>
#include "raw.h"

enum { kPage = 4096, kMaxTests = 100, kMaxFailures = 8, kMaxRuns = 4 };
#define MiB (1UL << 20)
#define GiB (1UL << 30)

struct test_case {
  const char *name;
  const char *rule;
  int line;
  void (*body)(void);
};

/* What all processes of a run see: a failure in a grandchild counts, too. */
struct test_shared {
  volatile int failures;
  volatile int quiet; /* a case that is refused memory may fail its checks */
  volatile int wrong; /* … but not this way: what a fork answered, other than -ENOMEM or -EAGAIN */
};

static struct test_case test_cases[kMaxTests];
static int test_count;
static struct test_shared *test_shared;
static const struct test_case *test_now;
static char **test_argv;
static const char *test_fork = "tree"; /* the fork strategy that the kernel was told to use: --fork=tree|pages|eager */

static inline void test_register(const char *name, const char *rule, int line, void (*body)(void)) {
  int at = test_count++;
  for (; at > 0 && test_cases[at - 1].line > line; at--) test_cases[at] = test_cases[at - 1]; /* in the file's order */
  test_cases[at] = (struct test_case){name, rule, line, body};
}

#define TEST(name, rule)                                                                                                \
  static void case_##name(void);                                                                                        \
  static void __attribute__((constructor)) register_##name(void) { test_register(#name, rule, __LINE__, case_##name); } \
  static void case_##name(void)

/* Straight to descriptor 1: a child must not print what its parent left in a stdio buffer. */
static inline __attribute__((format(printf, 1, 2))) void say(const char *format, ...) {
  char line[1024];
  va_list arguments;

  va_start(arguments, format);
  int length = vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  if (length >= (int)sizeof line) length = sizeof line - 1;
  if (write(1, line, (size_t)length) != length) _exit(99);
}

static inline const char *errno_name(long result) {
  static const struct {
    int number;
    const char *name;
  } names[] = {{EPERM, "EPERM"},     {ENOENT, "ENOENT"}, {ESRCH, "ESRCH"},
               {EINTR, "EINTR"},     {EIO, "EIO"},       {E2BIG, "E2BIG"},
               {ENOEXEC, "ENOEXEC"}, {EBADF, "EBADF"},   {ECHILD, "ECHILD"},
               {EAGAIN, "EAGAIN"},   {ENOMEM, "ENOMEM"}, {EACCES, "EACCES"},
               {EFAULT, "EFAULT"},   {EEXIST, "EEXIST"}, {ENODEV, "ENODEV"},
               {ENOTDIR, "ENOTDIR"}, {EISDIR, "EISDIR"}, {EINVAL, "EINVAL"},
               {EMFILE, "EMFILE"},   {ENOTTY, "ENOTTY"}, {ENAMETOOLONG, "ENAMETOOLONG"},
               {ENOSYS, "ENOSYS"}};
  for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++)
    if (result == -names[i].number) return names[i].name;
  return NULL;
}

/* A value as a person reads it: -14 (EFAULT), 0x7e0000000000. */
static inline const char *value_text(long value, char text[48]) {
  if (errno_name(value) != NULL)
    snprintf(text, 48, "%ld (%s)", value, errno_name(value));
  else if (value > -65536 && value < 65536)
    snprintf(text, 48, "%ld", value);
  else
    snprintf(text, 48, "0x%lx", value);
  return text;
}

static inline __attribute__((format(printf, 3, 4))) void test_fail(const char *file, int line, const char *format, ...) {
  char what[600];
  va_list arguments;

  va_start(arguments, format);
  vsnprintf(what, sizeof what, format, arguments);
  va_end(arguments);
  if (!test_shared->quiet) say("FAIL %s: %s:%d: %s; rule: %s\n", test_now->name, file, line, what, test_now->rule);
  if (__sync_add_and_fetch(&test_shared->failures, 1) >= kMaxFailures) _exit(1); /* the rest would say the same */
}

static inline int check_equal(const char *file, int line, const char *text, long seen, long expected) {
  char seen_text[48], expected_text[48];

  if (seen == expected) return 1;
  test_fail(file, line, "%s: expected %s, seen %s", text, value_text(expected, expected_text), value_text(seen, seen_text));
  return 0;
}

/* Every byte, since a kernel that copies 4,088 of 4,096 bytes passes a test of one byte. */
static inline int check_bytes(const char *file, int line, const char *text, const volatile void *memory, size_t size, int value) {
  const volatile unsigned char *bytes = memory;

  for (size_t i = 0; i < size; i++) {
    if (bytes[i] == (unsigned char)value) continue;
    test_fail(file, line, "%s, byte %zu of %zu: expected %d, seen %d", text, i, size, (unsigned char)value, bytes[i]);
    return 0;
  }
  return 1;
}

/* How a process ended, in one number: its status, or 1000 + the signal. Waits for it. */
static inline long ending_of(long pid) {
  int status;

  if (pid < 0) return pid;
  if (waitpid((pid_t)pid, &status, 0) != pid) return -errno;
  return WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : WEXITSTATUS(status);
}
#define KILLED_BY(signal) (1000 + (signal))

#define CHECK(condition) check_equal(__FILE__, __LINE__, #condition, !!(condition), 1)
#define CHECK_EQ(seen, expected) check_equal(__FILE__, __LINE__, #seen, (long)(seen), (long)(expected))
#define CHECK_BYTES(memory, size, value) check_bytes(__FILE__, __LINE__, #memory, memory, size, value)
#define CHECK_PAGE(memory, value) CHECK_BYTES(memory, kPage, value)
/* The case cannot go on without it. */
#define REQUIRE(condition)           \
  do {                               \
    if (!CHECK(condition)) _exit(1); \
  } while (0)
/* The statement, in a child of its own, must end as said: CHECK_ENDS(KILLED_BY(SIGSEGV), *(volatile char *)0 = 1); else it gives 0. */
#define CHECK_ENDS(ending, ...)                                                   \
  do {                                                                            \
    long test_child = fork();                                                     \
    if (test_child == 0) {                                                        \
      __VA_ARGS__;                                                                \
      _exit(0);                                                                   \
    }                                                                             \
    check_equal(__FILE__, __LINE__, #__VA_ARGS__, ending_of(test_child), ending); \
  } while (0)

/* The path of another test program or of a file that lies beside this one. */
static inline char *companion(const char *name, char path[300]) {
  const char *slash = strrchr(test_argv[0], '/');
  snprintf(path, 300, "%.*s%s", slash == NULL ? 0 : (int)(slash + 1 - test_argv[0]), test_argv[0], name);
  return path;
}

/* Kine's counters, or zeros on Linux. */
static inline struct kine_statistics statistics(void) {
  struct kine_statistics now;

  memset(&now, 0, sizeof now);
  raw(KINE_STATISTICS, KINE_MACHINE_FD, &now);
  return now;
}
static inline int on_kine(void) { return raw(KINE_AUDIT, KINE_MACHINE_FD) != -ENOSYS; }

/* Memory that the cases write to: zero, private, of its own 2 MiB region on Kine when it is that large. */
static inline unsigned char *map_private(size_t size) {
  void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) test_fail(__FILE__, __LINE__, "mmap of %zu bytes: expected memory, seen errno %d", size, errno), _exit(1);
  return memory;
}
static inline void *map_shared(size_t size) {
  void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) test_fail(__FILE__, __LINE__, "mmap of %zu bytes: expected memory, seen errno %d", size, errno), _exit(1);
  return memory;
}

/* The same pointer, but the compiler no longer knows where it points: what is about to be done with it is wrong on purpose. */
static inline void *hidden(const void *pointer) {
  __asm__ volatile("" : "+r"(pointer) : : "memory");
  return (void *)(uintptr_t)pointer;
}

/* Wait, without a pipe, until another process has made the number reach `value`. */
static inline void await(volatile int *number, int value) {
  while (*number < value) raw(NR_sched_yield);
}

static inline void test_run_once(const struct test_case *test) {
  test_now = test;
  pid_t pid = fork();
  if (pid == 0) {
    test->body();
    _exit(0);
  }
  long ending = ending_of(pid);
  if (test_shared->failures == 0 && ending != 0)
    test_fail(__FILE__, __LINE__, "end of the case's process: expected 0, seen %ld (1000 + signal if killed)", ending);
}

/* Orphans of a case end after it, and it is init that buries them. */
static inline void test_settle(uint64_t processes) {
  const long millisecond[2] = {0, 1000000};
  for (int i = 0; i < 5000 && statistics().processes > processes; i++) raw(NR_nanosleep, millisecond, 0);
}

/* --- Refused memory --- */

static long test_refusals;          /* runs with refused memory that each case gets at most; 0: none */
static unsigned long test_dice = 1; /* for which they are */

static inline uint64_t test_now_ns(void) {
  long now[2];
  raw(NR_clock_gettime, 1, now);
  return (uint64_t)now[0] * 1000000000 + (uint64_t)now[1];
}

/* Ends all processes but this one and those that had begun before it. */
static inline void test_kill_all(void) {
  const int self = (int)raw(NR_getpid);
  struct kine_process found;

  for (int pid = self + 1; raw(KINE_PROCESS, KINE_MACHINE_FD, pid, &found) == 0; pid = found.pid + 1)
    if (!found.server) raw(NR_kill, found.pid, SIGKILL);
  while (raw(NR_wait4, -1, 0, 1 /* WNOHANG */, 0) > 0) continue;
}

/* fork(), for the cases. Their next step is often to signal the child, and kill(-1) would reach the runner and the servers: where memory is
 * refused, a process whose fork fails ends instead. */
static inline pid_t test_forked(void) {
  pid_t pid = fork();
  if (pid >= 0 || !test_shared->quiet) return pid;
  if (errno != ENOMEM && errno != EAGAIN) test_shared->wrong = -errno;
  _exit(1);
}

/* Runs that did not end, but were ended. */
static long test_ended;

/* One run in which the n-th request is refused (0: none). Whatever becomes of the case, it is over when this returns: what goes on for ever
 * because somebody it waits for is gone is ended after `limit` nanoseconds. How many requests there were. */
static inline long test_run_refused(const struct test_case *test, uint64_t n, uint64_t limit, uint64_t processes) {
  const long millisecond[2] = {0, 1000000};
  const uint64_t end = test_now_ns() + limit;

  raw(KINE_REFUSE, KINE_MACHINE_FD, 0);
  pid_t pid = fork();
  if (pid == 0) {
    raw(KINE_REFUSE, KINE_MACHINE_FD, n > 0 ? n : ~0UL);
    test->body();
    _exit(0);
  }
  int runs = pid > 0;
  while (runs && (runs = raw(NR_wait4, pid, 0, 1 /* WNOHANG */, 0) == 0) && test_now_ns() < end) raw(NR_nanosleep, millisecond, 0);
  test_ended += runs;
  for (int i = 0; i < 100 && statistics().processes > processes && test_now_ns() < end; i++) raw(NR_nanosleep, millisecond, 0);
  for (int i = 0; i < 1000 && statistics().processes > processes; i++) test_kill_all(), raw(NR_nanosleep, millisecond, 0);
  return raw(KINE_REFUSE, KINE_MACHINE_FD, 0);
}

/* What cases leave when they end half-way: files of scratch.h's. */
static inline void test_clear(void) {
  pid_t pid = fork();
  if (pid == 0) {
    char *argv[] = {(char *)"sh", (char *)"-c", (char *)"rm -rf /tmp/*", NULL}, *none[] = {NULL};
    raw(NR_execve, "/bin/sh", argv, none);
    _exit(127);
  }
  ending_of(pid);
}

static inline void test_refuse(const struct test_case *test) {
  const uint64_t processes = statistics().processes, begin = test_now_ns();
  long tried = 0, step = 1;

  test_ended = 0;
  test_now = test;
  test_shared->quiet = 1;
  test_shared->failures = 0;
  const long requests = test_run_refused(test, 0, 60000000000, processes);
  const uint64_t limit = 4 * (test_now_ns() - begin) + 100000000;
  test_clear();
  test_shared->quiet = 0;
  if (!check_equal(test->name, test->line, "requests for memory, counted", requests >= 0, 1)) return;
  test_shared->quiet = 1;
  if (requests > test_refusals) step = (requests + test_refusals - 1) / test_refusals;
  for (long n = 1; n <= requests; n += step, tried++) {
    test_dice = test_dice * 6364136223846793005 + 1442695040888963407;
    const long chosen = step == 1 || n == 1 ? n : n + (long)((test_dice >> 33) % (unsigned long)step);
    uint64_t before, after;
    int runs = 0;
    do {
      before = statistics().frames_free;
      test_shared->failures = test_shared->wrong = 0;
      test_run_refused(test, (uint64_t)chosen, limit, processes);
      test_clear();
      after = statistics().frames_free;
    } while (after != before && ++runs <= kMaxRuns);
    test_shared->quiet = 0;
    test_shared->failures = 0;
    char what[120];
    snprintf(what, sizeof what, "frames free, with request %ld of %ld refused", chosen, requests);
    if (!check_equal(test->name, test->line, what, (long)after, (long)before)) return;
    snprintf(what, sizeof what, "audit, with request %ld of %ld refused", chosen, requests);
    if (!check_equal(test->name, test->line, what, raw(KINE_AUDIT, KINE_MACHINE_FD), 0)) return;
    snprintf(what, sizeof what, "processes, with request %ld of %ld refused", chosen, requests);
    if (!check_equal(test->name, test->line, what, (long)statistics().processes, (long)processes)) return;
    snprintf(what, sizeof what, "a fork, neither ENOMEM nor EAGAIN, with request %ld of %ld refused", chosen, requests);
    if (!check_equal(test->name, test->line, what, test_shared->wrong, 0)) return;
    test_shared->quiet = 1;
  }
  test_shared->quiet = 0;
  say("refused %s: %ld of %ld requests, %ld ended\n", test->name, tried, requests, test_ended);
}

static inline int test_run(const struct test_case *test) {
  uint64_t processes = statistics().processes;

  test_shared->failures = 0;
  test_run_once(test);
  test_settle(processes);
  if (test_shared->failures == 0) {
    uint64_t free_before, free_after;
    int runs = 0;
    do {
      free_before = statistics().frames_free;
      test_run_once(test);
      test_settle(processes);
      free_after = statistics().frames_free;
    } while (test_shared->failures == 0 && free_after != free_before && ++runs < kMaxRuns);
    if (on_kine()) {
      check_equal(test->name, test->line, "frames free after the second run, against the first", (long)free_after, (long)free_before);
      check_equal(test->name, test->line, "audit", raw(KINE_AUDIT, KINE_MACHINE_FD), 0);
      check_equal(test->name, test->line, "more processes than before", statistics().processes > processes, 0);
    }
  }
  if (test_shared->failures == 0 && test_refusals > 0) test_refuse(test);
  if (test_shared->failures == 0) say("ok %s\n", test->name);
  return test_shared->failures == 0;
}

static inline int test_wanted(const char *name, int argc, char *argv[]) {
  int named = 0;

  for (int i = 1; i < argc; i++) {
    if (argv[i][0] == '-') continue;
    named = 1;
    if (strcmp(argv[i], name) == 0) return 1;
  }
  return !named;
}

int main(int argc, char *argv[]) {
  static const struct test_case harness = {"harness", "the harness itself", 0, NULL};
  int passed = 0, failed = 0;

  test_argv = argv;
  test_now = &harness;
  test_shared = mmap(NULL, kPage, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (test_shared == MAP_FAILED) {
    say("FAIL harness: no shared page\n");
    return 1;
  }
  for (int i = 1; i < argc; i++) {
    if (strncmp(argv[i], "--fork=", 7) == 0) test_fork = argv[i] + 7;
    if (strncmp(argv[i], "--refuse=", 9) == 0) test_refusals = atol(argv[i] + 9);
    if (test_refusals > 0 && strchr(argv[i], ',') != NULL) test_dice = strtoul(strchr(argv[i], ',') + 1, NULL, 0);
  }
  for (int i = 0; i < test_count; i++) {
    if (!test_wanted(test_cases[i].name, argc, argv)) continue;
    if (test_run(&test_cases[i]))
      passed++;
    else
      failed++;
  }
  say("%d passed, %d failed\n", passed, failed);
  return failed > 0 || passed == 0; /* no case of that name is no success */
}

#define fork() test_forked()

#endif
