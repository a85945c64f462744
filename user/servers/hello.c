/* A server of your own. `hello DIRECTORY &` puts a directory with one file, `greeting`, in the place of DIRECTORY, which must belong to
 * you:
 *
 *     $ mkdir /tmp/mine; hello /tmp/mine & sleep 1; cat /tmp/mine/greeting
 *     Hello from a server of my own!
 *
 * A server makes a port. A connection to the port, with a number of the server's choosing (a cookie), is what everybody else knows as a
 * file descriptor. This one is mounted, so that paths lead to it; when somebody opens something here, another connection is his. His read
 * is a system call that this loop receives, as a number and its words, and answers. Until then he waits, and what his words point at in his
 * memory can be read and written. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <kine.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>

enum thing { kNothing, kDirectory, kFile };
enum { kRoot = 0, kOpens = 100, kNameBytes = 16 }; /* cookies are indices of `opens`; the mounted connection's is kRoot */

static struct opened {
  enum thing thing;
  size_t position; /* of the next read */
} opens[kOpens] = {[kRoot] = {kDirectory, 0}};

static const char greeting[] = "Hello from a server of my own!\n";
static int port;

/* What the path in the sender's memory leads to, or -errno. Its first bytes decide: no name here is long. */
static int find(const struct kine_message *call, uint64_t path) {
  char name[kNameBytes + 1] = "";
  for (unsigned i = 0; i < kNameBytes && (i == 0 || name[i - 1] != '\0'); i++)
    if (kine_read(call->token, &name[i], path + i, 1) != 0) return -errno;
  const char *rest = name + strspn(name, "/."); /* "." and "..", at its root, are the root */
  if (*rest == '\0') return kDirectory;
  return strcmp(rest, "greeting") == 0 ? kFile : -ENOENT;
}

static int64_t open_thing(const struct kine_message *call, int thing) {
  int slot = kRoot;
  if (thing < 0) return thing;
  while (slot < kOpens && opens[slot].thing != kNothing) slot++;
  if (slot == kOpens) return -ENFILE;
  const struct kine_answer answer = {.token = call->token,
                                     .connections = {{.fd = port, .ready = KINE_READABLE, .cookie = slot}, {.fd = -1}}};
  if (kine_answer(&answer) != 0) return -errno;
  opens[slot] = (struct opened){thing, 0};
  return 0; /* for the reply in main, which nobody waits for any more */
}

static int64_t attributes(const struct kine_message *call, int thing, uint64_t to) {
  if (thing < 0) return thing;
  struct stat out = {.st_ino = thing, .st_mode = S_IFDIR | 0555, .st_nlink = 1, .st_blksize = 4096};
  if (thing == kFile) out.st_mode = S_IFREG | 0444;
  if (thing == kFile) out.st_size = sizeof greeting - 1;
  return kine_write(call->token, to, &out, sizeof out) == 0 ? 0 : -errno;
}

/* read and getdents64: the bytes from the position on. */
static int64_t give(const struct kine_message *call, const void *bytes, size_t size) {
  size_t *position = &opens[call->cookie].position, left = size - *position;
  const size_t count = call->words[2] < left ? call->words[2] : left;
  if (kine_write(call->token, call->words[1], (const char *)bytes + *position, count) != 0) return -errno;
  *position += count;
  return (int64_t)count;
}

static int64_t list(const struct kine_message *call) {
  const uint16_t size = sizeof(struct dirent);
  const struct dirent entries[] = {
      {kDirectory, 1, size, DT_DIR, "."}, {kDirectory, 2, size, DT_DIR, ".."}, {kFile, 3, size, DT_REG, "greeting"}};
  return call->words[2] < sizeof entries ? -EINVAL : give(call, entries, sizeof entries);
}

static int64_t answer(const struct kine_message *call) {
  const enum thing thing = opens[call->cookie].thing;
  switch (call->number) {
    case SYS_openat: return (call->words[2] & O_ACCMODE) != O_RDONLY ? -EROFS : open_thing(call, find(call, call->words[1]));
    case SYS_chdir: return open_thing(call, find(call, call->words[0]) == kDirectory ? kDirectory : -ENOTDIR);
    case SYS_newfstatat: return attributes(call, call->words[3] & AT_EMPTY_PATH ? (int)thing : find(call, call->words[1]), call->words[2]);
    case SYS_fstat: return attributes(call, thing, call->words[1]);
    case SYS_read: return thing == kFile ? give(call, greeting, sizeof greeting - 1) : -EISDIR;
    case SYS_getdents64: return thing == kDirectory ? list(call) : -ENOTDIR;
    default: return -EINVAL;
  }
}

int main(int argc, char *argv[]) {
  struct kine_message message;
  port = kine_port();
  const int root = port < 0 ? -1 : kine_mint(port, kRoot);
  if (argc != 2) return puts("usage: hello DIRECTORY"), 2;
  if (root < 0 || mount("hello", argv[1], "kine", 0, (const void *)(intptr_t)root) != 0) return perror("hello DIRECTORY"), 1;
  while (kine_receive(port, &message) == 0) {
    if (message.kind == KINE_CALL) kine_reply(message.token, answer(&message));
    if (message.kind == KINE_CLOSED) opens[message.cookie].thing = kNothing;
  }
  return perror("hello"), 1;
}
