// Every n-th allocation fails, for every n: with n frames left an operation either succeeds or says ENOMEM, and then nothing has changed
// and nothing was leaked. It succeeds exactly from the number of frames on that it takes with plenty of them.
#include <gtest/gtest.h>

#include "world.hh"

namespace kine {
namespace {

// `at` a boundary of level-1 entries: [at - 2, at + kEntries + 2) has a whole lowest table between parts of two others.
constexpr uint64_t kAt = uint64_t{kEntries} * kEntries;
constexpr Pages kRange{kAt - 2, kEntries + 4};
constexpr Pages kElsewhere{2 * kAt + kEntries, kEntries + 4};    // aligned unlike kRange
constexpr Pages kAligned{2 * kAt + kEntries - 2, kEntries + 4};  // aligned like it
constexpr Pages kFree{kAt + 3 * uint64_t{kEntries}, 3};

struct Case {
  const char* name;
  std::vector<Operation> before;
  std::vector<Operation> tried;
  bool may_ask_more = false;
};

std::vector<Operation> everything_that_takes_frames() {
  return {map(0, kRange),
          map(0, {kAt, 1}),
          map(0, kFree),
          map_shared(0, {kAt - 1, 4}),
          map_archive(0, {kAt - 1, 2}, Rights::rx()),
          unmap(0, {kAt - 1, 2}),
          unmap(0, {kAt + 1, kEntries}),
          protect(0, {kAt - 1, 3}, Rights::r()),
          protect(0, kRange, Rights::r()),
          forget(0, {kAt - 1, 3}),
          forget(0, kRange),
          share(1, 0, kRange, kElsewhere.first),
          share(1, 0, kRange, kAligned.first),
          borrow(1, 0, kRange, kElsewhere.first, Rights::rw()),
          borrow(1, 0, kRange, kAligned.first, Rights::r()),
          borrow(1, 0, {kAt - 1, 2}, kAt, Rights::rx()),
          store(0, kAt - 1, 0x77),
          store(0, kAt + 2, 0x77),
          load(0, kAt + 2),
          copy_out(0, {kAt * kPageSize + 1}, kPageSize - 2, 0x55),
          fork(0, 2),
          fork(0, 2, ForkStrategy::kPages),
          fork(0, 2, ForkStrategy::kEager),
          exec(0, {7, 2}, 0x66)};
}

std::vector<Case> cases() {
  const std::vector<Operation> touched{map(0, kRange), store(0, kAt - 1, 1), store(0, kAt, 2), store(0, kAt + kEntries, 3)};
  const auto with = [&](std::vector<Operation> more) {
    std::vector<Operation> all = touched;
    all.insert(all.end(), more.begin(), more.end());
    return all;
  };
  const std::vector<Operation> moves{move(0, kRange, kElsewhere), move(0, kRange, kAligned),
                                     move(0, kRange, {kAligned.first, kRange.count + 3}), move(0, kRange, {kAligned.first, 2})};
  return {{"promises", {map(0, kRange), fork(0, 1)}, everything_that_takes_frames()},
          {"own pages", with({fork(0, 1), exec(1, {7, 2}, 9)}), everything_that_takes_frames()},
          {"shared with a child", with({fork(0, 1)}), everything_that_takes_frames()},
          {"shared below the top", with({fork(0, 1), store(1, kAt - 1, 4)}), everything_that_takes_frames()},
          {"pages shared, tables own", with({fork(0, 1, ForkStrategy::kPages)}), everything_that_takes_frames()},
          {"moves of own pages", with({}), moves, true},
          {"moves of shared pages", with({fork(0, 1)}), moves, true}};
}

// What the operation takes with plenty of memory.
uint32_t frames_taken(World& world, const Operation& op, const World::Snapshot& start) {
  world.restore(start);
  const uint32_t before = frames.free();
  if (world.run(op) != Errno::kOk) throw Broken("with plenty of memory, expected success: " + describe(op));
  return before - frames.free();
}

void try_with_every_number_of_frames(World& world, const Operation& op, const World::Snapshot& start, bool may_ask_more) {
  const uint32_t taken = frames_taken(world, op, start);
  World::Snapshot limited;
  for (uint32_t left = 0;; ++left) {
    const std::string what = describe(op) + " with " + std::to_string(left) + " frames left";
    world.restore(start);
    world.limit_free(left);
    world.save(limited);
    const Errno result = world.play(op);
    if (result == Errno::kOk) {
      world.check();
      EXPECT_TRUE(left == taken || (may_ask_more && left >= taken))
          << "frames that make it succeed: expected " << taken << ", seen " << left << ", for " << what;
      return;
    }
    EXPECT_EQ(result, Errno::kENOMEM) << what;
    EXPECT_LT(left, taken + (may_ask_more ? 4 * Machine::kLevels : 0)) << what;
    if (all_or_nothing(op)) world.check_unchanged(limited);
    world.check();
    if (::testing::Test::HasFailure()) return;
    world.unlimit();
    world.end();  // nothing was leaked
  }
}

class Shortage : public ::testing::TestWithParam<size_t> {};

TEST_P(Shortage, EveryAllocationFailsOnce) {
  const Case test = cases()[GetParam()];
  World world({.processes = 3, .frames = 100});
  for (const Operation& op : test.before) world.perform(op);
  World::Snapshot start;
  world.save(start);
  for (const Operation& op : test.tried) try_with_every_number_of_frames(world, op, start, test.may_ask_more);
}

INSTANTIATE_TEST_SUITE_P(States, Shortage, ::testing::Range<size_t>(0, cases().size()), [](const auto& info) {
  std::string name = cases()[info.param].name;
  for (char& c : name)
    if (!isalnum(static_cast<unsigned char>(c))) c = '_';
  return name;
});

}  // namespace
}  // namespace kine
