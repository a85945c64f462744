// Rights: cutting never widens one; interrupts as messages; I/O ports; device memory; what only the right's holder may see.
#include <algorithm>
#include <array>

#include "actor.hh"

namespace kine {
namespace {

constexpr uint64_t kDevice = Machine::kDeviceMemory.begin.value, kDeviceBytes = Machine::kDeviceMemory.bytes();
constexpr uint64_t kOut = Actor::kTextAt;

class RightTest : public ActorTest {
 protected:
  int64_t cut(int64_t right, uint64_t kind, uint64_t first, uint64_t count) { return init.call(KINE_CUT, right, kind, first, count); }
};

// --- cutting ---

TEST_F(RightTest, TheMachineReachesSoFar) {
  struct {
    uint64_t kind, first, count;
    bool granted;
  } const kCases[] = {
      {KINE_RIGHT_MACHINE, 0, 0, true},
      {KINE_RIGHT_MACHINE, 0, 1, false},
      {KINE_RIGHT_STATISTICS, 0, 0, true},
      {KINE_RIGHT_STATISTICS, 1, 0, false},
      {KINE_RIGHT_INTERRUPT, 1, 15, true},
      {KINE_RIGHT_INTERRUPT, 4, 1, true},
      {KINE_RIGHT_INTERRUPT, 0, 1, false},  // the timer's
      {KINE_RIGHT_INTERRUPT, 0, 16, false},
      {KINE_RIGHT_INTERRUPT, 1, 16, false},
      {KINE_RIGHT_INTERRUPT, 16, 1, false},
      {KINE_RIGHT_INTERRUPT, 4, 0, false},
      {KINE_RIGHT_INTERRUPT, 4, ~0ul, false},
      {KINE_RIGHT_INTERRUPT, ~0ul, 2, false},
      {KINE_RIGHT_IO, 0, 0x10000, true},
      {KINE_RIGHT_IO, 0xffff, 1, true},
      {KINE_RIGHT_IO, 0xffff, 2, false},
      {KINE_RIGHT_IO, 0x10000, 1, false},
      {KINE_RIGHT_IO, 0x3f8, 0, false},
      {KINE_RIGHT_IO, 0x3f8, ~0ul, false},
      {KINE_RIGHT_MEMORY, kDevice, kDeviceBytes, true},
      {KINE_RIGHT_MEMORY, kDevice + kPageSize, kPageSize, true},
      {KINE_RIGHT_MEMORY, kDevice, kDeviceBytes + kPageSize, false},
      {KINE_RIGHT_MEMORY, kDevice - kPageSize, kPageSize, false},
      {KINE_RIGHT_MEMORY, kDevice + kDeviceBytes, kPageSize, false},
      {KINE_RIGHT_MEMORY, kDevice, 100, false},
      {KINE_RIGHT_MEMORY, kDevice + 8, kPageSize, false},
      {KINE_RIGHT_MEMORY, kDevice, 0, false},
      {KINE_RIGHT_MEMORY, kDevice, ~0xffful, false},
  };
  for (const auto& c : kCases) {
    const int64_t fd = cut(0, c.kind, c.first, c.count);
    EXPECT_EQ(fd > 0, c.granted) << "kind " << c.kind << " [" << std::hex << c.first << ", +" << c.count << ")";
    if (!c.granted) {
      EXPECT_EQ(fd, error(Errno::kEPERM));
    }
    if (fd > 0) {
      EXPECT_EQ(init.call(nr::fcntl, fd, 1), 1) << "close-on-exec";
    }
    if (fd > 0) {
      EXPECT_EQ(init.call(nr::close, fd), 0);
    }
  }
  EXPECT_EQ(cut(0, 5, 0, 0), error(Errno::kEINVAL)) << "no such kind";
  EXPECT_EQ(cut(0, ~0u, 0, 0), error(Errno::kEINVAL));
  EXPECT_EQ(cut(9, KINE_RIGHT_IO, 0, 1), error(Errno::kEBADF));
}

TEST_F(RightTest, CuttingNeverWidens) {
  const std::vector<std::array<uint64_t, 3>> kRanges = {
      {KINE_RIGHT_INTERRUPT, 4, 4}, {KINE_RIGHT_IO, 0x3f8, 8}, {KINE_RIGHT_MEMORY, kDevice, kPageSize}};
  for (const auto& [kind, first, count] : kRanges) {
    const int64_t right = cut(0, kind, first, count);
    ASSERT_GT(right, 0);
    const uint64_t unit = kind == KINE_RIGHT_MEMORY ? kPageSize : 1;
    for (uint64_t other = 0; other <= KINE_RIGHT_MEMORY; ++other) {
      for (const uint64_t from : {uint64_t{0}, first - unit, first, first + unit, first + count - unit, first + count, ~0ul - 1}) {
        for (const uint64_t bytes : {uint64_t{0}, unit, count - unit, count, count + unit, ~0ul, ~0ul - from + unit}) {
          const int64_t narrower = cut(right, other, from, bytes);
          const bool within = other == kind && bytes > 0 && from >= first && from + bytes >= from && from + bytes <= first + count;
          EXPECT_EQ(narrower > 0, within) << kind << " -> " << other << " [" << std::hex << from << ", +" << bytes << ")";
          if (narrower > 0) {
            EXPECT_EQ(init.call(nr::close, narrower), 0);
          }
        }
      }
    }
  }
  const int64_t look = cut(0, KINE_RIGHT_STATISTICS, 0, 0);
  for (uint64_t kind = 0; kind <= KINE_RIGHT_MEMORY; ++kind) {
    EXPECT_EQ(cut(look, kind, 0, 0) > 0, kind == KINE_RIGHT_STATISTICS) << kind;
    EXPECT_EQ(cut(look, kind, 4, 1), error(Errno::kEPERM)) << kind;
  }
}

TEST_F(RightTest, EachKindIsGoodForItsCallAlone) {
  const int64_t port = init.call(KINE_PORT), connection = init.call(KINE_MINT, port, 0);
  const int64_t irq = cut(0, KINE_RIGHT_INTERRUPT, 4, 1), irqs = cut(0, KINE_RIGHT_INTERRUPT, 4, 2), io = cut(0, KINE_RIGHT_IO, 1, 1),
                memory = cut(0, KINE_RIGHT_MEMORY, kDevice, kPageSize), look = cut(0, KINE_RIGHT_STATISTICS, 0, 0);
  for (const int64_t right : {int64_t{0}, irq, irqs, io, memory, look}) {
    SCOPED_TRACE(right);
    if (right != irq) {
      EXPECT_EQ(init.call(KINE_BIND, right, port, 0), error(Errno::kEPERM));
    }
    if (right != io) {
      EXPECT_EQ(init.call(KINE_IO, right), error(Errno::kEPERM));
    }
    if (right != memory) {
      EXPECT_EQ(init.call(KINE_MAP, right), error(Errno::kEPERM));
    }
    if (right != 0) {
      EXPECT_EQ(init.call(KINE_SERVER, right), error(Errno::kEPERM));
    }
    const bool may_look = right == 0 || right == look;
    EXPECT_EQ(init.call(KINE_STATISTICS, right, kOut), may_look ? 0 : error(Errno::kEPERM));
    EXPECT_EQ(init.call(KINE_AUDIT, right), may_look ? 0 : error(Errno::kEPERM));
    EXPECT_EQ(init.call(KINE_PROCESS, right, 1, kOut), may_look ? 0 : error(Errno::kEPERM));
    EXPECT_EQ(init.call(KINE_RANGES, right, 1, 0, kOut, 1), may_look ? 1 : error(Errno::kEPERM));
    EXPECT_EQ(init.call(KINE_MINT, right, 0), error(Errno::kEINVAL)) << "no port";
    EXPECT_EQ(init.call(KINE_ROOT, right), error(Errno::kEINVAL)) << "no connection";
  }
  for (const int64_t other : {port, connection}) {
    EXPECT_EQ(init.call(KINE_CUT, other, KINE_RIGHT_IO, 1, 1), error(Errno::kEINVAL));
    EXPECT_EQ(init.call(KINE_IO, other), error(Errno::kEINVAL));
    EXPECT_EQ(init.call(KINE_STATISTICS, other, kOut), error(Errno::kEINVAL));
  }
  EXPECT_EQ(init.call(KINE_MINT, connection, 0), error(Errno::kEINVAL)) << "only a receiving end mints";
  EXPECT_EQ(init.call(KINE_STATISTICS, -1, kOut), 0) << "one's own";
}

// --- interrupts ---

class InterruptRightTest : public RightTest {
 protected:
  static constexpr unsigned kIrq = 4;
  InterruptRightTest() : port(init.call(KINE_PORT)), right(cut(0, KINE_RIGHT_INTERRUPT, kIrq, 1)), driver(fork(init)) {
    EXPECT_EQ(init.call(nr::close, port), 0);
  }
  static bool enabled() { return devices.enabled_irqs >> kIrq & 1; }

  const int64_t port, right;
  const Actor driver;
};

TEST_F(InterruptRightTest, ComesOnceAndIsMaskedUntilItIsBoundAgain) {
  EXPECT_FALSE(enabled());
  ASSERT_EQ(driver.call(KINE_BIND, right, port, 0x1111), 0);
  EXPECT_TRUE(enabled());
  kernel.raise(kIrq);
  EXPECT_FALSE(enabled()) << "masked";
  const kine_message message = driver.receive(port);
  EXPECT_EQ(message.kind, uint32_t{KINE_INTERRUPT});
  EXPECT_EQ(message.cookie, 0x1111u);
  EXPECT_EQ(message.token, 0u);
  EXPECT_EQ(driver.call_receive(port), Actor::kWaits) << "once";
  EXPECT_FALSE(enabled()) << "receiving it is not asking for the next";
}

TEST_F(InterruptRightTest, ADriverThatWaitsRunsAtOnce) {
  ASSERT_EQ(driver.call(KINE_BIND, right, port, 1), 0);
  ASSERT_EQ(driver.call(KINE_SERVER, 0), 0);
  ASSERT_EQ(driver.call_receive(port), Actor::kWaits);
  ASSERT_EQ(init.call(nr::getpid), 1);
  kernel.raise(kIrq);
  EXPECT_TRUE(driver.runs());
  EXPECT_EQ(driver.message().cookie, 1u);
  ASSERT_EQ(driver.call(KINE_BIND, right, port, 2), 0);
  EXPECT_TRUE(enabled());
  ASSERT_EQ(driver.call_receive(port), Actor::kWaits);
  kernel.raise(kIrq);
  EXPECT_EQ(driver.message().cookie, 2u);
  EXPECT_EQ(driver.call(nr::exit, 0), Actor::kEnded);
}

TEST_F(InterruptRightTest, OneThatNobodyReceivedYetIsToldOnce) {
  ASSERT_EQ(driver.call(KINE_BIND, right, port, 1), 0);
  kernel.raise(kIrq);
  ASSERT_EQ(driver.call(KINE_BIND, right, port, 2), 0);
  kernel.raise(kIrq);
  EXPECT_EQ(driver.receive(port).cookie, 2u);
  EXPECT_EQ(driver.call_receive(port), Actor::kWaits);
}

TEST_F(InterruptRightTest, OnePortAtATime) {
  ASSERT_EQ(driver.call(KINE_BIND, right, port, 1), 0);
  const int64_t other = init.call(KINE_PORT);
  EXPECT_EQ(init.call(KINE_BIND, right, other, 1), error(Errno::kEBUSY));
  ASSERT_EQ(driver.call(nr::exit, 0), Actor::kEnded);
  EXPECT_FALSE(enabled()) << "masked when its port died";
  EXPECT_EQ(init.call(KINE_BIND, right, other, 3), 0);
  kernel.raise(kIrq);
  EXPECT_EQ(init.receive(other).cookie, 3u);
}

TEST_F(InterruptRightTest, OneThatCameAndWasNotReceivedGoesWithItsPort) {
  ASSERT_EQ(driver.call(KINE_BIND, right, port, 1), 0);
  kernel.raise(kIrq);
  ASSERT_EQ(driver.call(nr::exit, 0), Actor::kEnded);
  const int64_t other = init.call(KINE_PORT);
  ASSERT_EQ(init.call(KINE_BIND, right, other, 3), 0);
  kernel.raise(kIrq);
  EXPECT_EQ(init.receive(other).cookie, 3u);
}

TEST_F(InterruptRightTest, WakesAnIdleMachine) {
  ASSERT_EQ(driver.call(KINE_BIND, right, port, 1), 0);
  ASSERT_EQ(driver.call_receive(port), Actor::kWaits);
  devices.pending_irqs |= 1u << kIrq;
  EXPECT_EQ(init.call(nr::wait4, -1, 0, 0, 0), Actor::kWaits);
  EXPECT_TRUE(driver.runs());
  EXPECT_EQ(driver.call(nr::exit, 0), Actor::kEnded);
}

// --- I/O ports ---

TEST_F(RightTest, IoPortsAreTheProcesssOwn) {
  const int64_t com1 = cut(0, KINE_RIGHT_IO, 0x3f8, 8), debug = cut(0, KINE_RIGHT_IO, 0xe9, 1);
  const Actor driver = fork(init), other = fork(init);
  EXPECT_FALSE(devices.io_allowed);
  ASSERT_EQ(driver.call(KINE_IO, com1), 0);
  EXPECT_TRUE(devices.io_allowed) << "at once";
  ASSERT_EQ(driver.call(KINE_IO, debug), 0);
  ASSERT_EQ(devices.io.count, 2u);
  EXPECT_EQ(devices.io.ranges[0].first, 0x3f8u);
  EXPECT_EQ(devices.io.ranges[0].count, 8u);
  EXPECT_EQ(devices.io.ranges[1].first, 0xe9u);
  ASSERT_EQ(other.call(KINE_IO, debug), 0);  // (WholeKernel looks whose ports are open, whoever runs)
  ASSERT_EQ(devices.io.count, 1u);
  EXPECT_EQ(devices.io.ranges[0].first, 0xe9u);
  EXPECT_EQ(init.call(nr::getpid), 1);
  EXPECT_FALSE(devices.io_allowed);
  EXPECT_EQ(driver.call(nr::getpid), driver.pid());
  EXPECT_EQ(devices.io.count, 2u);
  const Actor child = fork(driver);
  EXPECT_FALSE(devices.io_allowed) << "a fork's child has none";
  EXPECT_EQ(child.process().io.count, 0u);
  const ArchiveFile file = kernel.file("/bin/other");
  ASSERT_EQ(driver.call(KINE_EXEC, KINE_ARCHIVE_ADDRESS + file.offset, file.bytes, driver.put_text("/x"), 0, 0), 0);
  EXPECT_FALSE(devices.io_allowed) << "nor after exec";
  ASSERT_EQ(other.call(nr::exit, 0), Actor::kEnded);
  EXPECT_FALSE(devices.io_allowed);
}

TEST_F(RightTest, FourRightsAtATime) {
  const int64_t right = cut(0, KINE_RIGHT_IO, 0x3f8, 8);
  const Actor driver = fork(init);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(driver.call(KINE_IO, right), 0);
  EXPECT_EQ(driver.call(KINE_IO, right), error(Errno::kENOSPC));
}

// --- device memory ---

TEST_F(RightTest, DeviceMemoryIsMappedSharedAndWritable) {
  const int64_t right = cut(0, KINE_RIGHT_MEMORY, kDevice, kDeviceBytes);
  const Actor driver = fork(init);
  const int64_t at = driver.call(KINE_MAP, right);
  ASSERT_GT(at, 0);
  const Pte entry = driver.process().space->ruling({static_cast<uint64_t>(at)}).entry;
  EXPECT_TRUE(entry.shared());
  EXPECT_EQ(entry.rights(), Rights::rw());
  EXPECT_EQ(entry.frame().number, kDevice / kPageSize);
  ASSERT_TRUE(kernel.run(driver.pid()));
  ASSERT_TRUE(kernel.store(static_cast<uint64_t>(at) + kPageSize, 'V'));
  EXPECT_EQ(arena.at({static_cast<uint32_t>(kDevice / kPageSize) + 1})[0], std::byte{'V'});
  (void)fork(driver);  // which runs
  ASSERT_TRUE(kernel.store(static_cast<uint64_t>(at), 'W')) << "a child shares it";
  EXPECT_EQ(arena.at({static_cast<uint32_t>(kDevice / kPageSize)})[0], std::byte{'W'});
  EXPECT_EQ(driver.get<char>(at), 'W');
  check_rules("with the display mapped twice");
}

// --- looking ---

TEST_F(RightTest, ProcessesByPid) {
  const Actor child = fork(init);
  ASSERT_EQ(child.call(nr::setsid), child.pid());
  ASSERT_EQ(child.call(nr::setuid, 5), 0);
  EXPECT_EQ(init.call(KINE_PROCESS, 0, 0, kOut), 0);
  kine_process seen = init.get<kine_process>(kOut);
  EXPECT_EQ(seen.pid, 1);
  EXPECT_EQ(seen.parent, 0);
  EXPECT_EQ(seen.state, uint32_t{'R'});
  EXPECT_STREQ(seen.name, "init");
  EXPECT_EQ(init.call(KINE_PROCESS, 0, 2, kOut), 0);
  seen = init.get<kine_process>(kOut);
  EXPECT_EQ(seen.pid, child.pid());
  EXPECT_EQ(seen.parent, 1);
  EXPECT_EQ(seen.group, child.pid());
  EXPECT_EQ(seen.session, child.pid());
  EXPECT_EQ(seen.uid, 5u);
  EXPECT_GT(seen.frames_cow + seen.tables_shared, 0u) << "shared with init";
  EXPECT_EQ(init.call(KINE_PROCESS, 0, child.pid() + 1, kOut), error(Errno::kESRCH));
  ASSERT_EQ(child.call(nr::pause), Actor::kWaits);
  EXPECT_EQ(init.call(KINE_PROCESS, 0, 2, kOut), 0);
  EXPECT_EQ(init.get<kine_process>(kOut).state, uint32_t{'S'});
  ASSERT_EQ(init.call(nr::kill, child.pid(), SIGSTOP), 0);
  EXPECT_EQ(child.result(), Actor::kWaits);
  EXPECT_EQ(init.call(KINE_PROCESS, 0, 2, kOut), 0);
  EXPECT_EQ(init.get<kine_process>(kOut).state, uint32_t{'T'});
  ASSERT_EQ(init.call(nr::kill, child.pid(), SIGKILL), 0);
  EXPECT_EQ(child.result(), Actor::kEnded);
  EXPECT_EQ(init.call(KINE_PROCESS, 0, 2, kOut), 0);
  EXPECT_EQ(init.get<kine_process>(kOut).state, uint32_t{'Z'});
  EXPECT_EQ(init.call(KINE_RANGES, 0, child.pid(), 0, kOut, 5), 0) << "a zombie has no memory";
  EXPECT_EQ(init.call(KINE_PROCESS, 0, 1, 8), error(Errno::kEFAULT));
}

TEST_F(RightTest, RangesInOrder) {
  std::vector<kine_range> found;
  for (uint64_t from = 0;;) {
    const int64_t count = init.call(KINE_RANGES, 0, 1, from, kOut, 3);
    ASSERT_GE(count, 0);
    ASSERT_LE(count, 3);
    for (int64_t i = 0; i < count; ++i) found.push_back(init.get<kine_range>(kOut + static_cast<uint64_t>(i) * sizeof(kine_range)));
    if (count < 3) break;
    from = found.back().end;
  }
  ASSERT_GT(found.size(), 5u);
  for (size_t i = 0; i < found.size(); ++i) {
    EXPECT_LT(found[i].begin, found[i].end);
    if (i > 0) {
      EXPECT_LE(found[i - 1].end, found[i].begin);
    }
  }
  EXPECT_EQ(found[0].begin, 0x400000u);
  EXPECT_EQ(found[0].end, 0x401000u);
  EXPECT_EQ(found[0].rights, 1u);
  EXPECT_EQ(found[0].pages, 1u);
  EXPECT_EQ(found[1].rights, 5u) << "text";
  const auto memory = std::find_if(found.begin(), found.end(), [](const kine_range& r) { return r.begin == Actor::kMemory; });
  ASSERT_NE(memory, found.end());
  EXPECT_EQ(memory->end, Actor::kMemory + Actor::kMemoryBytes);
  EXPECT_EQ(memory->rights, 3u);
  EXPECT_EQ(memory->pages, Actor::kMemoryBytes / kPageSize);
  EXPECT_EQ(init.call(KINE_RANGES, 0, 77, 0, kOut, 3), error(Errno::kESRCH));
  EXPECT_EQ(init.call(KINE_RANGES, 0, 1, 0, 8, 3), error(Errno::kEFAULT));
  EXPECT_EQ(init.call(KINE_RANGES, 0, 1, 0, kOut, 0), 0);
}

TEST_F(RightTest, StatisticsCountMessages) {
  const Service s = make_service();
  EXPECT_EQ(init.call(KINE_STATISTICS, 0, kOut), 0);
  const kine_statistics before = init.get<kine_statistics>(kOut);
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(s.client.call(nr::read, s.fd, 0, 0), Actor::kWaits);
    EXPECT_EQ(s.server.reply(s.server.receive(s.port).token, 0), 0);
  }
  EXPECT_EQ(init.call(KINE_STATISTICS, 0, kOut), 0);
  const kine_statistics after = init.get<kine_statistics>(kOut);
  EXPECT_EQ(after.messages, before.messages + 3);
  EXPECT_EQ(after.processes, 3u);
  EXPECT_EQ(after.frames_total, frames.total());
}

}  // namespace
}  // namespace kine
