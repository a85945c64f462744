/* A small server: mailboxes. `mailbox COMMAND ARG...` runs a command whose descriptors 3, 4 and 5 are three of them:
 *
 *     $ mailbox sh -c 'echo hello >&3; read word <&3; echo $word'
 *     hello
 *
 * A mailbox holds one letter. write() puts one there: EBUSY if there is one, EMSGSIZE if it is too long. read() takes as much of it as the
 * reader has room for, and the rest stays; while there is none the reader waits, one at most: another one gets EBUSY. When the last
 * descriptor of a mailbox is closed, its letter is thrown away. Every other call: EINVAL.
 *
 * Without arguments it serves the port that is its descriptor 3, with the mailboxes as cookies 0 to 2. It ends when all are closed.
 *
 * Must never: trust what a client passes, leave a call without an answer that nobody gives later, or end because of what becomes of a
 * client. */
#include <errno.h>
#include <fcntl.h>
#include <kine.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { kBoxes = 3, kPort = 3, kFirstBox = 3, kLetterBytes = 128 };

static struct box {
  char letter[kLetterBytes];
  size_t bytes;               /* of the letter; 0: there is none */
  struct kine_message reader; /* the call that waits for a letter; its token is 0 if none does */
} boxes[kBoxes];              /* by cookie */

/* The letter that a write() brings goes into the box: the answer, its bytes or -errno. Then the box is as it was. */
// lab(message)
static int64_t put(struct box *box, const struct kine_message *call) {
  const uint64_t bytes = call->words[2];
  if (bytes > kLetterBytes) return -EMSGSIZE;
  if (box->bytes != 0) return -EBUSY;
  if (kine_read(call->token, box->letter, call->words[1], bytes) != 0) return -errno;
  box->bytes = bytes;
  return (int64_t)bytes;
}

/* A read() takes the letter's first bytes, as many as it has room for, and the others move up: the answer, how many it took or -errno. Then
 * the letter is as it was. */
// lab(message)
static int64_t take(struct box *box, const struct kine_message *call) {
  const size_t bytes = call->words[2] < box->bytes ? call->words[2] : box->bytes;
  if (kine_write(call->token, call->words[1], box->letter, bytes) != 0) return -errno;
  box->bytes -= bytes;
  memmove(box->letter, box->letter + bytes, box->bytes);
  return (int64_t)bytes;
}

/* A letter has come: who waits for it is answered. He may be dead by then; the letter is the next one's. */
// lab(message)
static void wake_reader(struct box *box) {
  if (box->reader.token == 0 || box->bytes == 0) return;
  kine_reply(box->reader.token, take(box, &box->reader));
  box->reader.token = 0;
}

/* One call: it is answered at once, or remembered as the box's reader. */
// lab(message)
static void answer(struct box *box, const struct kine_message *call) {
  int64_t result = -EINVAL;
  if (call->number == SYS_write) result = put(box, call);
  if (call->number == SYS_read) {
    const int must_wait = box->bytes == 0 && call->words[2] != 0;
    if (must_wait && box->reader.token == 0) {
      box->reader = *call;
      return;
    }
    result = must_wait ? -EBUSY : take(box, call);
  }
  kine_reply(call->token, result);
  wake_reader(box);
}

/* The sender of this call has a signal to hear, or is dead. Who waited is no reader any more; if he lives, his call is as if it had not
 * been. */
// lab(message)
static void cancel(uint64_t token) {
  for (int i = 0; i < kBoxes; i++) {
    if (boxes[i].reader.token != token) continue;
    boxes[i].reader.token = 0;
    kine_reply(token, -KINE_ERESTART);
  }
}

/* Whatever the port delivers. */
// lab(message)
static void serve(const struct kine_message *message) {
  if (message->kind == KINE_CALL) answer(&boxes[message->cookie], message);
  if (message->kind == KINE_CANCEL) cancel(message->token);
  if (message->kind == KINE_CLOSED) boxes[message->cookie].bytes = 0;
}

static int serve_until_closed(int port) {
  struct kine_message message;
  for (int open = kBoxes; open > 0; open -= message.kind == KINE_CLOSED) {
    if (kine_receive(port, &message) != 0) return perror("mailbox"), 1;
    serve(&message);
  }
  return 0;
}

int main(int argc, char *argv[]) {
  if (argc == 1) return serve_until_closed(kPort);

  const int made = kine_port();
  const int port = fcntl(made, F_DUPFD_CLOEXEC, kFirstBox + kBoxes);
  close(made);
  for (int i = 0; i < kBoxes; i++) {
    const int box = kine_mint(port, (uint64_t)i);
    if (box < 0 || dup2(box, kFirstBox + i) < 0 || fcntl(kFirstBox + i, F_SETFD, 0) != 0) return perror("mailbox"), 1;
    if (box != kFirstBox + i) close(box);
  }
  const pid_t server = fork();
  if (server == 0) {
    for (int i = 0; i < kBoxes; i++) close(kFirstBox + i);
    return serve_until_closed(port);
  }
  if (server > 0) execvp(argv[1], argv + 1);
  return perror(argv[1]), 127;
}
