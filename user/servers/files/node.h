/* The tree: nodes (files, directories, links, devices), the names that lead to them, and what a file contains. Knows nothing of messages.
 *
 *   struct node  <--- struct entry (a name in a directory)      a node lives as long as something pins it: each of its names, each
 *        |                                                     open file, and a path being followed
 *        `- struct data: one range of this server's address space, and which of its pages hold something (the others are holes) */
#ifndef FILES_NODE_H
#define FILES_NODE_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { kPage = 4096, kNameMax = 255, kPathMax = 4096 /* with its NUL */ };
#define kSizeMax ((uint64_t)1 << 34) /* of one file; an address space has room for thousands of them */

/* What a file contains. Pages of the range that hold nothing are holes; they read as zeros and are never touched, so that they stay
 * promises. */
struct data {
  char *bytes;       /* page-aligned */
  uint64_t *map;     /* a bit for each page: it holds something */
  uint64_t mapped;   /* how many bits, a multiple of 64; pages behind them are holes */
  uint64_t capacity; /* pages of the range */
  uint64_t pages;    /* … that hold something */
  uint64_t size;     /* in bytes; those behind it are zeros */
};

struct node {
  uint64_t number;
  uint32_t mode, uid, gid;
  uint32_t links; /* as stat tells */
  uint32_t pins;
  uint8_t proc; /* what it is of /proc (proc.c); 0: nothing of it */
  int pid;      /* whose */
  struct timespec accessed, modified, changed;
  struct entry *names; /* a directory has at most one */
  int mount;           /* directory: 1 + the connection to the server that is mounted over it; 0: none is */
  uint32_t mounter;    /* … the user who did that */
  union {
    struct data data;             /* S_IFREG, and what is not listed */
    char *target;                 /* S_IFLNK */
    uint64_t device;              /* S_IFCHR */
    struct {                      /* S_IFDIR */
      struct entry *first, *last; /* in order of their positions */
      struct node *parent;        /* the root's is itself; pinned when the directory has no name */
      uint64_t position;          /* of the newest entry */
    };
  };
};

struct entry {
  struct node *directory, *node;
  struct entry *before, *after; /* in the directory */
  struct entry *other;          /* another name of the node */
  struct entry *next;           /* in the hash table */
  uint64_t position;            /* in the directory; never used again there, so a reader finds its place whatever changes */
  uint8_t length;
  char name[]; /* ends in NUL */
};

/* What the server lets its senders fill. */
struct limits {
  uint64_t pages, pages_used;   /* of files' contents */
  uint64_t things, things_used; /* nodes and names */
};
extern struct limits limits;
extern struct node *root;

/* Whether so much memory may be taken now: the last frames of the machine are for servers, not for files' contents. (main.c) */
bool room_for(size_t bytes);

/* tree.c. Errors are -errno. */

/* A new node with one pin and no name, or NULL when there is no room. `mode` has the type; directories and files begin empty. */
struct node *node_make(uint32_t mode, uint32_t uid, uint32_t gid);
struct node *node_pin(struct node *node);
void node_drop(struct node *node); /* NULL is allowed */
enum { kAccessed = 1, kModified = 2, kChanged = 4 };
void node_touch(struct node *node, unsigned which);
/* Whether names may be added to the directory: it is part of the tree, and not of /proc. */
bool node_alive(const struct node *directory);
/* Writes the absolute path of the node, with its NUL. Its length; ENOENT (it has no name), ERANGE. */
int64_t node_path(const struct node *node, char *to, size_t room);

struct entry *entry_find(const struct node *directory, const char *name, size_t length);
int entry_add(struct node *directory, const char *name, size_t length, struct node *node); /* requires: no such entry. ENOSPC */
void entry_remove(struct entry *entry);

/* data.c. A call that fails changed nothing that can be seen. */

bool data_holds(const struct data *data, uint64_t page);
enum { kShareMost = 64 << 20, kZeros = 16384 };
/* How many of the bytes from `offset` on, at most kShareMost of data or kZeros of a hole, lie in pages that are alike, and whether those
 * hold something. Requires: bytes > 0. */
uint64_t data_run(const struct data *data, uint64_t offset, uint64_t bytes, bool *present);
/* Makes sure that bytes can be put at [offset, offset + bytes) of the range. Requires: bytes > 0. EFBIG, ENOSPC. */
int data_prepare(struct data *data, uint64_t offset, uint64_t bytes);
/* Bytes were put there, as prepared. */
void data_written(struct data *data, uint64_t offset, uint64_t bytes);
int data_resize(struct data *data, uint64_t size); /* EFBIG, ENOSPC */
/* `to` becomes what `from` is, sharing its pages until one of them is written. ENOSPC. */
int data_clone(struct data *to, const struct data *from);
/* The contents become these bytes. With `adopt` the pages where they lie move into the file; what lies behind `size` in the last one must
 * be zero. ENOSPC. */
int data_put(struct data *data, char *bytes, uint64_t size, bool adopt);
void data_free(struct data *data);

static inline uint64_t pages_of(uint64_t bytes) { return (bytes + kPage - 1) / kPage; }

#endif
