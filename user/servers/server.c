/* What init's servers share; server.h says what each function promises.
 *
 * Owns: the log, the incarnation. Must never: allocate memory, wait, or write more of the server's memory than it was given. */
#include "server.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { kPage = 4096, kLineBytes = 200 };
/* No address of a user's lies above. (No page lies there either: the last one below stays free.) */
static const uint64_t kUserEnd = 0x7ffffffff000;

static const char *name = "server";
uint32_t server_incarnation;
static int log_right = -1;

void server_start(int argc, char *argv[], int right_to_log) {
  const char *dies = getenv("KINE_DIE_AT");

  if (dies != NULL) kine_calls_left = strtoull(dies, NULL, 10);
  log_right = right_to_log;
  if (argc > 0) name = argv[0];
  const char *slash = strrchr(name, '/');
  if (slash != NULL) name = slash + 1;
  if (argc > 1) server_incarnation = (uint32_t)strtoul(argv[1], NULL, 10);
  if (server_incarnation != 0) return;
  fprintf(stderr, "%s: init starts this program\n", name);
  exit(2);
}

static void log_text(const char *text) {
  for (; *text != '\0'; text++) out8(kLogPort, (uint8_t)*text);
}

void server_log(const char *format, ...) {
  static bool log_open;
  char line[kLineBytes];
  va_list arguments;

  /* Open ports cost at every switch to this server and back. So they are closed until there is something to log, and that is seldom. */
  if (!log_open && kine_io(log_right) != 0) return;
  log_open = true;
  va_start(arguments, format);
  vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  log_text(name);
  log_text(": ");
  log_text(line);
  log_text("\n");
}

/* --- The pieces of a read or write --- */

static bool in_user_space(uint64_t address, uint64_t bytes) { return bytes <= kUserEnd && address <= kUserEnd - bytes; }

/* Reads the whole vector once: what is wrong with any piece is found before anything moves. */
static int begin_vector(struct transfer *transfer, uint64_t vector, uint64_t count) {
  struct iovec pieces[64];
  const uint64_t at_once = sizeof pieces / sizeof pieces[0];

  if (count > kMaxPieces) return -EINVAL;
  transfer->vector = vector;
  transfer->pieces = (uint32_t)count;
  for (uint64_t done = 0; done < count; done += at_once) {
    const uint64_t n = count - done < at_once ? count - done : at_once;
    if (kine_read(transfer->token, pieces, vector + done * sizeof pieces[0], n * sizeof pieces[0]) != 0) return -errno;
    for (uint64_t i = 0; i < n; i++) {
      if ((int64_t)pieces[i].iov_len < 0) return -EINVAL;
      if (!in_user_space((uint64_t)pieces[i].iov_base, pieces[i].iov_len)) return -EFAULT;
      const uint64_t room = kMaxTransfer - transfer->left;
      transfer->left += pieces[i].iov_len < room ? pieces[i].iov_len : room;
    }
  }
  return 0;
}

int transfer_begin(struct transfer *transfer, const struct kine_message *message) {
  const uint64_t address = message->words[1], count = message->words[2];

  *transfer = (struct transfer){.token = message->token};
  switch (message->number) {
    case SYS_write:
    case SYS_pwrite64: transfer->writes = true; break;
    case SYS_writev: transfer->writes = true; return begin_vector(transfer, address, count);
    case SYS_readv: return begin_vector(transfer, address, count);
    default: break;
  }
  if (!in_user_space(address, count)) return -EFAULT;
  transfer->address = address;
  transfer->bytes = transfer->left = count < kMaxTransfer ? count : kMaxTransfer;
  return 0;
}

static int copy(const struct transfer *transfer, uint64_t address, void *memory, size_t bytes) {
  const int result =
      transfer->writes ? kine_read(transfer->token, memory, address, bytes) : kine_write(transfer->token, address, memory, bytes);
  return result == 0 ? 0 : -errno;
}

/* Copies `bytes` of the current piece. When a kernel copy fails, nobody knows how far it came, and what lies in front of the first bad page
 * must count: then it goes page by page. How many bytes, or -errno. */
static int64_t copy_piece(const struct transfer *transfer, void *memory, size_t bytes) {
  size_t done = 0;
  int error = copy(transfer, transfer->address, memory, bytes);

  if (error == 0) return (int64_t)bytes;
  if (error == -ESRCH) return error;
  for (error = 0; done < bytes && error == 0;) {
    const uint64_t address = transfer->address + done;
    const size_t to_page_end = kPage - address % kPage;
    const size_t n = bytes - done < to_page_end ? bytes - done : to_page_end;
    error = copy(transfer, address, (char *)memory + done, n);
    if (error == 0) done += n;
  }
  return done == 0 ? error : (int64_t)done;
}

/* The next piece that is not empty. Its numbers are checked anew, and there may be none: the vector may have changed. */
static int next_piece(struct transfer *transfer) {
  struct iovec piece;

  while (transfer->bytes == 0) {
    if (transfer->pieces == 0) return -EFAULT;
    if (kine_read(transfer->token, &piece, transfer->vector, sizeof piece) != 0) return -errno;
    if (!in_user_space((uint64_t)piece.iov_base, piece.iov_len)) return -EFAULT;
    transfer->vector += sizeof piece;
    transfer->pieces--;
    transfer->address = (uint64_t)piece.iov_base;
    transfer->bytes = piece.iov_len < transfer->left ? piece.iov_len : transfer->left;
  }
  return 0;
}

void transfer_advance(struct transfer *transfer, size_t bytes) {
  transfer->address += bytes;
  transfer->bytes -= bytes;
  transfer->left -= bytes;
}

/* Piece by piece, and what goes wrong. */
static int64_t copy_pieces(struct transfer *transfer, char *memory, size_t bytes) {
  size_t done = 0;

  while (done < bytes) {
    int64_t moved = next_piece(transfer);
    const size_t n = bytes - done < transfer->bytes ? bytes - done : transfer->bytes;
    if (moved == 0) moved = copy_piece(transfer, memory + done, n);
    if (moved < 0) return moved == -ESRCH || done == 0 ? moved : (int64_t)done;
    transfer_advance(transfer, (size_t)moved);
    done += (size_t)moved;
    if ((size_t)moved < n) break;
  }
  return (int64_t)done;
}

int64_t transfer_copy(struct transfer *transfer, void *memory, size_t bytes) {
  if (bytes > transfer->left) bytes = transfer->left;
  if (bytes > kMaxCopy) bytes = kMaxCopy;
  if (bytes > transfer->bytes || copy(transfer, transfer->address, memory, bytes) != 0) return copy_pieces(transfer, memory, bytes);
  transfer_advance(transfer, bytes);
  return (int64_t)bytes;
}

int64_t server_string(uint64_t token, uint64_t from, char *to, size_t room) {
  size_t done = 0;

  while (done < room) {
    /* Up to the end of the sender's page at most: the string may end right in front of a page that is not there. */
    size_t n = kPage - (from + done) % kPage;
    if (n > 256) n = 256;
    if (n > room - done) n = room - done;
    if (kine_read(token, to + done, from + done, n) != 0) return -errno;
    const char *end = memchr(to + done, '\0', n);
    if (end != NULL) return end - to;
    done += n;
  }
  return -ENAMETOOLONG;
}

int64_t server_give(const struct kine_message *message, unsigned word, const void *from, size_t bytes) {
  return kine_write(message->token, message->words[word], from, bytes) == 0 ? 0 : -errno;
}

int64_t server_take(const struct kine_message *message, unsigned word, void *to, size_t bytes) {
  return kine_read(message->token, to, message->words[word], bytes) == 0 ? 0 : -errno;
}

/* --- Attributes --- */

struct statx_time {
  int64_t seconds;
  uint32_t nanoseconds;
  int32_t pad;
};

/* statx(2). */
struct statx_attributes {
  uint32_t mask, block_size;
  uint64_t attributes;
  uint32_t links, uid, gid;
  uint16_t mode, pad;
  uint64_t inode, size, blocks, attributes_mask;
  struct statx_time access, birth, change, modification;
  uint32_t device_major, device_minor, on_major, on_minor;
  uint64_t mount, more[13];
};
_Static_assert(sizeof(struct statx_attributes) == 256 && sizeof(struct stat) == 144, "as Linux lays them out");

enum { kStatxBasic = 0x7ff };

int server_asks_stat(const struct kine_message *message) {
  const uint64_t path = message->words[1];
  char first = '\0';

  if (message->number == SYS_fstat) return 1;
  if (message->number != SYS_newfstatat && message->number != SYS_statx) return 0;
  if (path != 0 && kine_read(message->token, &first, path, 1) != 0) return -errno;
  return first == '\0';
}

static struct statx_time statx_time(const struct timespec *from) {
  return (struct statx_time){.seconds = from->tv_sec, .nanoseconds = (uint32_t)from->tv_nsec};
}

static int64_t write_statx(const struct kine_message *message, const struct stat *from) {
  const struct statx_attributes out = {
      .mask = kStatxBasic,
      .block_size = (uint32_t)from->st_blksize,
      .links = (uint32_t)from->st_nlink,
      .uid = from->st_uid,
      .gid = from->st_gid,
      .mode = (uint16_t)from->st_mode,
      .inode = from->st_ino,
      .size = (uint64_t)from->st_size,
      .blocks = (uint64_t)from->st_blocks,
      .access = statx_time(&from->st_atim),
      .change = statx_time(&from->st_ctim),
      .modification = statx_time(&from->st_mtim),
      .device_major = major(from->st_rdev),
      .device_minor = minor(from->st_rdev),
      .on_major = major(from->st_dev),
      .on_minor = minor(from->st_dev),
  };
  return server_give(message, 4, &out, sizeof out);
}

int64_t server_write_stat(const struct kine_message *message, const struct stat *attributes) {
  if (message->number == SYS_statx) return write_statx(message, attributes);
  return server_give(message, message->number == SYS_fstat ? 1 : 2, attributes, sizeof *attributes);
}

/* fcntl and FIONBIO, as far as they concern the status flags. -ENOSYS: the message is neither. */
static int64_t flags_call(const struct kine_message *message, unsigned *flags, int mode) {
  const uint32_t what = (uint32_t)message->words[1];
  const unsigned wanted = (unsigned)message->words[2];
  int on = 0;

  if (message->number == SYS_fcntl && what == F_GETFL) return *flags | (unsigned)mode;
  if (message->number == SYS_fcntl && what == F_SETFL) {
    if (wanted & O_DIRECT) return -EINVAL;
    *flags = wanted & (O_NONBLOCK | O_APPEND | O_NOATIME);
    return 0;
  }
  if (message->number != SYS_ioctl || what != FIONBIO) return -ENOSYS;
  const int64_t error = server_take(message, 2, &on, sizeof on);
  if (error == 0) *flags = (*flags & ~(unsigned)O_NONBLOCK) | (on != 0 ? O_NONBLOCK : 0);
  return error;
}

int64_t server_stream_call(const struct kine_message *message, const struct stat *attributes, unsigned *flags, int mode) {
  const int asks = server_asks_stat(message);
  struct stat now = *attributes;

  if (asks < 0) return asks;
  if (asks > 0) {
    clock_gettime(CLOCK_REALTIME, &now.st_mtim);
    now.st_atim = now.st_ctim = now.st_mtim;
    return server_write_stat(message, &now);
  }
  const int64_t answer = flags_call(message, flags, mode);
  return answer == -ENOSYS ? server_no_such_call(message->number) : answer;
}

int64_t server_no_such_call(uint32_t number) {
  switch (number) {
    case SYS_lseek:
    case SYS_pread64:
    case SYS_pwrite64:
    case SYS_fadvise64:
    case SYS_fallocate: return -ESPIPE;
    case SYS_mmap: return -ENODEV;
    case SYS_ioctl: return -ENOTTY;
    case SYS_fcntl:
    case SYS_flock:
    case SYS_fsync:
    case SYS_fdatasync:
    case SYS_ftruncate: return -EINVAL;
    case SYS_fchmod:
    case SYS_fchown: return -EPERM;
    case SYS_fchdir:
    case SYS_getdents64:
    case SYS_openat:
    case SYS_mkdirat:
    case SYS_mknodat:
    case SYS_fchownat:
    case SYS_newfstatat:
    case SYS_unlinkat:
    case SYS_linkat:
    case SYS_symlinkat:
    case SYS_readlinkat:
    case SYS_fchmodat:
    case SYS_utimensat:
    case SYS_renameat2:
    case SYS_statx:
    case SYS_faccessat2: return -ENOTDIR;
    default: return -ENOSYS;
  }
}
