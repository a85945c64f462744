/* A call that is refused memory answers its error, and nothing has changed: the same mappings, the same bytes, the same descriptors, the
 * same free frames; and once there is memory, the same call works. Each request for memory of each call is refused, one after the other, in
 * a process all of whose memory is shared with a sibling (the state in which a call needs most). Must never: write to memory of its own
 * between the refusal and the look at what changed, other than what was written to before. */
#include <fcntl.h>
#include <poll.h>
#include <sys/select.h>

#include "messages.h"

/* kOtherWay: a server of files copies what it cannot share, and page by page what it cannot copy at once, so one refusal is not seen. */
enum { kRegion = 5 * MiB, kMostRequests = 60, kDone = 77, kAnswered = 78, kOtherWay = -1000 };
#define UNTOUCHED (memory + 3 * MiB)

static unsigned char
    *memory; /* [0, kRegion): pages with contents at both sides of a table's border, at the beginning and end; a hole behind it */
static const size_t touched[] = {0, kPage, 2 * MiB - 2 * kPage, 2 * MiB - kPage, 2 * MiB, 2 * MiB + kPage, 4 * MiB, kRegion - kPage};
enum { kTouched = sizeof touched / sizeof touched[0] };

struct state {
  struct kine_range ranges[64];
  long range_count;
  uint64_t free, processes, brk;
  unsigned char descriptors[256];
  unsigned sum;
};
static struct state before, after;
static int file;
static pid_t sibling;

static void look(struct state *state) {
  static struct kine_statistics now;

  memset(state, 0, sizeof *state);
  state->range_count = raw(KINE_RANGES, KINE_MACHINE_FD, getpid(), 0, state->ranges, 64);
  for (int i = 0; i < 256; i++) state->descriptors[i] = raw(SYS_fcntl, i, F_GETFD) >= 0;
  for (int i = 0; i < kTouched; i++)
    for (int byte = 0; byte < kPage; byte++) state->sum = state->sum * 31 + memory[touched[i] + (size_t)byte];
  state->brk = (uint64_t)raw(NR_brk, 0);
  raw(KINE_STATISTICS, KINE_MACHINE_FD, &now);
  state->free = now.frames_free;
  state->processes = now.processes;
}

static void check_same(const char *what, long n, int may_fill) {
  const char *changed = NULL;

  for (long i = 0; i < before.range_count && may_fill; i++) before.ranges[i].pages = after.ranges[i].pages; /* promises that were kept */
  if (memcmp(before.ranges, after.ranges, sizeof before.ranges) != 0 || before.range_count != after.range_count) changed = "its mappings";
  if (memcmp(before.descriptors, after.descriptors, sizeof before.descriptors) != 0) changed = "its descriptors";
  if (before.sum != after.sum) changed = "its memory's contents";
  if (before.brk != after.brk) changed = "its break";
  if (before.processes != after.processes) changed = "the number of processes";
  if (may_fill ? after.free > before.free : after.free != before.free) changed = "the number of free frames";
  if (changed != NULL)
    test_fail(__FILE__, __LINE__, "%s, with request %ld refused: expected nothing to change, seen that %s did (frames free: %ld, then %ld)",
              what, n, changed, (long)before.free, (long)after.free);
}

struct operation {
  const char *name;
  long (*run)(void); /* the result of the call: < 0 is an error */
  int may_fill;      /* pages that are reached before the one that is refused stay filled, or the process's own */
  long error;        /* besides ENOMEM; -1: a request may be refused unseen; kOtherWay: every one may */
  void (*prepare)(void);
};

/* In a child: the n-th request of the operation is refused. Ends with kDone if there were not so many, with kAnswered if the
 * call answered an error. */
static void refuse(const struct operation *operation, long n) {
  long result, requests;
  int ending = 0;

  raw(KINE_REFUSE, KINE_MACHINE_FD, ~0UL); /* under test from here on, with the sibling and all */
  for (int i = 0; i < kTouched; i++) memset(memory + touched[i], 0x60 + i, kPage);
  if ((sibling = fork()) == 0)
    for (;;) raw(SYS_pause);
  if (operation->prepare != NULL) operation->prepare();
  look(&after), look(&before), look(&after); /* whatever this itself writes to is its own from here on */
  look(&before);
  raw(KINE_REFUSE, KINE_MACHINE_FD, n);
  result = operation->run();
  requests = raw(KINE_REFUSE, KINE_MACHINE_FD, 0);
  if (result < 0) look(&after);
  if (requests < n) {
    if (result < 0) test_fail(__FILE__, __LINE__, "%s: expected success, seen %ld", operation->name, result);
    kill(sibling, SIGKILL), ending_of(sibling);
    _exit(kDone);
  }
  if (result < 0) {
    if (result != -ENOMEM && result != operation->error)
      test_fail(__FILE__, __LINE__, "%s, with request %ld refused: expected ENOMEM, seen %ld", operation->name, n, result);
    check_same(operation->name, n, operation->may_fill);
    ending = kAnswered;
    result = operation->run();
    if (result < 0) test_fail(__FILE__, __LINE__, "%s, with memory again: expected success, seen %ld", operation->name, result);
  } else if (operation->error >= 0) {
    test_fail(__FILE__, __LINE__, "%s, with request %ld refused: expected ENOMEM, seen %ld", operation->name, n, result);
  }
  kill(sibling, SIGKILL), ending_of(sibling);
  _exit(ending); /* (a client gets EIO) */
}

static void refuse_all(const struct operation *operations, unsigned count) {
  static const long millisecond[2] = {0, 1000000};

  if (!on_kine()) return;
  memory = map_private(kRegion);
  for (unsigned i = 0; i < count; i++) {
    long n = 1, ending = 0, answered = 0;
    for (; n <= kMostRequests && ending != kDone; n++) {
      const uint64_t processes = statistics().processes;
      pid_t pid = fork();
      if (pid == 0) refuse(&operations[i], n);
      ending = ending_of(pid);
      /* Its own pages may be what is refused: then it ends, as any process that faults without memory. */
      if (ending == kAnswered)
        answered++;
      else if (ending != 0 && ending != kDone && ending != KILLED_BY(SIGKILL) && ending != KILLED_BY(SIGSEGV))
        test_fail(__FILE__, __LINE__, "%s, with request %ld refused: expected an error or the process's end, seen %ld", operations[i].name,
                  n, ending);
      if (ending >= 1000 || operations[i].prepare != NULL) test_kill_all();
      for (int wait = 0; wait < 200 && statistics().processes > processes; wait++) raw(NR_nanosleep, millisecond, 0);
      if (!CHECK_EQ(raw(KINE_AUDIT, KINE_MACHINE_FD), 0)) return;
    }
    if (ending != kDone) test_fail(__FILE__, __LINE__, "%s: expected an end within %d requests", operations[i].name, kMostRequests);
    if (answered == 0 && operations[i].error != kOtherWay)
      test_fail(__FILE__, __LINE__, "%s: expected an error at one request at least, seen none", operations[i].name);
    if (n == 2) test_fail(__FILE__, __LINE__, "%s: expected it to ask for memory, seen that it does not", operations[i].name);
  }
}
#define REFUSE_ALL(...)                                       \
  static const struct operation operations[] = {__VA_ARGS__}; \
  refuse_all(operations, sizeof operations / sizeof operations[0])

/* --- Memory --- */

enum { kReadWrite = PROT_READ | PROT_WRITE, kAnonymous = MAP_PRIVATE | MAP_ANONYMOUS };
#define AT(offset) (memory + (offset))

static long map_page(void) { return raw(NR_mmap, 0, kPage, kReadWrite, kAnonymous, -1, 0); }
static long map_large(void) { return raw(NR_mmap, 0, 7 * MiB, kReadWrite, kAnonymous, -1, 0); }
static long map_shared_pages(void) { return raw(NR_mmap, 0, 20 * kPage, kReadWrite, MAP_SHARED | MAP_ANONYMOUS, -1, 0); }
static long map_over(void) { return raw(NR_mmap, AT(2 * MiB - kPage), 2 * kPage, PROT_READ, kAnonymous | MAP_FIXED, -1, 0); }
static long map_shared_over(void) {
  return raw(NR_mmap, AT(2 * MiB - kPage), 3 * kPage, kReadWrite, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}
static long unmap_middle(void) { return raw(NR_munmap, AT(2 * MiB - kPage), 2 * kPage); }
static long protect_middle(void) { return raw(NR_mprotect, AT(2 * MiB - kPage), 2 * kPage, PROT_READ); }
static long protect_all(void) { return raw(NR_mprotect, memory, kRegion, PROT_READ); }
static long grow_in_place(void) { return raw(NR_mremap, AT(4 * MiB), MiB, 3 * MiB, 0); }
static long move_pages(void) { return raw(NR_mremap, AT(2 * MiB - kPage), 2 * kPage, 4 * kPage, 3, 0x200000001000); }
static long move_all(void) { return raw(NR_mremap, memory, kRegion, kRegion + MiB, 3, 0x200000000000); }
static long shrink(void) { return raw(NR_mremap, memory, kRegion, 2 * MiB + kPage, 0); }
static long duplicate(void) { return raw(NR_mremap, AT(2 * MiB - kPage), 0, 3 * kPage, 1); }
static long break_up(void) {
  const long old = raw(NR_brk, 0), seen = raw(NR_brk, old + 3 * (long)MiB);
  return seen == old ? -ENOMEM : 0; /* that is its way to fail */
}
static long forget(void) { return raw(SYS_madvise, AT(2 * MiB - kPage), 2 * kPage, MADV_DONTNEED); }
static long map_file(void) { return raw(NR_mmap, 0, 3 * kPage, kReadWrite, MAP_PRIVATE, file, 0); }

TEST(memory_calls, "mmap, munmap, mprotect, mremap, madvise and brk that are refused memory, at any of their requests, change nothing") {
  file = open(test_argv[0], O_RDONLY);
  REFUSE_ALL({"mmap of a page", map_page, 0, 0, NULL}, {"mmap of 7 MiB", map_large, 0, 0, NULL},
             {"mmap of shared pages", map_shared_pages, 0, 0, NULL}, {"mmap over pages", map_over, 0, 0, NULL},
             {"mmap of shared pages over others", map_shared_over, 0, 0, NULL}, {"munmap of the middle", unmap_middle, 0, 0, NULL},
             {"mprotect of the middle", protect_middle, 0, 0, NULL}, {"mprotect of all", protect_all, 0, 0, NULL},
             {"mremap that grows", grow_in_place, 0, 0, NULL}, {"mremap that moves pages", move_pages, 0, 0, NULL},
             {"mremap that moves all", move_all, 0, 0, NULL}, {"mremap that shrinks", shrink, 0, 0, NULL},
             {"mremap that duplicates", duplicate, 0, 0, NULL}, {"brk", break_up, 0, 0, NULL}, {"madvise", forget, 0, 0, NULL},
             {"mmap of a file", map_file, 0, 0, NULL});
}

/* --- Processes --- */

/* A child that is killed because its first page is refused is an ending like another; whether there was one is the result. */
static long bury(long pid) {
  if (pid == 0) raw(NR_exit_group, 0);
  if (pid > 0) raw(NR_wait4, pid, 0, 0, 0);
  return pid;
}
static long do_fork(void) { return bury(raw(NR_fork)); }
static long do_clone(void) {
  return bury(raw(NR_clone, SIGCHLD | 0x01100000 /* PARENT_SETTID, CHILD_SETTID */, 0, AT(kPage), AT(kPage + 8), 0));
}
static long set_action(void) {
  static const struct kernel_action action = {.handler = (void *)(uintptr_t)note, .flags = 0x04000000, .restorer = (void *)(uintptr_t)note};
  return raw(SYS_rt_sigaction, SIGUSR2, &action, 0, kMask);
}

TEST(process_calls, "fork, clone and sigaction that are refused memory make no process and change nothing") {
  REFUSE_ALL({"fork", do_fork, 0, -1, NULL}, {"rt_sigaction", set_action, 0, 0, NULL});
}
TEST(clone_with_ids, "a clone that is refused memory for the child's id, too, makes no process") {
  REFUSE_ALL({"clone", do_clone, 1, -1, NULL});
}

/* --- Descriptors --- */

static long do_dup(void) { return raw(NR_dup, 1); }
static long do_dup2(void) { return raw(NR_dup2, 1, 200); }
static long do_fcntl(void) { return raw(SYS_fcntl, 1, F_DUPFD, 100); }
static long do_cloexec(void) { return raw(SYS_fcntl, 1, F_SETFD, FD_CLOEXEC); }
static long do_close(void) { return raw(NR_close, file); }
static long do_close_range(void) { return raw(SYS_close_range, 3, 100, 0); }
static long do_open(void) { return raw(SYS_open, "/bin", O_RDONLY | O_DIRECTORY); }
static long do_port(void) { return raw(KINE_PORT); }
static long do_mint(void) { return raw(KINE_MINT, port, 5); }
static long do_cut(void) { return raw(KINE_CUT, KINE_MACHINE_FD, KINE_RIGHT_STATISTICS, 0, 0); }
static long do_pipe(void) { return raw(NR_pipe2, AT(kPage), 0); }

TEST(descriptor_calls, "calls that make or close a descriptor and are refused memory change no descriptor") {
  make_port();
  file = open(test_argv[0], O_RDONLY);
  REFUSE_ALL({"dup", do_dup, 0, 0, NULL}, {"dup2", do_dup2, 0, 0, NULL}, {"F_DUPFD", do_fcntl, 0, 0, NULL},
             {"F_SETFD", do_cloexec, 0, 0, NULL}, {"close", do_close, 0, 0, NULL}, {"close_range", do_close_range, 0, 0, NULL},
             {"open", do_open, 0, 0, NULL}, {"port", do_port, 0, 0, NULL}, {"mint", do_mint, 0, 0, NULL}, {"cut", do_cut, 0, 0, NULL});
}
TEST(pipe_call, "a pipe that is refused memory is none") { REFUSE_ALL({"pipe2", do_pipe, 1, 0, NULL}); }

/* --- Copies --- */

static long read_into_promise(void) { return raw(SYS_pread64, file, UNTOUCHED + 100, 3 * kPage, 0); }
static long read_whole_pages(void) { return raw(SYS_pread64, file, UNTOUCHED, 16 * kPage, 0); }
static long write_from_promise(void) {
  return raw(SYS_pwrite64, 1, UNTOUCHED + 100, 0, 0) == -ESPIPE ? raw(NR_uname, UNTOUCHED + 50 * kPage) : 0;
}
static long name_into_promise(void) { return raw(NR_uname, UNTOUCHED + 4000); }
static long usage_into_promise(void) { return raw(SYS_getrusage, 0, UNTOUCHED + kPage - 8); }
static long poll_in_promise(void) { return raw(SYS_poll, UNTOUCHED + kPage - 8, 3, 0); }
static long select_in_promise(void) { return raw(SYS_select, 3, UNTOUCHED + kPage - 64, 0, 0, UNTOUCHED + 2 * kPage); }

TEST(copies, "a copy to or from memory that has no frame yet, and gets none, answers ENOMEM or EFAULT; what lies beside it is as it was") {
  file = open(test_argv[0], O_RDONLY);
  REFUSE_ALL({"pread", read_into_promise, 1, kOtherWay, NULL}, {"pread of whole pages", read_whole_pages, 1, kOtherWay, NULL},
             {"uname behind a write", write_from_promise, 1, -EFAULT, NULL}, {"uname", name_into_promise, 1, -EFAULT, NULL},
             {"getrusage", usage_into_promise, 1, -EFAULT, NULL}, {"poll", poll_in_promise, 1, -EFAULT, NULL},
             {"select", select_in_promise, 1, -EFAULT, NULL});
}

/* --- A server's calls --- */

/* Within the call of a client that shares all its memory with the server. */
static uint64_t token;
static long peer_read(void) { return raw(KINE_READ, token, UNTOUCHED + 100, memory, 2 * kPage); }
static long peer_write(void) { return raw(KINE_WRITE, token, UNTOUCHED + 100, memory, 2 * kPage); }
static long peer_give(void) { return raw(KINE_GIVE, token, AT(2 * MiB - kPage), memory, 2 * kPage); }
static long peer_accept(void) { return raw(KINE_ACCEPT, token, UNTOUCHED, AT(2 * MiB - kPage), 2 * kPage); }
static long peer_take(void) { return raw(KINE_TAKE, token, 1); }
static void take_a_call(void) {
  pid_t client;

  CLIENT(client, raw(SYS_fsync, connection));
  token = receive_call(SYS_fsync);
}

TEST(peer_calls, "a server's access to its sender's memory that is refused memory, on either side, is an error, and the same works later") {
  make_port();
  REFUSE_ALL({"KINE_READ", peer_read, 1, -EFAULT, take_a_call}, {"KINE_WRITE", peer_write, 1, -EFAULT, take_a_call},
             {"KINE_GIVE", peer_give, 0, 0, take_a_call}, {"KINE_ACCEPT", peer_accept, 0, 0, take_a_call},
             {"KINE_TAKE", peer_take, 0, 0, take_a_call});
}

/* --- exec --- */

TEST(exec_call, "an exec that is refused memory leaves the caller as it was, or, behind its commit, ends the new program alone") {
  if (!on_kine()) return;
  memory = map_private(kRegion);
  long ending = 0, n = 1, answered = 0;
  for (; n < kMostRequests && ending != kDone; n++) {
    pid_t pid = fork();
    if (pid == 0) {
      long error;
      raw(KINE_REFUSE, KINE_MACHINE_FD, ~0UL);
      for (int i = 0; i < kTouched; i++) memset(memory + touched[i], 0x60 + i, kPage);
      if ((sibling = fork()) == 0)
        for (;;) raw(SYS_pause);
      look(&after), look(&before), look(&after);
      kill(sibling, SIGKILL), ending_of(sibling);
      look(&before);
      raw(KINE_REFUSE, KINE_MACHINE_FD, n);
      static char path[300], *argv[] = {path, (char *)"77", NULL}, *none[] = {NULL};
      error = raw(NR_execve, companion("ends", path), argv, none);
      raw(KINE_REFUSE, KINE_MACHINE_FD, 0);
      look(&after);
      CHECK_EQ(error, -ENOMEM);
      check_same("execve", n, 1);
      _exit(0);
    }
    ending = ending_of(pid);
    CHECK(ending == 0 || ending == kDone || ending == KILLED_BY(SIGKILL) || ending == KILLED_BY(SIGSEGV));
    if (ending == 0) answered++;
    if (ending >= 1000) test_kill_all();
    if (!CHECK_EQ(raw(KINE_AUDIT, KINE_MACHINE_FD), 0)) return;
  }
  CHECK_EQ(ending, kDone);
  CHECK(answered > 0);
  CHECK(n > 5);
}

/* --- Faults --- */

static volatile int *steps;
static long read_promise(void) { return ((volatile unsigned char *)UNTOUCHED)[MiB / 2] + (*steps = 1); }
static long write_promise(void) { return (((volatile unsigned char *)UNTOUCHED)[MiB / 2] = 1) + (*steps = 1); }
static long write_shared_page(void) { return (((volatile unsigned char *)memory)[2 * MiB] = 1) + (*steps = 1); }

TEST(faults, "a fault that is refused memory ends its process alone; a sibling that shares the page has it as it was") {
  static long (*const touches[])(void) = {read_promise, write_promise, write_shared_page};

  if (!on_kine()) return;
  memory = map_private(kRegion), steps = map_shared(kPage);
  for (int i = 0; i < kTouched; i++) memset(memory + touched[i], 0x60 + i, kPage);
  for (unsigned i = 0; i < sizeof touches / sizeof touches[0]; i++) {
    int killed = 0;
    for (long n = 1; n < 20; n++) {
      *steps = 0;
      pid_t pid = fork();
      if (pid == 0) {
        raw(KINE_REFUSE, KINE_MACHINE_FD, n);
        touches[i]();
        raw(NR_exit_group, 0);
      }
      const long ending = ending_of(pid);
      if (ending != 0) killed++, CHECK(ending == KILLED_BY(SIGKILL) || ending == KILLED_BY(SIGSEGV)), CHECK_EQ(*steps, 0);
      for (int t = 0; t < kTouched; t++) CHECK_PAGE(memory + touched[t], 0x60 + t);
      CHECK_EQ(raw(KINE_AUDIT, KINE_MACHINE_FD), 0);
    }
    CHECK(killed > 0 || strcmp(test_fork, "eager") == 0);
  }
}
