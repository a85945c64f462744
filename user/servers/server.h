/* What init's servers share: descriptors and cookies that init and the servers agree on, start-up, the log, and what every server does with
 * a message before it thinks of its own: the pieces of memory that a read or write names, strings, and the answer to a stat.
 *
 * Owns: the list of well-known numbers. Must never: trust a word of a message. Whatever a sender passes, the worst is an error for the
 * sender. */
#ifndef SERVER_H
#define SERVER_H

#include <kine.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

/* The descriptors that a server begins with. */
enum { kServerPort = 3 };
enum {
  kConsoleInterrupt = 4,   /* right to interrupt 4, COM1's */
  kConsoleCom1 = 5,        /* right to I/O ports */
  kConsoleCom2 = 6,        /* right to I/O ports */
  kConsoleScreen = 7,      /* right to the memory of the VGA's text */
  kConsoleScreenPorts = 8, /* right to the I/O ports of its cursor */
  kConsoleLog = 9,         /* right to the I/O port of the debug console */
};
enum {
  kFilesStatistics = 4, /* right to look at processes */
  kFilesConsole = 5,    /* connection to the terminal */
  kFilesPipes = 6,      /* connection that makes pipes */
  kFilesLog = 7,
};
enum { kPipesLog = 4 };
/* … and livemap, which is none. */
enum {
  kMapStatistics = 10, /* right to look at frames and processes */
  kMapMemory = 11,     /* right to the VGA's first 64 KiB */
  kMapPorts = 12,      /* right to its I/O ports */
  kMapVbe = 13,        /* … and to those of its large modes */
  kMapCells = 14,      /* connection to the console that tells what the text screen shows */
};

/* Cookies of the connections that init mints. They mean the same to every incarnation of a server. */
enum {
  kConsoleTerminal = 0,      /* the terminal: COM1 through the line discipline */
  kConsoleOutput = 1,        /* COM1, bytes as they are, not a terminal, write only */
  kConsoleError = 2,         /* COM2, the same */
  kConsoleErrorTerminal = 3, /* COM2, bytes as they are, but isatty() says yes */
  kConsoleCells = 4,         /* read: the text screen, as screen_read says */
};
enum {
  kFilesRoot = 0, /* the root directory */
  kFilesFill = 1, /* write(archive): fills the tree */
};
enum { kPipesMaker = 0 /* pipe2 */ };

/* I/O ports. */
enum { kCom1 = 0x3f8, kCom2 = 0x2f8, kComPorts = 8, kScreenPorts = 0x3d4, kLogPort = 0xe9 };
enum { kVgaPorts = 0x3c0, kVgaPortCount = 0x20, kVbePorts = 0x1ce, kVbePortCount = 3 };

/* What Linux lets one read or write move: INT_MAX rounded down to whole pages; and how many pieces a vector may have. */
enum { kMaxTransfer = 0x7ffff000, kMaxPieces = 1024 };
/* What one KINE_READ or KINE_WRITE copies at most. */
enum { kMaxCopy = 65536 };

static inline void out8(uint16_t port, uint8_t value) { __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port)); }
static inline uint8_t in8(uint16_t port) {
  uint8_t value;
  __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
  return value;
}

/* First in main: argv is NAME INCARNATION [option…]. Opens the log, arms KINE_DIE_AT. Ends the process when it was not started as a server.
 */
void server_start(int argc, char *argv[], int right_to_log);
/* How often this server was started, from 1 on. */
extern uint32_t server_incarnation;
/* One line on the debug console: "NAME: " and the text. At most 200 bytes of it; nothing when there is no log. */
void server_log(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Names a thing in this server's memory: the incarnation above, the index below, so that the connections of an earlier incarnation are
 * known as such. No well-known cookie is one of these. */
static inline uint64_t server_cookie(uint32_t index) { return (uint64_t)server_incarnation << 32 | index; }
/* Whether the cookie is one of this incarnation; then *index is what was given to server_cookie. */
static inline bool server_own_cookie(uint64_t cookie, uint32_t *index) {
  *index = (uint32_t)cookie;
  return cookie >> 32 == server_incarnation;
}

/* The memory that read, write, pread64, pwrite64, readv or writev names, as far as it is not yet copied. Small enough to keep while the
 * call waits: the vector stays where it is, in the sender's memory, and is read again as needed. (A sender that changes it harms itself.)
 */
struct transfer {
  uint64_t token;
  uint64_t vector;  /* address of the next iovec; 0: there is only the piece */
  uint64_t address; /* the current piece … */
  uint64_t bytes;   /* … as much as is left of it */
  uint64_t left;    /* in all */
  uint32_t pieces;  /* iovecs from the next one on */
  bool writes;      /* the sender writes: bytes come from it */
};

/* Begins the message's transfer; `left` is its size, cut to kMaxTransfer. 0, or -errno as Linux has it: EINVAL (more than 1,024 pieces, a
 * negative length), EFAULT, ESRCH. The caller checks first whether the connection may be read or written. */
int transfer_begin(struct transfer *transfer, const struct kine_message *message);
/* Copies the next bytes, at most kMaxCopy and what is left, from a sender that writes or to one that reads. How many it copied: all that
 * were asked for, or fewer if there the sender's memory ends; -EFAULT if none, -ESRCH if the sender is gone, -ENOMEM. */
int64_t transfer_copy(struct transfer *transfer, void *memory, size_t bytes);
/* Counts bytes of the piece that is being moved as moved: at most `bytes` of it. */
void transfer_advance(struct transfer *transfer, size_t bytes);

/* Copies a string with its NUL from the sender. Its length, or -errno: EFAULT, ESRCH, ENAMETOOLONG (no NUL within `room` bytes), ENOMEM. */
int64_t server_string(uint64_t token, uint64_t from, char *to, size_t room);

/* Copies between the server and the address in the message's word: 0 or -errno. */
int64_t server_give(const struct kine_message *message, unsigned word, const void *from, size_t bytes);
int64_t server_take(const struct kine_message *message, unsigned word, void *to, size_t bytes);

/* Whether the message asks for the attributes of the connection itself: fstat, or newfstatat or statx whose path is empty, perhaps because
 * all of /proc/self/fd/N is consumed (so AT_EMPTY_PATH need not be there). 1; 0: another call, or another path; -errno. */
int server_asks_stat(const struct kine_message *message);
/* Writes the attributes to the sender of such a message, in the layout that it asked for. The answer: 0 or -errno. */
int64_t server_write_stat(const struct kine_message *message, const struct stat *attributes);

/* The answer to all calls that a stream (a pipe, a terminal) treats like any other stream, as on Linux: attributes, whose times are now;
 * the status flags of an open file description, of which `mode` is O_RDONLY, O_WRONLY or O_RDWR; and an error for what a stream does not
 * have: ENOTDIR for whatever takes a directory, ESPIPE, ENOTTY … */
int64_t server_stream_call(const struct kine_message *message, const struct stat *attributes, unsigned *flags, int mode);
/* Only those errors. */
int64_t server_no_such_call(uint32_t number);

#endif
