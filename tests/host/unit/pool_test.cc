// The pool of small objects: no cell twice, no frame longer than needed.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "machine/mmu.hh"
#include "mm/pool.hh"

namespace kine {
namespace {

struct Cell {
  explicit Cell(uint64_t value) { std::fill_n(words, Pool::kCellBytes / sizeof(uint64_t), value); }
  bool intact() const {
    return std::all_of(words, words + Pool::kCellBytes / sizeof(uint64_t), [&](uint64_t word) { return word == words[0]; });
  }
  uint64_t words[Pool::kCellBytes / sizeof(uint64_t)];
};

class PoolTest : public ::testing::Test {
 protected:
  static constexpr unsigned kFrames = 64, kInFrame = kPageSize / Pool::kCellBytes - 1;

  PoolTest() : records(kKernelRoot.number + 1 + kFrames) {
    start_machine(static_cast<uint32_t>(records.size()));
    frames.start(records.data(), static_cast<uint32_t>(records.size()));
    frames.add_memory({kKernelRoot.number + 1}, kFrames);
    frames.set_reserve();
  }
  ~PoolTest() override {
    mmu = Mmu();
    frames.start(nullptr, 0);
  }
  Cell* make(uint64_t value = 0, Claim claim = Claim::kOrdinary) {
    Result<Cell*> made = pool.make<Cell>(claim, value);
    return made ? *made : nullptr;
  }
  unsigned used() {
    frames.reap_all();
    unsigned listed = 0;
    pool.for_each_frame([&](Frame frame) {
      EXPECT_EQ(frames.record(frame).kind, FrameKind::kObject);
      EXPECT_EQ(frames.record(frame).count, 1u);
      ++listed;
    });
    EXPECT_EQ(listed, kFrames - frames.free());
    return listed;
  }

  std::vector<FrameRecord> records;
  Pool pool;
};

TEST_F(PoolTest, AFrameHoldsManyAndGoesWithTheLast) {
  EXPECT_EQ(used(), 0u);
  std::vector<Cell*> cells;
  for (unsigned i = 0; i < kInFrame; ++i) {
    cells.push_back(make(i));
    EXPECT_EQ(reinterpret_cast<uint64_t>(cells.back()) % 16, 0u);
  }
  EXPECT_EQ(used(), 1u);
  cells.push_back(make(kInFrame));
  EXPECT_EQ(used(), 2u);
  for (unsigned i = 0; i < cells.size(); ++i) EXPECT_TRUE(cells[i]->intact() && cells[i]->words[0] == i) << i;
  pool.give_back(cells.back());
  EXPECT_EQ(used(), 1u) << "at once";
  cells.pop_back();
  for (Cell* cell : cells) pool.give_back(cell);
  EXPECT_EQ(used(), 0u);
}

TEST_F(PoolTest, FreeCellsComeBeforeFreshFrames) {
  std::vector<Cell*> cells;
  for (unsigned i = 0; i < 3 * kInFrame; ++i) cells.push_back(make(i));
  ASSERT_EQ(used(), 3u);
  for (const unsigned i : {5u, kInFrame + 5, 2 * kInFrame + 5}) pool.give_back(cells[i]);
  for (int i = 0; i < 3; ++i) EXPECT_NE(make(), nullptr);
  EXPECT_EQ(used(), 3u);
  EXPECT_NE(make(), nullptr);
  EXPECT_EQ(used(), 4u);
}

TEST_F(PoolTest, TheReserveIsForTheReserve) {
  unsigned made = 0;
  while (make()) ++made;
  EXPECT_EQ(made, (kFrames - kFrames / 32) * kInFrame);
  EXPECT_EQ(pool.make<Cell>(Claim::kOrdinary, 0).error(), Errno::kENOMEM);
  EXPECT_NE(make(0, Claim::kReserve), nullptr);
}

TEST_F(PoolTest, RandomlyMadeAndGivenBack) {
  std::mt19937_64 random(5);
  std::vector<Cell*> cells;
  for (uint64_t step = 0; step < 20000; ++step) {
    const bool more = cells.size() < 10 || (cells.size() < 20 * kInFrame && random() % 2);
    if (more) {
      cells.push_back(make(step));
      ASSERT_NE(cells.back(), nullptr);
    } else {
      const size_t index = random() % cells.size();
      ASSERT_TRUE(cells[index]->intact()) << step;
      pool.give_back(std::exchange(cells[index], cells.back()));
      cells.pop_back();
    }
    if (step % 500 == 0) {
      ASSERT_GE(used() * kInFrame, cells.size());
    }
  }
  for (Cell* cell : cells) ASSERT_TRUE(cell->intact());
  for (Cell* cell : cells) pool.give_back(cell);
  EXPECT_EQ(used(), 0u);
}

}  // namespace
}  // namespace kine
