/* A million random messages and system calls of an ordinary user, to every descriptor that he holds and with every number, harm nobody
 * else.
 *
 *     hostile_messages [SEED [CALLS]]
 *
 * Attackers, children of uid 1000 without any right, make the calls: several at a time, a few hundred each, from seeds that follow from
 * SEED. They map, fork, serve ports of their own, call and kill each other. The parent, who is root, wakes or kills those that wait for
 * ever, replaces the dead, audits after every few thousand calls, and looks in the end: init and its servers are the same processes, a file
 * and a process of root's are as they were, and when all that the user made is removed, no frame is missing. The verdict goes to the debug
 * console, which no attacker can write to:
 *
 *     hostile_messages: ok, N calls, seed S, digest D     or     hostile_messages: failed: seed S, call N: why
 *
 * The digest is of each call and its result. Where the machine counts instructions (tools/run --icount), a seed gives the same sequence
 * every time: the same digest, or the same failure.
 *
 * Must never: let an attacker hold the right to the machine. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <kine.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "raw.h"

enum { kPage = 4096, kPages = 64, kLogPort = 0xe9, kUser = 1000 };
enum {
  kAttackers = 4,
  kCalls = 500,
  kCallsOfChild = 40,
  kRounds = 5,
  kAllCalls = 1000000,
  kCallsAnAudit = 10000,
  kDescriptors = 40,
  kMostGrown = 512,
  kPorts = 2,
  kConnections = 3
};
enum { kNumbers = 548 /* Linux's */, kKines = 41 /* Kine's */, kQuiet = 6 /* processes: init, three servers, this, the sleeper */ };
enum { kWakeAfter = 3, kKillAfter = 12 /* turns of the parent in which an attacker did nothing */ };

static unsigned char *playground; /* of an attacker: zeros, paths, an answer, a message, read-only, none, a hole, shared */
enum { kPaths = 1, kAnswer = 2, kMessage = 3, kReadOnly = 8, kNone = 16, kHole = 20, kShared = 40 };
struct attacks {
  uint32_t done[kAttackers]; /* by attacker: its calls so far */
  uint32_t succeeded[kAttackers];
  uint32_t steps[kAttackers];                                  /* … and what it opened before: it gets on */
  uint64_t digest[kAttackers];                                 /* of its calls so far, and their results */
  uint8_t tried[kNumbers + kKines], descriptors[kDescriptors]; /* as a call's first word */
};
static volatile struct attacks *shared;   /* by all attackers */
#define kFarAway ((void *)0x123456789000) /* where no overlong read or write into the playground gets to */
static uint64_t base_seed, all_calls = kAllCalls;
static pid_t my_pid;
static uint64_t calls, successes, started, digest;
static int log_right;

static void say(const char *format, ...) {
  char line[300] = "hostile_messages: ";
  const size_t prefix = strlen(line);
  va_list arguments;

  va_start(arguments, format);
  vsnprintf(line + prefix, sizeof line - prefix, format, arguments);
  va_end(arguments);
  for (const char *at = line; *at != '\0'; at++) __asm__ volatile("outb %0, %1" : : "a"(*at), "Nd"((unsigned short)kLogPort));
}

static void fail(const char *what, long seen) {
  say("failed: seed %lu, call %lu: %s: seen %ld (errno %d)\n", base_seed, calls, what, seen, errno);
  exit(1);
}
#define NEED(condition)                              \
  do {                                               \
    if (!(condition)) fail(#condition " is not", 0); \
  } while (0)

/* --- Chance --- */

static uint64_t state;
static uint64_t dice(void) { /* xorshift64* */
  state ^= state >> 12;
  state ^= state << 25;
  state ^= state >> 27;
  return state * 0x2545f4914f6cdd1d;
}

static const char *const paths[] = {"",
                                    "/",
                                    ".",
                                    "..",
                                    "/tmp",
                                    "/tmp/a",
                                    "/tmp/b",
                                    "/tmp/a/c",
                                    "/tmp/./../tmp/b",
                                    "x",
                                    "x/y",
                                    "/dev/null",
                                    "/dev/zero",
                                    "/dev/tty",
                                    "/dev/urandom",
                                    "/etc/passwd",
                                    "/bin/true",
                                    "/home/student/z",
                                    "/proc/1/maps",
                                    "/proc/self/exe",
                                    "/proc/self/fd/3",
                                    "/root/secret",
                                    "/tmp/witness",
                                    "/home/student",
                                    "/nowhere/at/all",
                                    "kine",
                                    "/dev/full"};
enum { kPathCount = sizeof paths / sizeof paths[0], kPathRoom = 128 };

static const int servers_calls[] = {0,   1,   2,   4,   5,   6,   8,   9,   16,  17,  18,  19,  20,  21,  22,  59,
                                    72,  73,  74,  75,  76,  77,  79,  80,  81,  82,  83,  84,  85,  86,  87,  88,
                                    89,  90,  91,  92,  93,  94,  133, 137, 138, 162, 165, 166, 217, 221, 257, 258,
                                    259, 260, 262, 263, 264, 265, 266, 267, 268, 269, 280, 285, 293, 316, 332, 439};

/* A number that is meant to end the caller, or to make it wait for long. */
static bool ends_caller(long number) {
  static const int ends[] = {15 /* rt_sigreturn */, 34 /* pause */, 60, 231 /* exit */, 130 /* rt_sigsuspend */};

  for (unsigned i = 0; i < sizeof ends / sizeof ends[0]; i++)
    if (number == ends[i]) return true;
  return false;
}

/* Those end an attacker soon enough if they come seldom; and the child of a vfork must not return from here, into what is its parent's. */
static long choose_number(void) {
  const uint64_t roll = dice();
  long number = KINE_STATISTICS + (long)((roll >> 8) % kKines);

  if (roll % 16 < 12) number = servers_calls[(roll >> 8) % (sizeof servers_calls / sizeof servers_calls[0])];
  if (roll % 16 < 3) number = (long)((roll >> 8) % kNumbers);
  if (roll % 1024 == 15) return (long)dice();
  return number == NR_vfork || (ends_caller(number) && roll >> 60 != 0) ? NR_getpid : number;
}

/* Where `tried` has the number; the last place for those that are no call's. */
static unsigned place_of(long number) {
  if (number >= 0 && number < kNumbers) return (unsigned)number;
  return number >= KINE_STATISTICS && number < KINE_STATISTICS + kKines ? (unsigned)(kNumbers + number - KINE_STATISTICS) : NR_getpid;
}

static uint64_t edge(uint64_t roll) {
  static const uint64_t edges[] = {
      0,          1,         0xfff,          0x1000,        0x200000,           0x7fffffff,         0x80000000,
      0xffffffff, 1UL << 32, 0x7ffffffff000, 1UL << 47,     0xffff7fffffffffff, 0xffff800000000000, 0xffffffff80000000,
      1UL << 63,  ~0UL,      ~0UL - 4095,    (uint64_t)-100};
  return edges[roll % (sizeof edges / sizeof edges[0])];
}

static uint64_t path(void) { return (uint64_t)playground + kPaths * kPage + dice() % kPathCount * kPathRoom; }

/* A value for a word of a call, and for what the words point at. */
static uint64_t value(void) {
  const uint64_t roll = dice(), more = roll >> 8;

  switch (roll % 16) {
    case 0: return edge(more);
    case 1: return dice();
    case 2:
    case 3: return (uint64_t)playground + more % (kPages * kPage);
    case 4: return (uint64_t)playground + more % kPages * kPage;
    case 5:
    case 6: return path();
    case 7: return (uint64_t)playground + (kAnswer + more % 2) * kPage;
    case 8: return ((struct kine_message *)(playground + kMessage * kPage))->token;
    case 9: return more % 64 * kPage;
    case 10: return more % 2 ? more % 300 : (uint64_t)my_pid + more % 16 - 8;
    default: return more % kDescriptors;
  }
}

/* --- An attacker --- */

static void awake(int signal) { (void)signal; }

/* What an attacker holds beside the console and the ports, which he shares with the others. Some of it may lie below what others have
 * mounted, and answer only when the parent wakes the caller. */
static void open_all(int slot) {
  static const struct {
    const char *path;
    int flags;
  } opens[] = {{"/etc/passwd", O_RDONLY},       {"/tmp", O_RDONLY | O_DIRECTORY},
               {"/", O_PATH | O_DIRECTORY},     {"/tmp/a", O_RDWR | O_CREAT},
               {"/dev/null", O_RDWR},           {"/dev/zero", O_RDWR},
               {"/home/student", O_RDONLY},     {"/proc", O_RDONLY},
               {"/tmp/b", O_RDWR | O_CREAT},    {"/dev/tty", O_RDWR},
               {"/tmp/b", O_WRONLY | O_APPEND}, {"/bin/true", O_RDONLY}};
  int ends[2];

  for (unsigned i = 0; i < sizeof opens / sizeof opens[0]; i++, shared->steps[slot]++) (void)!open(opens[i].path, opens[i].flags, 0666);
  for (int i = 0; i < 2; i++) (void)!pipe2(ends, i == 0 ? O_NONBLOCK : 0);
}

static void lay_out_playground(void) {
  struct sigaction action = {.sa_handler = awake};

  for (unsigned i = 0; i < kPathCount; i++) strcpy((char *)playground + kPaths * kPage + i * kPathRoom, paths[i]);
  mprotect(playground + kReadOnly * kPage, 8 * kPage, PROT_READ);
  mprotect(playground + kNone * kPage, 4 * kPage, PROT_NONE);
  munmap(playground + kHole * kPage, 4 * kPage);
  mmap(playground + kShared * kPage, 10 * kPage, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  sigaction(SIGALRM, &action, NULL);
}

/* Something that KINE_ANSWER may find in order: the token of what was received last, descriptors, addresses. */
static void fill_answer(void) {
  struct kine_answer *answer = (struct kine_answer *)(playground + kAnswer * kPage);

  *answer = (struct kine_answer){.token = ((struct kine_message *)(playground + kMessage * kPage))->token,
                                 .result = (int64_t)value(),
                                 .kind = (uint32_t)dice() % 4,
                                 .rights = (uint32_t)dice() % 8,
                                 .view = value(),
                                 .view_bytes = value(),
                                 .arguments = value(),
                                 .argument_bytes = dice() % 2 ? 0 : value()};
  for (int i = 0; i < 2; i++)
    answer->connections[i] = (struct kine_answer_connection){.fd = (int)value(), .ready = (uint32_t)value(), .cookie = value()};
}

/* Six words, the first ones perhaps of a kind that calls expect there. */
static void choose_words(uint64_t words[6]) {
  const uint64_t roll = dice();

  for (int i = 0; i < 6; i++) words[i] = value();
  if (roll % 4 == 1) words[0] = (roll >> 8) % kDescriptors;
  if (roll % 4 == 2) words[0] = roll & 0x800 ? (uint64_t)-100 : (roll >> 8) % kDescriptors;
  if (roll % 4 == 3) words[0] = path();
  if (roll % 4 >= 2) words[1] = path();
}

static void live_as_child(int slot);

static uint64_t mix(uint64_t sum, uint64_t value) { return (sum ^ value) * 0x100000001b3; } /* FNV-1a */

/* Whether it had no error. `of_fork`: the caller is a child of an attacker's; its own children end at once. */
static bool one_call(int slot, bool of_fork) {
  const long number = choose_number();
  uint64_t words[6];

  choose_words(words);
  if (number == KINE_ANSWER) fill_answer();
  if (number == KINE_ANSWER && dice() % 4) words[0] = (uint64_t)playground + kAnswer * kPage;
  if (number >= KINE_RECEIVE && number <= KINE_REPLY_RECEIVE && dice() % 4)
    words[number == KINE_REPLY_RECEIVE ? 3 : 1] = (uint64_t)playground + kMessage * kPage;
  if (number == NR_mmap || number == NR_mremap) words[1] &= 0x3fffff, words[2] &= 0x3fffff; /* the memory is everybody's */
  if ((number == NR_write || number == NR_writev) && words[0] < 3) words[2] &= 63;          /* (the host reads what is written) */
  if (number == NR_clone) words[0] &= ~0x4100UL;                                            /* not vfork: the caller is not to be hurt */
  if (number == NR_nanosleep || number == NR_clock_nanosleep) words[0] |= 1UL << 63;
  if (number == 285 /* fallocate */) words[3] &= 0xffff;
  shared->tried[place_of(number)] = 1;
  if (words[0] < kDescriptors) shared->descriptors[words[0]] = 1;
  const uint64_t more = dice();
  const long result = raw(number, words[0], words[1], words[2], words[3], words[4], words[5]);
  if ((number == NR_fork || number == NR_clone) && result == 0) {
    if (!of_fork && more % 2) live_as_child(slot);
    raw(NR_exit_group, 0);
  }
  shared->digest[slot] = mix(mix(shared->digest[slot], (uint64_t)number), (uint64_t)result);
  return result >= 0;
}

/* A child goes on for a while, in what it has inherited; a timer ends it if it waits. (Its calls count for nobody.) */
static void live_as_child(int slot) {
  const struct sigaction action = {.sa_handler = SIG_DFL};

  state ^= 0x5851f42d4c957f2d;
  sigaction(SIGALRM, &action, NULL);
  raw(37 /* alarm */, 1);
  for (int i = 0; i < kCallsOfChild; i++) one_call(slot, true);
}

static void attack(int slot, uint64_t seed) {
  if (setsid() < 0 || setgid(kUser) != 0 || setuid(kUser) != 0) raw(NR_exit_group, 1);
  close(KINE_MACHINE_FD);
  close(log_right);
  my_pid = getpid();
  state = 0x9e3779b97f4a7c15 * (seed + 1);
  lay_out_playground();
  open_all(slot);
  for (int i = 0; i < kCalls; i++) {
    if (one_call(slot, false)) shared->succeeded[slot]++;
    shared->done[slot] = (uint32_t)i + 1;
    shared->steps[slot]++;
  }
  raw(NR_exit_group, 0);
}

/* --- The parent --- */

static pid_t attackers[kAttackers];
static uint32_t seen[kAttackers], still[kAttackers];
static void start(int slot) {
  shared->done[slot] = shared->steps[slot] = shared->succeeded[slot] = seen[slot] = still[slot] = 0;
  shared->digest[slot] = started;
  attackers[slot] = fork();
  if (attackers[slot] < 0) fail("fork", attackers[slot]);
  if (attackers[slot] == 0) attack(slot, base_seed + started);
  started++;
}

/* A look at an attacker. A dead one is buried, and replaced while there is more to do. */
static void look_after(int slot, bool more) {
  if (attackers[slot] == 0) return;
  if (waitpid(attackers[slot], NULL, WNOHANG) == attackers[slot]) {
    calls += shared->done[slot];
    successes += shared->succeeded[slot];
    digest = mix(digest, shared->digest[slot]);
    attackers[slot] = 0;
    if (more) start(slot);
    return;
  }
  still[slot] = shared->steps[slot] == seen[slot] ? still[slot] + 1 : 0;
  seen[slot] = shared->steps[slot];
  if (still[slot] == kWakeAfter) kill(attackers[slot], SIGALRM);
  if (still[slot] >= kKillAfter) kill(attackers[slot], SIGKILL);
}

/* What the attackers' attackers were: nobody of the user's is left. */
static void kill_all_of_user(void) {
  struct kine_process process = {0};

  for (bool any = true; any;) {
    any = false;
    for (int pid = 1; kine_process(KINE_MACHINE_FD, pid, &process) == 0; pid = process.pid + 1) {
      if (process.uid != kUser) continue;
      kill(process.pid, SIGKILL);
      any = true;
    }
    while (waitpid(-1, NULL, WNOHANG) > 0) continue;
    raw(NR_sched_yield);
  }
}

static void run_attackers(void) {
  const uint64_t end = calls + all_calls / kRounds;
  uint64_t audit_at = calls + kCallsAnAudit;

  for (int slot = 0; slot < kAttackers; slot++) start(slot);
  for (bool any = true; any;) {
    any = false;
    for (int slot = 0; slot < kAttackers; slot++) {
      look_after(slot, calls < end);
      any |= attackers[slot] != 0;
    }
    if (calls >= audit_at) {
      if (kine_audit(KINE_MACHINE_FD) != 0) fail("audit", -1);
      say("%lu calls\n", calls);
      audit_at = calls + kCallsAnAudit;
    }
    raw(NR_sched_yield);
  }
  kill_all_of_user();
}

/* Removes all that lies in the directory, but root's own. */
static void remove_in(const char *directory) {
  DIR *stream = opendir(directory);
  struct dirent *entry;
  struct stat status;
  char path[600];

  if (stream == NULL) fail(directory, 0);
  while ((entry = readdir(stream)) != NULL) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
    umount2(path, 0);
    if (lstat(path, &status) != 0) fail(path, 0);
    if (status.st_uid != kUser) continue;
    if (S_ISDIR(status.st_mode)) remove_in(path);
    if ((S_ISDIR(status.st_mode) ? rmdir(path) : unlink(path)) != 0) fail(path, 1);
  }
  closedir(stream);
}

/* --- What must not be harmed --- */

static const char witness[] = "/tmp/witness", secret[] = "/root/secret", text[] = "as root left it\n";
static int servers[4]; /* pids of init and its servers */
static pid_t sleeper;

static void find_servers(int pids[4]) {
  struct kine_process process = {0};
  int count = 0;

  for (int pid = 1; kine_process(KINE_MACHINE_FD, pid, &process) == 0 && count < 4; pid = process.pid + 1)
    if (process.pid == 1 || process.server) pids[count++] = process.pid;
}

static void make_witnesses(void) {
  static const char *const files[] = {witness, secret};

  for (int i = 0; i < 2; i++) {
    const int fd = open(files[i], O_WRONLY | O_CREAT | O_EXCL, 0600);
    NEED(fd >= 0 && write(fd, text, sizeof text) == sizeof text);
    close(fd);
  }
  find_servers(servers);
  NEED(servers[3] != 0);
  sleeper = fork();
  NEED(sleeper >= 0);
  while (sleeper == 0) pause();
}

static void check_file(const char *path) {
  char is[sizeof text + 1];
  struct stat status;
  const int fd = open(path, O_RDONLY);

  NEED(fd >= 0 && fstat(fd, &status) == 0);
  NEED(status.st_uid == 0 && status.st_gid == 0 && status.st_mode == (S_IFREG | 0600) && status.st_nlink == 1);
  NEED(read(fd, is, sizeof is) == sizeof text && memcmp(is, text, sizeof text) == 0);
  close(fd);
}

static void check_witnesses(void) {
  int now[4] = {0};

  find_servers(now);
  for (int i = 0; i < 4; i++)
    if (now[i] != servers[i]) fail("pid of init or a server is another", now[i]);
  check_file(witness);
  check_file(secret);
  NEED(kill(sleeper, 0) == 0 && waitpid(sleeper, NULL, WNOHANG) == 0);
  if (kine_audit(KINE_MACHINE_FD) != 0) fail("audit", -1);
}

/* What the servers keep. */
static uint64_t frames_of_servers(void) {
  struct kine_process process = {0};
  uint64_t frames = 0;

  for (int i = 1; i < 4; i++) {
    if (kine_process(KINE_MACHINE_FD, servers[i], &process) != 0) fail("a server", servers[i]);
    frames += process.frames_private + process.frames_cow + process.tables_private;
  }
  return frames;
}

static struct kine_statistics statistics(void) {
  struct kine_statistics now = {0};
  kine_statistics(KINE_MACHINE_FD, &now);
  return now;
}

/* Waits until nobody is left that does not belong here: init buries orphans, and the servers hear of the dead who had asked them. */
static void wait_until_quiet(void) {
  const long millisecond[2] = {0, 1000000};

  for (int i = 0; i < 10000 && statistics().processes != kQuiet; i++) raw(NR_nanosleep, millisecond, 0);
  if (statistics().processes != kQuiet) fail("processes are left or gone", (long)statistics().processes - kQuiet);
}

/* Every number was tried, and every descriptor; and the calls were not all senseless. */
static void check_attacks(uint64_t messages) {
  if (calls < kAllCalls) return;
  for (unsigned i = 0; i < kNumbers + kKines; i++)
    if (!shared->tried[i] && i != NR_vfork) fail("not tried: number", i < kNumbers ? (long)i : (long)(KINE_STATISTICS + i - kNumbers));
  for (unsigned i = 0; i < kDescriptors; i++)
    if (!shared->descriptors[i]) fail("not tried: descriptor", (long)i);
  if (messages < calls / 5) fail("too few of the calls reached a server", (long)messages);
  if (successes < calls / 40) fail("too few of the calls succeeded", (long)successes);
}

/* A round of attacks, and a look at everything behind it. How many frames are free or, known to be, a server's. */
static uint64_t round_of_attacks(const struct kine_statistics *first) {
  int ports[kPorts];

  for (int i = 0; i < kPorts; i++) {
    NEED((ports[i] = kine_port()) >= 0);
    for (unsigned cookie = 0; cookie < kConnections; cookie++) NEED(kine_mint(ports[i], cookie) == ports[i] + 1 + (int)cookie);
  }
  run_attackers();
  for (int i = 0; i < kPorts; i++) /* what nobody received goes with them */
    for (unsigned j = 0; j <= kConnections; j++) close(ports[i] + (int)j);
  umount2("/home/student", 0);
  remove_in("/tmp");
  remove_in("/home/student");
  wait_until_quiet();
  check_witnesses();
  const struct kine_statistics now = statistics();
  const uint64_t kept = frames_of_servers();
  say("%lu calls, %lu without error, %lu messages, %lu attackers; %lu frames free, %lu the servers'\n", calls, successes,
      now.messages - first->messages, started, now.frames_free, kept);
  return now.frames_free + kept;
}

int main(int argc, char *argv[]) {
  log_right = kine_cut(KINE_MACHINE_FD, KINE_RIGHT_IO, kLogPort, 1);
  if (log_right < 0 || kine_io(log_right) != 0) return 2; /* an attacker may execute this */
  playground = mmap(NULL, kPages * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  shared = mmap(kFarAway, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  NEED((void *)playground != MAP_FAILED && (void *)shared != MAP_FAILED);
  if (argc > 1) base_seed = strtoull(argv[1], NULL, 0);
  if (argc > 2) all_calls = strtoull(argv[2], NULL, 0);
  make_witnesses();
  wait_until_quiet();
  const struct kine_statistics first = statistics();
  uint64_t before = round_of_attacks(&first);
  const uint64_t kept = frames_of_servers();
  bool balanced = false;
  for (int round = 1; round < kRounds; round++) {
    const uint64_t now = round_of_attacks(&first);
    balanced |= now >= before; /* what the kernel loses, it loses every time */
    before = now;
  }
  if (!balanced) fail("each round has left fewer frames", 0);
  /* A server's memory grows with the most that it ever had to keep. */
  if (frames_of_servers() > kept + kMostGrown) fail("servers keep more and more frames", (long)(frames_of_servers() - kept));
  check_attacks(statistics().messages - first.messages);
  say("ok, %lu calls, seed %lu, digest %016lx\n", calls, base_seed, digest);
  kill(sleeper, SIGKILL);
  return 0;
}
