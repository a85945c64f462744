// Every sequence of up to so many operations out of a fixed list, on two processes with a fan-out of 4 and so few frames that memory runs
// out, too. Depth first, with a snapshot a level; after each step everything is compared and audited.
//
// Pruned where nothing is lost: a state that was reached before with at least as many operations to come is not entered again. A state is
// the frames' contents and records, the roots and the processor's caches, taken as a hash of 64 bits; the model follows from these once the
// comparison has passed.
#include <gtest/gtest.h>

#include <unordered_map>

#include "world.hh"

namespace kine {
namespace {

using Kind = Operation::Kind;

// A table of level 0 spans 4 pages, one of level 1 spans 16: [14, 22) has a whole lowest table and parts of two others, below two tables of
// level 1.
constexpr Operation kOperations[] = {
    {.kind = Kind::kMap, .process = 0, .at = {14, 8}, .rights = Rights::rw()},
    {.kind = Kind::kStore, .process = 0, .value = 0xa1, .address = {15 * kPageSize + 3}},
    {.kind = Kind::kStore, .process = 0, .value = 0xa2, .address = {17 * kPageSize + 31}},
    {.kind = Kind::kStore, .process = 1, .value = 0xb1, .address = {15 * kPageSize + 3}},
    {.kind = Kind::kLoad, .process = 1, .address = {17 * kPageSize}},
    {.kind = Kind::kFork, .process = 0, .other = 1, .strategy = ForkStrategy::kTree},
    {.kind = Kind::kFork, .process = 1, .other = 0, .strategy = ForkStrategy::kPages},
    {.kind = Kind::kExit, .process = 0},
    {.kind = Kind::kExit, .process = 1},
    {.kind = Kind::kUnmap, .process = 0, .at = {15, 3}},
    {.kind = Kind::kProtect, .process = 0, .at = {14, 4}, .rights = Rights::r()},
    {.kind = Kind::kProtect, .process = 1, .at = {15, 6}, .rights = Rights::rw()},
    {.kind = Kind::kMove, .process = 1, .at = {41, 4}, .from = {14, 4}},
    {.kind = Kind::kMapShared, .process = 0, .at = {15, 2}, .rights = Rights::rw()},
    {.kind = Kind::kShare, .process = 1, .other = 0, .at = {32, 8}, .from = {12, 8}},
    {.kind = Kind::kBorrow, .process = 1, .other = 0, .at = {33, 4}, .from = {14, 4}, .rights = Rights::rw()},
    {.kind = Kind::kFork, .process = 0, .other = 1, .strategy = ForkStrategy::kEager},
    {.kind = Kind::kUnmap, .process = 1, .at = {17, 5}},
    {.kind = Kind::kMapArchive, .process = 0, .at = {14, 2}, .rights = Rights::rw(), .value = 0},
    {.kind = Kind::kExec, .process = 1, .at = {14, 1}, .rights = Rights::rw(), .value = 0xe1},
    {.kind = Kind::kStore, .process = 1, .value = 0xb2, .address = {33 * kPageSize + 9}},
    {.kind = Kind::kProtect, .process = 0, .at = {15, 1}, .rights = Rights::none()},
    {.kind = Kind::kCopyOut, .process = 0, .value = 0xc1, .address = {15 * kPageSize + 20}, .length = 30, .running = false},
};

class Search {
 public:
  Search(Span<const Operation> operations, unsigned depth, bool prefetch)
      : world_({.frames = 24}), operations_(operations), depth_(depth), states_(depth + 1), path_(depth) {
    world_.set_prefetch(prefetch);
  }

  void run() {
    world_.save(states_[0]);
    explore(0);
    ::testing::Test::RecordProperty("played", static_cast<int>(played_));
    EXPECT_GT(played_, 100'000u);
    EXPECT_GT(refused_, 1000u) << "memory must run out, too";
  }

 private:
  void explore(unsigned at) {
    for (size_t i = 0; i < operations_.size(); ++i) {
      const Operation& op = operations_[i];
      world_.restore(states_[at]);
      if (!world_.applicable(op)) continue;
      path_[at] = &op;
      step(op, at);
      if (at + 1 == depth_) continue;
      const unsigned left = depth_ - at - 1;
      unsigned& seen = seen_[world_.hash()];
      if (seen >= left) continue;
      seen = left;
      world_.save(states_[at + 1]);
      explore(at + 1);
    }
  }

  void step(const Operation& op, unsigned at) {
    try {
      const Errno result = world_.play(op);
      if (result == Errno::kENOMEM && all_or_nothing(op)) world_.check_unchanged(states_[at]);
      world_.check();
      ++played_;
      if (result == Errno::kENOMEM) ++refused_;
    } catch (const std::logic_error& error) {
      std::string text = std::string(error.what()) + "\nafter:";
      for (unsigned i = 0; i <= at; ++i) text += "\n  " + describe(*path_[i]);
      throw Broken(text);
    }
  }

  World world_;
  Span<const Operation> operations_;
  unsigned depth_;
  std::vector<World::Snapshot> states_;  // [n]: after n operations of the path
  std::vector<const Operation*> path_;
  std::unordered_map<uint64_t, unsigned> seen_;  // state -> operations to come when it was entered
  uint64_t played_ = 0, refused_ = 0;
};

TEST(Exhaustive, SixOperationsOnAProcessorThatRunsAhead) { Search(kOperations, 6, true).run(); }
TEST(Exhaustive, SixOperationsOnOneThatCachesWhatItUses) { Search(kOperations, 6, false).run(); }
TEST(Exhaustive, SevenOfTheFirstSixteen) { Search({kOperations, 16}, 7, true).run(); }
TEST(Exhaustive, NineOfTheFirstTwelve) { Search({kOperations, 12}, 9, true).run(); }

}  // namespace
}  // namespace kine
