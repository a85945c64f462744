// What a server's answer does: descriptors, directories, another server to ask.
#include <fcntl.h>
#include <sys/mman.h>

#include "actor.hh"

namespace kine {
namespace {

constexpr uint64_t kPath = Actor::kTextAt;

class AnswerTest : public ActorTest {
 protected:
  AnswerTest() : port(init.call(KINE_PORT)), root(init.call(KINE_MINT, port, 0)), server(fork(init)), client(fork(init)) {
    EXPECT_EQ(client.call(nr::dup2, 0, port), port) << "the receiving end is the server's and init's alone";
    EXPECT_EQ(client.call(KINE_ROOT, root), 0);
    client.put_text("dir/file", kPath);
  }

  // The client's call has come.
  template <class... Words>
  uint64_t received(uint64_t number, Words... words) {
    EXPECT_EQ(client.call(number, words...), Actor::kWaits);
    return server.receive(port).token;
  }
  uint64_t open_received(int flags = 0) { return received(nr::openat, AT_FDCWD, kPath, flags, 0); }
  // The cookie of the connection behind a descriptor.
  static uint64_t cookie_of(const Actor& actor, int64_t fd) { return connection(actor, fd).cookie(); }
  static Connection& connection(const Actor& actor, int64_t fd) {
    Result<Object*> object = actor.process().descriptors.get(static_cast<uint32_t>(fd));
    return static_cast<Connection&>(**object);
  }

  const int64_t port, root;
  const Actor server, client;
};

// --- descriptors ---

TEST_F(AnswerTest, OneNewDescriptor) {
  EXPECT_EQ(server.answer(answer_new(open_received(), port, 77, KINE_READABLE)), 0);
  const int64_t fd = client.result();
  EXPECT_EQ(fd, 3);
  EXPECT_EQ(cookie_of(client, fd), 77u);
  EXPECT_EQ(connection(client, fd).poll(), uint32_t{KINE_READABLE});
  EXPECT_EQ(client.call(nr::fcntl, fd, F_GETFD), 0);
  ASSERT_EQ(client.call(nr::read, fd, 5, 6), Actor::kWaits);
  EXPECT_EQ(server.receive(port).words[0], 77u);
  EXPECT_EQ(server.reply(server.message().token, 0), 0);
  EXPECT_EQ(server.answer(answer_new(open_received(O_CLOEXEC), port, 78)), 0);
  EXPECT_EQ(client.result(), 4);
  EXPECT_EQ(client.call(nr::fcntl, 4, F_GETFD), FD_CLOEXEC);
  ASSERT_EQ(client.call(nr::close, fd), 0);
  EXPECT_EQ(server.receive(port).cookie, 77u);
}

TEST_F(AnswerTest, ACopyOfAConnectionThatTheServerHolds) {
  const int64_t held = server.call(KINE_MINT, port, 5);
  kine_answer answer = answer_to(open_received());
  answer.connections[0].fd = static_cast<int32_t>(held);
  answer.connections[0].cookie = 99;
  answer.connections[0].ready = 0;
  EXPECT_EQ(server.answer(answer), 0);
  const int64_t fd = client.result();
  ASSERT_GE(fd, 0);
  EXPECT_EQ(&connection(client, fd), &connection(server, held)) << "the very same";
  EXPECT_EQ(cookie_of(client, fd), 5u);
  ASSERT_EQ(server.call(nr::close, held), 0);
  ASSERT_EQ(client.call(nr::close, fd), 0);
  const kine_message closed = server.receive(port);
  EXPECT_EQ(closed.kind, uint32_t{KINE_CLOSED});
  EXPECT_EQ(closed.cookie, 5u);
}

TEST_F(AnswerTest, TwoDescriptors) {
  for (const int flags : {0, O_CLOEXEC}) {
    kine_answer answer = answer_new(received(nr::pipe2, kPath, flags), port, 10, KINE_WRITABLE);
    answer.connections[1] = {static_cast<int32_t>(port), KINE_READABLE, 11};
    answer.result = 1234;
    EXPECT_EQ(server.answer(answer), 0);
    EXPECT_EQ(client.result(), 0);
    const int first = client.get<int>(kPath), second = client.get<int>(kPath + 4);
    EXPECT_EQ(first, flags ? 5 : 3);
    EXPECT_EQ(second, flags ? 6 : 4);
    EXPECT_EQ(cookie_of(client, first), 10u);
    EXPECT_EQ(cookie_of(client, second), 11u);
    EXPECT_EQ(connection(client, first).poll(), uint32_t{KINE_WRITABLE});
    EXPECT_EQ(connection(client, second).poll(), uint32_t{KINE_READABLE});
    for (const int fd : {first, second}) EXPECT_EQ(client.call(nr::fcntl, fd, F_GETFD), flags ? FD_CLOEXEC : 0);
  }
}

TEST_F(AnswerTest, OneNewAndOneCopy) {
  const int64_t held = server.call(KINE_MINT, port, 5);
  kine_answer answer = answer_new(received(nr::pipe2, kPath, 0), port, 10);
  answer.connections[1].fd = static_cast<int32_t>(held);
  EXPECT_EQ(server.answer(answer), 0);
  EXPECT_EQ(client.result(), 0);
  EXPECT_EQ(cookie_of(client, client.get<int>(kPath + 4)), 5u);
}

TEST_F(AnswerTest, ANumberAloneOpensNothing) {
  const uint64_t token = open_received();
  EXPECT_EQ(server.reply(token, 5), 0);
  EXPECT_EQ(client.result(), error(Errno::kEIO)) << "not a descriptor that a server made up";
  EXPECT_EQ(server.reply(open_received(), error(Errno::kENOENT)), 0);
  EXPECT_EQ(client.result(), error(Errno::kENOENT));
  EXPECT_EQ(server.reply(received(nr::pipe2, kPath, 0), 0), 0);
  EXPECT_EQ(client.result(), error(Errno::kEIO));
  EXPECT_EQ(server.reply(received(nr::chdir, kPath), 0), 0);
  EXPECT_EQ(client.result(), error(Errno::kEIO));
  EXPECT_EQ(server.reply(received(nr::mmap, 0, 0x1000, PROT_READ, MAP_PRIVATE, root, 0), 0x5000), 0);
  EXPECT_EQ(client.result(), error(Errno::kEIO));
  EXPECT_EQ(server.reply(received(nr::execve, kPath, 0, 0), 0), 0);
  EXPECT_EQ(client.result(), error(Errno::kEIO));
}

TEST_F(AnswerTest, AnErrorInAFullAnswerOpensNothing) {
  kine_answer answer = answer_new(open_received(), port, 77);
  answer.result = error(Errno::kEACCES);
  EXPECT_EQ(server.answer(answer), 0);
  EXPECT_EQ(client.result(), error(Errno::kEACCES));
  EXPECT_EQ(server.call_receive(port), Actor::kWaits) << "no connection came to be, so none was closed";
}

TEST_F(AnswerTest, ConnectionsDoNotComeUnasked) {
  kine_answer answer = answer_new(received(nr::read, root, 0, 0), port, 77);
  answer.result = 9;
  EXPECT_EQ(server.answer(answer), 0);
  EXPECT_EQ(client.result(), 9);
  EXPECT_EQ(client.process().descriptors.lowest_free(0), 3);
}

TEST_F(AnswerTest, AWrongAnswerIsTheServersMistakeAndMayBeMended) {
  const uint64_t token = open_received();
  EXPECT_EQ(server.call(KINE_ANSWER, 8), error(Errno::kEFAULT));
  EXPECT_EQ(server.answer(answer_to(token, 3)), error(Errno::kEINVAL)) << "no such kind";
  EXPECT_EQ(server.answer(answer_to(token)), error(Errno::kEBADF)) << "no connection";
  EXPECT_EQ(server.answer(answer_new(token, 99, 1)), error(Errno::kEBADF));
  EXPECT_EQ(server.answer(answer_new(token, 0, 1)), error(Errno::kEINVAL)) << "a right";
  EXPECT_EQ(server.answer(answer_to(token, KINE_ANSWER_ASK)), error(Errno::kEBADF));
  kine_answer ask = answer_new(token, port, 0);
  ask.kind = KINE_ANSWER_ASK;
  EXPECT_EQ(server.answer(ask), error(Errno::kEINVAL)) << "a port cannot be asked";
  ask.connections[0].fd = static_cast<int32_t>(root);
  ask.result = -1;
  EXPECT_EQ(server.answer(ask), error(Errno::kEINVAL)) << "less than nothing consumed";
  EXPECT_EQ(server.answer(answer_to(token, KINE_ANSWER_VIEW)), error(Errno::kEINVAL)) << "openat maps nothing";
  EXPECT_EQ(client.result(), Actor::kWaits);
  EXPECT_EQ(server.answer(answer_new(token, port, 1)), 0);
  EXPECT_EQ(client.result(), 3);
}

TEST_F(AnswerTest, ASecondConnectionThatIsWrongLeavesTheFirstUnmade) {
  kine_answer answer = answer_new(received(nr::pipe2, kPath, 0), port, 10);
  EXPECT_EQ(server.answer(answer), error(Errno::kEBADF));
  answer.connections[1] = {0, 0, 11};
  EXPECT_EQ(server.answer(answer), error(Errno::kEINVAL));
  EXPECT_EQ(client.result(), Actor::kWaits);
  answer.connections[1] = {static_cast<int32_t>(port), 0, 11};
  EXPECT_EQ(server.answer(answer), 0) << "and may be mended";
  EXPECT_EQ(client.result(), 0);
  EXPECT_EQ(server.call_receive(port), Actor::kWaits) << "nothing was closed meanwhile";
}

// --- directories ---

TEST_F(AnswerTest, ChdirTakesTheConnectionAndNoDescriptor) {
  EXPECT_EQ(server.answer(answer_new(received(nr::chdir, kPath), port, 50)), 0);
  EXPECT_EQ(client.result(), 0);
  EXPECT_EQ(client.process().descriptors.lowest_free(0), 3);
  const uint64_t token = open_received();
  EXPECT_EQ(server.message().words[0], 50u) << "paths begin there from now on";
  EXPECT_EQ(server.reply(token, -1), 0);
  EXPECT_EQ(server.answer(answer_new(received(nr::chdir, kPath), port, 51)), 0);
  EXPECT_EQ(client.result(), 0);
  const kine_message closed = server.receive(port);
  EXPECT_EQ(closed.kind, uint32_t{KINE_CLOSED});
  EXPECT_EQ(closed.cookie, 50u);
}

TEST_F(AnswerTest, FchdirTakesTheDescriptorsConnection) {
  EXPECT_EQ(server.answer(answer_new(open_received(), port, 60)), 0);
  const int64_t fd = client.result();
  EXPECT_EQ(server.reply(received(nr::fchdir, fd), error(Errno::kEACCES)), 0);
  EXPECT_EQ(client.result(), error(Errno::kEACCES));
  EXPECT_EQ(server.reply(open_received(), -1), 0);
  EXPECT_EQ(server.message().words[0], 0u) << "as before";
  EXPECT_EQ(server.reply(received(nr::fchdir, fd), 0), 0);
  EXPECT_EQ(client.result(), 0);
  ASSERT_EQ(client.call(nr::close, fd), 0);
  EXPECT_EQ(server.reply(open_received(), -1), 0);
  EXPECT_EQ(server.message().words[0], 60u);
  EXPECT_EQ(server.message().kind, uint32_t{KINE_CALL}) << "the working directory keeps it open";
}

TEST_F(AnswerTest, AForkInheritsDirectories) {
  EXPECT_EQ(server.answer(answer_new(received(nr::chdir, kPath), port, 50)), 0);
  EXPECT_EQ(client.result(), 0);
  const Actor child = fork(client);
  ASSERT_EQ(child.call(nr::open, kPath, 0, 0), Actor::kWaits);
  EXPECT_EQ(server.receive(port).words[0], 50u);
  EXPECT_EQ(server.reply(server.message().token, -1), 0);
  ASSERT_EQ(client.call(nr::exit, 0), Actor::kEnded);
  ASSERT_EQ(server.call_receive(port), Actor::kWaits) << "the child still has it";
  ASSERT_EQ(child.call(nr::exit, 0), Actor::kEnded);
  EXPECT_EQ(server.result(), 0);
  EXPECT_EQ(server.message().cookie, 50u);
}

// --- another server to ask ---

class AskTest : public AnswerTest {
 protected:
  AskTest() : other_port(init.call(KINE_PORT)), other_fd(init.call(KINE_MINT, other_port, 900)), other(fork(init)) {
    EXPECT_EQ(init.call(nr::close, other_port), 0);
    // The server gets a copy of the connection, from init.
    ask_port = server.call(KINE_MINT, port, 1);
  }
  kine_answer ask(uint64_t token, int64_t fd, int64_t consumed) {
    kine_answer answer = answer_to(token, KINE_ANSWER_ASK, consumed);
    answer.connections[0].fd = static_cast<int32_t>(fd);
    return answer;
  }
  // The first server learns of the second as init does: it takes init's descriptor, while init asks it something.
  int64_t taken() {
    EXPECT_EQ(init.call(nr::read, root, 0, 0), Actor::kWaits);
    const uint64_t token = server.receive(port).token;
    const int64_t fd = server.call(KINE_TAKE, token, other_fd);
    EXPECT_EQ(server.reply(token, 0), 0);
    return fd;
  }

  const int64_t other_port, other_fd;
  const Actor other;
  int64_t ask_port;
};

TEST_F(AskTest, TheRestOfThePathGoesThere) {
  const int64_t mounted = taken();
  const uint64_t token = open_received(O_RDWR);
  EXPECT_EQ(server.answer(ask(token, mounted, 4)), 0);
  EXPECT_EQ(client.result(), Actor::kWaits);
  EXPECT_EQ(server.reply(token, 0), error(Errno::kESRCH)) << "it is the other's now";
  const kine_message message = other.receive(other_port);
  EXPECT_EQ(message.number, 257u);
  EXPECT_EQ(message.cookie, 900u);
  EXPECT_EQ(message.words[0], 900u) << "the directory is where it is mounted";
  EXPECT_EQ(message.words[1], kPath + 4);
  EXPECT_EQ(message.words[2], uint64_t{O_RDWR});
  EXPECT_EQ(client.get_text(message.words[1]), "file");
  EXPECT_EQ(message.pid, client.pid());
  EXPECT_NE(message.token, token);
  EXPECT_EQ(other.answer(answer_new(message.token, other_port, 901)), 0);
  const int64_t fd = client.result();
  ASSERT_GE(fd, 0);
  EXPECT_EQ(cookie_of(client, fd), 901u);
}

TEST_F(AskTest, ACallByPathAloneGoesThereToo) {
  const int64_t mounted = taken();
  EXPECT_EQ(server.answer(ask(received(nr::chdir, kPath), mounted, 3)), 0);
  const kine_message message = other.receive(other_port);
  EXPECT_EQ(message.cookie, 900u);
  EXPECT_EQ(message.words[0], kPath + 3);
  EXPECT_EQ(other.reply(message.token, -2), 0);
  EXPECT_EQ(client.result(), -2);
}

TEST_F(AskTest, APipeMayComeFromAnotherServer) {
  const int64_t mounted = taken();
  EXPECT_EQ(server.answer(ask(received(nr::pipe2, kPath, O_NONBLOCK), mounted, 0)), 0);
  const kine_message message = other.receive(other_port);
  EXPECT_EQ(message.number, 293u);
  EXPECT_EQ(message.words[0], kPath);
  kine_answer answer = answer_new(message.token, other_port, 1);
  answer.connections[1] = {static_cast<int32_t>(other_port), 0, 2};
  EXPECT_EQ(other.answer(answer), 0);
  EXPECT_EQ(client.result(), 0);
}

TEST_F(AskTest, AtMostEightTimes) {
  for (unsigned asked = 1; asked <= 8; ++asked) {
    const uint64_t token = asked == 1 ? open_received() : server.message().token;
    EXPECT_EQ(server.answer(ask(token, ask_port, 1)), 0);
    EXPECT_EQ(server.receive(port).words[1], kPath + asked);
  }
  EXPECT_EQ(server.answer(ask(server.message().token, ask_port, 1)), 0);
  EXPECT_EQ(client.result(), error(Errno::kELOOP));
  const uint64_t token = open_received();
  EXPECT_EQ(server.answer(ask(token, ask_port, 1)), 0) << "the next call begins to count anew";
  EXPECT_EQ(server.reply(server.receive(port).token, -1), 0);
  EXPECT_EQ(client.result(), -1);
}

TEST_F(AskTest, TwoPathsMayNotPart) {
  const int64_t mounted = taken();
  client.put_text("b", kPath + 0x100);
  EXPECT_EQ(server.answer(ask(received(nr::linkat, AT_FDCWD, kPath, AT_FDCWD, kPath + 0x100, 0), mounted, 4)), 0);
  EXPECT_EQ(client.result(), error(Errno::kEXDEV));
  EXPECT_EQ(other.call_receive(other_port), Actor::kWaits);
}

TEST_F(AskTest, ADeadServerCannotBeAsked) {
  const int64_t mounted = taken();
  ASSERT_EQ(other.call(nr::exit, 0), Actor::kEnded);
  ASSERT_EQ(client.call(nr::close, other_port), error(Errno::kEBADF));
  EXPECT_EQ(server.answer(ask(open_received(), mounted, 1)), 0);
  EXPECT_EQ(client.result(), error(Errno::kEIO));
}

TEST_F(AskTest, AServerIsNotMadeToWaitForItself) {
  // The other serves, and calls the first; the first passes the call on to it.
  const int64_t mounted = taken();
  ASSERT_EQ(init.call(nr::read, other_fd, 0, 0), Actor::kWaits);
  ASSERT_EQ(other.receive(other_port).kind, uint32_t{KINE_CALL});
  other.put_text("a/b", kPath);
  ASSERT_EQ(other.call(KINE_ROOT, root), 0);
  ASSERT_EQ(other.call(nr::open, kPath, 0, 0), Actor::kWaits);
  EXPECT_EQ(server.answer(ask(server.receive(port).token, mounted, 2)), 0);
  EXPECT_EQ(other.result(), error(Errno::kEDEADLK));
  EXPECT_EQ(other.reply(other.message().token, 0), 0);
  EXPECT_EQ(init.result(), 0);
}

TEST_F(AskTest, AnInterruptedCallThatIsPassedOnIsIssuedAgainFromTheBeginning) {
  const int64_t mounted = taken();
  client.catch_signal(SIGUSR1, SignalAction::kRestart);
  const uint64_t token = open_received();
  ASSERT_EQ(init.call(nr::kill, client.pid(), SIGUSR1), 0);
  EXPECT_EQ(server.answer(ask(token, mounted, 4)), 0);
  (void)client.result();
  EXPECT_EQ(client.regs().rip, Actor::kHandler);
  EXPECT_EQ(client.return_from_handler(), int64_t{nr::openat});
  ASSERT_EQ(client.issue_again(), Actor::kWaits);
  EXPECT_EQ(server.receive(port).words[1], kPath);
  EXPECT_EQ(server.reply(server.message().token, -1), 0);
}

}  // namespace
}  // namespace kine
