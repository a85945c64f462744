/* Calls that wait; calls.h says what each function promises. */
#include "calls.h"

#include <errno.h>
#include <stdlib.h>

static struct call *calls;
static size_t call_count, begun;
static struct calls unused, finished;

static uint64_t pending_token; /* the answer that goes out together with the next receive; 0: none */
static int64_t pending_result;
static uint64_t received_token; /* of the last message */

static void push(struct calls *queue, struct call *call, bool front) {
  call->next = front ? queue->first : NULL;
  if (queue->first == NULL)
    queue->first = queue->last = call;
  else if (front)
    queue->first = call;
  else
    queue->last = queue->last->next = call;
}

static struct call *pop(struct calls *queue) {
  struct call *call = queue->first;

  if (call != NULL) queue->first = call->next;
  return call;
}

static void take_out(struct calls *queue, const struct call *call) {
  struct call *before = queue->first;

  if (before == call) {
    pop(queue);
    return;
  }
  while (before->next != call) before = before->next;
  before->next = call->next;
  if (queue->last == call) queue->last = before;
}

void calls_start(struct call *pool, size_t count) {
  calls = pool;
  call_count = count;
  for (size_t i = count; i-- > 0;) push(&unused, &pool[i], true);
}

struct call *call_begin(const struct kine_message *message, void *owner) {
  struct call *call = unused.first;
  const int error = call == NULL ? -ENOMEM : transfer_begin(&call->transfer, message);

  if (error != 0 || call->transfer.left == 0) return server_answer(message->token, error), NULL;
  pop(&unused);
  begun++;
  call->owner = owner;
  call->done = 0;
  call->cookie = message->cookie;
  call->pid = message->pid;
  call->uid = message->uid;
  return call;
}

void call_wait(struct call *call, struct calls *queue, bool front) {
  call->queue = queue;
  push(queue, call, front);
}

bool call_may_stay(const struct call *call) {
  size_t same = 0;

  if (call->uid == 0 || begun <= call_count / 4) return true; /* most often: nothing to count */
  for (const struct call *other = calls; other < calls + call_count; other++) same += other->queue != NULL && other->uid == call->uid;
  return same <= call_count / 4 && begun <= call_count - call_count / 8;
}

void call_finish(struct call *call, int64_t result) {
  take_out(call->queue, call);
  call->queue = NULL;
  call->result = result;
  push(&finished, call, true);
}

void call_stop(struct call *call, int64_t otherwise) { call_finish(call, call->done > 0 ? call->done : otherwise); }

struct call *call_cancel(uint64_t token) {
  for (struct call *call = calls; call < calls + call_count; call++) {
    if (call->queue == NULL || call->transfer.token != token) continue;
    call_stop(call, -KINE_ERESTART);
    return call;
  }
  return NULL;
}

void server_answer(uint64_t token, int64_t result) {
  /* What a reply's own result is does not matter: a sender that is gone needs none. */
  if (pending_token != 0 && pending_token == received_token) {
    kine_reply(token, result);
    return;
  }
  if (pending_token != 0) kine_reply(pending_token, pending_result);
  pending_token = token;
  pending_result = result;
}

void server_answer_finished(void) {
  for (struct call *call = pop(&finished); call != NULL; call = pop(&finished)) {
    server_answer(call->transfer.token, call->result);
    push(&unused, call, true);
    begun--;
  }
}

void server_receive(struct kine_message *message) {
  int received;

  do {
    received = kine_reply_receive(pending_token, pending_result, kServerPort, message);
    pending_token = 0;
  } while (received != 0 && errno == EINTR);
  received_token = message->token;
  if (received == 0) return;
  server_log("cannot receive: error %d", errno);
  exit(1);
}
