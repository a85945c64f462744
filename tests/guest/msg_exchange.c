/* The exchange of a call and its answer, with a server in the test: what each side sees, order, stale tokens, signals. docs/messages.md has
 * the rules. */
#include "messages.h"

TEST(call_and_reply, "the server gets number and words with its cookie in the descriptor's place; its number is the call's result") {
  static const long results[] = {0, 1, -1, -EIO, -511, INT32_MAX, 1L << 40, INT64_MAX};
  pid_t pid;

  make_port();
  for (unsigned i = 0; i < sizeof results / sizeof results[0]; i++) {
    CLIENT(pid, CHECK_EQ(raw(SYS_ioctl, connection | 5UL << 32, 0x1111222233334444, 0x5555666677778888), results[i]));
    uint64_t token = receive_call(SYS_ioctl);
    CHECK(token != 0);
    CHECK_EQ(message.cookie, kCookie);
    CHECK_EQ(message.words[0], kCookie);
    CHECK_EQ(message.words[1], 0x1111222233334444);
    CHECK_EQ(message.words[2], 0x5555666677778888);
    reply(token, results[i]);
    BURY(pid);
  }
}

TEST(who_sends, "a message tells who sends it, as the kernel knows it, and which signals it does not hear") {
  pid_t pid;

  make_port();
  CLIENT(pid, {
    setpgid(0, 0);
    umask(027);
    REQUIRE(setgid(1234) == 0 && setuid(4321) == 0);
    signal(SIGUSR1, SIG_IGN);
    block(SIGUSR2);
    CHECK_EQ(raw(SYS_fsync, connection), 7);
  });
  uint64_t token = receive_call(SYS_fsync);
  CHECK_EQ(message.pid, pid);
  CHECK_EQ(message.group, pid);
  CHECK_EQ(message.session, getsid(0));
  CHECK_EQ(message.uid, 4321);
  CHECK_EQ(message.gid, 1234);
  CHECK_EQ(message.umask, 027);
  CHECK_EQ(message.unheard >> (SIGUSR1 - 1) & 1, 1);
  CHECK_EQ(message.unheard >> (SIGUSR2 - 1) & 1, 1);
  CHECK_EQ(message.unheard >> (SIGCHLD - 1) & 1, 1);
  CHECK_EQ(message.unheard >> (SIGTERM - 1) & 1, 0);
  reply(token, 7);
  BURY(pid);
}

TEST(groups, "a server is told the sender's supplementary groups, if it has room for them") {
  static const uint32_t given[3] = {5, 70000, 6};
  uint32_t seen[4] = {0};
  pid_t pid;

  make_port();
  CLIENT(pid, {
    REQUIRE(raw(SYS_setgroups, 3, given) == 0);
    CHECK_EQ(raw(SYS_fsync, connection), 0);
  });
  uint64_t token = receive_call(SYS_fsync);
  CHECK_EQ(raw(KINE_GROUPS, token, seen, 2), -EINVAL);
  CHECK_EQ(raw(KINE_GROUPS, token, 1, 3), -EFAULT);
  CHECK_EQ(raw(KINE_GROUPS, token, seen, 4), 3);
  for (int i = 0; i < 3; i++) CHECK_EQ(seen[i], given[i]);
  CHECK_EQ(seen[3], 0);
  reply(token, 0);
  BURY(pid);
}

TEST(any_order, "calls may be answered late and in any order; each sender gets its own answer") {
  enum { kClients = 6 };
  static const int order[kClients] = {4, 0, 5, 2, 1, 3};
  uint64_t tokens[kClients];
  pid_t pids[kClients];

  make_port();
  for (int i = 0; i < kClients; i++) CLIENT(pids[i], CHECK_EQ(raw(SYS_ftruncate, connection, i), 1000 + i));
  for (int i = 0; i < kClients; i++) {
    receive_call(SYS_ftruncate);
    REQUIRE(message.words[1] < kClients);
    tokens[message.words[1]] = message.token;
  }
  for (int i = 0; i < kClients; i++) reply(tokens[order[i]], 1000 + order[i]);
  for (int i = 0; i < kClients; i++) BURY(pids[i]);
}

TEST(first_in_first_out, "a port delivers in the order in which calls came") {
  enum { kClients = 5 };
  pid_t pids[kClients];

  make_port();
  for (int i = 0; i < kClients; i++) {
    CLIENT(pids[i], CHECK_EQ(raw(SYS_ftruncate, connection, i), 0));
    await_waiting(pids[i]);
  }
  for (int i = 0; i < kClients; i++) {
    uint64_t token = receive_call(SYS_ftruncate);
    CHECK_EQ(message.words[1], i);
    reply(token, 0);
    BURY(pids[i]);
  }
}

TEST(reply_receive, "reply and receive in one: the sender goes on, the server has the next; a stale token is ignored") {
  pid_t pid;

  make_port();
  CLIENT(pid, for (int i = 0; i < 100; i++) CHECK_EQ(raw(SYS_ftruncate, connection, i), 5 * i));
  uint64_t token = 0;
  for (int i = 0; i < 100; i++) {
    REQUIRE(raw(KINE_REPLY_RECEIVE, token, 5 * (i - 1), port, &message) == 0);
    CHECK_EQ(message.words[1], i);
    token = message.token;
  }
  reply(token, 5 * 99);
  BURY(pid);
  CLIENT(pid, CHECK_EQ(raw(SYS_ftruncate, connection, 1), 3));
  CHECK_EQ(raw(KINE_REPLY_RECEIVE, token, 8, port, &message), 0);
  reply(message.token, 3);
  BURY(pid);
}

TEST(bad_receive, "a message that cannot be written is not lost: EINVAL unaligned, EFAULT, and the next receive has it") {
  pid_t pid;

  make_port();
  CLIENT(pid, CHECK_EQ(raw(SYS_fsync, connection), 4));
  await_waiting(pid);
  CHECK_EQ(raw(KINE_RECEIVE, port, (char *)&message + 8), -EINVAL);
  CHECK_EQ(raw(KINE_RECEIVE, port, 128), -EFAULT);
  CHECK_EQ(raw(KINE_RECEIVE, port, 0xffff800000000000), -EFAULT);
  CHECK_EQ(raw(KINE_RECEIVE, connection, &message), -EINVAL);
  CHECK_EQ(raw(KINE_RECEIVE, 200, &message), -EBADF);
  reply(receive_call(SYS_fsync), 4);
  BURY(pid);
}

TEST(stale_tokens, "a token is good for one answer; a used one, an old one and an invented one answer ESRCH to everything") {
  struct kine_answer answer = {0};
  uint64_t cookie;
  uint32_t group[16];
  char *page = (char *)map_private(kPage);
  pid_t pid;

  make_port();
  CLIENT(pid, {
    CHECK_EQ(raw(SYS_fsync, connection), 1);
    CHECK_EQ(raw(SYS_fsync, connection), 2);
  });
  uint64_t first = receive_call(SYS_fsync);
  reply(first, 1);
  uint64_t second = receive_call(SYS_fsync);
  CHECK(first != second);
  const uint64_t stale[] = {first, 0, 1, ~0UL, second ^ 1, second + (1UL << 32), second ^ 1UL << 31};
  for (unsigned i = 0; i < sizeof stale / sizeof stale[0]; i++) {
    answer.token = stale[i];
    CHECK_EQ(raw(KINE_REPLY, stale[i], 5), -ESRCH);
    CHECK_EQ(raw(KINE_ANSWER, &answer), -ESRCH);
    CHECK_EQ(raw(KINE_READ, stale[i], page, page, 1), -ESRCH);
    CHECK_EQ(raw(KINE_WRITE, stale[i], page, page, 1), -ESRCH);
    CHECK_EQ(raw(KINE_GIVE, stale[i], page, page, kPage), -ESRCH);
    CHECK_EQ(raw(KINE_ACCEPT, stale[i], page, page, kPage), -ESRCH);
    CHECK_EQ(raw(KINE_TAKE, stale[i], 1), -ESRCH);
    CHECK_EQ(raw(KINE_IDENTIFY, stale[i], port, 1, &cookie), -ESRCH);
    CHECK_EQ(raw(KINE_GROUPS, stale[i], group, 16), -ESRCH);
  }
  reply(second, 2);
  CHECK_EQ(raw(KINE_REPLY, second, 3), -ESRCH);
  BURY(pid);
}

TEST(closed, "a server is told once, when the last descriptor of a connection is gone, whoever had it") {
  int other;
  pid_t pid;

  make_port();
  other = kine_mint(port, 5);
  CLIENT(pid, {
    CHECK_EQ(dup2(connection, 90), 90);
    close(connection);
    CHECK_EQ(raw(SYS_fsync, 90), 0);
  });
  close(connection);
  reply(receive_call(SYS_fsync), 0);
  receive(KINE_CLOSED); /* the child has ended */
  CHECK_EQ(message.cookie, kCookie);
  CHECK_EQ(message.token, 0);
  BURY(pid);
  CHECK_EQ(dup2(other, 91), 91);
  close(other);
  CLIENT(pid, CHECK_EQ(raw(SYS_fsync, 91), 0));
  reply(receive_call(SYS_fsync), 0);
  BURY(pid);
  close(91);
  receive(KINE_CLOSED);
  CHECK_EQ(message.cookie, 5);
  connection = kine_mint(port, kCookie);
  check_nothing_queued();
}

/* --- Signals --- */

/* A client whose call ends, or goes on, as `expected` says, when SIGUSR1 comes. */
static pid_t client_with_handler(int flags, long expected) {
  pid_t pid;

  CLIENT(pid, {
    handle(SIGUSR1, note, flags);
    CHECK_EQ(raw(SYS_ftruncate, connection, 1), expected);
    CHECK(noted[SIGUSR1] > 0);
  });
  await_waiting(pid);
  return pid;
}

TEST(signal_withdraws, "a signal withdraws a call that nobody has received: EINTR, or with SA_RESTART it is issued again") {
  make_port();
  pid_t pid = client_with_handler(0, -EINTR);
  kill(pid, SIGUSR1);
  BURY(pid);
  check_nothing_queued();
  pid = client_with_handler(SA_RESTART, 12);
  kill(pid, SIGUSR1);
  await_waiting(pid);
  reply(receive_call(SYS_ftruncate), 12);
  BURY(pid);
  check_nothing_queued();
}

TEST(signal_cancels, "of a received call the server is told: it answers with what was done, or ERESTART: EINTR or the call once more") {
  make_port();
  pid_t pid = client_with_handler(0, 5);
  uint64_t token = receive_call(SYS_ftruncate);
  kill(pid, SIGUSR1);
  receive(KINE_CANCEL);
  CHECK_EQ(message.token, token);
  CHECK_EQ(process_of(pid).state, 'S'); /* it waits for the answer all the same */
  reply(token, 5);
  BURY(pid);

  pid = client_with_handler(0, -EINTR);
  token = receive_call(SYS_ftruncate);
  kill(pid, SIGUSR1);
  receive(KINE_CANCEL);
  reply(token, -KINE_ERESTART);
  BURY(pid);

  pid = client_with_handler(SA_RESTART, 6);
  token = receive_call(SYS_ftruncate);
  kill(pid, SIGUSR1);
  receive(KINE_CANCEL);
  reply(token, -KINE_ERESTART);
  const uint64_t again = receive_call(SYS_ftruncate);
  CHECK(again != token);
  CHECK_EQ(message.words[1], 1);
  CHECK_EQ(raw(KINE_REPLY, token, 0), -ESRCH);
  reply(again, 6);
  BURY(pid);
  check_nothing_queued();
}

TEST(one_cancel, "several signals at once are one notice, and none if the answer was first; ignored and blocked ones are none") {
  pid_t pid;

  make_port();
  CLIENT(pid, {
    handle(SIGUSR1, note, 0);
    handle(SIGUSR2, note, 0);
    handle(SIGHUP, note, 0);
    block(SIGHUP);
    CHECK_EQ(raw(SYS_fsync, connection), 8);
    CHECK_EQ(noted[SIGUSR1] + noted[SIGUSR2], 2);
    CHECK_EQ(raw(SYS_fsync, connection), 9);
    CHECK_EQ(noted[SIGUSR1], 2);
    unblock(SIGHUP);
    CHECK_EQ(noted[SIGHUP], 1);
  });
  uint64_t token = receive_call(SYS_fsync);
  kill(pid, SIGUSR1);
  kill(pid, SIGUSR2);
  receive(KINE_CANCEL);
  CHECK_EQ(message.token, token);
  kill(pid, SIGHUP);
  kill(pid, SIGCHLD);
  reply(token, 8);
  token = receive_call(SYS_fsync); /* no second notice came before it */
  kill(pid, SIGUSR1);
  reply(token, 9); /* the notice is queued, and goes */
  BURY(pid);
  check_nothing_queued();
}

TEST(restart_without_a_signal, "a server that answers ERESTART without a signal makes an EIO") {
  pid_t pid;

  make_port();
  CLIENT(pid, {
    block(SIGUSR1);
    raise(SIGUSR1);
    CHECK_EQ(raw(SYS_fsync, connection), -EIO);
    CHECK_EQ(raw(SYS_fsync, connection), -EIO);
  });
  reply(receive_call(SYS_fsync), -KINE_ERESTART);
  reply(receive_call(SYS_fsync), -514); /* nor by the kernel's other name for it */
  BURY(pid);
}

TEST(stopped_and_continued, "a sender that is stopped while it waits issues its call again when it goes on") {
  pid_t pid;

  make_port();
  CLIENT(pid, CHECK_EQ(raw(SYS_fsync, connection), 3));
  uint64_t token = receive_call(SYS_fsync);
  kill(pid, SIGSTOP);
  receive(KINE_CANCEL);
  reply(token, -KINE_ERESTART);
  CHECK_EQ(waitpid(pid, NULL, WUNTRACED), pid);
  CHECK_EQ(process_of(pid).state, 'T');
  kill(pid, SIGCONT);
  reply(receive_call(SYS_fsync), 3);
  BURY(pid);
}

TEST(interrupted_receive, "a signal ends a server's wait for a message: EINTR") {
  make_port();
  handle(SIGALRM, note, 0);
  const struct itimerval again = {{0, 5000}, {0, 5000}}, never = {{0, 0}, {0, 0}}; /* one of them comes while it waits */
  REQUIRE(setitimer(ITIMER_REAL, &again, NULL) == 0);
  CHECK_EQ(raw(KINE_RECEIVE, port, &message), -EINTR);
  REQUIRE(setitimer(ITIMER_REAL, &never, NULL) == 0);
  check_nothing_queued();
}
