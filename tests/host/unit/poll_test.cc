// poll and select wait on what servers publish.
#include <poll.h>
#include <sys/select.h>
#include <sys/time.h>

#include "actor.hh"

namespace kine {
namespace {

constexpr uint64_t kAt = Actor::kTextAt;
constexpr uint64_t kMillisecond = 1'000'000;

class PollTest : public ActorTest {
 protected:
  PollTest() : s(make_service()), second(s.server.call(KINE_MINT, s.port, 2)) {
    // The client gets a second connection, through a call.
    s.client.put_text("x");
    EXPECT_EQ(s.client.call(KINE_ROOT, s.fd), 0);
    EXPECT_EQ(s.client.call(nr::open, kAt, 0, 0), Actor::kWaits);
    EXPECT_EQ(s.server.answer(answer_new(s.server.receive(s.port).token, s.port, 2, 0)), 0);
    other = s.client.result();
    EXPECT_EQ(s.server.call(nr::close, second), 0);
    EXPECT_EQ(s.server.receive(s.port).kind, uint32_t{KINE_CLOSED});
    publish(kCookie, 0);
  }
  void publish(uint64_t cookie, uint32_t mask) { EXPECT_EQ(s.server.call(KINE_PUBLISH, s.port, cookie, mask), 0); }
  int64_t poll(const std::vector<pollfd>& fds, int timeout) {
    s.client.put(kAt, fds.data(), fds.size() * sizeof(pollfd));
    return s.client.call(nr::poll, kAt, fds.size(), timeout);
  }
  short revents(unsigned index) { return s.client.get<pollfd>(kAt + index * sizeof(pollfd)).revents; }
  int fd() const { return static_cast<int>(s.fd); }
  int fd2() const { return static_cast<int>(other); }

  const Service s;
  const int64_t second;
  int64_t other = 0;
};

TEST_F(PollTest, WhatIsPublishedIsThere) {
  EXPECT_EQ(poll({{fd(), POLLIN | POLLOUT, -1}}, 0), 0);
  EXPECT_EQ(revents(0), 0);
  publish(kCookie, KINE_READABLE);
  EXPECT_EQ(poll({{fd(), POLLIN | POLLOUT, 0}}, 0), 1);
  EXPECT_EQ(revents(0), POLLIN);
  EXPECT_EQ(poll({{fd(), POLLOUT, 0}}, 0), 0) << "not asked for";
  publish(kCookie, KINE_WRITABLE | KINE_HUNG_UP | KINE_ERROR);
  EXPECT_EQ(poll({{fd(), POLLIN, 0}}, 0), 1) << "these always count";
  EXPECT_EQ(revents(0), POLLHUP | POLLERR);
  publish(kCookie, KINE_READABLE | KINE_WRITABLE);
  EXPECT_EQ(poll({{fd(), POLLRDNORM | POLLWRNORM, 0}}, 0), 1);
  EXPECT_EQ(revents(0), POLLRDNORM | POLLWRNORM);
  EXPECT_EQ(s.server.call(KINE_PUBLISH, s.port, 999, 1), error(Errno::kENOENT));
}

TEST_F(PollTest, ANewConnectionIsReadyForAll) {
  const int64_t port = s.client.call(KINE_PORT), made = s.client.call(KINE_MINT, port, 1);
  EXPECT_EQ(poll({{static_cast<int>(made), POLLIN | POLLOUT, 0}}, 0), 1);
  EXPECT_EQ(revents(0), POLLIN | POLLOUT);
}

TEST_F(PollTest, PublishingWakesWhoWaits) {
  ASSERT_EQ(poll({{fd(), POLLIN, 0}, {fd2(), POLLIN, 0}}, -1), Actor::kWaits);
  publish(2, KINE_WRITABLE);
  EXPECT_EQ(s.client.result(), Actor::kWaits) << "not for that";
  publish(2, KINE_READABLE);
  EXPECT_EQ(s.client.result(), 1);
  EXPECT_EQ(revents(0), 0);
  EXPECT_EQ(revents(1), POLLIN);
}

TEST_F(PollTest, SeveralWaitForOne) {
  const Actor twin = fork(s.client);
  ASSERT_EQ(poll({{fd(), POLLIN, 0}}, -1), Actor::kWaits);
  twin.put(kAt, pollfd{fd(), POLLIN, 0});
  ASSERT_EQ(twin.call(nr::poll, kAt, 1, -1), Actor::kWaits);
  publish(kCookie, KINE_READABLE);
  EXPECT_EQ(s.client.result(), 1);
  EXPECT_EQ(twin.result(), 1);
}

TEST_F(PollTest, TimePasses) {
  const uint64_t start = devices.now;
  ASSERT_EQ(poll({{fd(), POLLIN, 0}}, 50), Actor::kWaits);
  publish(kCookie, KINE_WRITABLE);  // wakes it to look, and sleep on
  devices.now = start + 49 * kMillisecond;
  kernel.tick();
  EXPECT_EQ(s.client.result(), Actor::kWaits);
  devices.now = start + 50 * kMillisecond;
  kernel.tick();
  EXPECT_EQ(s.client.result(), 0);
  EXPECT_EQ(revents(0), 0);
  ASSERT_EQ(poll({{fd(), POLLIN, 0}}, 50), Actor::kWaits) << "the next one has a time of its own";
  devices.now = start + 99 * kMillisecond;
  kernel.tick();
  EXPECT_EQ(s.client.result(), Actor::kWaits);
  devices.now = start + 100 * kMillisecond;
  kernel.tick();
  EXPECT_EQ(s.client.result(), 0);
}

TEST_F(PollTest, ADeadPortIsHungUp) {
  ASSERT_EQ(poll({{fd(), 0, 0}}, -1), Actor::kWaits);
  ASSERT_EQ(s.server.call(nr::exit, 0), Actor::kEnded);
  EXPECT_EQ(s.client.result(), 1);
  EXPECT_EQ(revents(0), POLLERR | POLLHUP);
}

TEST_F(PollTest, DescriptorsThatAreNone) {
  EXPECT_EQ(poll({{-1, POLLIN, -1}, {77, 0, 0}, {0, 0, 0}, {300, 0, 0}}, -1), 3);
  EXPECT_EQ(revents(0), 0) << "negative ones are passed over";
  EXPECT_EQ(revents(1), POLLNVAL);
  EXPECT_EQ(revents(2), POLLERR) << "a right is nothing to wait for";
  EXPECT_EQ(revents(3), POLLNVAL);
  EXPECT_EQ(s.client.call(nr::poll, kAt, 257, 0), error(Errno::kEINVAL));
  EXPECT_EQ(s.client.call(nr::poll, 8, 1, 0), error(Errno::kEFAULT));
  EXPECT_EQ(s.client.call(nr::poll, 8, 0, 0), 0);
}

TEST_F(PollTest, ASignalEndsIt) {
  s.client.catch_signal(SIGUSR1, SignalAction::kRestart);
  ASSERT_EQ(poll({{fd(), POLLIN, 0}}, -1), Actor::kWaits);
  ASSERT_EQ(init.call(nr::kill, s.client.pid(), SIGUSR1), 0);
  (void)s.client.result();
  EXPECT_EQ(s.client.regs().rip, Actor::kHandler);
  EXPECT_EQ(s.client.return_from_handler(), error(Errno::kEINTR)) << "whatever SA_RESTART says";
  const uint64_t start = devices.now;
  ASSERT_EQ(poll({{fd(), POLLIN, 0}}, 10), Actor::kWaits);
  devices.now = start + 10 * kMillisecond;
  kernel.tick();
  EXPECT_EQ(s.client.result(), 0) << "with a time of its own";
}

TEST_F(PollTest, AStoppedPollGoesOn) {
  const uint64_t start = devices.now;
  ASSERT_EQ(poll({{fd(), POLLIN, 0}}, 50), Actor::kWaits);
  ASSERT_EQ(init.call(nr::kill, s.client.pid(), SIGSTOP), 0);
  EXPECT_EQ(s.client.result(), Actor::kWaits);
  publish(kCookie, KINE_READABLE);
  EXPECT_EQ(s.client.result(), Actor::kWaits);
  ASSERT_EQ(init.call(nr::kill, s.client.pid(), SIGCONT), 0);
  EXPECT_EQ(s.client.result(), 1);
  publish(kCookie, 0);
  ASSERT_EQ(poll({{fd(), POLLIN, 0}}, 50), Actor::kWaits);
  ASSERT_EQ(init.call(nr::kill, s.client.pid(), SIGSTOP), 0);
  EXPECT_EQ(s.client.result(), Actor::kWaits);
  devices.now = start + 60 * kMillisecond;
  kernel.tick();
  ASSERT_EQ(init.call(nr::kill, s.client.pid(), SIGCONT), 0);
  EXPECT_EQ(s.client.result(), 0) << "the time went on meanwhile";
}

TEST_F(PollTest, PpollWaitsWithAnotherMask) {
  s.client.catch_signal(SIGUSR1);
  s.client.put(kAt + 0x100, signal_bit(SIGUSR1));
  ASSERT_EQ(s.client.call(nr::sigprocmask, 0, kAt + 0x100, 0, 8), 0);
  s.client.put(kAt, pollfd{fd(), POLLIN, 0});
  s.client.put(kAt + 0x108, uint64_t{0});
  ASSERT_EQ(s.client.call(nr::ppoll, kAt, 1, 0, kAt + 0x108, 8), Actor::kWaits);
  ASSERT_EQ(init.call(nr::kill, s.client.pid(), SIGUSR1), 0);
  (void)s.client.result();
  EXPECT_EQ(s.client.regs().rip, Actor::kHandler);
  EXPECT_EQ(s.client.return_from_handler(), error(Errno::kEINTR));
  EXPECT_EQ(s.client.process().signals.blocked(), signal_bit(SIGUSR1)) << "as before";
  ASSERT_EQ(s.client.call(nr::ppoll, kAt, 1, 0, kAt + 0x108, 8), Actor::kWaits);
  publish(kCookie, KINE_READABLE);
  EXPECT_EQ(s.client.result(), 1);
  EXPECT_EQ(s.client.process().signals.blocked(), signal_bit(SIGUSR1));
  EXPECT_EQ(s.client.call(nr::ppoll, kAt, 1, 0, kAt + 0x108, 4), error(Errno::kEINVAL));
  EXPECT_EQ(s.client.call(nr::ppoll, 8, 1, 0, kAt + 0x108, 8), error(Errno::kEFAULT));
  EXPECT_EQ(s.client.process().signals.blocked(), signal_bit(SIGUSR1)) << "a call that failed, too";
  s.client.put(kAt + 0x110, timespec{0, 1'000'000'000});
  EXPECT_EQ(s.client.call(nr::ppoll, kAt, 1, kAt + 0x110, 0, 0), error(Errno::kEINVAL));
}

TEST_F(PollTest, WhatIsLeftOfTheTimeTakesItsPlace) {
  constexpr uint64_t kTime = kAt + 0x100, kReadOnly = kAt + 0x3000;
  const uint64_t start = devices.now;
  s.client.catch_signal(SIGUSR1);
  s.client.put(kTime, timeval{0, 50'000});
  ASSERT_EQ(s.client.call(nr::select, 0, 0, 0, 0, kTime), Actor::kWaits);
  EXPECT_EQ(s.client.get<timeval>(kTime).tv_usec, 50'000) << "untouched while it waits";
  devices.now = start + 20 * kMillisecond;
  ASSERT_EQ(init.call(nr::kill, s.client.pid(), SIGSTOP), 0);
  EXPECT_EQ(s.client.result(), Actor::kWaits);
  ASSERT_EQ(init.call(nr::kill, s.client.pid(), SIGCONT), 0);
  EXPECT_EQ(s.client.result(), Actor::kWaits) << "goes on to the end that it had";
  devices.now = start + 30 * kMillisecond;
  ASSERT_EQ(init.call(nr::kill, s.client.pid(), SIGUSR1), 0);
  (void)s.client.result();
  EXPECT_EQ(s.client.regs().rip, Actor::kHandler);
  EXPECT_EQ(s.client.get<timeval>(kTime).tv_usec, 20'000);
  EXPECT_EQ(s.client.return_from_handler(), error(Errno::kEINTR));
  // A time that the program may not write stays as it is.
  s.client.put(kReadOnly, timespec{1, 0});
  ASSERT_EQ(s.client.call(nr::mprotect, kReadOnly & ~0xffful, 0x1000, 1), 0);
  s.client.put(kAt, pollfd{fd(), POLLOUT, 0});
  publish(kCookie, KINE_WRITABLE);
  EXPECT_EQ(s.client.call(nr::ppoll, kAt, 1, kReadOnly, 0, 0), 1);
  EXPECT_EQ(s.client.get<timespec>(kReadOnly).tv_sec, 1);
}

TEST_F(PollTest, SelectAnswersInItsSets) {
  constexpr uint64_t kReadable = kAt, kWritable = kAt + 0x80, kTime = kAt + 0x100;
  const auto select = [&](uint64_t readable, uint64_t writable, int count, uint64_t time) {
    s.client.put(kReadable, readable);
    s.client.put(kWritable, writable);
    return s.client.call(nr::select, count, kReadable, kWritable, 0, time);
  };
  s.client.put(kTime, timeval{0, 0});
  const uint64_t both = 1ul << fd() | 1ul << fd2();
  EXPECT_EQ(select(both, both, 10, kTime), 0);
  EXPECT_EQ(s.client.get<uint64_t>(kReadable), 0u);
  publish(kCookie, KINE_READABLE | KINE_WRITABLE);
  EXPECT_EQ(select(both, both, 10, kTime), 2) << "bits, not descriptors";
  EXPECT_EQ(s.client.get<uint64_t>(kReadable), 1ul << fd());
  EXPECT_EQ(s.client.get<uint64_t>(kWritable), 1ul << fd());
  EXPECT_EQ(select(both, both, fd(), kTime), 0) << "below the count";
  EXPECT_EQ(select(1ul << 9, 0, 10, kTime), error(Errno::kEBADF));
  EXPECT_EQ(select(0, 0, -1, kTime), error(Errno::kEINVAL));
  publish(kCookie, 0);
  ASSERT_EQ(select(both, 0, 10, 0), Actor::kWaits);
  EXPECT_EQ(s.client.get<uint64_t>(kReadable), both) << "untouched while it waits";
  publish(2, KINE_READABLE);
  EXPECT_EQ(s.client.result(), 1);
  EXPECT_EQ(s.client.get<uint64_t>(kReadable), 1ul << fd2());
}

}  // namespace
}  // namespace kine
