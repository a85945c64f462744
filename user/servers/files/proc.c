/* /proc: what the kernel's statistics say about the machine and each process, as text files, most of them in Linux's format.
 *
 * Its nodes are made when a path leads to them and die with their last pin; a file gets its text when it is opened.
 * Owns: nothing that lasts but the node of /proc. Must never: tell one user where another one's memory lies (`maps`, `crash`). */
#include <stdarg.h>
#include <stdio.h>

#include "call.h"

/* struct node's `proc`; from kFirst on an index into `files`. The `pid` of a link in fd/ is the descriptor. */
enum { kProc = 1, kProcess, kDescriptor, kFirst };
enum { kPidsFrom = 1000 /* positions of processes in /proc */, kTick = 10000000 /* nanoseconds */ };
enum { kTextMax = 65536, kDescriptorsMax = 256 };

struct node *proc_root;

static char text[kTextMax] __attribute__((aligned(8)));
static size_t text_length;

/* What does not fit is left out, line by line. */
static __attribute__((format(printf, 1, 2))) void put(const char *format, ...) {
  va_list arguments;

  va_start(arguments, format);
  const int length = vsnprintf(text + text_length, sizeof text - text_length, format, arguments);
  va_end(arguments);
  if (length > 0 && (size_t)length < sizeof text - text_length) text_length += (size_t)length;
}

static unsigned long kilobytes(uint64_t frames) { return frames * (kPage / 1024); }

static void put_meminfo(const struct kine_process *unused __attribute__((unused))) {
  struct kine_statistics now = {0};

  kine_statistics(kFilesStatistics, &now);
  put("MemTotal:       %8lu kB\nMemFree:        %8lu kB\nMemAvailable:   %8lu kB\n", kilobytes(now.frames_total),
      kilobytes(now.frames_free), kilobytes(now.frames_free));
  put("Buffers:        %8lu kB\nCached:         %8lu kB\nSwapTotal:      %8lu kB\n", 0ul, 0ul, 0ul);
}

static void put_uptime(const struct kine_process *unused __attribute__((unused))) {
  struct timespec now;

  clock_gettime(CLOCK_MONOTONIC, &now);
  put("%ld.%02ld 0.00\n", now.tv_sec, now.tv_nsec / kTick);
}

/* As it is, for crash(1); nothing, before the first one. */
static void put_crash(const struct kine_process *unused __attribute__((unused))) {
  if (kine_crash(kFilesStatistics, (struct kine_crash *)text) == 0) text_length = sizeof(struct kine_crash);
}

/* Only what df should ask: not what users mounted. */
static void put_mounts(const struct kine_process *unused __attribute__((unused))) { put("files / tmpfs rw 0 0\n"); }

static void put_maps(const struct kine_process *process) {
  struct kine_range range;

  for (uint64_t from = 0; kine_ranges(kFilesStatistics, process->pid, from, &range, 1) > 0; from = range.end)
    put("%08lx-%08lx %c%c%c%c 00000000 00:00 0 \n", range.begin, range.end, range.rights & PROT_READ ? 'r' : '-',
        range.rights & PROT_WRITE ? 'w' : '-', range.rights & PROT_EXEC ? 'x' : '-', range.shared ? 's' : 'p');
}

static uint64_t frames_of(const struct kine_process *of) { return of->frames_private + of->frames_cow + of->frames_shared; }

static void put_status(const struct kine_process *process) {
  static const char *const states[] = {['R'] = "R (running)", ['S'] = "S (sleeping)", ['T'] = "T (stopped)", ['Z'] = "Z (zombie)"};
  const uint32_t uid = process->uid, gid = process->gid;

  put("Name:\t%s\nState:\t%s\nTgid:\t%d\nPid:\t%d\nPPid:\t%d\n", process->name, states[process->state], process->pid, process->pid,
      process->parent);
  put("Uid:\t%u\t%u\t%u\t%u\nGid:\t%u\t%u\t%u\t%u\n", uid, uid, uid, uid, gid, gid, gid, gid);
  put("VmSize:\t%8lu kB\nVmRSS:\t%8lu kB\nThreads:\t1\n", kilobytes(frames_of(process) + process->promised), kilobytes(frames_of(process)));
}

static void put_stat(const struct kine_process *process) {
  put("%d (%s) %c %d %d %d 0 -1 0 %lu 0 0 0 ", process->pid, process->name, (char)process->state, process->parent, process->group,
      process->session, process->events.faults);
  put("%lu 0 0 0 20 0 1 0 %lu %lu %lu 18446744073709551615", process->user_nanoseconds / kTick, process->start_nanoseconds / kTick,
      (frames_of(process) + process->promised) * kPage, frames_of(process));
  put(" 0 0 0 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n");
}

/* A line for each counter: its name in struct kine_process, and the number. */
static void put_cow(const struct kine_process *process) {
  const struct kine_events *events = &process->events;

  put("frames_private %lu\nframes_cow %lu\nframes_shared %lu\n", process->frames_private, process->frames_cow, process->frames_shared);
  put("tables_private %lu\ntables_shared %lu\npromised %lu\n", process->tables_private, process->tables_shared, process->promised);
  put("faults %lu\nfaults_copy %lu\nfaults_reuse %lu\nfaults_zero %lu\n", events->faults, events->faults_copy, events->faults_reuse,
      events->faults_zero);
  put("pages_copied %lu\npages_zeroed %lu\ntables_copied %lu\n", events->pages_copied, events->pages_zeroed, events->tables_copied);
  put("tables_split %lu\ntables_reused %lu\nforks %lu\nexecs %lu\n", events->tables_split, events->tables_reused, events->forks,
      events->execs);
}

static void put_comm(const struct kine_process *process) { put("%s\n", process->name); }
static void put_cmdline(const struct kine_process *process) { put("%s%c", process->name, '\0'); }

static const struct {
  const char *name;
  uint8_t directory;
  uint32_t mode;
  void (*put)(const struct kine_process *);
} files[] = {
    {"self", kProc, S_IFLNK | 0777, NULL},
    {"crash", kProc, S_IFREG | 0400, put_crash},
    {"meminfo", kProc, S_IFREG | 0444, put_meminfo},
    {"mounts", kProc, S_IFREG | 0444, put_mounts},
    {"uptime", kProc, S_IFREG | 0444, put_uptime},
    {"cmdline", kProcess, S_IFREG | 0444, put_cmdline},
    {"comm", kProcess, S_IFREG | 0444, put_comm},
    {"cow", kProcess, S_IFREG | 0444, put_cow},
    {"exe", kProcess, S_IFLNK | 0777, NULL},
    {"fd", kProcess, S_IFDIR | 0500, NULL},
    {"maps", kProcess, S_IFREG | 0400, put_maps},
    {"stat", kProcess, S_IFREG | 0444, put_stat},
    {"status", kProcess, S_IFREG | 0444, put_status},
};
enum { kFiles = sizeof files / sizeof files[0], kSelf = kFirst, kExe = kFirst + 8, kDescriptors = kFirst + 9 };

static uint64_t number_of(uint8_t proc, int pid) { return (uint64_t)1 << 40 | (uint64_t)(uint32_t)pid << 8 | proc; }

static struct node *make(struct node *directory, uint8_t proc, int pid, uint32_t mode, uint32_t uid, uint32_t gid) {
  struct node *node = node_make(mode, uid, gid);

  if (node == NULL) return NULL;
  node->proc = proc;
  node->pid = pid;
  node->number = number_of(proc, pid);
  if (S_ISDIR(mode)) node->parent = node_pin(directory);
  if (!S_ISDIR(mode)) node->links = 1;
  return node;
}

bool proc_start(void) {
  proc_root = make(root, kProc, 0, S_IFDIR | 0555, 0, 0);
  return proc_root != NULL && entry_add(root, "proc", 4, proc_root) == 0;
}

static bool find_process(int pid, struct kine_process *process) {
  return kine_process(kFilesStatistics, pid, process) == 0 && process->pid == pid;
}

struct node *proc_find(struct call *call, struct node *directory, const char *name) {
  struct kine_process process;
  char *end;

  for (unsigned i = 0; i < kFiles; i++)
    if (files[i].directory == directory->proc && strcmp(files[i].name, name) == 0)
      return make(directory, kFirst + i, directory->pid, files[i].mode, directory->uid, directory->gid);
  const unsigned long number = strtoul(name, &end, 10);
  if (*end != '\0' || *name < '0' || *name > '9' || (*name == '0' && name[1] != '\0') || number > INT32_MAX) return NULL;
  if (directory->proc == kDescriptors && directory->pid == call->message->pid)
    return make(directory, kDescriptor, (int)number, S_IFLNK | 0700, directory->uid, directory->gid);
  if (directory->proc != kProc || !find_process((int)number, &process)) return NULL;
  return make(directory, kProcess, (int)number, S_IFDIR | 0555, process.uid, process.gid);
}

bool proc_next(struct call *call, struct listed *listed) {
  static char digits[16];
  const struct node *directory = call->node;
  struct kine_process process;
  const bool own = directory->proc == kDescriptors && directory->pid == call->message->pid;
  uint64_t cookie;

  for (uint64_t fd = listed->position - kDotDot; own && fd < kDescriptorsMax; fd++) {
    if (kine_identify(call->message->token, kServerPort, (int)fd, &cookie) != 0 && errno == EBADF) continue;
    snprintf(digits, sizeof digits, "%d", (int)fd);
    *listed = (struct listed){fd + kDotDot + 1, number_of(kDescriptor, (int)fd), S_IFLNK, digits, NULL};
    return true;
  }
  for (uint8_t i = 0; listed->position < kPidsFrom && i < kFiles; i++) {
    if (files[i].directory != directory->proc || (uint64_t)i + kDotDot < listed->position) continue;
    *listed = (struct listed){i + kDotDot + 1, number_of(kFirst + i, directory->pid), files[i].mode, files[i].name, NULL};
    return true;
  }
  const int next = listed->position < kPidsFrom ? 1 : (int)(listed->position - kPidsFrom + 1);
  if (directory->proc != kProc || kine_process(kFilesStatistics, next, &process) != 0) return false;
  snprintf(digits, sizeof digits, "%d", process.pid);
  *listed = (struct listed){kPidsFrom + (uint64_t)process.pid, number_of(kProcess, process.pid), S_IFDIR, digits, NULL};
  return true;
}

struct node *proc_linked(struct call *call, const struct node *link) {
  const bool exe = link->proc == kExe;

  errno = exe && link->pid != call->message->pid ? EACCES : 0;
  if (link->proc == kSelf || errno != 0) return NULL;
  struct node *node = node_behind(call, exe ? KINE_FD_IMAGE : link->pid);
  if (node == NULL && (errno != EXDEV || exe)) errno = ENOENT;
  return node;
}

int64_t node_text(struct call *call, const struct node *node, char *to, size_t room) {
  if (node->proc == 0) return S_ISLNK(node->mode) ? snprintf(to, room, "%s", node->target) : node_path(node, to, room);
  if (node->proc == kProc) return snprintf(to, room, "/proc");
  if (node->proc == kProcess) return snprintf(to, room, "/proc/%d", node->pid);
  if (node->proc == kDescriptors) return snprintf(to, room, "/proc/%d/fd", node->pid);
  if (node->proc == kSelf) return snprintf(to, room, "%d", call->message->pid);
  const struct node *target = proc_linked(call, node);
  if (target == NULL) return errno == EXDEV ? snprintf(to, room, "connection:[%d]", node->pid) : -errno;
  return target->proc == 0 || S_ISDIR(target->mode) ? node_text(call, target, to, room) : -ENOENT;
}

int64_t proc_fill(struct node *node) {
  struct kine_process process = {0};

  if (node->pid != 0 && !find_process(node->pid, &process)) return -ESRCH;
  text_length = 0;
  files[node->proc - kFirst].put(&process);
  return data_put(&node->data, text, text_length, false);
}
