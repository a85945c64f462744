/* Calls that are not answered at once: their senders wait, in queues, until the server can go on with them.
 *
 * A server's step is: receive, do what can be done, publish readiness, answer what is finished. So server_receive gives the last answer and
 * waits for the next message in one kernel call, and every answer before it was published first.
 *
 * Owns: the pool of calls, the list of those that are finished, the answer that goes out with the next receive. */
#ifndef CALLS_H
#define CALLS_H

#include "server.h"

struct call {
  struct call *next;
  struct calls *queue; /* that it waits in; NULL: none */
  void *owner;         /* the server's: what it waits at */
  struct transfer transfer;
  int64_t done; /* bytes that a write has moved so far */
  int64_t result;
  uint64_t cookie;
  int pid;
  uint32_t uid;
};

/* A queue, first come first served. All zero: empty. */
struct calls {
  struct call *first, *last;
};

/* Once, before all else. Writes every entry of the pool, so that none needs a new page later, when there may be no memory. */
void calls_start(struct call *pool, size_t count);
/* Begins a read or write: the call's transfer. NULL if it is answered already, because it moves nothing, is wrong, or the pool is empty. */
struct call *call_begin(const struct kine_message *message, void *owner);
/* The call waits; in front of all others if `front`. */
void call_wait(struct call *call, struct calls *queue, bool front);
/* Whether the call, which waits, may stay. Else too many do, and the server is to stop it: one user has a quarter of the pool, and the last
 * eighth is root's. Whoever can go on at once is not asked: so the limit hits who waits, and never who would wake him. */
bool call_may_stay(const struct call *call);
/* A waiting call is finished: server_answer_finished answers it with `result`. The first one that a step finishes is answered last,
 * together with the next receive: most often it is the call that just came, whose sender so goes on at once. Who had waited for it runs
 * afterwards, and finds more done. */
void call_finish(struct call *call, int64_t result);
/* The same; the result is what was done, or `otherwise` if that is nothing. */
void call_stop(struct call *call, int64_t otherwise);
/* After KINE_CANCEL: the sender has a signal, or is dead and the answer reaches nobody. Stops the waiting call with this token; NULL if
 * there is none, because it was answered meanwhile. */
struct call *call_cancel(uint64_t token);

/* Answers a call that is in no queue. The sender of the last message is answered last, together with the next receive: so it goes on at
 * once, and does more before those that its call has helped have to look. */
void server_answer(uint64_t token, int64_t result);
void server_answer_finished(void);
/* Gives the answers that are left, and waits for the next message. Never returns when the port is lost. */
void server_receive(struct kine_message *message);

#endif
