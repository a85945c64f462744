/* A call being served, and what the parts of the server know of each other. The rows of main.c's table say which function serves which
 * call. */
#ifndef FILES_CALL_H
#define FILES_CALL_H

#include <fcntl.h>
#include <kine.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "node.h"
#include "server.h"

/* What a function that serves a call returns when it has answered the call itself. */
#define kAnswered INT64_MIN

enum { kGroupsMax = 64 };

/* Where a path leads. */
struct place {
  struct node *directory; /* that has, or would have, the name, pinned; NULL when the path ends in `.`, `..` or `/` */
  struct node *node;      /* pinned; NULL: there is no such name */
  size_t length;
  char name[kNameMax + 1];
  bool slash; /* behind the name */
};

struct call {
  const struct kine_message *message;
  const uint64_t *words; /* of the message, those that say what to do with … */
  struct node *node;     /* … what the descriptor or the path names */
  struct open *open;     /* the descriptor's, NULL for the root directory's … */
  struct place place;    /* … or the path's */
  struct place other;    /* the second path's, of link and rename */
  int group_count;       /* -1: not yet asked for */
  uint32_t groups[kGroupsMax];
};

/* An open file: what one connection names. */
struct open {
  struct node *node; /* pinned; NULL: the place is free */
  uint64_t offset;   /* in a directory: the position of the last entry read */
  uint32_t flags;    /* O_… */
  uint32_t index;    /* in its cookie; of a free one: the next free one */
};

/* One name of a directory, for those who read it. The name is valid until the next one. */
struct listed {
  uint64_t position, number;
  uint32_t mode;
  const char *name;
  const struct entry *entry;
};
enum { kDot = 1, kDotDot = 2 }; /* positions */

/* path.c: permissions and paths. */

bool allowed(struct call *call, const struct node *node, unsigned want); /* R_OK, W_OK, X_OK */
bool in_group(struct call *call, uint32_t gid);
/* Whether the sender may do what only the owner may. */
static inline bool owns(const struct call *call, const struct node *node) {
  return call->message->uid == 0 || call->message->uid == node->uid;
}

enum {
  kFollow = 1,  /* a link at the end, too */
  kEmpty = 2,   /* an empty path is the directory itself */
  kHere = 4,    /* the end is the name itself: nothing that is mounted over it; and `name/` need not be a directory */
  kTwo = 8,     /* there is a second path: another server cannot be asked, EXDEV */
  kFile = 16,   /* `name/`, which can be no file's, is EISDIR */
  kMissing = 32 /* there may be no such name (main.c answers ENOENT otherwise) */
};

/* Follows the path at `path` in the sender's memory from the directory that the cookie names. 0, and the place is to be given back; -errno;
 * or kAnswered: the rest is another server's affair. */
int64_t walk(struct call *call, uint64_t cookie, uint64_t path, unsigned flags, struct place *place);
/* The same for a path of this server's, of at most kPathMax bytes. */
int64_t walk_text(struct call *call, struct node *start, const char *text, unsigned flags, struct place *place);
void place_drop(struct place *place);
/* open.c: open files. */

/* What the cookie names; NULL: nothing, it is an earlier incarnation's or the root's. */
struct open *open_find(uint64_t cookie);
/* The node that the cookie names, not pinned, or NULL. */
struct node *node_of(uint64_t cookie);
/* The same for a descriptor of the sender, or KINE_FD_…; if it does not lead here, errno says why. */
struct node *node_behind(struct call *call, int fd);
void open_close(uint64_t cookie);
/* Opens the node, and answers with the connection, and with whatever else the answer says. ENFILE, ENOMEM. */
int64_t answer_open(struct call *call, struct node *node, uint32_t flags, struct kine_answer answer);
/* Answers the call. kAnswered, also when nobody waits any more; -errno: not answered. */
int64_t answer_call(struct call *call, struct kine_answer answer);
/* Answers with a copy of this descriptor: it is what was opened (KINE_ANSWER_RESULT), or what to ask (KINE_ANSWER_ASK). */
int64_t answer_copy(struct call *call, uint32_t kind, int fd, int64_t consumed);
/* Makes call->place, where nothing is, a node of the sender's: type and permissions from `mode`, less umask. */
int64_t create(struct call *call, uint32_t mode);

enum device { kNull = 0x103, kZero = 0x105, kFull = 0x107, kRandom = 0x108, kUrandom = 0x109, kTty = 0x500, kConsole = 0x501 };

/* attributes.c */

/* After a write to the call's node: its times, and no set-user-id bits unless root wrote. */
void node_wrote(struct call *call);
/* Makes the call's node, a file, as long as this. EFBIG, ENOSPC. */
int64_t resize_node(struct call *call, uint64_t size);

/* mount.c: other servers, below directories of this one. */

/* Lets the kernel ask what is mounted there; `consumed` bytes of the path are done. EACCES: not for this sender. */
int64_t ask_mounted(struct call *call, const struct node *node, int64_t consumed);

/* proc.c: /proc, whose nodes are made when they are looked up and die with their last pin. */

extern struct node *proc_root;
bool proc_start(void);
/* A new pin on what the name leads to, or NULL. */
struct node *proc_find(struct call *call, struct node *directory, const char *name);
/* Goes on to the next name of the call's node; false: there is none. */
bool proc_next(struct call *call, struct listed *listed);
/* A link that leads to an open file of the sender's: the node, not pinned. NULL and errno: 0 (an ordinary link); EXDEV (the open file is
 * another server's; the link's `pid` is the descriptor); ENOENT, EACCES. */
struct node *proc_linked(struct call *call, const struct node *link);
/* The text of a link, or the path of anything else, with its NUL. Its length or -errno. */
int64_t node_text(struct call *call, const struct node *node, char *to, size_t room);
/* Gives the new node of a file of /proc the text that it has now. */
int64_t proc_fill(struct node *node);

/* archive.c */

/* Builds the tree that a boot archive describes: `archive` lies on a page boundary in this server's memory, and the files' pages stay
 * there. 0; EINVAL (no archive), ENOSPC. */
int64_t archive_unpack(char *archive, size_t bytes);
/* What the tree has in any case: /dev, /proc, /tmp, /etc/passwd, … ENOSPC. */
int64_t archive_complete(void);

/* Functions that serve calls: the result, -errno, or kAnswered. */
typedef int64_t service(struct call *call);
service serve_openat, serve_chdir, serve_transfer, serve_lseek, serve_getdents, serve_ioctl, serve_fcntl, serve_mmap, serve_fallocate,
    serve_mkdirat, serve_mknodat, serve_symlinkat, serve_linkat, serve_unlinkat, serve_renameat2, serve_readlinkat, serve_getcwd,
    serve_stat, serve_statfs, serve_access, serve_chmod, serve_chown, serve_utimens, serve_truncate, serve_execve, serve_mount,
    serve_umount2, serve_pipe2;

#endif
