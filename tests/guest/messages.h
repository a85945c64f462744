/* What the tests of messages share: the case's process is a server with a port of its own; its clients are forked children.
 * Must never: leave a client waiting. A case answers, or kills, each of its clients, and buries it. */
#ifndef MESSAGES_H
#define MESSAGES_H

#include "signals.h"

enum { kCookie = 0x77 };

static int port, connection; /* the server's, and one that clients use, with the cookie kCookie */
static struct kine_message message;

static inline void make_port(void) {
  port = kine_port();
  REQUIRE(port >= 0);
  connection = kine_mint(port, kCookie);
  REQUIRE(connection >= 0);
}

/* The next message must be of this kind. */
static inline void receive(unsigned kind) {
  REQUIRE(kine_receive(port, &message) == 0);
  if (!CHECK_EQ(message.kind, kind)) _exit(1);
}
/* … must be this call. Its token. */
static inline uint64_t receive_call(unsigned number) {
  receive(KINE_CALL);
  if (!CHECK_EQ(message.number, number)) _exit(1);
  return message.token;
}
static inline void reply(uint64_t token, int64_t result) { CHECK_EQ(raw(KINE_REPLY, token, result), 0); }
/* Answers with one connection, or two. */
static inline long answer_with(uint64_t token, struct kine_answer_connection first, struct kine_answer_connection second) {
  struct kine_answer answer = {.token = token, .kind = KINE_ANSWER_RESULT, .connections = {first, second}};
  return raw(KINE_ANSWER, &answer);
}
static const struct kine_answer_connection no_connection = {.fd = -1};

/* A child that does this, without the receiving end, and ends with 0. */
#define CLIENT(pid, ...)            \
  do {                              \
    REQUIRE(((pid) = fork()) >= 0); \
    if ((pid) == 0) {               \
      close(port);                  \
      __VA_ARGS__;                  \
      _exit(0);                     \
    }                               \
  } while (0)
#define BURY(pid) CHECK_EQ(ending_of(pid), 0)
#define BURY_KILLED(pid) CHECK_EQ(ending_of(pid), KILLED_BY(SIGKILL))

static inline struct kine_process process_of(pid_t pid) {
  struct kine_process found = {0};
  CHECK_EQ(raw(KINE_PROCESS, KINE_MACHINE_FD, pid, &found), 0);
  return found;
}
/* Until the process waits: its call is at the port. */
static inline void await_waiting(pid_t pid) {
  while (process_of(pid).state == 'R') raw(NR_sched_yield);
}
/* That nothing is queued at the port: a call that is sent now is the next to come. */
static inline void check_nothing_queued(void) {
  pid_t pid;

  CLIENT(pid, CHECK_EQ(raw(SYS_fdatasync, connection), 99));
  reply(receive_call(SYS_fdatasync), 99);
  BURY(pid);
}

#endif
