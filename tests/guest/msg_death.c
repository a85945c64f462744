/* Messages and death, with a server in the test: of the sender, of the server, of both, of the port; and rings of servers, which would wait
 * for ever. docs/messages.md has the rules. */
#include "messages.h"

/* A client whose received call fails with EIO, although a signal has come for it that would issue it again. */
static pid_t client_with_handler(void) {
  pid_t pid;

  CLIENT(pid, {
    handle(SIGUSR1, note, SA_RESTART);
    CHECK_EQ(raw(SYS_fsync, connection), -EIO);
    CHECK_EQ(noted[SIGUSR1], 1);
  });
  await_waiting(pid);
  return pid;
}

TEST(sender_killed_queued, "a sender that is killed before its call is received was never heard of") {
  pid_t pid;

  make_port();
  CLIENT(pid, raw(SYS_fsync, connection));
  await_waiting(pid);
  kill(pid, SIGKILL);
  BURY_KILLED(pid);
  check_nothing_queued();
}

TEST(sender_killed_received, "a sender that is killed later is at once dead: one cancel, and its token answers ESRCH") {
  char byte = 0;
  pid_t pid;

  make_port();
  CLIENT(pid, raw(SYS_read, connection, &byte, 1));
  uint64_t token = receive_call(SYS_read);
  kill(pid, SIGUSR1); /* its end too, if the server let it */
  kill(pid, SIGKILL);
  BURY_KILLED(pid);
  CHECK_EQ(raw(KINE_WRITE, token, &byte, &byte, 1), -ESRCH);
  CHECK_EQ(raw(KINE_REPLY, token, 0), -ESRCH);
  receive(KINE_CANCEL);
  CHECK_EQ(message.token, token);
  CHECK_EQ(raw(KINE_REPLY, token, 0), -ESRCH);
  check_nothing_queued();
}

/* A child that serves the case's port: the body runs with the receiving end. */
static pid_t server_process(void (*body)(void)) {
  pid_t pid = fork();

  REQUIRE(pid >= 0);
  if (pid == 0) {
    body();
    _exit(0);
  }
  return pid;
}
static void receive_and_wait(void) {
  receive(KINE_CALL);
  for (;;) pause();
}
static void receive_and_end(void) { receive(KINE_CALL); }
static void answer_one(void) {
  const uint64_t token = receive_call(SYS_ftruncate);
  reply(token, 1 + (int64_t)message.words[1]);
}
/* The next call; notices of calls before it are passed over. */
static void skip_to_call(void) {
  do REQUIRE(kine_receive(port, &message) == 0);
  while (message.kind != KINE_CALL);
}
static void skip_to_call_and_wait(void) {
  skip_to_call();
  for (;;) pause();
}

TEST(server_dies, "a server that dies: what it received fails with EIO, what is queued waits for the next one on the port") {
  pid_t received, queued;

  make_port();
  pid_t server = server_process(receive_and_wait);
  CLIENT(received, CHECK_EQ(raw(SYS_ftruncate, connection, 1), -EIO));
  await_waiting(received);
  await_waiting(server);
  CLIENT(queued, CHECK_EQ(raw(SYS_ftruncate, connection, 2), 3));
  await_waiting(queued);
  kill(server, SIGKILL);
  BURY_KILLED(server);
  BURY(received);
  CHECK_EQ(process_of(queued).state, 'S');
  server = server_process(answer_one);
  BURY(server);
  BURY(queued);
  check_nothing_queued();
}

TEST(server_exits, "a server that ends without an answer: EIO; a sender with a pending signal gets EIO too") {
  pid_t pid, server;

  make_port();
  server = server_process(receive_and_end);
  CLIENT(pid, CHECK_EQ(raw(SYS_fsync, connection), -EIO));
  BURY(pid);
  BURY(server);
  server = server_process(receive_and_wait);
  pid = client_with_handler();
  await_waiting(server);
  kill(pid, SIGUSR1); /* the notice stays at the port */
  kill(server, SIGKILL);
  BURY_KILLED(server);
  BURY(pid);
  check_nothing_queued();
}

TEST(both_die, "sender and server die, in either order, and with a notice queued: nothing is left") {
  pid_t pid;

  make_port();
  for (int order = 0; order < 4; order++) {
    const pid_t server = server_process(skip_to_call_and_wait);
    CLIENT(pid, raw(SYS_fsync, connection));
    await_waiting(pid);
    await_waiting(server);
    const pid_t first = order % 2 ? pid : server, second = order % 2 ? server : pid;
    kill(first, order < 2 ? SIGKILL : SIGTERM); /* by SIGTERM a sender ends only when the server lets it: not any more */
    kill(second, SIGKILL);
    kill(first, SIGKILL);
    CHECK(ending_of(server) > 1000);
    const long ending = ending_of(pid); /* with EIO it may have ended by itself */
    CHECK(ending == 0 || ending > 1000);
  }
  CLIENT(pid, CHECK_EQ(raw(SYS_fdatasync, connection), 1));
  skip_to_call(); /* what a server was to be told of the dead may be queued still */
  CHECK_EQ(message.number, SYS_fdatasync);
  reply(message.token, 1);
  BURY(pid);
}

TEST(port_goes, "when the last receiving end is closed, queued and later calls answer EIO, and so do received ones when the server ends") {
  pid_t queued, received, server;

  make_port();
  server = server_process(receive_and_wait);
  CLIENT(received, CHECK_EQ(raw(SYS_fsync, connection), -EIO));
  await_waiting(received);
  CLIENT(queued, {
    CHECK_EQ(raw(SYS_fsync, connection), -EIO);
    CHECK_EQ(raw(SYS_fsync, connection), -EIO);
  });
  await_waiting(queued);
  close(port);
  CHECK_EQ(process_of(queued).state, 'S'); /* the server has it still */
  kill(server, SIGKILL);
  BURY_KILLED(server);
  BURY(queued);
  BURY(received);
  CHECK_EQ(raw(SYS_fsync, connection), -EIO);
  CHECK_EQ(raw(KINE_MINT, port, 1), -EBADF);
}

TEST(port_goes_with_notices, "a port that goes with notices queued, and connections that go after it, leave nothing") {
  pid_t pid;

  make_port();
  close(kine_mint(port, 1));
  CLIENT(pid, raw(SYS_fsync, connection));
  await_waiting(pid);
  receive(KINE_CLOSED);
  close(kine_mint(port, 2));
  receive_call(SYS_fsync);
  kill(pid, SIGKILL);
  BURY_KILLED(pid);
  close(port); /* with a closed and a cancel queued */
  CHECK_EQ(raw(SYS_fsync, connection), -EIO);
  close(connection);
}

TEST(answered_after_close, "a call that was received can be answered when the port is gone already") {
  pid_t pid;

  make_port();
  CLIENT(pid, CHECK_EQ(raw(SYS_fsync, connection), 17));
  uint64_t token = receive_call(SYS_fsync);
  close(port);
  close(connection);
  reply(token, 17);
  BURY(pid);
}

/* One open, which reserves a place for what it may bring, and its end in one of many ways. */
static void open_and_end(int way) {
  const uint64_t received = statistics().messages;
  int status;
  pid_t pid, server = 0;

  if (way == 2 || way == 3) server = server_process(skip_to_call_and_wait);
  CLIENT(pid, handle(SIGUSR1, note, 0), raw(SYS_openat, connection, "x", 0, 0));
  await_waiting(pid);
  while (server != 0 && statistics().messages == received) raw(NR_sched_yield);
  if (way == 0) kill(pid, SIGKILL); /* nobody has received it */
  if (way == 1) kill(pid, SIGUSR1);
  if (way == 2) kill(server, SIGKILL);                     /* before the sender … */
  if (way == 3) kill(pid, SIGKILL), kill(server, SIGKILL); /* … and behind it */
  if (way >= 4) {
    skip_to_call();
    if (way == 4) reply(message.token, -ENOENT);
    if (way == 5) kill(pid, SIGKILL);
    if (way == 6) kill(pid, SIGUSR1), reply(message.token, -KINE_ERESTART);
    if (way == 7) answer_with(message.token, (struct kine_answer_connection){.fd = port, .cookie = 9}, no_connection);
    if (way == 8) answer_with(message.token, (struct kine_answer_connection){.fd = connection}, no_connection);
  }
  CHECK_EQ(waitpid(pid, &status, 0), pid);
  if (server != 0) CHECK_EQ(waitpid(server, &status, 0), server);
}

TEST(nothing_is_kept, "whatever way a call ends, what was reserved for its answer comes back: hundreds of calls leave no frame less") {
  enum { kWays = 9, kTimes = 60 };

  for (int way = 0; way < kWays; way++) {
    make_port();
    for (int i = 0; i < kTimes; i++) open_and_end(way);
    close(connection);
    close(port);
  }
}

/* --- Rings --- */

TEST(own_port, "a server that calls itself gets EDEADLK") {
  make_port();
  check_nothing_queued(); /* it has received */
  CHECK_EQ(raw(SYS_fsync, connection), -EDEADLK);
  CHECK_EQ(raw(SYS_openat, connection, "x", 0, 0), -EDEADLK);
  check_nothing_queued();
}

static int second_port, second_connection;

TEST(ring_of_servers, "a call that would close a ring of servers, each of which waits for the next, gets EDEADLK") {
  pid_t client, middle;

  make_port();
  second_port = kine_port();
  second_connection = kine_mint(second_port, 2);
  REQUIRE(second_connection >= 0);
  /* client -> middle (second port) -> this process (port), which calls the second port */
  REQUIRE((middle = fork()) >= 0);
  if (middle == 0) {
    close(port);
    REQUIRE(kine_receive(second_port, &message) == 0);
    CHECK_EQ(raw(SYS_ftruncate, connection, 2), 20);
    reply(message.token, 30);
    _exit(0);
  }
  CLIENT(client, CHECK_EQ(raw(SYS_ftruncate, second_connection, 1), 30));
  uint64_t token = receive_call(SYS_ftruncate);
  CHECK_EQ(message.words[1], 2);
  CHECK_EQ(raw(SYS_fsync, second_connection), -EDEADLK);
  reply(token, 20);
  BURY(client);
  BURY(middle);
}
