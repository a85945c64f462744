/* The pipes server: what pipe(7) says, for every process.
 *
 * A pipe is a ring of bytes between two connections. A read or write that cannot go on is kept, its sender waits, and it is answered when
 * the other side has moved. This file turns messages into calls of ring.c, and nothing else; everything is answered in one place, at the
 * end of a step of the loop, after the new readiness was published.
 *
 * Owns: the connections' cookies. Must never: wait for anything but the next message. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include "ring.h"

enum { kCalls = 2048 /* that wait at the same time */, kDevice = 13 };

static struct call calls[kCalls];

void pipe_broken(int pid) { kill(pid, SIGPIPE); }

/* A pipe's two connections, as indices of cookies. */
static uint32_t index_of(const struct pipe *pipe, unsigned end) { return 2 * pipe_number(pipe) + end; }

static inline void publish(struct pipe *pipe, unsigned end) {
  const unsigned ready = pipe_ready(pipe, end);

  if (ready == pipe->ends[end].published || !pipe->ends[end].open) return;
  pipe->ends[end].published = ready;
  kine_publish(kServerPort, server_cookie(index_of(pipe, end)), ready);
}

/* After something has moved: publishes, answers. Frees the pipe when both ends are closed. */
static void tell(struct pipe *pipe) {
  publish(pipe, kReadEnd);
  publish(pipe, kWriteEnd);
  server_answer_finished();
  if (!pipe->ends[kReadEnd].open && !pipe->ends[kWriteEnd].open) pipe_free(pipe);
}

static void make_pipe(const struct kine_message *message) {
  const unsigned flags = (unsigned)message->words[1];

  if ((flags & ~(unsigned)(O_CLOEXEC | O_NONBLOCK)) != 0) return server_answer(message->token, -EINVAL);
  struct pipe *pipe = pipe_make(message->uid, message->gid, flags & O_NONBLOCK);
  if (pipe == NULL) return server_answer(message->token, -ENFILE);
  struct kine_answer ends = {.token = message->token, .kind = KINE_ANSWER_RESULT};
  for (unsigned i = kReadEnd; i <= kWriteEnd; i++) {
    pipe->ends[i].published = pipe_ready(pipe, i);
    ends.connections[i] =
        (struct kine_answer_connection){.fd = kServerPort, .ready = pipe->ends[i].published, .cookie = server_cookie(index_of(pipe, i))};
  }
  if (kine_answer(&ends) == 0) return;
  const int error = errno; /* the sender is gone (then nobody minds), or there is no memory for connections */
  pipe_free(pipe);
  server_answer(message->token, -error);
}

static void read_or_write(struct pipe *pipe, unsigned end, const struct kine_message *message) {
  const bool writes = message->number == SYS_write || message->number == SYS_writev;

  if (writes != (end == kWriteEnd)) return server_answer(message->token, -EBADF);
  struct call *call = call_begin(message, pipe);
  if (call == NULL) return;
  const bool waits = !(pipe->ends[end].flags & O_NONBLOCK);
  call_wait(call, &pipe->ends[end].calls, !waits); /* who does not wait need not queue */
  const bool moved = pipe_move(pipe);
  if (call->queue != NULL && !(waits && call_may_stay(call))) {
    call_stop(call, -EAGAIN);
    pipe_move(pipe); /* those behind it may go on */
  } else if (!moved) {
    return;
  }
  tell(pipe);
}

/* Calls that are answered at once and change no byte of the pipe. */
static int64_t other_call(struct pipe *pipe, unsigned end, const struct kine_message *message) {
  const uint32_t what = (uint32_t)message->words[1];
  const int bytes = (int)pipe->used;
  const struct stat attributes = {.st_dev = kDevice,
                                  .st_ino = pipe_number(pipe) + 1,
                                  .st_mode = S_IFIFO | S_IRUSR | S_IWUSR,
                                  .st_nlink = 1,
                                  .st_uid = pipe->uid,
                                  .st_gid = pipe->gid,
                                  .st_blksize = PIPE_BUF};

  if (message->number == SYS_fcntl && what == F_GETPIPE_SZ) return pipe->capacity;
  if (message->number == SYS_ioctl && what == FIONREAD) return server_give(message, 2, &bytes, sizeof bytes);
  return server_stream_call(message, &attributes, &pipe->ends[end].flags, end == kWriteEnd ? O_WRONLY : O_RDONLY);
}

static void call(const struct kine_message *message) {
  uint32_t index;

  if (message->cookie == kPipesMaker) {
    if (message->number == SYS_pipe2) return make_pipe(message);
    return server_answer(message->token, server_no_such_call(message->number));
  }
  struct pipe *pipe = server_own_cookie(message->cookie, &index) ? pipe_at(index / 2) : NULL;
  if (pipe == NULL) return server_answer(message->token, -EIO); /* it was lost with an earlier incarnation */
  switch (message->number) {
    case SYS_read:
    case SYS_readv:
    case SYS_write:
    case SYS_writev: return read_or_write(pipe, index % 2, message);
    default: return server_answer(message->token, other_call(pipe, index % 2, message));
  }
}

static void cancel(uint64_t token) {
  const struct call *call = call_cancel(token);

  if (call == NULL) return;
  pipe_move(call->owner);
  tell(call->owner);
}

static void closed(uint64_t cookie) {
  uint32_t index;
  struct pipe *pipe = server_own_cookie(cookie, &index) ? pipe_at(index / 2) : NULL;

  if (pipe == NULL) return;
  pipe_close(pipe, index % 2);
  pipe_move(pipe);
  tell(pipe);
}

/* The pipes of earlier incarnations are gone; who polls one of them should learn it. Those before were told by the incarnation before. */
static void tell_orphans(void) {
  const uint64_t before = server_incarnation - 1;

  if (before == 0) return;
  for (uint32_t i = 0; i < 2 * kPipes; i++)
    kine_publish(kServerPort, before << 32 | i, KINE_READABLE | KINE_WRITABLE | KINE_ERROR | KINE_HUNG_UP);
}

int main(int argc, char *argv[]) {
  struct kine_message message;

  server_start(argc, argv, kPipesLog);
  calls_start(calls, kCalls);
  pipes_start();
  tell_orphans();
  for (;;) {
    server_receive(&message);
    if (message.kind == KINE_CALL) call(&message);
    if (message.kind == KINE_CANCEL) cancel(message.token);
    if (message.kind == KINE_CLOSED) closed(message.cookie);
  }
}
