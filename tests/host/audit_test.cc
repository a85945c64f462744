// The audit finds each error that is planted, and names the rule and the frame.
#include <gtest/gtest.h>

#include <functional>

#include "world.hh"

namespace kine {
namespace {

constexpr uint64_t kAt = uint64_t{kEntries} * kEntries;
constexpr VirtAddr address(uint64_t page) { return {page * kPageSize}; }

// Process 0 has written pages kAt and kAt + 1 (the second since it forked process 1), and kAt + 2 is a promise; frame lists have free and
// zeroed ones.
class AuditTest : public ::testing::Test {
 protected:
  AuditTest() : world({.processes = 3, .frames = 60}) {
    world.perform(map(0, {kAt, 3}));
    world.perform(store(0, kAt, 1));
    world.perform(store(0, kAt + 1, 1));
    world.perform(fork(0, 1));
    world.perform(store(0, kAt + 1, 2));
    world.perform(fork(1, 2));
    world.perform(exit(2));
  }

  Frame table(unsigned process, unsigned level) {
    Frame at = world.space(process).root();
    for (unsigned l = kRootLevel; l > level; --l) at = Machine::table(at)[index_of(address(kAt), l)].frame();
    return at;
  }
  // The entry of `level` on the way to page kAt + `page`.
  Pte& entry(unsigned process, unsigned level, uint64_t page = 0) {
    return Machine::table(table(process, level))[index_of(address(kAt + page), level)];
  }
  FrameRecord& page_record(uint64_t page) { return frames.record(entry(0, 0, page).frame()); }
  Frame some(FrameKind kind) {
    for (uint32_t i = 1; i < frames.limit(); ++i)
      if (frames.record({i}).kind == kind) return {i};
    return {};
  }

  // Plants an error, expects the audit to name it twice (it must not be confused by its own first run), and to be content again after the
  // repair.
  template <class T>
  void finds(const char* rule, T& planted_in, T value, Frame frame = {}) {
    Machine::load_root(Machine::kernel_root());
    const T was = planted_in;
    planted_in = value;
    for (int run = 0; run < 2; ++run) {
      const AuditFinding finding = world.audit();
      ASSERT_NE(finding.rule, nullptr) << "expected: " << rule << ", seen: nothing";
      EXPECT_NE(std::string(finding.rule).find(rule), std::string::npos) << "expected: " << rule << ", seen: " << finding.rule;
      EXPECT_NE(finding.expected, finding.seen);
      EXPECT_TRUE(!frame || finding.frame == frame) << rule << ", seen frame " << finding.frame.number;
    }
    planted_in = was;
    const AuditFinding after = world.audit();
    EXPECT_EQ(after.rule, nullptr) << "after the repair of: " << rule << ", seen: " << after.rule;
  }

  World world;
};

constexpr char kWrongCount[] = "count is not the number of its references";

TEST_F(AuditTest, ACountTooHigh) { finds(kWrongCount, page_record(0).count, 3u, entry(0, 0).frame()); }
TEST_F(AuditTest, ACountTooLow) { finds(kWrongCount, page_record(0).count, 1u, entry(0, 0).frame()); }
TEST_F(AuditTest, ACountOfATable) { finds(kWrongCount, frames.record(table(1, kRootLevel - 1)).count, 2u); }
TEST_F(AuditTest, AnEntryThatNobodyCounted) { finds(kWrongCount, entry(1, 0, 1), entry(1, 0, 0)); }

TEST_F(AuditTest, ALeakedFrame) {
  Result<Frame> leaked = frames.take(FrameKind::kPage, Claim::kOrdinary);
  const AuditFinding finding = world.audit();
  ASSERT_NE(finding.rule, nullptr);
  EXPECT_NE(std::string(finding.rule).find(kWrongCount), std::string::npos) << finding.rule;
  EXPECT_EQ(finding.frame, *leaked);
  frames.unlink(*leaked);
  EXPECT_EQ(world.audit().rule, nullptr);
}

TEST_F(AuditTest, AFrameFreedWhileAnEntryPointsAtIt) {
  finds("points at a frame of another kind", page_record(0).kind, FrameKind::kFree);
  finds("points at a frame of another kind", frames.record(table(0, 1)).kind, FrameKind::kZeroed);
}

TEST_F(AuditTest, WritableWhileShared) {
  constexpr char kRule[] = "a writable entry points at a frame that others reference";
  finds(kRule, entry(0, 0), entry(0, 0).writable_now(), entry(0, 0).frame());
  finds(kRule, entry(1, 0), entry(1, 0).writable_now(), entry(1, 0).frame());
  world.perform(fork(0, 2));
  finds(kRule, entry(2, kRootLevel), entry(2, kRootLevel).writable_now(), table(2, kRootLevel - 1));
}

TEST_F(AuditTest, AMapSharedPageMayBeWritableWhileShared) {
  world.perform(map_shared(0, {kAt + 1, 1}));
  world.perform(fork(0, 2));
  world.perform(store(0, kAt + 1, 1));
  world.perform(store(2, kAt + 1, 2));
  EXPECT_TRUE(entry(0, 0, 1).writable() && frames.record(entry(0, 0, 1).frame()).count > 1);
}

TEST_F(AuditTest, WritableAgainstTheMapping) {
  finds("hardware may write a page whose mapping forbids it", entry(0, 0, 1), entry(0, 0, 1).with_rights(Rights::r()).writable_now());
}

TEST_F(AuditTest, BothWrittenAndExecuted) {
  constexpr char kRule[] = "both written and executed";
  finds(kRule, entry(0, 0, 1), entry(0, 0, 1).with_rights(Rights(true, true, true)));
  finds(kRule, entry(0, 0, 2), Pte::promise(Rights(true, true, true)));
}

TEST_F(AuditTest, EntriesThatAreNothing) {
  finds("points outside memory", entry(0, 0, 1), Pte::page({frames.limit()}, Rights::r()), table(0, 0));
  finds("points outside memory", entry(0, 0, 1), Pte::page({0}, Rights::r()), table(0, 0));
  finds("neither empty, present nor a promise", entry(0, 0, 2), Pte(0x5000), table(0, 0));
  finds("a page's entry has bits that nothing sets", entry(0, 0, 1), Pte(entry(0, 0, 1).bits() | 0x80));
  finds("a page's entry has bits that nothing sets", entry(0, 0, 1), Pte(entry(0, 0, 1).bits() & ~uint64_t{0x40}));
  finds("a table's entry has bits that nothing sets", entry(0, 1), Pte(entry(0, 1).bits() | 0x80));
  finds("points at a frame of another kind", entry(0, 0, 1), Pte::page(table(0, 1), Rights::r()));
  finds("points at a frame of another kind", entry(0, 1), Pte::table(entry(0, 0).frame()));
}

TEST_F(AuditTest, ATablesRecord) {
  FrameRecord& record = frames.record(table(0, 0));
  finds("counts its used entries wrongly", record.used, static_cast<uint16_t>(record.used + 1), table(0, 0));
  finds("in a group that its table's record calls empty", record.groups, uint64_t{0}, table(0, 0));
}

TEST_F(AuditTest, AnEmptyTable) {
  Result<Frame> empty = frames.take_zeroed(FrameKind::kTable, Claim::kOrdinary);
  Table lowest(table(0, 1));
  const unsigned index = index_of(address(kAt), 1) + 1;
  lowest.set(index, Pte::table(*empty));
  const AuditFinding finding = world.audit();
  ASSERT_NE(finding.rule, nullptr);
  EXPECT_STREQ(finding.rule, "an empty table was not freed");
  EXPECT_EQ(finding.frame, *empty);
  lowest.set(index, Pte());
  frames.unlink(*empty);
  EXPECT_EQ(world.audit().rule, nullptr);
}

TEST_F(AuditTest, AZeroedFrameThatIsNotZero) {
  const Frame zeroed = some(FrameKind::kZeroed);
  ASSERT_TRUE(zeroed);
  finds("a zeroed frame is not zero", arena.at(zeroed)[kPageSize - 1], std::byte{1}, zeroed);
}

TEST_F(AuditTest, FreeFrames) {
  finds("a free frame is in no list", frames.record(kKernelRoot).kind, FrameKind::kFree);
  Frame last = some(FrameKind::kFree);  // of the list: links end in 0
  while (frames.record(last).count != 0) last = {frames.record(last).count};
  finds("a list of free frames leads outside memory", frames.record(last).count, frames.limit() + 7);
  finds("a list of free frames holds one that is not", frames.record(last).kind, FrameKind::kAbsent, last);
  finds("a frame's count is not", frames.record(some(FrameKind::kFree)).kind, FrameKind::kPage);
}

}  // namespace
}  // namespace kine
