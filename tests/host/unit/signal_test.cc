// Signals: default actions, who may send them, what is blocked; stopping and going on; calls that they interrupt; fork, exec and children.
#include <algorithm>

#include "signal_fixture.hh"

namespace kine {
namespace {

constexpr uint64_t kAt = Actor::kTextAt, kHandler = Actor::kHandler;

// --- what happens without a handler ---

TEST_F(SignalTest, DefaultActions) {
  const std::vector<int> ignored = {SIGCHLD, SIGCONT, SIGURG, SIGWINCH}, stopping = {SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU};
  ASSERT_EQ(init.call(nr::setpgid, 0, 0), error(Errno::kEPERM)) << "a session's leader";
  for (int signal = 1; signal <= 64; ++signal) {
    SCOPED_TRACE(signal);
    const Actor parent = fork(init), child = fork(parent);
    ASSERT_EQ(child.call(nr::setpgid, 0, 0), 0);  // its parent is in another group of the session, so it may be stopped
    ASSERT_EQ(child.call(nr::pause), Actor::kWaits);
    send(child, signal);
    const bool is_ignored = std::find(ignored.begin(), ignored.end(), signal) != ignored.end();
    const bool stops = std::find(stopping.begin(), stopping.end(), signal) != stopping.end();
    EXPECT_EQ(child.result(), is_ignored || stops ? Actor::kWaits : Actor::kEnded);
    const int64_t waited = parent.call(nr::wait4, child.pid(), kAt, WNOHANG | WUNTRACED, 0);
    EXPECT_EQ(waited, is_ignored ? 0 : child.pid());
    if (!is_ignored) {
      EXPECT_EQ(parent.get<int>(kAt), stops ? signal << 8 | 0x7f : signal);
    }
    if (child.lives()) send(child, SIGKILL);
    (void)child.result();
    ASSERT_EQ(parent.call(nr::exit, 0), Actor::kEnded);
    while (init.call(nr::wait4, -1, 0, WNOHANG, 0) > 0) {
    }
  }
}

TEST_F(SignalTest, InitGetsNothingThatItDoesNotCatch) {
  for (int signal = 1; signal <= 64; ++signal) EXPECT_EQ(init.call(nr::kill, 1, signal), 0);
  EXPECT_EQ(init.call(nr::getpid), 1);
  init.catch_signal(SIGTERM);
  (void)init.call(nr::kill, 1, SIGTERM);
  EXPECT_TRUE(in_handler(init, SIGTERM));
  EXPECT_EQ(init.return_from_handler(), 0);
}

TEST_F(SignalTest, WhoMaySignalWhom) {
  const Actor a = fork(init), b = fork(init), c = fork(init);
  ASSERT_EQ(a.call(nr::setuid, 5), 0);
  ASSERT_EQ(b.call(nr::setuid, 6), 0);
  ASSERT_EQ(c.call(nr::setuid, 5), 0);
  EXPECT_EQ(a.call(nr::kill, b.pid(), 0), error(Errno::kEPERM));
  EXPECT_EQ(a.call(nr::kill, c.pid(), 0), 0);
  EXPECT_EQ(a.call(nr::kill, 1, SIGTERM), error(Errno::kEPERM));
  EXPECT_EQ(a.call(nr::kill, b.pid(), SIGCONT), 0) << "within a session";
  EXPECT_EQ(a.call(nr::kill, b.pid(), 65), error(Errno::kEINVAL));
  EXPECT_EQ(a.call(nr::kill, b.pid(), -1), error(Errno::kEINVAL));
  EXPECT_EQ(a.call(nr::kill, 77, 0), error(Errno::kESRCH));
  EXPECT_EQ(a.call(nr::kill, -77, 0), error(Errno::kESRCH));
  ASSERT_EQ(c.call(nr::setpgid, 0, 0), 0);
  EXPECT_EQ(a.call(nr::kill, -c.pid(), SIGTERM), 0) << "a group";
  EXPECT_EQ(c.result(), Actor::kEnded);
  EXPECT_TRUE(b.lives());
  EXPECT_EQ(a.call(nr::kill, -1, SIGTERM), 0) << "all that it may: nobody";
  EXPECT_TRUE(a.lives() && b.lives());
}

// --- pending and blocked ---

TEST_F(SignalTest, ABlockedSignalWaits) {
  const Actor a = fork(init);
  a.catch_signal(SIGUSR1);
  block(a, signal_bit(SIGUSR1) | signal_bit(SIGUSR2) | signal_bit(SIGKILL) | signal_bit(SIGSTOP));
  EXPECT_EQ(blocked(a), signal_bit(SIGUSR1) | signal_bit(SIGUSR2)) << "two cannot be";
  send(a, SIGUSR1);
  send(a, SIGUSR1);
  EXPECT_EQ(a.call(nr::getpid), a.pid());
  EXPECT_EQ(a.call(nr::sigpending, kAt, 8), 0);
  EXPECT_EQ(a.get<uint64_t>(kAt), signal_bit(SIGUSR1));
  a.put(kAt, uint64_t{0});
  (void)a.call(nr::sigprocmask, 2, kAt, 0, 8);
  EXPECT_TRUE(in_handler(a, SIGUSR1));
  EXPECT_EQ(a.return_from_handler(), 0) << "the answer of the call that unblocked it";
  EXPECT_NE(a.regs().rip, kHandler) << "once: they were merged";
}

TEST_F(SignalTest, IgnoringForgetsWhatIsPending) {
  const Actor a = fork(init);
  block(a, signal_bit(SIGUSR1));
  send(a, SIGUSR1);
  a.set_action(SIGUSR1, {.handler = SignalAction::kIgnore});
  block(a, 0);
  EXPECT_EQ(a.call(nr::getpid), a.pid());
  a.set_action(SIGUSR1, {});
  EXPECT_EQ(a.call(nr::getpid), a.pid());
}

TEST_F(SignalTest, ActionsThatCannotBe) {
  const Actor a = fork(init);
  a.put(kAt, SignalAction{.handler = kHandler});
  for (const int signal : {SIGKILL, SIGSTOP, 0, 65, -1})
    EXPECT_EQ(a.call(nr::sigaction, signal, kAt, 0, 8), error(Errno::kEINVAL)) << signal;
  EXPECT_EQ(a.call(nr::sigaction, SIGKILL, 0, kAt, 8), 0) << "asking is allowed";
  EXPECT_EQ(a.call(nr::sigaction, SIGUSR1, kAt, 0, 16), error(Errno::kEINVAL));
  EXPECT_EQ(a.call(nr::sigaction, SIGUSR1, 8, 0, 8), error(Errno::kEFAULT));
  a.put(kAt, SignalAction{.handler = kHandler});
  EXPECT_EQ(a.call(nr::sigaction, SIGUSR1, kAt, 8, 8), error(Errno::kEFAULT));
  EXPECT_FALSE(a.process().signals.caught(SIGUSR1)) << "nothing changed";
  EXPECT_EQ(a.call(nr::sigprocmask, 3, kAt, 0, 8), error(Errno::kEINVAL));
}

// --- calls that wait ---

TEST_F(SignalTest, WhichCallsAreIssuedAgain) {
  const Actor a = fork(init);
  const uint64_t never[] = {1000, 0};
  a.put(kAt + 0x100, never);
  a.put(kAt + 0x200, uint64_t{0});
  (void)fork(a);  // a child, so that there is somebody to wait for
  struct {
    const char* name;
    uint64_t number, words[4];
    bool again;
  } const kCalls[] = {
      {"wait4", nr::wait4, {~0ul, 0, 0, 0}, true},
      {"pause", nr::pause, {}, false},
      {"nanosleep", nr::nanosleep, {kAt + 0x100, kAt + 0x300}, false},
      {"rt_sigsuspend", nr::sigsuspend, {kAt + 0x200, 8}, false},
  };
  for (const uint64_t flags : {uint64_t{0}, SignalAction::kRestart}) {
    for (const auto& c : kCalls) {
      SCOPED_TRACE(c.name);
      a.catch_signal(SIGUSR1, flags);
      ASSERT_EQ(a.call(c.number, c.words[0], c.words[1], c.words[2], c.words[3]), Actor::kWaits);
      send(a, SIGUSR1);
      (void)a.result();
      ASSERT_TRUE(in_handler(a, SIGUSR1));
      const int64_t result = a.return_from_handler();
      EXPECT_EQ(result, flags && c.again ? static_cast<int64_t>(c.number) : error(Errno::kEINTR));
      // Without a handler every one goes on waiting.
      ASSERT_EQ(a.call(c.number, c.words[0], c.words[1], c.words[2], c.words[3]), Actor::kWaits);
      send(a, SIGSTOP);
      EXPECT_EQ(a.result(), Actor::kWaits);
      send(a, SIGCONT);
      EXPECT_EQ(a.result(), Actor::kWaits);
      send(a, SIGUSR1);
      (void)a.result();
      (void)a.return_from_handler();
    }
  }
}

TEST_F(SignalTest, SigsuspendGivesTheMaskBack) {
  const Actor a = fork(init);
  a.catch_signal(SIGUSR1);
  block(a, signal_bit(SIGUSR1) | signal_bit(SIGTERM));
  a.put(kAt, uint64_t{0});
  ASSERT_EQ(a.call(nr::sigsuspend, kAt, 8), Actor::kWaits);
  send(a, SIGUSR1);
  (void)a.result();
  ASSERT_TRUE(in_handler(a, SIGUSR1));
  EXPECT_EQ(a.return_from_handler(), error(Errno::kEINTR));
  EXPECT_EQ(blocked(a), signal_bit(SIGUSR1) | signal_bit(SIGTERM));
}

// --- stopping ---

TEST_F(SignalTest, AStoppedProcessDoesNotRunUntilItIsContinued) {
  const Actor a = fork(init);
  send(a, SIGSTOP);
  EXPECT_EQ(a.result(), Actor::kWaits);
  EXPECT_EQ(status_of(a), -1) << "not asked for";
  EXPECT_EQ(status_of(a, WNOHANG | WUNTRACED), SIGSTOP << 8 | 0x7f);
  EXPECT_EQ(status_of(a, WNOHANG | WUNTRACED), -1) << "told once";
  send(a, SIGTERM);
  EXPECT_EQ(a.result(), Actor::kWaits) << "it waits for SIGCONT";
  send(a, SIGCONT);
  EXPECT_EQ(a.result(), Actor::kEnded);
  EXPECT_EQ(status_of(a, WNOHANG | WCONTINUED), SIGTERM);
}

TEST_F(SignalTest, WaitTellsOfGoingOn) {
  const Actor a = fork(init);
  send(a, SIGSTOP);
  EXPECT_EQ(a.result(), Actor::kWaits);
  send(a, SIGCONT);
  EXPECT_EQ(a.call(nr::getpid), a.pid());
  EXPECT_EQ(status_of(a, WNOHANG | WUNTRACED), -1);
  EXPECT_EQ(status_of(a, WNOHANG | WCONTINUED), 0xffff);
  EXPECT_EQ(status_of(a, WNOHANG | WCONTINUED), -1);
  send(a, SIGCONT);
  EXPECT_EQ(status_of(a, WNOHANG | WCONTINUED), -1) << "it was not stopped";
}

TEST_F(SignalTest, KillEndsAStoppedProcess) {
  const Actor a = fork(init);
  send(a, SIGSTOP);
  EXPECT_EQ(a.result(), Actor::kWaits);
  send(a, SIGKILL);
  EXPECT_EQ(a.result(), Actor::kEnded);
  EXPECT_EQ(status_of(a), SIGKILL);
}

TEST_F(SignalTest, StoppingAndGoingOnUndoEachOther) {
  const Actor a = fork(init);
  a.catch_signal(SIGCONT);
  block(a, signal_bit(SIGCONT) | signal_bit(SIGTSTP));
  send(a, SIGTSTP);
  send(a, SIGCONT);
  EXPECT_EQ(a.process().signals.pending(), signal_bit(SIGCONT));
  send(a, SIGTSTP);
  EXPECT_EQ(a.process().signals.pending(), signal_bit(SIGTSTP));
}

TEST_F(SignalTest, AnOrphanedGroupIsNotStoppedFromTheTerminal) {
  const Actor a = fork(init);  // init's child, in init's group: nobody outside could continue it
  for (const int signal : {SIGTSTP, SIGTTIN, SIGTTOU}) {
    send(a, signal);
    EXPECT_EQ(a.call(nr::getpid), a.pid()) << signal;
  }
}

TEST_F(SignalTest, AStoppedGroupThatIsOrphanedIsHungUp) {
  const Actor parent = fork(init), child = fork(parent);
  ASSERT_EQ(child.call(nr::setpgid, 0, 0), 0);
  child.catch_signal(SIGHUP);
  send(child, SIGTSTP);
  EXPECT_EQ(child.result(), Actor::kWaits);
  ASSERT_EQ(parent.call(nr::exit, 0), Actor::kEnded);
  (void)child.result();
  EXPECT_TRUE(in_handler(child, SIGHUP));
  (void)child.return_from_handler();
}

// --- fork, exec, children, time ---

TEST_F(SignalTest, AForkSharesActionsUntilTheyChange) {
  const Actor a = fork(init);
  a.catch_signal(SIGUSR1);
  block(a, signal_bit(SIGUSR2));
  send(a, SIGUSR2);
  const Actor b = fork(a);
  EXPECT_EQ(b.process().signals.frame(), a.process().signals.frame());
  EXPECT_EQ(blocked(b), signal_bit(SIGUSR2));
  EXPECT_EQ(b.process().signals.pending(), 0u) << "nothing pending is inherited";
  b.set_action(SIGUSR1, {});
  EXPECT_NE(b.process().signals.frame(), a.process().signals.frame());
  EXPECT_TRUE(a.process().signals.caught(SIGUSR1));
  send(b, SIGUSR1);
  EXPECT_EQ(b.result(), Actor::kEnded);
  send(a, SIGUSR1);
  ASSERT_TRUE(kernel.run(a.pid()));
  EXPECT_TRUE(in_handler(a, SIGUSR1));
}

TEST_F(SignalTest, ExecKeepsWhatIsIgnoredAndTheMask) {
  const Actor a = fork(init);
  a.catch_signal(SIGUSR1);
  a.set_action(SIGUSR2, {.handler = SignalAction::kIgnore});
  block(a, signal_bit(SIGTERM));
  send(a, SIGTERM);
  const ArchiveFile file = kernel.file("/bin/other");
  ASSERT_EQ(a.call(KINE_EXEC, KINE_ARCHIVE_ADDRESS + file.offset, file.bytes, a.put_text("/x"), 0, 0), 0);
  EXPECT_EQ(blocked(a), signal_bit(SIGTERM));
  EXPECT_EQ(a.process().signals.pending(), signal_bit(SIGTERM));
  EXPECT_FALSE(a.process().signals.frame());
  EXPECT_EQ(a.process().signals.action(SIGUSR2).handler, SignalAction::kIgnore);
  ASSERT_TRUE(bool(a.process().signals.set_action(SIGHUP, {.handler = kHandler}, Claim::kOrdinary)));
  EXPECT_EQ(a.process().signals.action(SIGUSR2).handler, SignalAction::kIgnore) << "with a frame for all actions";
  send(a, SIGUSR2);
  EXPECT_EQ(a.call(nr::getpid), a.pid());
  send(a, SIGUSR1);
  EXPECT_EQ(a.result(), Actor::kEnded);
}

TEST_F(SignalTest, AParentHearsOfItsChildren) {
  const Actor a = fork(init);
  a.catch_signal(SIGCHLD, SignalAction::kInfo);
  const Actor b = fork(a);
  ASSERT_EQ(b.call(nr::exit, 7), Actor::kEnded);
  ASSERT_TRUE(kernel.run(a.pid()));
  ASSERT_TRUE(in_handler(a, SIGCHLD));
  const SignalFrame frame = frame_of(a);
  EXPECT_EQ(frame.info.code, CLD_EXITED);
  EXPECT_EQ(frame.info.sender.pid, b.pid());
  EXPECT_EQ(frame.info.status, 7);
  (void)a.return_from_handler();
  EXPECT_EQ(a.call(nr::wait4, -1, 0, 0, 0), b.pid());
  a.catch_signal(SIGCHLD, SignalAction::kNoChildStop);
  const Actor c = fork(a);
  send(c, SIGSTOP);
  EXPECT_EQ(c.result(), Actor::kWaits);
  EXPECT_EQ(a.process().signals.pending(), 0u) << "SA_NOCLDSTOP";
}

TEST_F(SignalTest, WhoIgnoresItsChildrenGetsNoZombies) {
  const Actor a = fork(init);
  a.set_action(SIGCHLD, {.handler = SignalAction::kIgnore});
  const Actor b = fork(a);
  const unsigned before = processes.count();
  ASSERT_EQ(b.call(nr::exit, 7), Actor::kEnded);
  EXPECT_EQ(processes.count(), before - 1);
  EXPECT_EQ(a.call(nr::wait4, -1, 0, 0, 0), error(Errno::kECHILD));
}

TEST_F(SignalTest, AnAlarmRingsOnce) {
  const Actor a = fork(init);
  a.catch_signal(SIGALRM);
  EXPECT_EQ(a.call(nr::alarm, 10), 0);
  devices.now += 4'000'000'000;
  EXPECT_EQ(a.call(nr::alarm, 5), 6);
  devices.now += 4'999'999'999;
  kernel.tick();
  EXPECT_EQ(a.process().signals.pending(), 0u);
  devices.now += 1;
  kernel.tick();
  ASSERT_TRUE(kernel.run(a.pid()));
  EXPECT_TRUE(in_handler(a, SIGALRM));
  (void)a.return_from_handler();
  devices.now += 100'000'000'000;
  kernel.tick();
  EXPECT_EQ(a.process().signals.pending(), 0u);
  EXPECT_EQ(a.call(nr::alarm, 10), 0);
  ASSERT_EQ(a.call(nr::exit, 0), Actor::kEnded) << "an alarm goes with its process";
  devices.now += 100'000'000'000;
  kernel.tick();
}

}  // namespace
}  // namespace kine
