/* What an answer can bring: new connections, another server to ask, views; and what poll is told. The server is in the test. */
#include <poll.h>
#include <sys/select.h>

#include "messages.h"

/* --- Connections in answers --- */

TEST(one_connection, "an open's answer is a new connection to the server's port, or a copy of one that it has; its number is the result") {
  pid_t pid;

  make_port();
  int other_port = kine_port(), other = kine_mint(other_port, 3);
  CLIENT(pid, {
    close(other);
    close(other_port);
    const int fd = (int)raw(SYS_openat, connection, "name", O_CLOEXEC, 0);
    CHECK_EQ(fd, port); /* the lowest free one */
    CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
    const int copy = (int)raw(SYS_openat, connection, "name", 0, 0);
    CHECK_EQ(fcntl(copy, F_GETFD), 0);
    CHECK_EQ(raw(SYS_fsync, fd), 11);
    CHECK_EQ(raw(SYS_fsync, copy), 12);
    CHECK_EQ(raw(SYS_openat, connection, "name", 0, 0), -ENOENT);
    CHECK_EQ(raw(SYS_openat, connection, "name", 0, 0), -EIO); /* a number alone is no descriptor */
  });
  uint64_t token = receive_call(SYS_openat);
  CHECK_EQ(message.words[0], kCookie);
  CHECK_EQ(answer_with(token, (struct kine_answer_connection){.fd = 200}, no_connection), -EBADF); /* not answered yet */
  CHECK_EQ(answer_with(token, (struct kine_answer_connection){.fd = KINE_MACHINE_FD}, no_connection), -EINVAL);
  CHECK_EQ(answer_with(token, no_connection, no_connection), -EBADF);
  CHECK_EQ(answer_with(token, (struct kine_answer_connection){.fd = port, .cookie = 0xabc}, no_connection), 0);
  CHECK_EQ(answer_with(token, (struct kine_answer_connection){.fd = port}, no_connection), -ESRCH);
  token = receive_call(SYS_openat);
  CHECK_EQ(answer_with(token, (struct kine_answer_connection){.fd = other}, no_connection), 0);
  token = receive_call(SYS_fsync);
  CHECK_EQ(message.cookie, 0xabc);
  reply(token, 11);
  REQUIRE(kine_receive(other_port, &message) == 0);
  CHECK_EQ(message.cookie, 3);
  reply(message.token, 12);
  reply(receive_call(SYS_openat), -ENOENT);
  reply(receive_call(SYS_openat), 5);
  receive(KINE_CLOSED); /* the client has ended */
  CHECK_EQ(message.cookie, 0xabc);
  BURY(pid);
}

TEST(two_connections, "pipe2 is answered with two connections; an address that cannot be written is found before it is sent") {
  pid_t pid;

  make_port();
  const struct kine_answer_connection first = {.fd = port, .cookie = 21}, second = {.fd = port, .ready = KINE_WRITABLE, .cookie = 22};
  CLIENT(pid, {
    int ends[2] = {-1, -1};
    REQUIRE(raw(KINE_ROOT, connection) == 0);
    CHECK_EQ(raw(SYS_pipe2, 1, 0), -EFAULT);
    CHECK_EQ(raw(SYS_pipe2, ends, 0), -ENFILE);
    CHECK_EQ(raw(SYS_pipe2, ends, O_CLOEXEC), 0);
    CHECK_EQ(fcntl(ends[0], F_GETFD), FD_CLOEXEC);
    CHECK_EQ(fcntl(ends[1], F_GETFD), FD_CLOEXEC);
    struct pollfd both[2] = {{ends[0], POLLIN | POLLOUT, 0}, {ends[1], POLLIN | POLLOUT, 0}};
    CHECK_EQ(poll(both, 2, 0), 1);
    CHECK_EQ(both[0].revents, 0);
    CHECK_EQ(both[1].revents, POLLOUT);
    CHECK_EQ(raw(SYS_fsync, ends[0]), 1);
    CHECK_EQ(raw(SYS_fsync, ends[1]), 2);
  });
  uint64_t token = receive_call(SYS_pipe2);
  reply(token, -ENFILE);
  token = receive_call(SYS_pipe2);
  CHECK_EQ(message.words[1], O_CLOEXEC);
  CHECK_EQ(answer_with(token, first, no_connection), -EBADF); /* no half of a pipe, and nothing has happened */
  CHECK_EQ(answer_with(token, first, second), 0);
  token = receive_call(SYS_fsync);
  CHECK_EQ(message.cookie, 21);
  reply(token, 1);
  token = receive_call(SYS_fsync);
  CHECK_EQ(message.cookie, 22);
  reply(token, 2);
  BURY(pid);
}

TEST(no_descriptor_left, "with too few descriptors left, open and pipe answer EMFILE before the server hears of it") {
  int ends[2];
  pid_t pid;

  make_port();
  CLIENT(pid, {
    REQUIRE(raw(KINE_ROOT, connection) == 0);
    int last = 0, fd;
    while ((fd = dup(connection)) >= 0) last = fd;
    CHECK_EQ(raw(SYS_openat, connection, "x", 0, 0), -EMFILE);
    CHECK_EQ(raw(SYS_pipe2, ends, 0), -EMFILE);
    close(last);
    CHECK_EQ(raw(SYS_pipe2, ends, 0), -EMFILE);
    CHECK_EQ(raw(SYS_openat, connection, "x", 0, 0), last);
    CHECK_EQ(raw(SYS_chdir, "x"), 0); /* needs none */
  });
  uint64_t token = receive_call(SYS_openat);
  CHECK_EQ(answer_with(token, (struct kine_answer_connection){.fd = port, .cookie = 1}, no_connection), 0);
  token = receive_call(SYS_chdir);
  CHECK_EQ(answer_with(token, (struct kine_answer_connection){.fd = port, .cookie = 2}, no_connection), 0);
  BURY(pid);
}

TEST(working_directory,
     "chdir's answer is the working directory from then on, fchdir's is the connection that was asked; a path begins there") {
  pid_t pid;

  make_port();
  int directory = kine_mint(port, 31);
  CLIENT(pid, {
    char path[20];
    REQUIRE(raw(KINE_ROOT, connection) == 0);
    CHECK_EQ(raw(SYS_chdir, "there"), -ENOTDIR);
    CHECK_EQ(raw(SYS_chdir, "there"), 0);
    CHECK_EQ(raw(SYS_mkdir, "name", 0700), 1);
    CHECK_EQ(raw(SYS_mkdir, "/name", 0700), 2);
    CHECK_EQ(raw(SYS_fchdir, directory), -EACCES);
    CHECK_EQ(raw(SYS_fchdir, directory), 0);
    CHECK_EQ(raw(SYS_getcwd, path, sizeof path), 3);
  });
  reply(receive_call(SYS_chdir), -ENOTDIR);
  CHECK_EQ(message.cookie, kCookie);
  CHECK_EQ(answer_with(receive_call(SYS_chdir), (struct kine_answer_connection){.fd = port, .cookie = 32}, no_connection), 0);
  reply(receive_call(SYS_mkdirat), 1);
  CHECK_EQ(message.words[0], 32);
  reply(receive_call(SYS_mkdirat), 2);
  CHECK_EQ(message.words[0], kCookie);
  reply(receive_call(SYS_fchdir), -EACCES);
  CHECK_EQ(message.cookie, 31);
  reply(receive_call(SYS_fchdir), 0);
  receive(KINE_CLOSED); /* the working directory of before */
  CHECK_EQ(message.cookie, 32);
  reply(receive_call(SYS_getcwd), 3);
  CHECK_EQ(message.cookie, 31);
  BURY(pid);
}

TEST(two_servers, "one call whose words lead to two servers answers EXDEV, and a descriptor that is no connection EINVAL") {
  make_port();
  int other_port = kine_port(), other = kine_mint(other_port, 3);
  CHECK_EQ(raw(SYS_renameat2, connection, "a", other, "b", 0), -EXDEV);
  CHECK_EQ(raw(SYS_linkat, other, "a", connection, "b", 0), -EXDEV);
  CHECK_EQ(raw(SYS_renameat2, connection, "/a", connection, "b", 0), -EXDEV); /* the root is files' */
  CHECK_EQ(raw(SYS_openat, port, "a", 0, 0), -EINVAL);
  CHECK_EQ(raw(SYS_read, port, &message, 1), -EINVAL);
  CHECK_EQ(raw(SYS_read, KINE_MACHINE_FD, &message, 1), -EINVAL);
  CHECK_EQ(raw(SYS_read, 200, &message, 1), -EBADF);
  CHECK_EQ(raw(SYS_openat, connection, 1, 0, 0), -EFAULT);
  check_nothing_queued();
}

/* --- Asking another --- */

static long ask(uint64_t token, int fd, int64_t consumed) {
  struct kine_answer answer = {.token = token, .result = consumed, .kind = KINE_ANSWER_ASK, .connections = {{.fd = fd}, no_connection}};
  return raw(KINE_ANSWER, &answer);
}

TEST(ask_another, "an answer may send the caller on, with the rest of its path, at most 8 times: ELOOP") {
  static const char path[] = "mounted/rest";
  char rest[8];
  pid_t pid;

  make_port();
  int other_port = kine_port(), other = kine_mint(other_port, 41);
  CLIENT(pid, {
    close(other_port);
    CHECK_EQ(raw(SYS_mkdirat, connection, path, 0700), 6);
    CHECK_EQ(raw(SYS_mkdirat, connection, path, 0700), -ELOOP);
    CHECK_EQ(raw(SYS_renameat2, connection, path, connection, path, 0), -EXDEV);
    CHECK_EQ(raw(SYS_mkdirat, connection, path, 0700), 7);
  });
  uint64_t token = receive_call(SYS_mkdirat), at = message.words[1];
  CHECK_EQ(ask(token, 200, 0), -EBADF);
  CHECK_EQ(ask(token, port, 0), -EINVAL);
  CHECK_EQ(ask(token, other, -1), -EINVAL);
  CHECK_EQ(ask(token, other, 8), 0);
  CHECK_EQ(raw(KINE_REPLY, token, 5), -ESRCH); /* it is the other's now */
  REQUIRE(kine_receive(other_port, &message) == 0);
  CHECK_EQ(message.number, SYS_mkdirat);
  CHECK_EQ(message.cookie, 41);
  CHECK_EQ(message.words[0], 41);
  CHECK_EQ(message.words[1], at + 8);
  CHECK_EQ(message.words[2], 0700);
  CHECK_EQ(raw(KINE_READ, message.token, rest, message.words[1], 5), 0);
  CHECK_EQ(strcmp(rest, "rest"), 0);
  reply(message.token, 6);
  for (int i = 0; i < 9; i++) CHECK_EQ(ask(receive_call(SYS_mkdirat), connection, 0), 0); /* the ninth is too much */
  CHECK_EQ(ask(receive_call(SYS_renameat2), other, 0), 0);
  token = receive_call(SYS_mkdirat);
  close(other_port); /* nobody is there any more */
  int gone = kine_port(), nobody = kine_mint(gone, 1);
  close(gone);
  CHECK_EQ(ask(token, connection, 0), 0);
  reply(receive_call(SYS_mkdirat), 7); /* a new call's count begins at nothing */
  BURY(pid);
  CLIENT(pid, CHECK_EQ(raw(SYS_mkdirat, connection, path, 0700), -EIO));
  CHECK_EQ(ask(receive_call(SYS_mkdirat), nobody, 0), 0);
  BURY(pid);
}

TEST(ask_keeps_what_is_reserved, "who is sent on gets his descriptors from whom he ends up with; pipe2 too") {
  pid_t pid;

  make_port();
  int other_port = kine_port(), other = kine_mint(other_port, 41);
  CLIENT(pid, {
    int ends[2];
    close(other_port);
    REQUIRE(raw(KINE_ROOT, connection) == 0);
    REQUIRE(raw(SYS_pipe2, ends, 0) == 0);
    CHECK_EQ(raw(SYS_fsync, ends[1]), 5);
  });
  CHECK_EQ(ask(receive_call(SYS_pipe2), other, 0), 0);
  REQUIRE(kine_receive(other_port, &message) == 0);
  CHECK_EQ(message.number, SYS_pipe2);
  const struct kine_answer_connection end = {.fd = other_port, .cookie = 51};
  CHECK_EQ(answer_with(message.token, end, end), 0);
  REQUIRE(kine_receive(other_port, &message) == 0);
  CHECK_EQ(message.cookie, 51);
  reply(message.token, 5);
  BURY(pid);
}

/* --- Views --- */

static const unsigned char shown[2 * kPage] __attribute__((aligned(4096))) = {[0] = 1, [kPage - 1] = 2, [kPage] = 3};

static long show(uint64_t token, const void *view, uint64_t bytes, unsigned rights) {
  struct kine_answer answer = {.token = token, .kind = KINE_ANSWER_VIEW, .rights = rights, .connections = {no_connection, no_connection}};
  answer.view = (uint64_t)view;
  answer.view_bytes = bytes;
  return raw(KINE_ANSWER, &answer);
}

TEST(view, "a view answers a private mapping: the server's pages, copy-on-write, with no more rights than the server grants") {
  pid_t pid;

  make_port();
  CLIENT(pid, {
    unsigned char *memory = mmap(NULL, kPage + 1, PROT_READ | PROT_WRITE, MAP_PRIVATE, connection, kPage);
    REQUIRE(memory != MAP_FAILED);
    CHECK_EQ(memory[0], 1);
    CHECK_EQ(memory[kPage - 1], 2);
    CHECK_EQ(memory[kPage], 3);
    memory[0] = 9;
    CHECK_EQ(memory[0], 9);
    CHECK_EQ(raw(SYS_mmap, 0, kPage, PROT_READ | PROT_EXEC, MAP_PRIVATE, connection, 0), -EACCES);
    CHECK_EQ(raw(SYS_mmap, 0, kPage, PROT_READ, MAP_PRIVATE, connection, 0), -EIO); /* a number is no mapping */
    CHECK_EQ(raw(SYS_mmap, 0, kPage, PROT_READ, MAP_PRIVATE, connection, 0), -ENODEV);
    CHECK_EQ(raw(SYS_mmap, 0, kPage, PROT_READ, MAP_SHARED, connection, 0), -ENODEV); /* nobody is asked */
    CHECK_EQ(raw(SYS_fsync, connection), 0);
  });
  uint64_t token = receive_call(SYS_mmap);
  CHECK_EQ(message.words[1], kPage + 1);
  CHECK_EQ(message.words[4], kCookie);
  CHECK_EQ(message.words[5], kPage);
  CHECK_EQ(show(token, (char *)shown + 1, kPage, PROT_READ), -EINVAL);
  CHECK_EQ(show(token, shown, 1UL << 47, PROT_READ), -EINVAL);
  CHECK_EQ(show(token, (void *)0xffff800000000000, kPage, PROT_READ), -EINVAL);
  CHECK_EQ(show(token, shown, sizeof shown, PROT_READ), 0);
  CHECK_EQ(show(receive_call(SYS_mmap), shown, sizeof shown, PROT_READ), 0);
  reply(receive_call(SYS_mmap), 1 << 20);
  reply(receive_call(SYS_mmap), -ENODEV);
  reply(receive_call(SYS_fsync), 0);
  BURY(pid);
  CHECK_EQ(shown[0], 1);
}

TEST(wrong_kind, "an answer of a kind that there is not is EINVAL, a view for a call that wants none too; the sender still waits") {
  struct kine_answer answer = {.kind = 3};
  pid_t pid;

  make_port();
  CLIENT(pid, {
    CHECK_EQ(raw(SYS_fsync, connection), 2);
    CHECK_EQ(raw(SYS_fsync, connection), 3);
  });
  answer.token = receive_call(SYS_fsync);
  CHECK_EQ(raw(KINE_ANSWER, &answer), -EINVAL);
  CHECK_EQ(raw(KINE_ANSWER, 1), -EFAULT);
  CHECK_EQ(show(answer.token, shown, kPage, PROT_READ), -EINVAL);
  reply(answer.token, 2);
  answer = (struct kine_answer){.token = receive_call(SYS_fsync), .result = 3}; /* a number by the long way */
  CHECK_EQ(raw(KINE_ANSWER, &answer), 0);
  BURY(pid);
}

/* --- Readiness --- */

static long ready(int fd, int events) {
  struct pollfd one = {fd, (short)events, 0};
  const long count = poll(&one, 1, 0);
  CHECK_EQ(count, one.revents != 0);
  return one.revents;
}

TEST(published, "a connection is ready for what its server published last, from the start for reading and writing") {
  make_port();
  int other = kine_mint(port, 8);
  CHECK_EQ(ready(connection, POLLIN | POLLOUT), POLLIN | POLLOUT);
  CHECK_EQ(raw(KINE_PUBLISH, port, kCookie, 0), 0);
  CHECK_EQ(ready(connection, POLLIN | POLLOUT), 0);
  CHECK_EQ(ready(other, POLLIN | POLLOUT), POLLIN | POLLOUT);
  CHECK_EQ(raw(KINE_PUBLISH, port, kCookie, KINE_READABLE), 0);
  CHECK_EQ(ready(connection, POLLIN | POLLOUT), POLLIN);
  CHECK_EQ(raw(KINE_PUBLISH, port, kCookie, KINE_WRITABLE | KINE_ERROR | KINE_HUNG_UP), 0);
  CHECK_EQ(ready(connection, POLLIN | POLLOUT), POLLOUT | POLLERR | POLLHUP);
  CHECK_EQ(ready(connection, 0), POLLERR | POLLHUP);
  CHECK_EQ(raw(KINE_PUBLISH, port, 9, 0), -ENOENT);
  close(other);
  receive(KINE_CLOSED);
  CHECK_EQ(raw(KINE_PUBLISH, port, 8, 0), -ENOENT);
  CHECK_EQ(ready(port, POLLIN), POLLERR); /* no connection */
  CHECK_EQ(raw(KINE_PUBLISH, connection, kCookie, 0), -EINVAL);
  close(port);
  CHECK_EQ(ready(connection, POLLIN), POLLERR | POLLHUP); /* nobody serves it any more */
}

TEST(woken, "who polls wakes when what he waits for is published, by poll and by select, over two servers") {
  pid_t polls, selects;

  make_port();
  int other_port = kine_port(), other = kine_mint(other_port, 1);
  CHECK_EQ(raw(KINE_PUBLISH, port, kCookie, 0), 0);
  CHECK_EQ(raw(KINE_PUBLISH, other_port, 1, 0), 0);
  CLIENT(polls, {
    struct pollfd both[2] = {{connection, POLLIN, 0}, {other, POLLIN, 0}};
    close(other_port);
    CHECK_EQ(poll(both, 2, -1), 1);
    CHECK_EQ(both[0].revents, 0);
    CHECK_EQ(both[1].revents, POLLIN);
  });
  CLIENT(selects, {
    fd_set writes;
    FD_ZERO(&writes);
    FD_SET(connection, &writes);
    FD_SET(other, &writes);
    CHECK_EQ(select(other + 1, NULL, &writes, NULL, NULL), 1);
    CHECK(FD_ISSET(connection, &writes));
    CHECK(!FD_ISSET(other, &writes));
  });
  await_waiting(polls);
  await_waiting(selects);
  CHECK_EQ(raw(KINE_PUBLISH, port, kCookie, KINE_WRITABLE), 0); /* not what the first waits for */
  BURY(selects);
  await_waiting(polls);
  CHECK_EQ(raw(KINE_PUBLISH, other_port, 1, KINE_READABLE), 0);
  BURY(polls);
}

TEST(woken_by_the_end, "who polls wakes when the port goes") {
  pid_t pid;

  make_port();
  CHECK_EQ(raw(KINE_PUBLISH, port, kCookie, 0), 0);
  CLIENT(pid, {
    struct pollfd one = {connection, POLLIN, 0};
    CHECK_EQ(poll(&one, 1, -1), 1);
    CHECK_EQ(one.revents, POLLERR | POLLHUP);
  });
  await_waiting(pid);
  close(port);
  BURY(pid);
}
