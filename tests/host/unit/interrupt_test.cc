// Signals and death while a call is on its way: it is withdrawn or its server is told, and no token, process or message is left behind.
#include <sys/wait.h>

#include "actor.hh"

namespace kine {
namespace {

class InterruptTest : public ActorTest {
 protected:
  void send(const Actor& to, int signal) { EXPECT_EQ(init.call(nr::kill, to.pid(), signal), 0); }
  // The client's call is at the server.
  uint64_t call_received(const Service& s) {
    EXPECT_EQ(s.client.call(nr::read, s.fd, 1, 2), Actor::kWaits);
    return s.server.receive(s.port).token;
  }
  // The server hears nothing more.
  void expect_silence(const Service& s) { EXPECT_EQ(s.server.call_receive(s.port), Actor::kWaits) << "kind " << s.server.message().kind; }
};

// --- signals that are caught ---

TEST_F(InterruptTest, ACallThatNobodyReceivedIsWithdrawn) {
  const Service s = make_service();
  s.client.catch_signal(SIGUSR1);
  ASSERT_EQ(s.client.call(nr::read, s.fd, 1, 2), Actor::kWaits);
  send(s.client, SIGUSR1);
  EXPECT_EQ(s.client.result(), 0) << "rax as a handler starts";
  EXPECT_EQ(s.client.regs().rip, Actor::kHandler);
  expect_silence(s);
  EXPECT_EQ(s.client.return_from_handler(), error(Errno::kEINTR));
}

TEST_F(InterruptTest, AWithdrawnCallIsIssuedAgainBehindAHandlerThatRestarts) {
  const Service s = make_service();
  s.client.catch_signal(SIGUSR1, SignalAction::kRestart);
  ASSERT_EQ(s.client.call(nr::read, s.fd, 1, 2), Actor::kWaits);
  const uint64_t rip = s.client.regs().rip;
  send(s.client, SIGUSR1);
  (void)s.client.result();
  ASSERT_EQ(s.client.regs().rip, Actor::kHandler);
  EXPECT_EQ(s.client.return_from_handler(), static_cast<int64_t>(nr::read)) << "rax: the number";
  EXPECT_EQ(s.client.regs().rip, rip - 2) << "at the instruction";
  ASSERT_EQ(s.client.issue_again(), Actor::kWaits);
  const kine_message again = s.server.receive(s.port);
  EXPECT_EQ(again.words[1], 1u);
  EXPECT_EQ(s.server.reply(again.token, 6), 0);
  EXPECT_EQ(s.client.result(), 6);
}

TEST_F(InterruptTest, TheServerOfAReceivedCallIsToldOnce) {
  const Service s = make_service();
  s.client.catch_signal(SIGUSR1);
  s.client.catch_signal(SIGUSR2);
  const uint64_t token = call_received(s);
  send(s.client, SIGUSR1);
  send(s.client, SIGUSR2);
  EXPECT_EQ(s.client.result(), Actor::kWaits);
  const kine_message cancel = s.server.receive(s.port);
  EXPECT_EQ(cancel.kind, uint32_t{KINE_CANCEL});
  EXPECT_EQ(cancel.token, token);
  EXPECT_EQ(cancel.cookie, 0u);
  EXPECT_EQ(s.client.result(), Actor::kWaits) << "until it is answered";
  EXPECT_EQ(s.server.reply(token, 3), 0) << "a part was done";
  EXPECT_EQ(s.client.result(), 0);
  EXPECT_EQ(s.client.regs().rip, Actor::kHandler);
  EXPECT_EQ(s.client.regs().rdi, uint64_t{SIGUSR2}) << "the handler of the second runs first, on top of the first's";
  (void)s.client.return_from_handler();
  EXPECT_EQ(s.client.regs().rip, Actor::kHandler);
  EXPECT_EQ(s.client.return_from_handler(), 3);
  expect_silence(s);
}

TEST_F(InterruptTest, AnAnswerTakesBackTheCancelThatWasNotReceived) {
  const Service s = make_service();
  s.client.catch_signal(SIGUSR1);
  const uint64_t token = call_received(s);
  send(s.client, SIGUSR1);
  EXPECT_EQ(s.server.reply(token, 3), 0);
  expect_silence(s);
  (void)s.client.result();
  EXPECT_EQ(s.client.return_from_handler(), 3);
}

TEST_F(InterruptTest, AWaitingServerHearsOfACancelAtOnce) {
  const Service s = make_service();
  s.client.catch_signal(SIGUSR1);
  const uint64_t token = call_received(s);
  ASSERT_EQ(s.server.call_receive(s.port), Actor::kWaits);
  send(s.client, SIGUSR1);
  EXPECT_EQ(s.server.result(), 0);
  EXPECT_EQ(s.server.message().kind, uint32_t{KINE_CANCEL});
  EXPECT_EQ(s.server.reply(token, -KINE_ERESTART), 0);
  (void)s.client.result();
  EXPECT_EQ(s.client.return_from_handler(), error(Errno::kEINTR)) << "nothing was done, and the handler does not restart";
}

TEST_F(InterruptTest, ERestartIsIssuedAgainBehindAHandlerThatRestarts) {
  const Service s = make_service();
  s.client.catch_signal(SIGUSR1, SignalAction::kRestart);
  const uint64_t token = call_received(s);
  send(s.client, SIGUSR1);
  EXPECT_EQ(s.server.receive(s.port).kind, uint32_t{KINE_CANCEL});
  EXPECT_EQ(s.server.reply(token, -KINE_ERESTART), 0);
  (void)s.client.result();
  EXPECT_EQ(s.client.return_from_handler(), static_cast<int64_t>(nr::read));
  ASSERT_EQ(s.client.issue_again(), Actor::kWaits);
  const kine_message again = s.server.receive(s.port);
  EXPECT_NE(again.token, token);
  EXPECT_EQ(s.server.reply(again.token, 1), 0);
  EXPECT_EQ(s.client.result(), 1);
}

TEST_F(InterruptTest, ERestartWithoutASignalIsAnError) {
  const Service s = make_service();
  EXPECT_EQ(s.server.reply(call_received(s), -KINE_ERESTART), 0);
  EXPECT_EQ(s.client.result(), error(Errno::kEIO));
}

TEST_F(InterruptTest, SignalsWithoutEffectDisturbNoCall) {
  const Service s = make_service();
  s.client.set_action(SIGUSR1, {.handler = SignalAction::kIgnore});
  s.client.catch_signal(SIGUSR2);
  s.client.put(Actor::kTextAt, signal_bit(SIGUSR2));
  ASSERT_EQ(s.client.call(nr::sigprocmask, 0, Actor::kTextAt, 0, 8), 0);
  const uint64_t token = call_received(s);
  for (const int signal : {SIGUSR1, SIGUSR2, SIGCHLD, SIGCONT, SIGURG, SIGWINCH}) send(s.client, signal);
  expect_silence(s);
  EXPECT_EQ(s.client.result(), Actor::kWaits);
  ASSERT_EQ(init.call(nr::kill, s.server.pid(), SIGCONT), 0);
  const Actor second = fork(init);
  EXPECT_EQ(second.call(nr::getpid), second.pid());
  EXPECT_EQ(s.client.process().thread.exchange.server, &s.server.process());
  EXPECT_EQ(token & 0xffff'ffff, static_cast<uint64_t>(s.client.pid()));
}

TEST_F(InterruptTest, AStoppedSenderGoesOnWithItsCall) {
  const Service s = make_service();
  const uint64_t token = call_received(s);
  send(s.client, SIGSTOP);
  EXPECT_EQ(s.server.receive(s.port).kind, uint32_t{KINE_CANCEL});
  EXPECT_EQ(s.server.reply(token, -KINE_ERESTART), 0);
  EXPECT_EQ(s.client.result(), Actor::kWaits);
  EXPECT_EQ(init.call(nr::wait4, s.client.pid(), Actor::kTextAt, WUNTRACED, 0), s.client.pid());
  EXPECT_EQ(init.get<int>(Actor::kTextAt), SIGSTOP << 8 | 0x7f);
  expect_silence(s);
  send(s.client, SIGCONT);
  EXPECT_EQ(s.client.result(), Actor::kWaits) << "for its call, which was issued again";
  EXPECT_EQ(s.server.result(), 0);
  EXPECT_EQ(s.server.message().kind, uint32_t{KINE_CALL});
  EXPECT_EQ(s.server.reply(s.server.message().token, 5), 0);
  EXPECT_EQ(s.client.result(), 5);
}

// The terminal's server stops who reads from the background. An orphaned group is not stopped, so its read fails (POSIX, 11.1.4).
TEST_F(InterruptTest, AReaderThatCannotBeStoppedGetsAnError) {
  const Service s = make_service();
  ASSERT_EQ(s.server.call(KINE_SERVER, 0), 0);
  ASSERT_EQ(s.server.call_receive(s.port), Actor::kWaits);
  for (const int signal : {SIGTTIN, SIGTTOU}) {
    ASSERT_EQ(s.client.call(nr::read, s.fd, 1, 2), Actor::kWaits);
    const uint64_t token = s.server.message().token;
    ASSERT_EQ(s.server.call(nr::kill, s.client.pid(), signal), 0);
    EXPECT_EQ(s.server.receive(s.port).kind, uint32_t{KINE_CANCEL});
    EXPECT_EQ(s.server.reply(token, -KINE_ERESTART), 0);
    ASSERT_EQ(s.server.call_receive(s.port), Actor::kWaits);
    EXPECT_EQ(s.client.result(), error(Errno::kEIO)) << signal;
  }
  // From anybody else it is as if it had not come.
  ASSERT_EQ(s.client.call(nr::read, s.fd, 1, 2), Actor::kWaits);
  const uint64_t token = s.server.message().token;
  ASSERT_EQ(s.server.call_receive(s.port), Actor::kWaits);
  send(s.client, SIGTTIN);
  EXPECT_EQ(s.server.message().kind, uint32_t{KINE_CANCEL});
  EXPECT_EQ(s.server.reply(token, -KINE_ERESTART), 0);
  ASSERT_EQ(s.server.call_receive(s.port), Actor::kWaits);
  EXPECT_EQ(s.client.result(), Actor::kWaits) << "its call was issued again";
  EXPECT_EQ(s.server.call(nr::exit, 0), Actor::kEnded);
}

TEST_F(InterruptTest, AReceiverIsInterruptedToo) {
  const Service s = make_service();
  s.server.catch_signal(SIGUSR1);
  s.server.catch_signal(SIGUSR2, SignalAction::kRestart);
  ASSERT_EQ(s.server.call_receive(s.port), Actor::kWaits);
  send(s.server, SIGUSR1);
  (void)s.server.result();
  EXPECT_EQ(s.server.return_from_handler(), error(Errno::kEINTR));
  ASSERT_EQ(s.server.call_receive(s.port), Actor::kWaits);
  send(s.server, SIGUSR2);
  (void)s.server.result();
  EXPECT_EQ(s.server.return_from_handler(), int64_t{KINE_RECEIVE});
  ASSERT_EQ(s.client.call(nr::read, s.fd, 0, 0), Actor::kWaits);
  EXPECT_EQ(s.server.issue_again(), 0) << "what came meanwhile";
}

// --- death ---

TEST_F(InterruptTest, AKilledSendersTokenIsStaleEverywhere) {
  const Service s = make_service();
  const uint64_t token = call_received(s);
  send(s.client, SIGKILL);
  EXPECT_EQ(s.client.result(), Actor::kEnded) << "SIGKILL never waits";
  constexpr uint64_t kAt = Actor::kTextAt;
  EXPECT_EQ(s.server.call(KINE_READ, token, kAt, kAt, 8), error(Errno::kESRCH));
  EXPECT_EQ(s.server.call(KINE_WRITE, token, kAt, kAt, 8), error(Errno::kESRCH));
  EXPECT_EQ(s.server.call(KINE_GIVE, token, kAt, kAt, kPageSize), error(Errno::kESRCH));
  EXPECT_EQ(s.server.call(KINE_ACCEPT, token, kAt, kAt, kPageSize), error(Errno::kESRCH));
  EXPECT_EQ(s.server.call(KINE_TAKE, token, 0), error(Errno::kESRCH));
  EXPECT_EQ(s.server.call(KINE_IDENTIFY, token, s.port, 0, kAt), error(Errno::kESRCH));
  EXPECT_EQ(s.server.call(KINE_GROUPS, token, kAt, 16), error(Errno::kESRCH));
  EXPECT_EQ(s.server.answer(answer_to(token)), error(Errno::kESRCH));
  EXPECT_EQ(s.server.reply(token, 0), error(Errno::kESRCH));
  const kine_message cancel = s.server.receive(s.port);
  EXPECT_EQ(cancel.kind, uint32_t{KINE_CANCEL});
  EXPECT_EQ(cancel.token, token);
  EXPECT_EQ(s.server.receive(s.port).kind, uint32_t{KINE_CLOSED});
  expect_silence(s);
}

TEST_F(InterruptTest, AKilledSenderWhoseCallNobodyReceivedLeavesOnlyItsClosing) {
  const Service s = make_service();
  ASSERT_EQ(s.client.call(nr::read, s.fd, 1, 2), Actor::kWaits);
  send(s.client, SIGKILL);
  EXPECT_EQ(s.client.result(), Actor::kEnded);
  EXPECT_EQ(s.server.receive(s.port).kind, uint32_t{KINE_CLOSED});
  expect_silence(s);
}

TEST_F(InterruptTest, AZombieThatIsReapedBeforeItsCancelIsReceivedLeavesNothing) {
  const Service s = make_service();
  const uint64_t token = call_received(s);
  const unsigned before = processes.count();
  send(s.client, SIGKILL);
  ASSERT_EQ(s.client.result(), Actor::kEnded);
  EXPECT_EQ(init.call(nr::wait4, s.client.pid(), 0, 0, 0), s.client.pid());
  EXPECT_EQ(init.call(nr::wait4, s.client.pid(), 0, 1, 0), error(Errno::kECHILD));
  EXPECT_EQ(init.call(nr::kill, s.client.pid(), 0), error(Errno::kESRCH)) << "nobody sees it any more";
  EXPECT_EQ(init.call(KINE_PROCESS, 0, s.client.pid(), Actor::kTextAt), error(Errno::kESRCH));
  EXPECT_EQ(processes.count(), before) << "but its notice lies in it";
  check_rules("with the notice of a process that is gone");
  EXPECT_EQ(s.server.receive(s.port).token, token);
  EXPECT_EQ(processes.count(), before - 1);
}

TEST_F(InterruptTest, ACancelThatNobodyReceivesGoesWithThePort) {
  const Service s = make_service();
  (void)call_received(s);
  const unsigned before = processes.count();
  send(s.client, SIGKILL);
  ASSERT_EQ(s.client.result(), Actor::kEnded);
  EXPECT_EQ(init.call(nr::wait4, s.client.pid(), 0, 0, 0), s.client.pid());
  EXPECT_EQ(s.server.call(nr::exit, 0), Actor::kEnded);
  EXPECT_EQ(init.call(nr::wait4, s.server.pid(), 0, 0, 0), s.server.pid());
  EXPECT_EQ(processes.count(), before - 2);
}

TEST_F(InterruptTest, AWaitingServerHearsOfADeathAtOnce) {
  const Service s = make_service();
  const uint64_t token = call_received(s);
  ASSERT_EQ(s.server.call_receive(s.port), Actor::kWaits);
  send(s.client, SIGKILL);
  EXPECT_EQ(s.server.result(), 0);
  EXPECT_EQ(s.server.message().kind, uint32_t{KINE_CANCEL});
  EXPECT_EQ(s.server.message().token, token);
  EXPECT_EQ(s.client.result(), Actor::kEnded);
}

TEST_F(InterruptTest, ASenderKilledAtADeadPortGoesQuietly) {
  const Service s = make_service();
  (void)call_received(s);
  ASSERT_EQ(s.server.call(nr::close, s.port), 0);
  send(s.client, SIGKILL);
  EXPECT_EQ(s.client.result(), Actor::kEnded);
  EXPECT_EQ(init.call(nr::wait4, s.client.pid(), 0, 0, 0), s.client.pid());
  EXPECT_EQ(processes.count(), 2u);
}

TEST_F(InterruptTest, AKilledServerFailsACallThatIsBeingCancelled) {
  const Service s = make_service();
  s.client.catch_signal(SIGUSR1);
  (void)call_received(s);
  send(s.client, SIGUSR1);
  send(s.server, SIGKILL);
  EXPECT_EQ(s.server.result(), Actor::kEnded);
  (void)s.client.result();
  EXPECT_EQ(s.client.return_from_handler(), error(Errno::kEIO));
}

TEST_F(InterruptTest, WhoIsKilledAfterACancelIsToldOfAgain) {
  const Service s = make_service();
  s.client.catch_signal(SIGUSR1);
  const uint64_t token = call_received(s);
  send(s.client, SIGUSR1);
  EXPECT_EQ(s.server.receive(s.port).token, token);
  send(s.client, SIGKILL);
  EXPECT_EQ(s.client.result(), Actor::kEnded);
  EXPECT_EQ(s.server.receive(s.port).token, token);
  EXPECT_EQ(s.server.reply(token, -KINE_ERESTART), error(Errno::kESRCH));
}

TEST_F(InterruptTest, ADefaultActionEndsAWaitingSender) {
  const Service s = make_service();
  const uint64_t token = call_received(s);
  send(s.client, SIGTERM);
  EXPECT_EQ(s.client.result(), Actor::kWaits) << "only SIGKILL never waits";
  EXPECT_EQ(s.server.receive(s.port).token, token);
  EXPECT_EQ(s.server.reply(token, 0), 0);
  EXPECT_EQ(s.client.result(), Actor::kEnded);
  EXPECT_EQ(init.call(nr::wait4, s.client.pid(), Actor::kTextAt, 0, 0), s.client.pid());
  EXPECT_EQ(init.get<int>(Actor::kTextAt), SIGTERM);
}

}  // namespace
}  // namespace kine
