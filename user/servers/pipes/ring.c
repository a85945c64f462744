/* Rings of bytes and the calls that wait for them; ring.h says what each function promises.
 *
 *          writers wait: [w1] [w2] …                         [r1] [r2] … : readers wait
 *                           |                                  ^
 *                           v                                  |
 *     ring   |..........|#############################|................|
 *                       start                         start + used       (modulo capacity)
 *
 * A write of at most PIPE_BUF bytes goes in as a whole or waits; a longer one goes in as there is room. A read takes what is there. */
#include "ring.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

struct pipe pipes[kPipes];
static struct pipe *free_pipes;
static unsigned pipe_count;
static unsigned char rings[kPipes][kCapacity] __attribute__((aligned(4096)));

/* --- Pipes --- */

void pipes_start(void) {
  for (unsigned i = kPipes; i-- > 0;) {
    pipes[i].next_free = free_pipes;
    free_pipes = &pipes[i];
  }
}

struct pipe *pipe_make(uint32_t uid, uint32_t gid, unsigned flags) {
  struct pipe *pipe = free_pipes;

  if (pipe == NULL || (uid != 0 && pipe_count >= kPipes - kRootPipes)) return NULL;
  free_pipes = pipe->next_free;
  *pipe = (struct pipe){.exists = true,
                        .ring = rings[pipe_number(pipe)],
                        .capacity = pipe_count < kLargePipes ? kCapacity : kSmallCapacity,
                        .touched = pipe->touched,
                        .uid = uid,
                        .gid = gid,
                        .ends = {{.open = true, .flags = flags}, {.open = true, .flags = flags}}};
  pipe_count++;
  return pipe;
}

void pipe_free(struct pipe *pipe) {
  /* The first page stays for the next pipe here: most never need another. */
  if (pipe->touched > kSmallCapacity && madvise(pipe->ring + kSmallCapacity, kCapacity - kSmallCapacity, MADV_DONTNEED) == 0)
    pipe->touched = kSmallCapacity;
  pipe->exists = false;
  pipe->next_free = free_pipes;
  free_pipes = pipe;
  pipe_count--;
}

void pipe_close(struct pipe *pipe, unsigned end) {
  pipe->ends[end].open = false;
  /* Who still waits here is dying: a living process would hold the connection. */
  while (pipe->ends[end].calls.first != NULL) call_finish(pipe->ends[end].calls.first, -EIO);
}

/* --- Moving --- */

/* Copies `bytes` between the ring, from position `at` on, and the caller. How many it were, or -errno, as transfer_copy says. */
static int64_t copy(struct pipe *pipe, struct call *call, uint32_t at, size_t bytes) {
  const size_t to_end = pipe->capacity - at, first = bytes < to_end ? bytes : to_end;
  const int64_t moved = transfer_copy(&call->transfer, pipe->ring + at, first);

  if (moved < (int64_t)first || first == bytes) return moved;
  const int64_t more = transfer_copy(&call->transfer, pipe->ring, bytes - first);
  return more == -ESRCH ? more : more > 0 ? moved + more : moved;
}

/* The first reader gets what is there. False: it has to wait. */
static bool serve_reader(struct pipe *pipe) {
  struct call *call = pipe->ends[kReadEnd].calls.first;

  if (call == NULL || (pipe->used == 0 && pipe->ends[kWriteEnd].open)) return false;
  const size_t bytes = call->transfer.left < pipe->used ? call->transfer.left : pipe->used;
  const int64_t moved = copy(pipe, call, pipe->start, bytes);
  if (moved > 0) {
    pipe->used -= (uint32_t)moved;
    /* An empty ring begins anew at its first page, which the processor's caches know. */
    pipe->start = pipe->used > 0 ? (pipe->start + (uint32_t)moved) % pipe->capacity : 0;
  }
  call_finish(call, moved);
  return true;
}

static void note_touched(struct pipe *pipe, uint32_t at, size_t bytes) {
  const size_t end = at + bytes > pipe->capacity ? pipe->capacity : at + bytes;

  if (end > pipe->touched) pipe->touched = (uint32_t)end;
}

/* The first writer puts in what there is room for. False: it has to wait. */
static bool serve_writer(struct pipe *pipe) {
  struct call *call = pipe->ends[kWriteEnd].calls.first;

  if (call == NULL) return false;
  if (!pipe->ends[kReadEnd].open) {
    pipe_broken(call->pid);
    call_stop(call, -EPIPE);
    return true;
  }
  const uint64_t left = call->transfer.left;
  const bool whole = (uint64_t)call->done + left <= PIPE_BUF;
  const uint32_t room = pipe->capacity - pipe->used;
  if (room < (whole ? left : 1)) return false;
  const size_t bytes = left < room ? left : room;
  const uint32_t at = (pipe->start + pipe->used) % pipe->capacity;
  note_touched(pipe, at, bytes);
  int64_t moved = copy(pipe, call, at, bytes);
  if (moved > 0 && (size_t)moved < bytes) {
    /* The sender's memory ends there. As on Linux whole pages count, so a write that must not be torn counts as nothing. */
    moved -= (call->done + moved) % PIPE_BUF;
    if (moved <= 0) moved = -EFAULT;
  }
  if (moved > 0) {
    pipe->used += (uint32_t)moved;
    call->done += moved;
  }
  if (moved < (int64_t)bytes || call->transfer.left == 0) call_stop(call, moved);
  return true;
}

bool pipe_move(struct pipe *pipe) {
  bool moved = false;

  while (serve_reader(pipe) || serve_writer(pipe)) moved = true;
  return moved;
}
