// What fork, faults and the kernel's copies cost and leave behind, counted exactly. World::perform compares all
// bytes and runs the audit after each step; here the numbers are looked at.
#include <gtest/gtest.h>

#include "mm/user_copy.hh"
#include "world.hh"

namespace kine {
namespace {

constexpr uint64_t kAt = uint64_t{kEntries} * kEntries;  // where a level-1 table begins
constexpr Pages kRange{kAt, kEntries + 2};               // a whole lowest table and a part of the next
constexpr uint64_t kMany = kEntries < 8 ? kEntries : 8;  // pages to touch
constexpr VirtAddr address(uint64_t page) { return {page * kPageSize}; }

// What happened since it was made.
class Since {
 public:
  uint32_t taken() const { return free_ - frames.free(); }
  uint64_t operator()(uint64_t Events::*event) const { return machine_events.*event - events_.*event; }

 private:
  uint32_t free_ = frames.free();
  Events events_ = machine_events;
};

class Sharing : public ::testing::Test {
 protected:
  Sharing() : world({.processes = 4, .frames = 400}) {}

  // Process 0 has written `count` pages of kRange, from its first on.
  void touch(uint64_t count) {
    world.perform(map(0, kRange));
    for (uint64_t i = 0; i < count; ++i) world.perform(store(0, kAt + i, static_cast<uint8_t>(i + 1)));
  }
  Pte leaf(unsigned process, uint64_t page) { return world.space(process).ruling(address(page)).entry; }
  uint32_t count_of(unsigned process, uint64_t page) { return frames.record(leaf(process, page).frame()).count; }

  World world;
};

TEST_F(Sharing, ForkTakesOneFrameHoweverMuchIsTouched) {
  for (const uint64_t touched : {uint64_t{0}, uint64_t{1}, kMany}) {
    touch(touched);
    const Since since;
    world.perform(fork(0, 1));
    EXPECT_EQ(since.taken(), 1u) << "the child's root, for " << touched << " touched pages";
    EXPECT_EQ(since(&Events::tables_copied) + since(&Events::pages_copied), 0u);
    EXPECT_EQ(since(&Events::forks), 1u);
    world.perform(exit(1));
  }
}

TEST_F(Sharing, FirstWriteAfterForkCopiesThePathAndThePage) {
  touch(kMany);
  world.perform(fork(0, 1));
  const Since since;
  world.perform(store(1, kAt, 0x99));
  EXPECT_EQ(world.last_verdict(), FaultVerdict::kCopied);
  EXPECT_EQ(since(&Events::tables_copied), kRootLevel) << "one table of each level below the root";
  EXPECT_EQ(since(&Events::pages_copied), 1u);
  EXPECT_EQ(since(&Events::tables_reused), 0u);
  EXPECT_EQ(since.taken(), kRootLevel + 1);
}

TEST_F(Sharing, SecondWriteCopiesNothingAndDoesNotFault) {
  touch(kMany);
  world.perform(fork(0, 1));
  world.perform(store(1, kAt, 0x99));
  const Since since;
  const unsigned faults = world.faults();
  world.perform(store(1, kAt, 0x9a));
  EXPECT_EQ(world.faults(), faults);
  EXPECT_EQ(since.taken(), 0u);
}

TEST_F(Sharing, LaterWriteIntoTheSameTableCopiesThePageOnly) {
  touch(kMany);
  world.perform(fork(0, 1));
  world.perform(store(1, kAt, 0x99));
  const Since since;
  world.perform(store(1, kAt + 1, 0x98));
  EXPECT_EQ(world.last_verdict(), FaultVerdict::kCopied);
  EXPECT_EQ(since(&Events::tables_copied), 0u);
  EXPECT_EQ(since(&Events::pages_copied), 1u);
  EXPECT_EQ(since.taken(), 1u);
}

TEST_F(Sharing, LastOwnerTakesThePathBackAndCopiesNothing) {
  touch(kMany);
  world.perform(fork(0, 1));
  world.perform(store(1, kAt, 0x99));
  const Since since;
  world.perform(store(0, kAt, 0x11));  // the child has its own copies of all on this path
  EXPECT_EQ(world.last_verdict(), FaultVerdict::kReused);
  EXPECT_EQ(since(&Events::tables_reused), kRootLevel);
  EXPECT_EQ(since(&Events::tables_copied) + since(&Events::pages_copied), 0u);
  EXPECT_EQ(since.taken(), 0u);
}

TEST_F(Sharing, ParentOfADeadChildCopiesNothing) {
  touch(kMany);
  world.perform(fork(0, 1));
  world.perform(exit(1));
  const Since since;
  world.perform(store(0, kAt, 0x11));
  EXPECT_EQ(world.last_verdict(), FaultVerdict::kReused);
  EXPECT_EQ(since.taken(), 0u);
  const unsigned faults = world.faults();
  world.perform(store(0, kAt + 1, 0x12));
  EXPECT_EQ(world.faults(), faults) << "one take-back at the top serves all pages that never lost R/W below";
}

TEST_F(Sharing, ChildSeesTheParentsBytesAsTheyWereAndTheReverse) {
  touch(kMany);
  world.perform(fork(0, 1));
  for (uint64_t i = 0; i < kMany; ++i) {
    world.perform(store(i % 2, kAt + i, static_cast<uint8_t>(0x80 + i)));  // World compares whole pages of both
    world.perform(load(1 - i % 2, kAt + i));
  }
}

TEST_F(Sharing, ReadOfAPromiseInSharedTablesServesBoth) {
  touch(1);
  world.perform(fork(0, 1));
  const Since since;
  world.perform(load(1, kAt + 1));
  EXPECT_EQ(since.taken(), 1u);
  EXPECT_EQ(since(&Events::tables_copied), 0u) << "a promise is kept in place";
  EXPECT_EQ(leaf(0, kAt + 1).frame(), leaf(1, kAt + 1).frame());
  EXPECT_EQ(count_of(0, kAt + 1), 1u) << "one entry, in a table that both use";
  world.perform(store(0, kAt + 1, 0x42));  // World: the child still reads zeros
}

TEST_F(Sharing, ReadOfAWidePromiseInSharedTablesSplitsInPlace) {
  world.perform(map(0, {0, kAt}));  // one promise at level 2
  world.perform(fork(0, 1));
  const Since since;
  world.perform(load(1, 3));
  EXPECT_EQ(since(&Events::tables_split), 2u);
  EXPECT_EQ(leaf(0, 3).frame(), leaf(1, 3).frame());
}

TEST_F(Sharing, FirstWriteIntoAWidePromiseSplitsOneTableALevel) {
  world.perform(map(0, {kAt, kAt}));  // one promise at level 2
  const Since since;
  world.perform(store(0, kAt + 5, 1));
  EXPECT_EQ(world.last_verdict(), FaultVerdict::kZeroed);
  EXPECT_EQ(since(&Events::tables_split), 2u);
  EXPECT_EQ(since(&Events::pages_zeroed), 1u);
  EXPECT_EQ(since.taken(), 3u);
  const Since later;
  world.perform(store(0, kAt + 6, 1));
  EXPECT_EQ(later.taken(), 1u);
}

TEST_F(Sharing, DroppingAChildThatSharedEverythingIsOneStep) {
  touch(kMany);
  world.perform(fork(0, 1));
  Machine::load_root(Machine::kernel_root());
  const uint32_t before = frames.free();
  world.space(1).destroy();
  EXPECT_TRUE(frames.reap_one()) << "the root";
  EXPECT_FALSE(frames.reap_one()) << "nothing below it lost its last reference";
  EXPECT_EQ(frames.free(), before + 1);
}

TEST_F(Sharing, AChildHasItsParentsHeapAndItsOwnCounters) {
  world.space(0).heap_start = address(3);
  world.space(0).heap_end = address(5) + 1;
  touch(1);
  world.perform(fork(0, 1));
  EXPECT_EQ(world.space(1).heap_start, address(3));
  EXPECT_EQ(world.space(1).heap_end, address(5) + 1);
  EXPECT_EQ(world.space(1).events.pages_zeroed, 0u);
  EXPECT_EQ(world.space(0).events.forks, 1u);
}

TEST_F(Sharing, HundredsOfSharersAreCounted) {
  constexpr unsigned kChildren = kCountsSuffice ? 300 : 250;  // counts of 8 bits refuse more: count_test.cc
  World many({.processes = kChildren + 1, .frames = 2000});
  many.perform(map(0, kRange));
  many.perform(store(0, kAt, 7));
  const Since since;
  for (unsigned child = 1; child <= kChildren; ++child) ASSERT_EQ(many.play(fork(0, child)), Errno::kOk);
  many.check();
  EXPECT_EQ(since.taken(), kChildren);
  const Pte top = Machine::table(many.space(0).root())[index_of(address(kAt), kRootLevel)];
  EXPECT_EQ(frames.record(top.frame()).count, kChildren + 1);
  for (unsigned child = 1; child <= kChildren; child += 7) ASSERT_EQ(many.play(store(child, kAt, 8)), Errno::kOk);
  many.check();
  for (unsigned child = kChildren; child > 0; --child) ASSERT_EQ(many.play(exit(child)), Errno::kOk);
  many.check();
  many.perform(store(0, kAt, 9));
  EXPECT_EQ(many.last_verdict(), FaultVerdict::kReused);
  many.end();
}

TEST_F(Sharing, ASecondForkOfSharedPagesSharesThemAgain) {
  touch(2);
  world.perform(fork(0, 1));
  world.perform(fork(0, 2));
  world.perform(fork(1, 3));
  for (const unsigned process : {3u, 0u, 2u, 1u}) {
    world.perform(store(process, kAt, static_cast<uint8_t>(0xd0 + process)));
    world.perform(store(process, kAt + 1, static_cast<uint8_t>(0xe0 + process)));
  }
}

TEST_F(Sharing, SharedMappingsStayShared) {
  world.perform(map_shared(0, {kAt - 1, 3}));
  world.perform(fork(0, 1));
  const Since since;
  world.perform(store(1, kAt, 0x31));
  EXPECT_EQ(world.last_verdict(), FaultVerdict::kReused);
  EXPECT_EQ(since(&Events::pages_copied), 0u);
  world.perform(load(0, kAt));
  world.perform(store(0, kAt, 0x32));
  world.perform(load(1, kAt));
  EXPECT_EQ(leaf(0, kAt).frame(), leaf(1, kAt).frame());
}

TEST_F(Sharing, SharedMappingsAreFilledWhenTheyAreMapped) {
  const Since since;
  world.perform(map_shared(0, {kAt, 3}));
  EXPECT_EQ(since(&Events::pages_zeroed), 3u);
  EXPECT_TRUE(leaf(0, kAt + 2).present() && leaf(0, kAt + 2).shared());
  const Since later;
  world.perform(store(0, kAt + 2, 5));
  EXPECT_EQ(later.taken(), 0u);
}

TEST_F(Sharing, EagerForkCopiesEveryPageAndPagesForkEveryTable) {
  touch(3);
  world.perform(map_archive(0, {kAt + 8, 1}, Rights::rx()));
  const uint64_t tables = kRootLevel + (index_of(address(kAt + 8), 1) != index_of(address(kAt), 1)) +
                          (index_of(address(kAt + kEntries), 1) != index_of(address(kAt + 8), 1));
  const Since pages;
  world.perform(fork(0, 1, ForkStrategy::kPages));
  EXPECT_EQ(pages(&Events::pages_copied), 0u);
  EXPECT_EQ(pages.taken(), 1 + pages(&Events::tables_copied));
  EXPECT_GE(pages(&Events::tables_copied), tables);
  const Since one_page;
  world.perform(store(1, kAt, 0x71));
  EXPECT_EQ(one_page.taken(), 1u) << "tables are the child's own, the page is shared";
  const Since eager;
  world.perform(fork(0, 2, ForkStrategy::kEager));
  EXPECT_EQ(eager(&Events::pages_copied), 4u);
  const unsigned faults = world.faults();
  world.perform(store(2, kAt, 0x72));
  EXPECT_EQ(world.faults(), faults);
}

// --- rights ---

TEST_F(Sharing, NoAccessBeyondTheMappingsRights) {
  constexpr Rights kAll[] = {Rights::none(), Rights::r(), Rights::rx(), Rights::rw()};
  for (const bool forked : {false, true}) {
    for (unsigned i = 0; i < 4; ++i) {
      const uint64_t promise = kAt + 8 * i, page = promise + 1, archive = promise + 2;
      world.perform(map(0, {promise, 1}, kAll[i]));
      world.perform(map(0, {page, 1}));
      world.perform(store(0, page, 0x21));
      world.perform(protect(0, {page, 1}, kAll[i]));
      world.perform(map_archive(0, {archive, 1}, kAll[i]));
    }
    if (forked) world.perform(fork(0, 1));
    for (unsigned i = 0; i < 4; ++i) {
      for (uint64_t page = kAt + 8 * i; page < kAt + 8 * i + 3; ++page) {
        const auto expected = [&](Rights wanted) { return kAll[i].contains(wanted) ? Errno::kOk : Errno::kEFAULT; };
        for (unsigned process = 0; process < 1u + forked; ++process) {
          world.perform(fetch(process, page), expected(Rights::rx()));
          world.perform(copy_in(process, address(page), 1), expected(Rights::r()));
          world.perform(load(process, page), expected(Rights::r()));
          world.perform(copy_out(process, address(page), 1, 0x22), expected(Rights::rw()));
          world.perform(store(process, page, 0x23), expected(Rights::rw()));
        }
      }
    }
  }
}

TEST_F(Sharing, AddressesBeyondUserSpaceAreBad) {
  constexpr uint64_t kEnd = kUserEnd.value, kTop = uint64_t{1} << 63;
  for (const uint64_t bad : {kEnd, kEnd + 1, kEnd + kPageSize, kEnd | kTop, ~uint64_t{0}, kTop, uint64_t{0xffff'8000'0000'0000}}) {
    for (const Access access : {Access::kRead, Access::kWrite, Access::kFetch}) {
      EXPECT_EQ(world.space(0).fault({bad}, access), FaultVerdict::kBad) << std::hex << bad;
      EXPECT_EQ(world.space(0).reach({bad}, access).error(), Errno::kEFAULT) << std::hex << bad;
    }
  }
  world.perform(map(0, {kUserPages - 1, 1}));
  world.perform(store(0, kUserPages - 1, 1));
  world.perform(copy_out(0, address(kUserPages) - 1, 2, 9), Errno::kEFAULT);
}

TEST_F(Sharing, ContentsOutliveProtNone) {
  touch(2);
  world.perform(protect(0, {kAt, 3}, Rights::none()));
  world.perform(load(0, kAt), Errno::kEFAULT);
  world.perform(fork(0, 1));
  world.perform(protect(1, {kAt, 3}, Rights::rw()));
  world.perform(load(1, kAt));
  world.perform(store(1, kAt + 1, 0x55));
  world.perform(load(0, kAt + 1), Errno::kEFAULT);
}

TEST_F(Sharing, ProtectOfSharedPagesDoesNotLetAWriteThrough) {
  touch(2);
  world.perform(fork(0, 1));
  world.perform(protect(1, {kAt, 2}, Rights::r()));
  world.perform(protect(1, {kAt, 2}, Rights::rw()));
  EXPECT_FALSE(leaf(1, kAt).writable()) << "the parent references the page, too";
  world.perform(store(1, kAt, 0x61));
}

TEST_F(Sharing, ProtectGivesTheOnlyOwnerWritingWithoutAFault) {
  touch(2);
  world.perform(protect(0, {kAt, 2}, Rights::r()));
  world.perform(protect(0, {kAt, 2}, Rights::rw()));
  EXPECT_TRUE(leaf(0, kAt).writable());
}

TEST_F(Sharing, AFaultThatTheTablesAllowOnlyForgetsTheOldTranslation) {
  touch(1);
  const Since since;
  const uint64_t flushes = mmu.flushes_page;
  EXPECT_EQ(world.space(0).fault(address(kAt), Access::kRead), FaultVerdict::kAlready);
  EXPECT_EQ(world.space(0).fault(address(kAt), Access::kWrite), FaultVerdict::kAlready);
  EXPECT_EQ(mmu.flushes_page, flushes + 2);
  EXPECT_EQ(since.taken(), 0u);
}

// --- the kernel's copies ---

TEST_F(Sharing, KernelWritesBreakSharingLikeFaults) {
  touch(kMany);
  world.perform(fork(0, 1));
  const Since since;
  world.perform(copy_out(1, address(kAt + 1) - 3, 6, 0x5c));  // across two pages
  EXPECT_EQ(since(&Events::pages_copied), 2u);
  EXPECT_EQ(since(&Events::tables_copied), kRootLevel);
  const Since again;
  world.perform(copy_out(1, address(kAt + 1) - 3, 6, 0x5d));
  EXPECT_EQ(again.taken(), 0u);
}

TEST_F(Sharing, KernelReadsCopyNothing) {
  touch(2);
  world.perform(fork(0, 1));
  const Since since;
  world.perform(copy_in(1, address(kAt), 2 * kPageSize));
  EXPECT_EQ(since.taken(), 0u);
  world.perform(copy_in(1, address(kAt + 2), kPageSize));
  EXPECT_EQ(since.taken(), 1u) << "a promise";
}

TEST_F(Sharing, CopyOutIsAllOrNothing) {
  world.perform(map(0, {kAt, 1}));
  world.perform(map(0, {kAt + 1, 1}, Rights::r()));
  world.perform(store(0, kAt, 0x10));
  world.perform(copy_out(0, address(kAt) + 1, kPageSize, 0x77), Errno::kEFAULT);  // World: the first page is as it was
}

TEST_F(Sharing, BytesTravelBetweenProcesses) {
  touch(2);
  world.perform(fork(0, 1));
  const char text[] = "seven";
  ASSERT_TRUE(copy_out(world.space(0), address(kAt) + 2, text, sizeof text));
  ASSERT_TRUE(copy_across(world.space(0), address(kAt) + 2, world.space(1), address(kAt + 1) - 3, sizeof text));
  char seen[sizeof text] = {};
  ASSERT_TRUE(copy_in(world.space(1), seen, address(kAt + 1) - 3, sizeof text));
  EXPECT_STREQ(seen, text);
  EXPECT_EQ(*string_length(world.space(1), address(kAt + 1) - 3, 100), 5u);
  EXPECT_EQ(string_length(world.space(1), address(kAt + 1) - 3, 5).error(), Errno::kENAMETOOLONG);
  ASSERT_TRUE(zero_out(world.space(1), address(kAt + 1) - 2, 3));
  EXPECT_EQ(*string_length(world.space(1), address(kAt + 1) - 3, 100), 1u);
  EXPECT_EQ(*string_length(world.space(0), address(kAt) + 2, 100), 5u);
  EXPECT_EQ(string_length(world.space(0), address(kAt + kEntries + 2) - 0, 9).error(), Errno::kEFAULT);
}

// --- without memory ---

TEST_F(Sharing, AFaultWithoutMemorySaysSoAndChangesNoMeaning) {
  touch(2);
  world.perform(fork(0, 1));
  for (uint32_t left = 0; left <= kRootLevel; ++left) {
    world.limit_free(left);
    world.perform(store(1, kAt, 0x91), Errno::kENOMEM);
    EXPECT_EQ(world.last_verdict(), FaultVerdict::kNoMemory);
    world.perform(load(1, kAt));
    world.perform(load(0, kAt));
    world.unlimit();
    world.perform(exit(1));
    world.perform(fork(0, 1));
  }
}

TEST_F(Sharing, AForkWithoutMemoryLeavesTheParentWritingWithoutFaults) {
  touch(2);
  world.limit_free(0);
  for (const ForkStrategy strategy : {ForkStrategy::kTree, ForkStrategy::kPages, ForkStrategy::kEager})
    world.perform(fork(0, 1, strategy), Errno::kENOMEM);
  const unsigned faults = world.faults();
  world.perform(store(0, kAt, 0x92));
  EXPECT_EQ(world.faults(), faults);
}

TEST_F(Sharing, TheLastFramesServeOnlyTheReserve) {
  frames.set_reserve();
  const uint32_t reserve = frames.total() / 32;
  touch(1);
  world.perform(fork(0, 1));
  AddressSpace important;
  ASSERT_TRUE(important.create(Claim::kReserve));
  ASSERT_TRUE(important.map(kRange.range(), Rights::rw()));
  world.limit_free(reserve);
  EXPECT_EQ(world.space(1).fault(address(kAt), Access::kWrite), FaultVerdict::kNoMemory);
  EXPECT_EQ(world.play(fork(0, 2)), Errno::kENOMEM);
  EXPECT_EQ(important.fault(address(kAt), Access::kWrite), FaultVerdict::kZeroed);
  AddressSpace child;
  EXPECT_EQ(child.fork_from(important, ForkStrategy::kTree).error(), Errno::kENOMEM) << "a child is an ordinary process";
  important.destroy();
  world.unlimit();
  world.perform(store(1, kAt, 1));
}

}  // namespace
}  // namespace kine
