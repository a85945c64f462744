/* Pipes as such: rings of bytes, the calls that wait at their ends, and how bytes move between the two.
 *
 * Owns: the pipes, the rings. Must never: touch a byte of a ring itself; the kernel copies between rings and senders, so that
 * a lack of memory is an error of the call and not the end of the server. */
#ifndef RING_H
#define RING_H

#include <limits.h>

#include "calls.h"

enum {
  kPipes = 512,
  kRootPipes = 32,  /* the last ones are for root */
  kLargePipes = 64, /* with so many there, further ones hold only a page: a limit for the memory of all */
  kCapacity = 65536,
  kSmallCapacity = 4096,
};
enum { kReadEnd = 0, kWriteEnd = 1 };

struct end {
  bool open;
  unsigned flags;     /* O_NONBLOCK … of the open file description */
  unsigned published; /* readiness */
  struct calls calls;
};

struct pipe {
  bool exists;
  unsigned char *ring;
  uint32_t capacity;
  uint32_t start, used; /* bytes of the ring */
  uint32_t touched;     /* how much of the ring's memory has frames */
  uint32_t uid, gid;
  struct end ends[2];
  struct pipe *next_free;
};

extern struct pipe pipes[kPipes];

/* Once, before all else. */
void pipes_start(void);

/* NULL: there are too many. */
struct pipe *pipe_make(uint32_t uid, uint32_t gid, unsigned flags);
/* Requires: no call waits at it. */
void pipe_free(struct pipe *pipe);
/* NULL: there is none with this number. */
static inline struct pipe *pipe_at(uint32_t number) { return number < kPipes && pipes[number].exists ? &pipes[number] : NULL; }
static inline uint32_t pipe_number(const struct pipe *pipe) { return (uint32_t)(pipe - pipes); }
/* What this end is ready for, as the kernel wants it. */
static inline unsigned pipe_ready(const struct pipe *pipe, unsigned end) {
  if (end == kReadEnd) return (pipe->used > 0 ? KINE_READABLE : 0) | (pipe->ends[kWriteEnd].open ? 0 : KINE_HUNG_UP);
  return (pipe->capacity - pipe->used >= PIPE_BUF ? KINE_WRITABLE : 0) | (pipe->ends[kReadEnd].open ? 0 : KINE_ERROR);
}
/* The end's connection is gone. */
void pipe_close(struct pipe *pipe, unsigned end);
/* Moves all that can move between writers, ring, and readers, and finishes calls. Whether anything has changed. */
bool pipe_move(struct pipe *pipe);

/* Supplied by pipes.c: a process wrote to a pipe that nobody can read any more. */
void pipe_broken(int pid);

#endif
