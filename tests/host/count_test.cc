// Counts of 8 bits: what adds a reference to a frame that has as many as can be counted is refused with ENOMEM, and nothing has changed
// (CVE-2016-0728, CVE-2019-11487: a count that wraps makes a page free that somebody still has). Built with KINE_COUNT_BITS=8.
#include <gtest/gtest.h>

#include "world.hh"

namespace kine {
namespace {

static_assert(!kCountsSuffice && Machine::kMostReferences == 255);

constexpr uint64_t kAt = uint64_t{kEntries} * kEntries;
constexpr unsigned kMany = 300;

class Counts : public ::testing::Test {
 protected:
  Counts() : world({.processes = kMany, .frames = 16 * kMany}) {
    world.perform(map(0, {kAt, 2 * kEntries}));
    world.perform(store(0, kAt, 1));
    world.perform(store(0, kAt + kEntries, 2));
  }
  // Plays it until it is refused; how often it was done.
  unsigned until_refused(const std::function<Operation(unsigned)>& next) {
    World::Snapshot before;
    for (unsigned done = 0; done < kMany; ++done) {
      world.save(before);
      const Operation op = next(done);
      const Errno result = world.play(op);
      if (result == Errno::kENOMEM) {
        world.check_unchanged(before);
        world.check();
        return done;
      }
      EXPECT_EQ(result, Errno::kOk) << describe(op);
    }
    world.check();
    return kMany;
  }
  uint32_t count_of(uint64_t page) { return frames.record(world.space(0).ruling({page * kPageSize}).entry.frame()).count; }

  World world;
};

TEST_F(Counts, ForkIsRefusedWhenATableHasAsManyOwnersAsCanBeCounted) {
  EXPECT_EQ(until_refused([](unsigned done) { return fork(0, done + 1); }), 254u);
  world.perform(exit(7));
  world.perform(fork(0, 7));  // one has gone: there is room for one
  EXPECT_EQ(world.play(fork(0, 299)), Errno::kENOMEM);
  world.check();
  for (unsigned child = 1; child <= 254; ++child) world.perform(store(child, kAt, static_cast<uint8_t>(child)));
  world.perform(store(0, kAt, 3));
  world.end();
}

TEST_F(Counts, ForkIsRefusedWhenAPageHas) {
  EXPECT_EQ(until_refused([](unsigned done) { return fork(0, done + 1, ForkStrategy::kPages); }), 254u);
  EXPECT_EQ(count_of(kAt), 255u);
  world.end();
}

TEST_F(Counts, SharedMemoryIsCountedToo) {
  world.perform(map_shared(0, {2 * kAt, 1}));
  EXPECT_EQ(until_refused([](unsigned done) { return fork(0, done + 1, ForkStrategy::kEager); }), 254u);
  EXPECT_EQ(count_of(2 * kAt), 255u);
  world.end();
}

TEST_F(Counts, APageIsLentAsOftenAsCanBeCounted) {
  constexpr unsigned kPlaces = 5 * kAt;  // in each process
  for (unsigned process = 1; process <= 4; ++process) world.perform(fork(0, process, ForkStrategy::kEager));
  EXPECT_EQ(until_refused([](unsigned done) { return share(1 + done / kPlaces, 0, {kAt, 1}, 2 * kAt + done % kPlaces); }), 254u);
  EXPECT_EQ(count_of(kAt), 255u);
  world.end();
}

TEST_F(Counts, ACopiedTableAddsOneReferenceForEachOfItsEntries) {
  // Every entry of a table leads to one page: a copy of the table adds as many references at once.
  const uint64_t table = 2 * kAt;
  for (unsigned entry = 0; entry < kEntries; ++entry) world.perform(share(0, 0, {kAt, 1}, table + entry));
  const uint32_t each = kEntries;
  unsigned copies = 0;
  Errno result = Errno::kOk;
  for (unsigned child = 1; child < 200 && result == Errno::kOk; ++child) {
    world.perform(fork(0, child));
    // (The world knows of no other reason for ENOMEM than want of frames.)
    try {
      result = world.play(store(child, table, 9));
    } catch (const Broken& broken) {
      ASSERT_NE(std::string(broken.what()).find("refused memory"), std::string::npos) << broken.what();
      result = Errno::kENOMEM;
    }
    world.check();
    copies += result == Errno::kOk;
  }
  EXPECT_EQ(result, Errno::kENOMEM) << "a fault that cannot count is a fault without memory";
  EXPECT_GE(copies, (255 - each) / each / 2);
  EXPECT_LE(count_of(kAt), 255u);
  world.end();
}

TEST_F(Counts, ARangeIsRefusedBeforeItsFirstChange) {
  // To take out a part of a shared table, that table is copied.
  const uint64_t table = 2 * kAt;
  for (unsigned entry = 0; entry < kEntries; ++entry) world.perform(share(0, 0, {kAt, 1}, table + entry));
  World::Snapshot before;
  Errno result = Errno::kOk;
  for (unsigned child = 1; child < 200 && result == Errno::kOk; ++child) {
    world.perform(fork(0, child));
    world.save(before);
    const Operation op = child % 2 ? protect(child, {table, 1}, Rights::r()) : unmap(child, {table + 1, 1});
    result = world.play(op);
    if (result != Errno::kOk) world.check_unchanged(before);
    world.check();
  }
  EXPECT_EQ(result, Errno::kENOMEM);
  world.end();
}

TEST_F(Counts, AMoveIsRefusedBeforeItsFirstChange) {
  const uint64_t from = 2 * kAt;
  for (unsigned entry = 0; entry < kEntries; ++entry) world.perform(share(0, 0, {kAt, 1}, from + entry));
  World::Snapshot before;
  Errno result = Errno::kOk;
  for (unsigned child = 1; child < 200 && result == Errno::kOk; ++child) {
    world.perform(fork(0, child));
    world.save(before);
    result = world.play(move(child, {from + 1, 2}, {3 * kAt + 1, 2}));
    if (result != Errno::kOk) world.check_unchanged(before);
    world.check();
  }
  EXPECT_EQ(result, Errno::kENOMEM);
  world.end();
}

}  // namespace
}  // namespace kine
