/* Clients and servers of a test: processes that call, and processes that receive. A client's lab_report[0] is what its first call was answered, and so
 * on; 1 as long as it was not. */
#ifndef MESSAGE_H
#define MESSAGE_H

#include "lab.h"

struct kine_message message; /* what this process received last */
static int port, connection;

static inline void make_port(void) {
  port = kine_port();
  connection = kine_mint(port, lab_word(1, 0));
  for (int i = 0; i < kReports; i++) lab_report[i] = 1;
  message.token = 0;
}

/* A call with words that the grader knows. */
static inline long call_with(uint64_t which) { return raw(NR_ioctl, connection, lab_word(2, which), lab_word(3, which)); }

static inline long receive(void) { return raw(KINE_RECEIVE, port, &message); }
static inline long reply(uint64_t token, int64_t result) { return raw(KINE_REPLY, token, result); }

/* The others come to where they wait, even if they need several turns. */
static inline void settle(void) {
  for (int i = 0; i < 6; i++) lab_settle();
}

/* A child that makes so many calls, one after the other, and stays. `keep`: it has the receiving end, too. */
static inline long start_client(uint64_t which, int calls, int keep) {
  const long pid = lab_fork();
  if (pid == 0) {
    if (!keep) raw(NR_close, port);
    for (int i = 0; i < calls; i++) lab_report[i] = (uint64_t)call_with(which + 10 * (uint64_t)i);
    lab_await(1000);
    lab_exit(0);
  }
  settle();
  return pid;
}

#endif
