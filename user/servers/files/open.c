/* Open files: what the connections name, and how they come to be. A connection is shared by dup and fork, and so is the offset: as POSIX
 * has it.
 *
 * Owns: the table of open files. Must never: leave one open that no connection names. */

#include "call.h"

enum { kOpensMax = 1 << 18 };
/* What F_GETFL tells. */
enum { kKept = O_ACCMODE | O_APPEND | O_NONBLOCK | O_DIRECT | O_DIRECTORY | O_NOFOLLOW | O_NOATIME | O_SYNC | O_PATH };

static struct open opens[kOpensMax]; /* by index; those that were closed form a list, whose end is the first that was never open */
static uint32_t open_room, free_index;

struct open *open_find(uint64_t cookie) {
  uint32_t index;

  return server_own_cookie(cookie, &index) && index < open_room && opens[index].node != NULL ? &opens[index] : NULL;
}

struct node *node_of(uint64_t cookie) {
  const struct open *open = open_find(cookie);

  return open != NULL ? open->node : cookie == kFilesRoot ? root : NULL;
}

struct node *node_behind(struct call *call, int fd) {
  uint64_t cookie;

  if (kine_identify(call->message->token, kServerPort, fd, &cookie) != 0) return NULL;
  errno = ESTALE;
  return node_of(cookie);
}

void open_close(uint64_t cookie) {
  struct open *open = open_find(cookie);

  if (open == NULL) return;
  const uint32_t index = open->index;
  node_drop(open->node);
  *open = (struct open){.index = free_index};
  free_index = index;
}

int64_t answer_call(struct call *call, struct kine_answer answer) {
  answer.token = call->message->token;
  if (kine_answer(&answer) == 0) return kAnswered;
  const int error = errno;
  if (answer.connections[0].fd == kServerPort) open_close(answer.connections[0].cookie);
  return error == ESRCH ? kAnswered : -error;
}

int64_t answer_copy(struct call *call, uint32_t kind, int fd, int64_t consumed) {
  return answer_call(call, (struct kine_answer){.kind = kind, .result = consumed, .connections = {{.fd = fd}, {.fd = -1}}});
}

int64_t answer_open(struct call *call, struct node *node, uint32_t flags, struct kine_answer answer) {
  const uint32_t index = free_index;
  struct open *open = &opens[index];

  if (index == kOpensMax || !room_for(sizeof *open)) return -ENFILE;
  if (index == open_room) open->index = ++open_room;
  free_index = open->index;
  *open = (struct open){.node = node_pin(node), .flags = flags & kKept, .index = index};
  answer.connections[0] =
      (struct kine_answer_connection){.fd = kServerPort, .ready = KINE_READABLE | KINE_WRITABLE, .cookie = server_cookie(index)};
  answer.connections[1].fd = -1;
  return answer_call(call, answer);
}

int64_t create(struct call *call, uint32_t mode) {
  struct place *place = &call->place;
  struct node *directory = place->directory;

  if (place->node != NULL) return -EEXIST;
  if (!node_alive(directory) || (place->slash && !S_ISDIR(mode))) return -ENOENT;
  if (!allowed(call, directory, W_OK | X_OK)) return -EACCES;
  const bool inherits = directory->mode & S_ISGID; /* the directory's group */
  if (!S_ISLNK(mode)) mode &= S_IFMT | (07777 & ~call->message->umask);
  if (inherits && S_ISDIR(mode)) mode |= S_ISGID;
  struct node *node = node_make(mode, call->message->uid, inherits ? directory->gid : call->message->gid);
  if (node == NULL) return -ENOSPC;
  call->node = place->node = node;
  return entry_add(directory, place->name, place->length, node);
}

/* Whether the sender may open what is there. */
static int64_t may_open(struct call *call, const struct node *node, uint32_t flags) {
  static const unsigned wants[] = {R_OK, W_OK, R_OK | W_OK, R_OK | W_OK};
  const unsigned want = wants[flags & O_ACCMODE] | (flags & O_TRUNC ? W_OK : 0);

  if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL)) return -EEXIST;
  if ((flags & O_DIRECTORY) && !S_ISDIR(node->mode)) return -ENOTDIR;
  if (flags & O_PATH) return 0;
  if (S_ISLNK(node->mode)) return -ELOOP;
  if (S_ISDIR(node->mode) && ((want & W_OK) || (flags & O_CREAT))) return -EISDIR;
  return allowed(call, node, want) ? 0 : -EACCES;
}

int64_t serve_openat(struct call *call) {
  enum { kOfPath = O_PATH | O_DIRECTORY | O_NOFOLLOW };
  const uint32_t given = (uint32_t)call->words[0], flags = given & O_PATH ? given & kOfPath : given;
  int64_t error = -ENOENT;

  if ((flags & O_CREAT) && (flags & O_DIRECTORY)) return -EINVAL;
  if (call->node != NULL) error = may_open(call, call->node, flags);
  if (call->node == NULL && (flags & O_CREAT)) error = create(call, S_IFREG | (call->words[1] & 07777));
  const struct node *node = call->node;
  if (error != 0) return error;
  if (!(flags & O_PATH) && S_ISCHR(node->mode) && (node->device == kTty || node->device == kConsole))
    return answer_copy(call, KINE_ANSWER_RESULT, kFilesConsole, 0);
  const bool opens_file = !(flags & O_PATH) && S_ISREG(node->mode);
  if (opens_file && node->proc != 0) error = proc_fill(call->node);
  if (opens_file && node->proc == 0 && (flags & O_TRUNC)) error = resize_node(call, 0);
  return error != 0 ? error : answer_open(call, call->node, flags, (struct kine_answer){.kind = KINE_ANSWER_RESULT});
}

int64_t serve_chdir(struct call *call) {
  if (!S_ISDIR(call->node->mode)) return -ENOTDIR;
  if (!allowed(call, call->node, X_OK)) return -EACCES;
  if (call->message->number == SYS_fchdir) return 0;
  return answer_open(call, call->node, O_PATH | O_DIRECTORY, (struct kine_answer){.kind = KINE_ANSWER_RESULT});
}
