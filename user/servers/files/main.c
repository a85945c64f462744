/* files: the server of the tree of files. It waits for a call, serves it from memory, answers, and waits for the next; it never waits for
 * anything else. docs/messages.md tells how calls get here.
 *
 *   main.c     this loop, and the table of calls           path.c   from a path to a node; permissions
 *   node.h     what a file, a directory, a name is         open.c   open files
 *   tree.c     names and nodes                             io.c names.c attributes.c exec.c   the calls
 *   data.c     contents, shared copy-on-write              proc.c mount.c archive.c
 *
 * Until init's child has sent the boot archive there is no tree: what comes before that is kept, and served afterwards.
 * Owns: the order in which things happen. Must never: trust a word of a message, or end because of one. */

#include "call.h"

enum need { kAny, kOpened /* not O_PATH */, kReadable, kWritable };
enum { kDescriptor = -1, kName = kHere | kMissing, kTwoNames = kName | kTwo };

struct row {
  service *serve;
  int8_t path;   /* the index of the path's word, or kDescriptor */
  uint8_t words; /* the index of the first word for `serve` */
  uint8_t walk;  /* how the path is followed … */
  uint8_t at;    /* … unless this word has AT_ flags (0: none does) */
  uint8_t need;  /* what the descriptor must be open for */
};

static int64_t serve_nothing(struct call *call __attribute__((unused))) { return 0; }

static const struct row rows[] = {
    [SYS_read] = {serve_transfer, kDescriptor, 1, 0, 0, kReadable},
    [SYS_write] = {serve_transfer, kDescriptor, 1, 0, 0, kWritable},
    [SYS_fstat] = {serve_stat, kDescriptor, 1, 0, 0, kAny},
    [SYS_lseek] = {serve_lseek, kDescriptor, 1, 0, 0, kOpened},
    [SYS_mmap] = {serve_mmap, kDescriptor, 1, 0, 0, kOpened},
    [SYS_ioctl] = {serve_ioctl, kDescriptor, 1, 0, 0, kOpened},
    [SYS_pread64] = {serve_transfer, kDescriptor, 1, 0, 0, kReadable},
    [SYS_pwrite64] = {serve_transfer, kDescriptor, 1, 0, 0, kWritable},
    [SYS_readv] = {serve_transfer, kDescriptor, 1, 0, 0, kReadable},
    [SYS_writev] = {serve_transfer, kDescriptor, 1, 0, 0, kWritable},
    [SYS_fcntl] = {serve_fcntl, kDescriptor, 1, 0, 0, kAny},
    [SYS_flock... SYS_fdatasync] = {serve_nothing, kDescriptor, 1, 0, 0, kOpened}, /* and fsync */
    [SYS_fadvise64] = {serve_nothing, kDescriptor, 1, 0, 0, kOpened},
    [SYS_fallocate] = {serve_fallocate, kDescriptor, 1, 0, 0, kWritable},
    [SYS_ftruncate] = {serve_truncate, kDescriptor, 1, 0, 0, kOpened},
    [SYS_fchdir] = {serve_chdir, kDescriptor, 1, 0, 0, kAny},
    [SYS_fchmod] = {serve_chmod, kDescriptor, 1, 0, 0, kOpened},
    [SYS_fchown] = {serve_chown, kDescriptor, 1, 0, 0, kOpened},
    [SYS_fstatfs] = {serve_statfs, kDescriptor, 1, 0, 0, kAny},
    [SYS_getdents64] = {serve_getdents, kDescriptor, 1, 0, 0, kOpened},
    [SYS_getcwd] = {serve_getcwd, kDescriptor, 0, 0, 0, kAny},
    [SYS_pipe2] = {serve_pipe2, kDescriptor, 0, 0, 0, kAny},
    [SYS_sync] = {serve_nothing, kDescriptor, 0, 0, 0, kAny},
    [SYS_newfstatat] = {serve_stat, 1, 2, kFollow, 3, kAny},
    [SYS_statx] = {serve_stat, 1, 2, kFollow, 2, kAny},
    [SYS_faccessat2] = {serve_access, 1, 2, kFollow, 3, kAny},
    [SYS_fchmodat] = {serve_chmod, 1, 2, kFollow, 0, kAny},
    [SYS_fchownat] = {serve_chown, 1, 2, kFollow, 4, kAny},
    [SYS_utimensat] = {serve_utimens, 1, 2, kFollow, 3, kAny},
    [SYS_readlinkat] = {serve_readlinkat, 1, 2, kEmpty, 0, kAny},
    [SYS_truncate] = {serve_truncate, 0, 1, kFollow, 0, kAny},
    [SYS_chdir] = {serve_chdir, 0, 1, kFollow, 0, kAny},
    [SYS_statfs] = {serve_statfs, 0, 1, kFollow, 0, kAny},
    [SYS_execve] = {serve_execve, 0, 1, kFollow, 0, kAny},
    [SYS_mount] = {serve_mount, 1, 0, kFollow | kHere, 0, kAny},
    [SYS_umount2] = {serve_umount2, 0, 1, kFollow | kHere, 0, kAny},
    [SYS_openat] = {serve_openat, 1, 2, kFollow | kMissing, 0, kAny},
    [SYS_mkdirat] = {serve_mkdirat, 1, 2, kName, 0, kAny},
    [SYS_mknodat] = {serve_mknodat, 1, 2, kName, 0, kAny},
    [SYS_symlinkat] = {serve_symlinkat, 2, 0, kName, 0, kAny},
    [SYS_unlinkat] = {serve_unlinkat, 1, 2, kName, 0, kAny},
    [SYS_linkat] = {serve_linkat, 1, 2, kTwo, 4, kAny},
    [SYS_renameat2] = {serve_renameat2, 1, 2, kTwoNames, 0, kAny},
};

/* Memory --------------------------------------------------------------------------------------------------------------------------------
 */

enum { kReserved = 32 /* the last 1/32 of frames are the servers' */, kSpare = 32 /* frames more */, kAtOnce = 256 << 10 };

/* The boot archive has come. Until then there is no tree. */
static bool filled;

bool room_for(size_t bytes) {
  static uint64_t allowance; /* how much may be taken before the kernel is asked again */
  struct kine_statistics now;

  if (!filled) return true; /* what the tree begins with comes before all else */
  if (bytes > allowance) {
    if (kine_statistics(kFilesStatistics, &now) != 0) return false;
    const uint64_t reserve = now.frames_total / kReserved + kSpare;
    const uint64_t free = now.frames_free > reserve ? (now.frames_free - reserve) * kPage : 0;
    if (bytes > free) return false;
    allowance = bytes > kAtOnce ? bytes : free < kAtOnce ? free : kAtOnce;
  }
  allowance -= bytes;
  return true;
}

static bool start_tree(void) {
  struct kine_statistics now;

  if (kine_statistics(kFilesStatistics, &now) != 0) return false;
  limits.pages = now.frames_total / 2;
  limits.things = now.frames_total / 2;
  root = node_make(S_IFDIR | 0755, 0, 0);
  if (root == NULL) return false;
  root->parent = root;
  return true;
}

/* Calls ---------------------------------------------------------------------------------------------------------------------------------
 */

static int64_t serve_descriptor(struct call *call, const struct row *row) {
  call->node = node_of(call->message->cookie);
  if (call->node == NULL) return -ESTALE;
  call->open = open_find(call->message->cookie);
  const uint32_t flags = call->open != NULL ? call->open->flags : O_PATH, access = flags & O_ACCMODE;
  if (row->need != kAny && (flags & O_PATH)) return -EBADF;
  if ((row->need == kReadable && access == O_WRONLY) || (row->need == kWritable && access == O_RDONLY)) return -EBADF;
  return row->serve(call);
}

/* How the row's path is followed; -EINVAL for flags that there are not. */
static int walk_flags(const struct row *row, const struct kine_message *message) {
  enum { kKnown = AT_SYMLINK_NOFOLLOW | AT_EACCESS | AT_SYMLINK_FOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | 0x6000 /* statx's */ };
  const uint32_t flags = row->at > 0 ? (uint32_t)message->words[row->at] : 0;
  int walk = row->walk;

  if (flags & ~(uint32_t)kKnown) return -EINVAL;
  if (flags & AT_SYMLINK_NOFOLLOW) walk &= ~kFollow;
  if (flags & AT_SYMLINK_FOLLOW) walk |= kFollow;
  if (flags & AT_EMPTY_PATH) walk |= kEmpty;
  const uint32_t open = message->number == SYS_openat ? (uint32_t)message->words[2] : 0;
  if ((open & (O_CREAT | O_PATH)) == O_CREAT) walk |= kFile;
  return (open & O_NOFOLLOW) || ((walk & kFile) && (open & O_EXCL)) ? walk & ~kFollow : walk;
}

static int64_t serve_path(struct call *call, const struct row *row) {
  const uint64_t path = call->message->words[row->path];
  const int flags = walk_flags(row, call->message);

  if (flags < 0) return flags;
  if (path == 0 && call->message->number == SYS_utimensat) return serve_descriptor(call, row);
  int64_t error = walk(call, call->message->cookie, path, (unsigned)flags, &call->place);
  if (error != 0) return error;
  call->node = call->place.node;
  if (call->node == NULL && !(flags & kMissing)) error = -ENOENT;
  if (error == 0 && (flags & kTwo)) error = walk(call, call->words[0], call->words[1], kTwo | kHere, &call->other);
  if (error == 0) error = row->serve(call);
  place_drop(&call->place);
  place_drop(&call->other);
  return error;
}

/* The boot archive ----------------------------------------------------------------------------------------------------------------------
 */

static struct kine_message early[8192]; /* the calls that came before it */
static size_t early_count;

static int64_t serve(const struct kine_message *message);

static int64_t keep(const struct kine_message *message) {
  if (early_count == sizeof early / sizeof early[0]) return -ENOMEM;
  early[early_count++] = *message;
  return kAnswered;
}

/* A signal for a sender whose call is kept. */
static void cancel(uint64_t token) {
  size_t i = 0;

  while (i < early_count && early[i].token != token) i++;
  if (i == early_count) return;
  memmove(&early[i], &early[i + 1], (--early_count - i) * sizeof early[0]);
  kine_reply(token, -KINE_ERESTART);
}

static int64_t fill(const struct kine_message *message) {
  enum { kAtMost = 64 << 20 };
  const uint64_t bytes = pages_of(message->words[2]) * kPage;

  if (message->number != SYS_write || bytes == 0) return -EINVAL;
  char *archive = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (archive == MAP_FAILED) return -ENOMEM;
  for (uint64_t done = 0; done < bytes; done += kAtMost)
    if (kine_accept(message->token, archive + done, message->words[1] + done, bytes - done < kAtMost ? bytes - done : kAtMost) != 0)
      return -errno;
  limits.pages += bytes / kPage; /* they are there already */
  int64_t error = archive_unpack(archive, message->words[2]);
  if (error == 0) error = archive_complete();
  if (error != 0) return error;
  filled = true;
  for (size_t i = 0; i < early_count; i++) {
    const int64_t result = serve(&early[i]);
    if (result != kAnswered) kine_reply(early[i].token, result);
  }
  return (int64_t)message->words[2];
}

static int64_t serve(const struct kine_message *message) {
  struct call call = {.message = message, .group_count = -1};
  const struct row *row = message->number < sizeof rows / sizeof rows[0] ? &rows[message->number] : NULL;

  if (message->cookie == kFilesFill) return filled ? -EPERM : fill(message);
  if (!filled) return keep(message);
  if (row == NULL || row->serve == NULL) return server_no_such_call(message->number);
  call.words = message->words + row->words;
  return row->path == kDescriptor ? serve_descriptor(&call, row) : serve_path(&call, row);
}

/* Once there is a tree, what KINE_CANCEL is about is answered already. */
int main(int argc, char *argv[]) {
  struct kine_message message;
  uint64_t token = 0; /* of the call to be answered */
  int64_t result = 0;

  server_start(argc, argv, kFilesLog);
  if (!start_tree()) return 1;
  for (;;) {
    const int received = kine_reply_receive(token, result, kServerPort, &message);
    token = 0;
    if (received != 0) continue; /* a signal */
    if (message.kind == KINE_CLOSED) open_close(message.cookie);
    if (message.kind == KINE_CANCEL) cancel(message.token);
    if (message.kind != KINE_CALL) continue;
    result = serve(&message);
    token = result == kAnswered ? 0 : message.token;
  }
}
