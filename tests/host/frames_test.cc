// Frames and tables: who has which frame, what a table's record says of it, and what becomes of both when they go.
#include <gtest/gtest.h>

#include <set>

#include "machine/mmu.hh"

namespace kine {
namespace {

constexpr uint32_t kFirst = 3, kCount = 20;

class FramesTest : public ::testing::Test {
 protected:
  FramesTest() : records(kFirst + kCount + 2) {
    start_machine(static_cast<uint32_t>(records.size()));
    frames.start(records.data(), static_cast<uint32_t>(records.size()));
    frames.add_memory({kFirst}, kCount);
    poison_free_frames();
  }
  ~FramesTest() override { mmu = Mmu(); }

  static Frame take(FrameKind kind) {
    Result<Frame> frame = frames.take(kind, Claim::kOrdinary);
    EXPECT_TRUE(frame);
    return *frame;
  }
  static Frame take_zeroed(FrameKind kind) {
    Result<Frame> frame = frames.take_zeroed(kind, Claim::kOrdinary);
    EXPECT_TRUE(frame);
    return *frame;
  }
  static bool all_zero(Frame frame) {
    for (uint64_t i = 0; i < kPageSize; ++i)
      if (arena.at(frame)[i] != std::byte{0}) return false;
    return true;
  }
  static FrameKind kind_of(Frame frame) { return frames.record(frame).kind; }

  std::vector<FrameRecord> records;
};

TEST_F(FramesTest, HandsOutEachFrameOnceAndNoneThatIsNotMemory) {
  std::set<uint32_t> seen;
  for (uint32_t i = 0; i < kCount; ++i) {
    const Frame frame = i % 2 ? take(FrameKind::kPage) : take_zeroed(FrameKind::kObject);
    EXPECT_TRUE(frame.number >= kFirst && frame.number < kFirst + kCount) << frame.number;
    EXPECT_TRUE(seen.insert(frame.number).second) << "handed out twice: " << frame.number;
    EXPECT_EQ(frames.record(frame).count, 1u);
    EXPECT_EQ(frames.free(), kCount - i - 1);
  }
  EXPECT_EQ(frames.take(FrameKind::kPage, Claim::kOrdinary).error(), Errno::kENOMEM);
  EXPECT_EQ(frames.take_zeroed(FrameKind::kPage, Claim::kReserve).error(), Errno::kENOMEM);
  EXPECT_EQ(frames.total(), kCount);
}

TEST_F(FramesTest, MemoryIsAddedOnce) {
  EXPECT_THROW(frames.add_memory({kFirst + 2}, 1), MachineError);
  EXPECT_THROW(frames.adopt_pages({kFirst}, 1), MachineError);
  EXPECT_THROW(frames.add_memory({0}, 1), MachineError) << "frame 0 stands for none";
}

TEST_F(FramesTest, TheLastReferenceCondemnsAndReapingFrees) {
  const Frame page = take(FrameKind::kPage);
  arena.at(page)[0] = std::byte{0x5a};
  frames.add_reference(page);
  frames.unlink(page);
  EXPECT_FALSE(frames.reap_one()) << "one reference is left";
  frames.unlink(page);
  EXPECT_EQ(frames.free(), kCount - 1) << "condemned is not free: a processor may still reach it";
  EXPECT_EQ(arena.at(page)[0], std::byte{0x5a});
  EXPECT_TRUE(frames.reap_one());
  EXPECT_EQ(frames.free(), kCount);
  EXPECT_EQ(kind_of(page), FrameKind::kFree);
  EXPECT_FALSE(frames.reap_one());
}

TEST_F(FramesTest, CountsGoFarBeyondEightBits) {
  const Frame page = take(FrameKind::kPage);
  for (int i = 0; i < 70'000; ++i) frames.add_reference(page);
  EXPECT_EQ(frames.record(page).count, 70'001u);
  for (int i = 0; i < 70'000; ++i) frames.unlink(page);
  EXPECT_FALSE(frames.reap_one());
  EXPECT_EQ(frames.record(page).count, 1u);
}

TEST_F(FramesTest, AvailableReapsWhatIsMissingAndNoMore) {
  std::vector<Frame> pages;
  for (uint32_t i = 0; i < kCount; ++i) pages.push_back(take(FrameKind::kPage));
  EXPECT_FALSE(frames.available(1, Claim::kOrdinary));
  for (int i = 0; i < 5; ++i) frames.unlink(pages[i]);
  EXPECT_TRUE(frames.available(2, Claim::kOrdinary));
  EXPECT_EQ(frames.free(), 2u);
  EXPECT_FALSE(frames.available(6, Claim::kOrdinary));
  EXPECT_EQ(frames.free(), 5u);
  EXPECT_FALSE(frames.available(~uint64_t{0} - 100, Claim::kOrdinary));
}

TEST_F(FramesTest, ATableGivesUpWhatItPointsAt) {
  const Frame root = take_zeroed(FrameKind::kRoot);
  Machine::map_kernel(root);
  const Frame upper = take_zeroed(FrameKind::kTable), lower = take_zeroed(FrameKind::kTable);
  const Frame own = take(FrameKind::kPage), shared = take(FrameKind::kPage);
  frames.add_reference(shared);
  Table(root).set(1, Pte::table(upper));
  Table(root).set(0, Pte::promise(Rights::rw()));
  Table(upper).set(2, Pte::table(lower));
  Table(lower).set(0, Pte::page(own, Rights::rw()));
  Table(lower).set(kEntries - 1, Pte::page(shared, Rights::rw()));
  frames.unlink(root);
  EXPECT_EQ(frames.free(), kCount - 5);
  EXPECT_TRUE(frames.reap_one());
  EXPECT_EQ(frames.free(), kCount - 4) << "a step frees one table";
  EXPECT_EQ(kind_of(root), FrameKind::kZeroed);
  EXPECT_TRUE(frames.reap_one());
  EXPECT_TRUE(frames.reap_one());
  EXPECT_FALSE(frames.reap_one());
  EXPECT_EQ(kind_of(own), FrameKind::kFree);
  EXPECT_EQ(frames.record(shared).count, 1u);
  EXPECT_EQ(frames.free(), kCount - 1);
  for (const Frame table : {root, upper, lower}) EXPECT_TRUE(all_zero(table)) << "frame " << table.number << " is called zeroed";
}

TEST_F(FramesTest, ZeroedFramesAreZeroWhereverTheyComeFrom) {
  const Frame table = take_zeroed(FrameKind::kTable);
  Table(table).fill(Pte::promise(Rights::r()));
  const Frame page = take(FrameKind::kPage);
  arena.at(page)[kPageSize - 1] = std::byte{1};
  frames.unlink(table);
  frames.unlink(page);
  frames.reap_all();
  poison_free_frames();
  for (uint32_t i = 0; i < kCount; ++i) EXPECT_TRUE(all_zero(take_zeroed(i % 2 ? FrameKind::kPage : FrameKind::kTable)));
}

TEST_F(FramesTest, TheReserveServesOnlyItsOwn) {
  frames.start(records.data(), static_cast<uint32_t>(records.size()));
  records.assign(200, {});
  start_machine(200);
  frames.start(records.data(), 200);
  frames.add_memory({8}, 128);
  frames.set_reserve();
  EXPECT_TRUE(frames.available(124, Claim::kOrdinary));
  EXPECT_FALSE(frames.available(125, Claim::kOrdinary));
  EXPECT_TRUE(frames.available(128, Claim::kReserve));
  for (int i = 0; i < 124; ++i) ASSERT_TRUE(frames.take(FrameKind::kPage, Claim::kOrdinary));
  EXPECT_EQ(frames.take(FrameKind::kPage, Claim::kOrdinary).error(), Errno::kENOMEM);
  EXPECT_EQ(frames.take_zeroed(FrameKind::kPage, Claim::kOrdinary).error(), Errno::kENOMEM);
  EXPECT_TRUE(frames.take(FrameKind::kPage, Claim::kReserve));
}

// --- tables ---

TEST_F(FramesTest, ATablesRecordFollowsItsEntries) {
  Table table(take_zeroed(FrameKind::kTable));
  EXPECT_TRUE(table.unused());
  table.set(1, Pte::promise(Rights::r()));
  table.set(1, Pte::promise(Rights::rw()));
  table.set(kEntries - 1, Pte::promise(Rights::r()));
  EXPECT_EQ(frames.record(table.frame()).used, 2);
  table.set(1, Pte());
  table.set(1, Pte());
  EXPECT_EQ(frames.record(table.frame()).used, 1);
  std::vector<unsigned> visited;
  table.for_each_used([&](unsigned index, Pte) { visited.push_back(index); });
  EXPECT_EQ(visited, std::vector<unsigned>{kEntries - 1});
  table.set(kEntries - 1, Pte());
  EXPECT_TRUE(table.unused());
}

TEST_F(FramesTest, AFullTableKnowsIt) {
  Table table(take(FrameKind::kTable));
  table.fill(Pte::promise(Rights::rw()));
  EXPECT_TRUE(table.full());
  unsigned visited = 0;
  table.for_each_used([&](unsigned index, Pte entry) { visited += index == visited && entry == Pte::promise(Rights::rw()); });
  EXPECT_EQ(visited, kEntries);
  table.set(0, Pte());
  EXPECT_FALSE(table.full());
}

TEST_F(FramesTest, SharingATableTakesWritingFromBothAndCountsOnce) {
  Table table(take_zeroed(FrameKind::kTable)), copy(take_zeroed(FrameKind::kTable));
  const Frame page = take(FrameKind::kPage), shared = take(FrameKind::kPage);
  table.set(0, Pte::page(page, Rights::rw()).writable_now());
  table.set(2, Pte::page(shared, Rights::rw(), true).writable_now());
  table.set(kEntries - 1, Pte::promise(Rights::rx()));
  table.share_entries_with(copy);
  EXPECT_EQ(copy[0], Pte::page(page, Rights::rw()));
  EXPECT_EQ(table[0], copy[0]) << "both lose R/W";
  EXPECT_EQ(copy[2], Pte::page(shared, Rights::rw(), true));
  EXPECT_EQ(table[2], copy[2]);
  EXPECT_TRUE(copy[1].empty());
  EXPECT_EQ(copy[kEntries - 1], Pte::promise(Rights::rx()));
  EXPECT_EQ(frames.record(page).count, 2u);
  EXPECT_EQ(frames.record(shared).count, 2u);
  EXPECT_EQ(frames.record(copy.frame()).used, frames.record(table.frame()).used);
  EXPECT_EQ(frames.record(copy.frame()).groups, frames.record(table.frame()).groups);
}

}  // namespace
}  // namespace kine
