/* What a descriptor can do: read and write at an offset, read a directory, map a file, copy one by sharing its pages.
 *
 * Owns: nothing. Must never: let bytes that a failed write left behind be seen: a page counts only after data_written. */
#include <dirent.h>
#include <sys/random.h>

#include "call.h"

enum { kShareLeast = 16384, kListing = 32768, kClone = 0x40049409 /* FICLONE */ };
enum { kWorkMost = 8 << 20 /* what one call copies; meanwhile nobody else is served, and hardly anybody runs */ };

static const char zeros[kZeros] __attribute__((aligned(kPage))); /* of the program's own pages: no promises */

/* Whole pages of a plain read are shared instead of copied. How many bytes; 0: copy. */
static uint64_t share(struct transfer *transfer, const struct data *data, uint64_t offset, uint64_t bytes) {
  if (transfer->vector != 0 || (transfer->address | offset) % kPage != 0 || bytes < kShareLeast) return 0;
  bytes = (bytes < kShareMost ? bytes : kShareMost) / kPage * kPage;
  if (kine_give(transfer->token, transfer->address, data->bytes + offset, bytes) != 0) return 0;
  transfer_advance(transfer, bytes);
  return bytes;
}

/* Reads the next bytes of a file, as far as they are all data or all hole. */
static int64_t read_some(struct transfer *transfer, const struct data *data, uint64_t offset) {
  const uint64_t rest = data->size - offset;
  bool present;
  const uint64_t bytes = data_run(data, offset, rest < transfer->left ? rest : transfer->left, &present);

  if (!present) return transfer_copy(transfer, (char *)zeros, bytes);
  const uint64_t shared = share(transfer, data, offset, bytes);
  return shared > 0 ? (int64_t)shared : transfer_copy(transfer, data->bytes + offset, bytes);
}

static int64_t write_some(struct transfer *transfer, struct data *data, uint64_t offset) {
  const uint64_t before = transfer->left;
  uint64_t want = before < kMaxCopy ? before : kMaxCopy;

  if (offset < kSizeMax && want > kSizeMax - offset) want = kSizeMax - offset;
  const int error = data_prepare(data, offset, want);
  if (error != 0) return error;
  const int64_t result = transfer_copy(transfer, data->bytes + offset, want);
  const uint64_t moved = before - transfer->left; /* exact, whatever the result */
  data_written(data, offset, moved);
  return moved > 0 ? (int64_t)moved : result;
}

static int64_t move_device(struct transfer *transfer, uint64_t device) {
  static char random[kZeros];
  const uint64_t bytes = transfer->left < kZeros ? transfer->left : kZeros;

  if (device != kRandom && device != kUrandom) return transfer_copy(transfer, (char *)zeros, bytes);
  return getrandom(random, bytes, 0) < 0 ? -errno : transfer_copy(transfer, random, bytes);
}

/* Moves all that can be moved, as far as that does not take too long (sharing does not): how much, or why nothing. */
static int64_t move(struct transfer *transfer, struct node *node, uint64_t offset) {
  const bool device = S_ISCHR(node->mode);
  int64_t done = 0, moved = 1, work = 0;

  if (device && transfer->writes) return node->device == kFull ? -ENOSPC : (int64_t)transfer->left;
  if (device && node->device == kNull) return 0;
  while (transfer->left > 0 && moved > 0 && work < kWorkMost) {
    const uint64_t at = offset + (uint64_t)done;
    if (!device && !transfer->writes && at >= node->data.size) break;
    moved = device ? move_device(transfer, node->device)
                   : (transfer->writes ? write_some(transfer, &node->data, at) : read_some(transfer, &node->data, at));
    work += moved < kMaxCopy ? moved : kMaxCopy;
    if (moved > 0) done += moved;
  }
  return done == 0 && moved < 0 ? moved : done;
}

int64_t serve_transfer(struct call *call) {
  const bool positioned = call->message->number == SYS_pread64 || call->message->number == SYS_pwrite64;
  struct node *node = call->node;
  struct transfer transfer;

  if (S_ISDIR(node->mode)) return -EISDIR;
  if (positioned && (int64_t)call->words[2] < 0) return -EINVAL;
  int64_t result = transfer_begin(&transfer, call->message);
  if (result != 0) return result;
  const bool appends = transfer.writes && S_ISREG(node->mode) && (call->open->flags & O_APPEND);
  const uint64_t offset = appends ? node->data.size : positioned ? call->words[2] : call->open->offset;
  result = move(&transfer, node, offset);
  if (result > 0 && transfer.writes) node_wrote(call);
  if (result >= 0 && !transfer.writes && !(call->open->flags & O_NOATIME)) node_touch(node, kAccessed);
  if (result > 0 && !positioned && S_ISREG(node->mode)) call->open->offset = offset + (uint64_t)result;
  return result;
}

int64_t serve_lseek(struct call *call) {
  const bool file = S_ISREG(call->node->mode);
  int64_t offset = (int64_t)call->words[0];

  if (S_ISCHR(call->node->mode)) return 0;
  if (call->words[1] > SEEK_END) return -EINVAL;
  const uint64_t base = call->words[1] == SEEK_CUR ? call->open->offset : call->words[1] == SEEK_END && file ? call->node->data.size : 0;
  if (__builtin_add_overflow((int64_t)base, offset, &offset) || offset < 0 || (file && (uint64_t)offset > kSizeMax)) return -EINVAL;
  call->open->offset = (uint64_t)offset;
  return offset;
}

static bool next_name(struct call *call, struct listed *listed) {
  struct node *directory = call->node;

  if (listed->position < kDotDot) {
    const bool dot = ++listed->position == kDot;
    const struct node *to = dot ? directory : directory->parent;
    *listed = (struct listed){listed->position, to->number, S_IFDIR, dot ? "." : "..", NULL};
    return true;
  }
  if (directory->proc != 0) return proc_next(call, listed);
  const struct entry *entry = listed->entry != NULL ? listed->entry->after : directory->first;
  while (entry != NULL && entry->position <= listed->position) entry = entry->after;
  if (entry == NULL) return false;
  *listed = (struct listed){entry->position, entry->node->number, entry->node->mode, entry->name, entry};
  return true;
}

int64_t serve_getdents(struct call *call) {
  static char listing[kListing];
  const size_t room = (uint32_t)call->words[1] < kListing ? (uint32_t)call->words[1] : kListing;
  struct listed listed = {.position = call->open->offset};
  uint64_t position = listed.position; /* of the last name that fitted */
  size_t used = 0;

  if (!S_ISDIR(call->node->mode)) return -ENOTDIR;
  if (!node_alive(call->node) && call->node->proc == 0) return -ENOENT;
  while (next_name(call, &listed)) {
    struct dirent *out = (struct dirent *)(listing + used);
    const size_t length = strlen(listed.name), bytes = (offsetof(struct dirent, d_name) + length + 8) & ~(size_t)7;
    if (bytes > room - used && used == 0) return -EINVAL;
    if (bytes > room - used) break;
    memset(out, 0, bytes);
    out->d_ino = listed.number;
    out->d_off = (off_t)listed.position;
    out->d_reclen = (unsigned short)bytes;
    out->d_type = (unsigned char)IFTODT(listed.mode);
    memcpy(out->d_name, listed.name, length);
    used += bytes;
    position = listed.position;
  }
  if (used > 0 && kine_write(call->message->token, call->words[0], listing, used) != 0) return -errno;
  call->open->offset = position;
  node_touch(call->node, kAccessed);
  return (int64_t)used;
}

int64_t serve_ioctl(struct call *call) {
  uint64_t cookie;

  if ((uint32_t)call->words[0] != kClone) return -ENOTTY;
  if (kine_identify(call->message->token, kServerPort, (int)call->words[1], &cookie) != 0) return -errno;
  const struct open *from = open_find(cookie);
  if (from == NULL) return -ESTALE;
  if ((from->flags & O_PATH) || (from->flags & O_ACCMODE) == O_WRONLY) return -EBADF;
  if ((call->open->flags & O_APPEND) || (call->open->flags & O_ACCMODE) == O_RDONLY) return -EBADF;
  if (S_ISDIR(call->node->mode) || S_ISDIR(from->node->mode)) return -EISDIR;
  if (!S_ISREG(call->node->mode) || !S_ISREG(from->node->mode)) return -EINVAL;
  const int error = call->node != from->node ? data_clone(&call->node->data, &from->node->data) : 0;
  if (error == 0) node_wrote(call);
  return error;
}

int64_t serve_fcntl(struct call *call) {
  enum { kSettable = O_APPEND | O_NONBLOCK | O_DIRECT | O_NOATIME, kLarge = 0100000 /* Linux adds O_LARGEFILE */ };
  const uint32_t flags = call->open != NULL ? call->open->flags : O_PATH | O_DIRECTORY;

  if ((uint32_t)call->words[0] == F_GETFL) return flags & O_PATH ? flags : flags | kLarge;
  if (flags & O_PATH) return -EBADF;
  if ((uint32_t)call->words[0] != F_SETFL) return -EINVAL;
  call->open->flags = (flags & ~(uint32_t)kSettable) | ((uint32_t)call->words[1] & kSettable);
  return 0;
}

int64_t serve_mmap(struct call *call) {
  struct data *data = &call->node->data;
  const uint64_t offset = call->words[4];

  if (!S_ISREG(call->node->mode)) return -ENODEV;
  if ((call->open->flags & O_ACCMODE) == O_WRONLY) return -EACCES;
  if (offset % kPage != 0) return -EINVAL;
  const bool inside = offset < data->size;
  return answer_call(call, (struct kine_answer){.kind = KINE_ANSWER_VIEW,
                                                .rights = PROT_READ | PROT_WRITE | PROT_EXEC,
                                                .connections = {{.fd = -1}, {.fd = -1}},
                                                .view = (uint64_t)(inside ? data->bytes + offset : zeros),
                                                .view_bytes = inside ? data->size - offset : 0});
}

/* Makes the file long enough. Pages it gets when they are written: a promise that the server could not keep would end it. */
int64_t serve_fallocate(struct call *call) {
  const int64_t offset = (int64_t)call->words[1], bytes = (int64_t)call->words[2];

  if (offset < 0 || bytes <= 0) return -EINVAL;
  if (call->words[0] & ~(uint64_t)FALLOC_FL_KEEP_SIZE) return -EOPNOTSUPP;
  if (!S_ISREG(call->node->mode)) return -ENODEV;
  const uint64_t end = (uint64_t)offset + (uint64_t)bytes;
  return (call->words[0] & FALLOC_FL_KEEP_SIZE) || end <= call->node->data.size ? 0 : resize_node(call, end);
}
