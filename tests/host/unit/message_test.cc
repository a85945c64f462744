// Messages: a call becomes a message, is answered at once or later, and nobody who waits is forgotten.
#include "actor.hh"

namespace kine {
namespace {

class MessageTest : public ActorTest {};

// --- call, receive, reply ---

TEST_F(MessageTest, ACallWaitsForItsReply) {
  const Service s = make_service();
  EXPECT_EQ(s.client.call(nr::umask, 027), 022);
  EXPECT_EQ(s.client.call(nr::setsid), s.client.pid());
  EXPECT_EQ(s.client.call(nr::setgid, 60), 0);
  EXPECT_EQ(s.client.call(nr::setuid, 50), 0);
  s.client.set_action(SIGUSR1, {.handler = SignalAction::kIgnore});
  s.client.put(Actor::kTextAt, signal_bit(SIGTERM));
  EXPECT_EQ(s.client.call(nr::sigprocmask, 0, Actor::kTextAt, 0, 8), 0);
  const uint64_t delivered = Port::delivered();
  ASSERT_EQ(s.client.call(nr::read, s.fd, 0x1234, 10), Actor::kWaits);
  EXPECT_EQ(Port::delivered(), delivered) << "sent, but nobody has received it";
  const kine_message message = s.server.receive(s.port);
  EXPECT_EQ(Port::delivered(), delivered + 1);
  EXPECT_NE(message.token, 0u);
  EXPECT_EQ(message.cookie, kCookie);
  EXPECT_EQ(message.kind, uint32_t{KINE_CALL});
  EXPECT_EQ(message.number, 0u);
  EXPECT_EQ(message.words[0], kCookie) << "in place of the descriptor";
  EXPECT_EQ(message.words[1], 0x1234u);
  EXPECT_EQ(message.words[2], 10u);
  EXPECT_EQ(message.pid, s.client.pid());
  EXPECT_EQ(message.group, s.client.pid());
  EXPECT_EQ(message.session, s.client.pid());
  EXPECT_EQ(message.uid, 50u);
  EXPECT_EQ(message.gid, 60u);
  EXPECT_EQ(message.umask, 027u);
  EXPECT_EQ(message.unheard, signal_bit(SIGUSR1) | signal_bit(SIGTERM) | signal_set(SIGCHLD, SIGCONT, SIGURG, SIGWINCH));
  EXPECT_EQ(s.client.result(), Actor::kWaits);
  EXPECT_EQ(s.server.reply(message.token, 7), 0);
  EXPECT_EQ(s.client.result(), 7);
}

TEST_F(MessageTest, TheProcessorGoesWithTheMessage) {
  const Service s = make_service();
  (void)fork(init);  // somebody who is ready, too
  ASSERT_EQ(s.server.call_receive(s.port), Actor::kWaits);
  ASSERT_EQ(s.client.call(nr::write, s.fd, 0, 0), Actor::kWaits);
  EXPECT_TRUE(s.server.runs()) << "it waited, so it runs before all others that are ready";
  EXPECT_EQ(s.server.result(), 0);
  const uint64_t token = s.server.message().token;
  ASSERT_EQ(s.server.call(KINE_REPLY_RECEIVE, token, 3, s.port, Actor::kMessageAt), Actor::kWaits);
  EXPECT_TRUE(s.client.runs()) << "and back";
  EXPECT_EQ(s.client.result(), 3);
  ASSERT_EQ(s.client.call(nr::write, s.fd, 0, 0), Actor::kWaits);
  EXPECT_TRUE(s.server.runs());
  EXPECT_EQ(s.server.reply(s.server.message().token, 4), 0);
  EXPECT_TRUE(s.server.runs()) << "a reply alone goes on with the server";
  EXPECT_EQ(s.client.result(), 4);
}

TEST_F(MessageTest, ATickInAServerEndsTheSliceOfItsClient) {
  const Service s = make_service();
  const Actor other = fork(init);
  ASSERT_EQ(s.server.call(KINE_SERVER, 0), 0);
  ASSERT_EQ(s.server.call_receive(s.port), Actor::kWaits);
  ASSERT_EQ(s.client.call(nr::write, s.fd, 0, 0), Actor::kWaits);
  ASSERT_TRUE(s.server.runs());
  kernel.tick();
  ASSERT_TRUE(s.server.runs()) << "a server keeps the processor";
  const auto answer = [&] { return s.server.call(KINE_REPLY_RECEIVE, s.server.message().token, 3, s.port, Actor::kMessageAt); };
  ASSERT_EQ(answer(), Actor::kWaits);
  EXPECT_FALSE(s.client.runs()) << "the slice was the client's, and others are ready";
  EXPECT_EQ(s.client.result(), 3) << "it runs when its turn comes";
  ASSERT_EQ(s.client.call(nr::write, s.fd, 0, 0), Actor::kWaits);
  ASSERT_EQ(answer(), Actor::kWaits);
  EXPECT_TRUE(s.client.runs()) << "in a slice of its own: one tick ends one slice";
  ASSERT_EQ(other.call(nr::getpid), other.pid());
}

TEST_F(MessageTest, InitsServersRunBeforeOthers) {
  const Service s = make_service();
  const Actor other = fork(init);
  ASSERT_EQ(s.server.call(KINE_SERVER, 0), 0);
  ASSERT_EQ(s.server.call_receive(s.port), Actor::kWaits);
  ASSERT_EQ(other.call(nr::getpid), other.pid());
  ASSERT_EQ(s.client.call(nr::write, s.fd, 0, 0), Actor::kWaits);
  EXPECT_EQ(s.server.reply(s.server.message().token, 0), 0);
  kernel.tick();
  kernel.tick();
  EXPECT_TRUE(s.server.runs()) << "others are ready, and wait until it does";
  const Actor child(kernel, static_cast<int>(s.server.call(nr::fork)));
  EXPECT_TRUE(s.server.runs()) << "its child, too, waits";
  EXPECT_FALSE(child.process().server) << "a fork's child is an ordinary process";
  EXPECT_EQ(s.server.call(nr::exit, 0), Actor::kEnded);
}

TEST_F(MessageTest, InitsServersHearOfAnEndBeforeAnybodyGoesOn) {
  const Service s = make_service();
  const Actor other = fork(init), closer = fork(s.client), ender = fork(s.client);
  ASSERT_EQ(s.server.call(KINE_SERVER, 0), 0);
  ASSERT_EQ(s.server.call_receive(s.port), Actor::kWaits);
  ASSERT_EQ(s.client.call(nr::close, s.fd), 0);
  ASSERT_EQ(other.call(nr::getpid), other.pid());
  ASSERT_EQ(closer.call(nr::close, s.fd), 0);
  EXPECT_TRUE(closer.runs()) << "one descriptor is left";
  ASSERT_EQ(ender.call(nr::exit, 0), Actor::kEnded);
  ASSERT_TRUE(s.server.runs());
  EXPECT_EQ(s.server.message().kind, uint32_t{KINE_CLOSED});
  EXPECT_EQ(s.server.call(nr::exit, 0), Actor::kEnded);
}

TEST_F(MessageTest, WhoClosesKeepsItsTurn) {
  const Service s = make_service();
  const Actor other = fork(init);
  ASSERT_EQ(s.server.call(KINE_SERVER, 0), 0);
  ASSERT_EQ(s.server.call_receive(s.port), Actor::kWaits);
  ASSERT_EQ(other.call(nr::getpid), other.pid());
  ASSERT_TRUE(kernel.run(s.client.pid()));
  (void)kernel.call(nr::close, s.fd);
  EXPECT_TRUE(s.server.runs()) << "it was told at once";
  EXPECT_EQ(s.server.message().kind, uint32_t{KINE_CLOSED});
  ASSERT_EQ(s.server.call_receive(s.port), Actor::kWaits);
  EXPECT_TRUE(s.client.runs()) << "others are ready, and come after it";
  EXPECT_EQ(s.client.result(), 0);
}

TEST_F(MessageTest, CallsComeInOrderAndAreAnsweredInAny) {
  const Service s = make_service();
  const Actor clients[] = {s.client, fork(s.client), fork(s.client)};
  for (const Actor& client : clients) ASSERT_EQ(client.call(nr::read, s.fd, client.pid(), 0), Actor::kWaits);
  uint64_t tokens[3];
  for (unsigned i = 0; i < 3; ++i) {
    const kine_message message = s.server.receive(s.port);
    EXPECT_EQ(message.pid, clients[i].pid());
    EXPECT_EQ(message.words[1], static_cast<uint64_t>(clients[i].pid()));
    tokens[i] = message.token;
  }
  for (const unsigned i : {2u, 0u, 1u}) {
    EXPECT_EQ(s.server.reply(tokens[i], 10 + i), 0);
    for (unsigned other = 0; other < 3; ++other)
      EXPECT_EQ(clients[other].result(), i == 1 || other == i || (i == 0 && other == 2) ? int64_t{10 + other} : Actor::kWaits) << other;
  }
}

TEST_F(MessageTest, ReplyReceiveTakesWhatIsQueuedAtOnce) {
  const Service s = make_service();
  const Actor second = fork(s.client);
  ASSERT_EQ(s.client.call(nr::read, s.fd, 1, 0), Actor::kWaits);
  ASSERT_EQ(second.call(nr::read, s.fd, 2, 0), Actor::kWaits);
  const uint64_t token = s.server.receive(s.port).token;
  EXPECT_EQ(s.server.call(KINE_REPLY_RECEIVE, token, 5, s.port, Actor::kMessageAt), 0);
  EXPECT_EQ(s.server.message().words[1], 2u);
  EXPECT_EQ(s.client.result(), 5);
  EXPECT_EQ(s.server.call(KINE_REPLY_RECEIVE, token, 6, s.port, Actor::kMessageAt), Actor::kWaits) << "a stale token is no reason to fail";
  EXPECT_EQ(second.result(), Actor::kWaits);
}

TEST_F(MessageTest, ATokenIsGoodOnceAndForItsServerAlone) {
  const Service s = make_service();
  ASSERT_EQ(s.client.call(nr::read, s.fd, 0, 0), Actor::kWaits);
  const uint64_t queued = uint64_t{s.client.process().thread.exchange.sequence} << 32 | static_cast<uint32_t>(s.client.pid());
  EXPECT_EQ(s.server.reply(queued, 0), error(Errno::kESRCH)) << "nobody has received it";
  const uint64_t token = s.server.receive(s.port).token;
  EXPECT_EQ(init.reply(token, 0), error(Errno::kESRCH)) << "another process";
  const Actor child = fork(s.server);
  EXPECT_EQ(child.reply(token, 0), error(Errno::kESRCH)) << "a child of the server";
  EXPECT_EQ(s.server.reply(token ^ uint64_t{1} << 32, 0), error(Errno::kESRCH));
  EXPECT_EQ(s.server.reply(token ^ uint64_t{1} << 31, 0), error(Errno::kESRCH));
  EXPECT_EQ(s.server.reply(0, 0), error(Errno::kESRCH));
  EXPECT_EQ(s.server.reply(~0ul, 0), error(Errno::kESRCH));
  EXPECT_EQ(s.client.result(), Actor::kWaits);
  EXPECT_EQ(s.server.reply(token, 1), 0);
  EXPECT_EQ(s.server.reply(token, 2), error(Errno::kESRCH));
  EXPECT_EQ(s.client.result(), 1);
  ASSERT_EQ(s.client.call(nr::read, s.fd, 0, 0), Actor::kWaits);
  EXPECT_NE(s.server.receive(s.port).token, token) << "the next call has another";
  EXPECT_EQ(s.server.reply(token, 3), error(Errno::kESRCH));
}

TEST_F(MessageTest, AMessageThatCannotBeWrittenIsNotLost) {
  const Service s = make_service();
  const Actor second = fork(s.client);
  ASSERT_EQ(s.client.call(nr::read, s.fd, 1, 0), Actor::kWaits);
  ASSERT_EQ(second.call(nr::read, s.fd, 2, 0), Actor::kWaits);
  EXPECT_EQ(s.server.call(KINE_RECEIVE, s.port, Actor::kMessageAt + 64), error(Errno::kEINVAL));
  EXPECT_EQ(s.server.call(KINE_RECEIVE, s.port, 0), error(Errno::kEFAULT));
  EXPECT_EQ(s.server.call(KINE_RECEIVE, s.port, 0x401000), error(Errno::kEFAULT)) << "text";
  EXPECT_EQ(s.server.call(KINE_RECEIVE, s.port, ~0ul << 7), error(Errno::kEFAULT));
  EXPECT_EQ(s.server.call(KINE_RECEIVE, s.fd, Actor::kMessageAt), error(Errno::kEBADF));
  EXPECT_EQ(s.server.call(KINE_RECEIVE, 0, Actor::kMessageAt), error(Errno::kEINVAL)) << "a right";
  EXPECT_EQ(s.server.receive(s.port).words[1], 1u) << "still the first";
  EXPECT_EQ(s.server.receive(s.port).words[1], 2u);
}

TEST_F(MessageTest, AWaitingReceiverWithABadAddressLeavesTheCallToTheNext) {
  const Service s = make_service();
  ASSERT_EQ(s.server.call(KINE_RECEIVE, s.port, 0), Actor::kWaits);
  ASSERT_EQ(s.client.call(nr::read, s.fd, 9, 0), Actor::kWaits);
  EXPECT_EQ(s.server.result(), error(Errno::kEFAULT));
  EXPECT_EQ(s.server.receive(s.port).words[1], 9u);
}

TEST_F(MessageTest, SeveralServersShareAPort) {
  const Service s = make_service();
  const Actor twin = fork(s.server);
  ASSERT_EQ(s.server.call_receive(s.port), Actor::kWaits);
  ASSERT_EQ(twin.call_receive(s.port), Actor::kWaits);
  const Actor second = fork(s.client);
  ASSERT_EQ(s.client.call(nr::read, s.fd, 1, 0), Actor::kWaits);
  ASSERT_EQ(second.call(nr::read, s.fd, 2, 0), Actor::kWaits);
  EXPECT_EQ(s.server.message().words[1], 1u);
  EXPECT_EQ(twin.message().words[1], 2u);
  EXPECT_EQ(twin.reply(s.server.message().token, 0), error(Errno::kESRCH));
  EXPECT_EQ(twin.reply(twin.message().token, 22), 0);
  EXPECT_EQ(s.server.reply(s.server.message().token, 11), 0);
  EXPECT_EQ(s.client.result(), 11);
  EXPECT_EQ(second.result(), 22);
}

TEST_F(MessageTest, EachProgramKeepsItsFpuAndSegments) {
  const Service s = make_service();
  const auto enter = [&](const Actor& actor, uint8_t mark) {
    ASSERT_TRUE(kernel.run(actor.pid()));
    devices.fpu.registers[32] = mark;
    ASSERT_EQ(actor.call(158, 0x1002, 0x1000 * mark), 0) << "arch_prctl(ARCH_SET_FS)";
  };
  enter(s.server, 1);
  ASSERT_EQ(s.server.call_receive(s.port), Actor::kWaits);
  enter(s.client, 2);
  const Actor child = fork(s.client);
  EXPECT_EQ(devices.fpu.registers[32], 2) << "a fork's child has its parent's";
  devices.fpu.registers[32] = 3;
  ASSERT_EQ(s.client.call(nr::read, s.fd, 0, 0), Actor::kWaits);
  ASSERT_TRUE(s.server.runs());
  EXPECT_EQ(devices.fpu.registers[32], 1);
  EXPECT_EQ(devices.fs_base, 0x1000u);
  ASSERT_EQ(s.server.call(KINE_REPLY_RECEIVE, s.server.message().token, 0, s.port, Actor::kMessageAt), Actor::kWaits);
  ASSERT_TRUE(s.client.runs());
  EXPECT_EQ(devices.fpu.registers[32], 2);
  EXPECT_EQ(devices.fs_base, 0x2000u);
  ASSERT_TRUE(kernel.run(child.pid()));
  EXPECT_EQ(devices.fpu.registers[32], 3);
}

// --- closed ---

TEST_F(MessageTest, TheServerHearsOnceThatTheLastDescriptorIsGone) {
  const Service s = make_service();
  ASSERT_EQ(s.client.call(nr::dup, s.fd), 1);
  const Actor child = fork(s.client);
  ASSERT_EQ(s.client.call(nr::close, s.fd), 0);
  ASSERT_EQ(s.client.call(nr::close, 1), 0);
  ASSERT_EQ(child.call(nr::close, 1), 0);
  ASSERT_EQ(s.server.call_receive(s.port), Actor::kWaits) << "the child still has one";
  EXPECT_EQ(child.call(nr::exit, 0), Actor::kEnded);
  EXPECT_EQ(s.server.result(), 0);
  const kine_message closed = s.server.message();
  EXPECT_EQ(closed.kind, uint32_t{KINE_CLOSED});
  EXPECT_EQ(closed.cookie, kCookie);
  EXPECT_EQ(closed.token, 0u);
  EXPECT_EQ(s.server.call_receive(s.port), Actor::kWaits) << "once";
}

TEST_F(MessageTest, ReplacingTheLastDescriptorClosesIt) {
  const Service s = make_service();
  EXPECT_EQ(s.client.call(nr::dup2, 0, s.fd), s.fd);
  EXPECT_EQ(s.server.receive(s.port).kind, uint32_t{KINE_CLOSED});
}

TEST_F(MessageTest, AConnectionInUseClosesAfterTheCall) {
  // The client's only descriptor goes while its call is on the way: its child closes the table's last copy.
  const int64_t port = init.call(KINE_PORT), fd = init.call(KINE_MINT, port, kCookie);
  const Actor client = fork(init);
  ASSERT_EQ(init.call(nr::close, fd), 0);
  ASSERT_EQ(client.call(KINE_ROOT, fd), 0);
  ASSERT_EQ(client.call(nr::close, fd), 0);
  ASSERT_EQ(client.call(nr::chdir, client.put_text("/x")), Actor::kWaits);
  const kine_message call = init.receive(port);
  ASSERT_EQ(call.number, 80u);
  kine_answer answer = answer_new(call.token, port, 5);
  ASSERT_EQ(init.answer(answer), 0);
  EXPECT_EQ(client.result(), 0) << "the working directory is another now, the root is still the first";
  ASSERT_EQ(client.call(nr::exit, 0), Actor::kEnded);
  uint64_t closed = 0;
  for (int i = 0; i < 2; ++i) {
    const kine_message message = init.receive(port);
    EXPECT_EQ(message.kind, uint32_t{KINE_CLOSED});
    closed ^= message.cookie;
  }
  EXPECT_EQ(closed, kCookie ^ 5);
}

TEST_F(MessageTest, ClosedNoticesQueueBehindCalls) {
  const Service s = make_service();
  const Actor second = fork(s.client);
  ASSERT_EQ(s.client.call(nr::read, s.fd, 0, 0), Actor::kWaits);
  ASSERT_EQ(second.call(KINE_PORT), 1);
  const int64_t own = second.call(KINE_MINT, 1, 4);
  ASSERT_EQ(second.call(nr::close, own), 0);
  EXPECT_EQ(second.receive(1).cookie, 4u) << "of another port: nothing in between";
  EXPECT_EQ(s.server.receive(s.port).kind, uint32_t{KINE_CALL});
}

// --- a server that waits for itself ---

TEST_F(MessageTest, TwoServersCannotWaitForEachOther) {
  const int64_t ports[] = {init.call(KINE_PORT), init.call(KINE_PORT)};
  const int64_t fds[] = {init.call(KINE_MINT, ports[0], 0), init.call(KINE_MINT, ports[1], 1)};
  const Actor a = fork(init), b = fork(init);
  ASSERT_EQ(a.call_receive(ports[0]), Actor::kWaits);
  ASSERT_EQ(b.call_receive(ports[1]), Actor::kWaits);
  const Actor client = fork(init);
  ASSERT_EQ(client.call(nr::read, fds[0], 0, 0), Actor::kWaits);
  ASSERT_EQ(a.call(nr::read, fds[0], 0, 0), error(Errno::kEDEADLK)) << "itself";
  ASSERT_EQ(a.call(nr::read, fds[1], 0, 0), Actor::kWaits) << "a waits for b";
  EXPECT_EQ(b.call(nr::read, fds[0], 0, 0), error(Errno::kEDEADLK)) << "b must not wait for a";
  EXPECT_EQ(b.reply(b.message().token, 5), 0);
  EXPECT_EQ(a.result(), 5);
  EXPECT_EQ(b.call(nr::read, fds[0], 0, 0), Actor::kWaits) << "now it may";
}

TEST_F(MessageTest, ThreeServersCannotWaitInACircle) {
  int64_t ports[3], fds[3];
  for (int i = 0; i < 3; ++i) {
    ports[i] = init.call(KINE_PORT);
    fds[i] = init.call(KINE_MINT, ports[i], i);
  }
  const Actor servers[] = {fork(init), fork(init), fork(init)};
  for (int i = 0; i < 3; ++i) ASSERT_EQ(servers[i].call_receive(ports[i]), Actor::kWaits);
  const Actor client = fork(init);
  ASSERT_EQ(client.call(nr::read, fds[0], 0, 0), Actor::kWaits);
  ASSERT_EQ(servers[0].call(nr::read, fds[1], 0, 0), Actor::kWaits);
  ASSERT_EQ(servers[1].call(nr::read, fds[2], 0, 0), Actor::kWaits);
  EXPECT_EQ(servers[2].call(nr::read, fds[0], 0, 0), error(Errno::kEDEADLK));
  EXPECT_EQ(servers[2].call(nr::read, fds[1], 0, 0), error(Errno::kEDEADLK));
  EXPECT_EQ(servers[2].reply(servers[2].message().token, 1), 0);
  EXPECT_EQ(servers[1].reply(servers[1].message().token, 2), 0);
  EXPECT_EQ(servers[0].reply(servers[0].message().token, 3), 0);
  EXPECT_EQ(client.result(), 3);
}

// --- ports and servers that end ---

TEST_F(MessageTest, ADeadPortAnswersEveryCall) {
  const Service s = make_service();
  const Actor second = fork(s.client);
  ASSERT_EQ(s.client.call(nr::read, s.fd, 0, 0), Actor::kWaits);
  ASSERT_EQ(s.server.receive(s.port).kind, uint32_t{KINE_CALL});
  ASSERT_EQ(second.call(nr::read, s.fd, 0, 0), Actor::kWaits);
  ASSERT_EQ(s.server.call(nr::close, s.port), 0);
  EXPECT_EQ(second.result(), error(Errno::kEIO)) << "queued";
  EXPECT_EQ(s.client.result(), Actor::kWaits) << "received: the server may still answer";
  EXPECT_EQ(s.server.reply(s.server.message().token, 9), 0);
  EXPECT_EQ(s.client.result(), 9);
  EXPECT_EQ(s.client.call(nr::read, s.fd, 0, 0), error(Errno::kEIO)) << "from now on";
  EXPECT_EQ(s.client.call(nr::close, s.fd), 0);
}

TEST_F(MessageTest, ADeadServerFailsWhatItReceivedAndTheRestWaits) {
  const int64_t port = init.call(KINE_PORT), fd = init.call(KINE_MINT, port, kCookie);
  const Actor server = fork(init), received = fork(init), queued = fork(init);
  ASSERT_EQ(received.call(nr::read, fd, 1, 0), Actor::kWaits);
  ASSERT_EQ(server.receive(port).words[1], 1u);
  ASSERT_EQ(queued.call(nr::read, fd, 2, 0), Actor::kWaits);
  EXPECT_EQ(server.call(nr::exit, 0), Actor::kEnded);
  EXPECT_EQ(received.result(), error(Errno::kEIO));
  EXPECT_EQ(queued.result(), Actor::kWaits) << "init still holds the port";
  const Actor next = fork(init);
  EXPECT_EQ(next.receive(port).words[1], 2u);
  EXPECT_EQ(next.reply(next.message().token, 8), 0);
  EXPECT_EQ(queued.result(), 8);
}

TEST_F(MessageTest, AServerThatEndsWithItsPortFailsAll) {
  const Service s = make_service();
  const Actor second = fork(s.client);
  ASSERT_EQ(s.client.call(nr::read, s.fd, 0, 0), Actor::kWaits);
  ASSERT_EQ(s.server.receive(s.port).kind, uint32_t{KINE_CALL});
  ASSERT_EQ(second.call(nr::read, s.fd, 0, 0), Actor::kWaits);
  ASSERT_EQ(init.call(nr::kill, s.server.pid(), 9), 0);
  EXPECT_EQ(s.server.result(), Actor::kEnded);
  EXPECT_EQ(s.client.result(), error(Errno::kEIO));
  EXPECT_EQ(second.result(), error(Errno::kEIO));
}

}  // namespace
}  // namespace kine
