// Ranges: map, unmap, protect, share and move at the boundaries of tables, what they cost, and the search for free space.
#include <gtest/gtest.h>

#include <functional>

#include "mm/usage.hh"
#include "world.hh"

namespace kine {
namespace {

constexpr uint64_t kN = kEntries;
constexpr uint64_t kAt = kN * kN;  // where a level-1 table begins
constexpr VirtAddr address(uint64_t page) { return {page * kPageSize}; }

static_assert(span_of(0) == kPageSize && span_of(1) == kPageSize * kEntries && span_of(2) == kPageSize * kEntries * kEntries);
static_assert(index_of(address(kAt - 1), 0) == kEntries - 1 && index_of(address(kAt - 1), 1) == kEntries - 1);
static_assert(index_of(address(kAt - 1), 2) == 0 && index_of(address(kAt), 2) == 1 && index_of(address(kAt), 1) == 0);
static_assert(page_of(address(3) + (kPageSize - 1)) == address(3) && offset_in_page(address(3) + 5) == 5);
static_assert(kUserEnd.value == Machine::kUserRootEntries * span_of(kRootLevel) - kPageSize);
static_assert(kEntries != 512 || kUserEnd.value == 0x7fff'ffff'f000);

class Ranges : public ::testing::Test {
 protected:
  Ranges() : world({.processes = 3, .frames = 300}) {}

  AddressSpace& space() { return world.space(0); }
  // Frames that an operation takes (before what it dropped is freed).
  uint32_t taken_by(const Operation& op) {
    const uint32_t before = frames.free();
    EXPECT_EQ(world.play(op), Errno::kOk) << describe(op);
    const uint32_t taken = before - frames.free();
    world.check();
    return taken;
  }
  // The same for ranges that are too wide for the model: only the audit checks them.
  static uint32_t taken_by(const std::function<Result<>()>& call, World& world) {
    const uint32_t before = frames.free();
    EXPECT_TRUE(call());
    const uint32_t taken = before - frames.free();
    const AuditFinding finding = world.audit();
    EXPECT_EQ(finding.rule, nullptr) << finding.rule;
    return taken;
  }
  uint32_t taken_by_map(Pages pages) {
    return taken_by([&] { return space().map(pages.range(), Rights::rw()); }, world);
  }
  uint32_t taken_by_unmap(Pages pages) {
    return taken_by([&] { return space().unmap(pages.range()); }, world);
  }
  uint32_t taken_by_protect(Pages pages, Rights rights) {
    return taken_by([&] { return space().protect(pages.range(), rights); }, world);
  }
  Pte leaf(unsigned process, uint64_t page) { return world.space(process).ruling(address(page)).entry; }

  World world;
};

TEST(PageRange, ContainsAndOverlaps) {
  constexpr PageRange kRange{address(2), address(5)};
  EXPECT_EQ(kRange.bytes(), 3 * kPageSize);
  EXPECT_TRUE(kRange.contains(address(2)) && kRange.contains(address(5) - 1));
  EXPECT_FALSE(kRange.contains(address(5)) || kRange.contains(address(2) - 1));
  EXPECT_TRUE(kRange.overlaps({address(4), address(9)}));
  EXPECT_FALSE(kRange.overlaps({address(5), address(9)}) || kRange.overlaps({address(0), address(2)}));
  EXPECT_TRUE((PageRange{address(2), address(2)}.empty()));
}

// --- map ---

TEST_F(Ranges, AnAlignedSpanIsOnePromise) {
  EXPECT_EQ(taken_by_map({kAt, kAt}), 1u) << "the table below the root";
  EXPECT_EQ(world.space(0).ruling(address(kAt + 3)).level, 2u);
  EXPECT_EQ(taken_by_map({2 * kAt, kN}), 1u);
  EXPECT_EQ(world.space(0).ruling(address(2 * kAt)).level, 1u);
  EXPECT_EQ(taken_by_map({2 * kAt + kN, 1}), 1u);
  EXPECT_EQ(world.space(0).ruling(address(2 * kAt + kN)).level, 0u);
}

TEST_F(Ranges, EdgesOfALargeRangeTakeTheirOwnTables) {
  // [kAt - 1, 2 kAt + 1): a page, a whole level-2 span, a page.
  EXPECT_EQ(taken_by_map({kAt - 1, kAt + 2}), 5u) << "one table of level 2, and two for each edge";
  EXPECT_EQ(space().ruling(address(kAt)).level, 2u);
  EXPECT_EQ(space().ruling(address(kAt - 1)).level, 0u);
  EXPECT_EQ(space().ruling(address(2 * kAt)).level, 0u);
}

TEST_F(Ranges, TheWholeOfUserSpaceCanBeMappedAndUnmapped) {
  const uint32_t before = frames.free();
  ASSERT_TRUE(space().map({{0}, kUserEnd}, Rights::rw()));
  EXPECT_TRUE(space().mapped({{0}, kUserEnd}));
  EXPECT_EQ(space().fault(kUserEnd - 1, Access::kWrite), FaultVerdict::kZeroed);
  EXPECT_EQ(space().fault(kUserEnd, Access::kWrite), FaultVerdict::kBad) << "the last page of the half stays out of reach";
  ASSERT_TRUE(space().unmap({{0}, kUserEnd}));
  frames.reap_all();
  EXPECT_EQ(frames.free(), before);
  world.check();
}

TEST_F(Ranges, MappingOverPagesDropsThem) {
  world.perform(map(0, {kAt - 1, kN + 2}));
  for (const uint64_t page : {kAt - 1, kAt, kAt + kN}) world.perform(store(0, page, 5));
  const uint32_t before = frames.free();
  world.perform(map(0, {kAt - 1, kN + 2}, Rights::r()));
  EXPECT_EQ(frames.free(), before + 4) << "three pages, and the lowest table that became one promise";
}

// --- unmap ---

TEST_F(Ranges, UnmapGivesBackEverything) {
  const uint32_t before = frames.free();
  world.perform(map(0, {kAt - 2, 2 * kN}));
  for (uint64_t page = kAt - 2; page < kAt + 4; ++page) world.perform(store(0, page, 5));
  world.perform(unmap(0, {kAt - 2, 3}));
  world.perform(unmap(0, {kAt + 1, 2 * kN}));
  EXPECT_EQ(frames.free(), before) << "emptied tables are freed, up to the root";
}

TEST_F(Ranges, UnmapOfNothingTakesAndChangesNothing) {
  EXPECT_EQ(taken_by(unmap(0, {0, kUserPages})), 0u);
  world.perform(map(0, {kAt, 1}));
  EXPECT_EQ(taken_by(unmap(0, {kAt + 1, 2 * kAt})), 0u);
  EXPECT_EQ(taken_by(unmap(0, {kAt, 0})), 0u);
}

TEST_F(Ranges, UnmapOfAWholeSharedTableTakesNoFrames) {
  taken_by_map({0, kN * kAt});  // all that the first root entry spans
  EXPECT_EQ(space().fault(address(1), Access::kWrite), FaultVerdict::kZeroed);
  AddressSpace child;
  ASSERT_TRUE(child.fork_from(space(), ForkStrategy::kTree));
  const uint32_t before = frames.free();
  ASSERT_TRUE(child.unmap(Pages{0, kN * kAt}.range()));
  EXPECT_EQ(frames.free(), before);
  EXPECT_TRUE(leaf(0, 1).present());
  child.destroy();
  EXPECT_EQ(world.audit().rule, nullptr);
}

TEST_F(Ranges, UnmapOfAPartOfSharedTablesCopiesThePathOnly) {
  world.perform(map(0, {kAt, 3}));
  world.perform(store(0, kAt + 1, 5));
  world.perform(fork(0, 1));
  EXPECT_EQ(taken_by(unmap(1, {kAt + 1, 1})), kRootLevel);
  world.perform(load(0, kAt + 1));
}

TEST_F(Ranges, UnmapSplitsAPromise) {
  taken_by_map({kAt, kAt});
  EXPECT_EQ(taken_by_unmap({kAt + 1, 1}), 2u);
  EXPECT_EQ(space().first_free(address(kAt), address(2 * kAt)), address(kAt + 1));
  EXPECT_EQ(space().first_used(address(kAt + 1), address(2 * kAt)), address(kAt + 2));
}

// --- protect ---

TEST_F(Ranges, ProtectNeedsEveryPageMapped) {
  world.perform(map(0, {kAt, 2}));
  world.perform(map(0, {kAt + 3, 2}));
  world.perform(protect(0, {kAt, 5}, Rights::r()), Errno::kENOMEM);
  EXPECT_EQ(leaf(0, kAt).rights(), Rights::rw()) << "nothing changed";
  world.perform(protect(0, {kAt + 3, 2}, Rights::r()));
}

TEST_F(Ranges, ProtectOfAWholePromiseTakesNoFrames) {
  taken_by_map({kAt, kAt});
  EXPECT_EQ(taken_by_protect({kAt, kAt}, Rights::rx()), 0u);
  EXPECT_EQ(taken_by_protect({kAt, kN}, Rights::r()), 1u);
  EXPECT_EQ(leaf(0, kAt + kN).rights(), Rights::rx());
}

TEST_F(Ranges, ProtectUnsharesTheTablesOfItsRangeAndNoPage) {
  world.perform(map(0, {kAt, kN + 1}));
  world.perform(store(0, kAt, 5));
  world.perform(store(0, kAt + kN, 6));
  world.perform(fork(0, 1));
  const uint64_t copied = machine_events.pages_copied;
  EXPECT_EQ(taken_by(protect(1, {kAt, kN + 1}, Rights::r())), kRootLevel + 1) << "the path, and the second lowest table";
  EXPECT_EQ(machine_events.pages_copied, copied);
  EXPECT_EQ(leaf(0, kAt).rights(), Rights::rw());
  EXPECT_EQ(leaf(0, kAt).frame(), leaf(1, kAt).frame());
}

// --- archive pages, share, move ---

TEST_F(Ranges, ArchivePagesAreCopiedWhenTheyAreWritten) {
  world.perform(map_archive(0, {kAt - 1, 2}, Rights::rw()));
  world.perform(load(0, kAt));
  EXPECT_EQ(taken_by(store(0, kAt, 9)), 1u);  // World: the archive is as it was
  world.perform(fork(0, 1));
  world.perform(store(1, kAt - 1, 9));
  world.perform(load(0, kAt - 1));
}

TEST_F(Ranges, WholeTablesAreSharedAsOneEntry) {
  world.perform(map(0, {kAt, 2 * kN}));
  for (uint64_t page = kAt; page < kAt + 3; ++page) world.perform(store(0, page, 5));
  world.perform(fork(0, 1));
  EXPECT_EQ(taken_by(share(1, 0, {kAt, 2 * kN}, 2 * kAt)), kRootLevel - 1) << "the tables on the way, but no lowest one";
  world.perform(store(1, 2 * kAt, 6));
  world.perform(store(0, kAt + 1, 7));
}

TEST_F(Ranges, UnalignedSharingGoesPageByPage) {
  world.perform(map(0, {kAt, kN}));
  world.perform(store(0, kAt + 1, 5));
  EXPECT_EQ(taken_by(share(0, 0, {kAt, 3}, 2 * kAt + 1)), kRootLevel - 1);
  EXPECT_EQ(leaf(0, kAt + 1).frame(), leaf(0, 2 * kAt + 2).frame());
  EXPECT_TRUE(leaf(0, 2 * kAt + 1).is_promise()) << "a promise is copied as one";
  world.perform(store(0, 2 * kAt + 2, 6));
  world.perform(store(0, kAt + 1, 7));
}

TEST_F(Ranges, SharingKeepsHolesAndMapShared) {
  world.perform(map_shared(0, {kAt, 1}));
  world.perform(map(0, {kAt + 2, 1}));
  world.perform(map(0, {2 * kAt, 4}));
  world.perform(share(0, 0, {kAt, 3}, 2 * kAt));
  EXPECT_FALSE(space().mapped({address(2 * kAt + 1), address(2 * kAt + 2)}));
  world.perform(store(0, 2 * kAt, 0x35));
  world.perform(load(0, kAt));
}

// --- borrow: what another process is shown ---

TEST_F(Ranges, BorrowedPagesHaveRightsOfTheirOwn) {
  world.perform(map(0, {kAt, 3}));
  world.perform(store(0, kAt, 5));
  world.perform(fork(0, 1));
  world.perform(exec(1, {7, 2}, 9));
  for (const Rights rights : {Rights::r(), Rights::rx(), Rights::rw(), Rights::none()}) {
    world.perform(borrow(1, 0, {kAt, 2}, 2 * kAt, rights));
    EXPECT_EQ(leaf(1, 2 * kAt).frame(), leaf(0, kAt).frame()) << "shared";
    EXPECT_FALSE(leaf(1, 2 * kAt).writable() || leaf(0, kAt).writable());
    EXPECT_TRUE(leaf(1, 2 * kAt + 1).is_promise()) << "a promise stays one";
    EXPECT_EQ(leaf(0, kAt).rights(), Rights::rw());
  }
  world.perform(protect(0, {kAt, 1}, Rights::r()));
  world.perform(borrow(1, 0, {kAt, 1}, 2 * kAt, Rights::rw()));
  world.perform(store(1, 2 * kAt, 6));  // World: the owner sees nothing of it
}

TEST_F(Ranges, WhatMayNotBeReadIsNotBorrowed) {
  world.perform(map(0, {kAt, 4}));
  world.perform(protect(0, {kAt + 1, 1}, Rights::none()));
  world.perform(borrow(0, 0, {kAt, 1}, 2 * kAt, Rights::r()));
  world.perform(borrow(0, 0, {kAt, 2}, 2 * kAt, Rights::r()), Errno::kEFAULT);
  world.perform(borrow(0, 0, {kAt + 3, 2}, 2 * kAt, Rights::r()), Errno::kEFAULT);
  world.perform(map_shared(0, {kAt + 2, 1}));
  world.perform(borrow(0, 0, {kAt + 2, 2}, 2 * kAt, Rights::r()), Errno::kEINVAL);
  world.perform(borrow(0, 0, {kAt, 0}, 2 * kAt, Rights::r()));
}

TEST_F(Ranges, LargePromisesAreBorrowedPageByPage) {
  world.perform(map(0, {kAt, 2 * kN}));
  ASSERT_TRUE(leaf(0, kAt).is_promise());
  world.perform(borrow(0, 0, {kAt + 1, kN + 1}, 2 * kAt + 3, Rights::r()));
  world.perform(load(0, 2 * kAt + 4));
  world.perform(store(0, 2 * kAt + 4, 1), Errno::kEFAULT);
}

// --- device memory ---

TEST_F(Ranges, DeviceMemoryIsSharedByAllAndNeverCopied) {
  const Frame device{kKernelRoot.number + 1};  // (the archive's pages play the device)
  const uint32_t references = frames.record(device).count;
  ASSERT_TRUE(space().map_frames(Pages{kAt, 2}.range(), device, Rights::rw(), true));
  EXPECT_EQ(leaf(0, kAt).frame(), device);
  EXPECT_EQ(leaf(0, kAt + 1).frame(), (Frame{device.number + 1}));
  EXPECT_TRUE(leaf(0, kAt).shared());
  EXPECT_EQ(leaf(0, kAt).rights(), Rights::rw());
  EXPECT_EQ(frames.record(device).count, references + 1);
  Machine::load_root(space().root());
  EXPECT_EQ(world.access(0, address(kAt), Access::kWrite)->number, device.number);
  EXPECT_EQ(world.audit().rule, nullptr);
  ASSERT_TRUE(world.space(1).fork_from(space(), ForkStrategy::kEager));
  Machine::load_root(world.space(1).root());
  EXPECT_EQ(world.access(1, address(kAt), Access::kWrite)->number, device.number);
  EXPECT_EQ(world.audit().rule, nullptr);
  Machine::load_root(space().root());
  world.space(1).destroy();
  ASSERT_TRUE(space().unmap(Pages{kAt, 2}.range()));
  frames.reap_all();
  EXPECT_EQ(frames.record(device).count, references);
  world.check();
}

// --- usage ---

TEST_F(Ranges, UsageCountsEachPageAndTableOnce) {
  const auto usage_of = [](const AddressSpace& of) {
    kine_process usage{};
    count_usage(of, usage);
    return usage;
  };
  EXPECT_EQ(usage_of(space()).tables_private, 1u) << "the root";
  world.perform(map(0, {kAt, kN}));
  world.perform(store(0, kAt, 1));
  world.perform(store(0, kAt + 1, 1));
  world.perform(map_shared(0, {2 * kAt, 1}));
  world.perform(map_archive(0, {3 * kAt, 1}, Rights::r()));
  kine_process usage = usage_of(space());
  EXPECT_EQ(usage.frames_private, 2u);
  EXPECT_EQ(usage.frames_cow, 1u) << "the archive's: the kernel has it too";
  EXPECT_EQ(usage.frames_shared, 1u);
  EXPECT_EQ(usage.promised, kN - 2);
  const uint64_t tables = usage.tables_private;
  EXPECT_EQ(usage.tables_shared, 0u);
  world.perform(fork(0, 1));
  usage = usage_of(space());
  EXPECT_EQ(usage.frames_private, 0u) << "below a shared table all is shared";
  EXPECT_EQ(usage.frames_cow, 3u);
  EXPECT_EQ(usage.frames_shared, 1u);
  EXPECT_EQ(usage.tables_private, 1u);
  EXPECT_EQ(usage.tables_shared, tables - 1);
  world.perform(store(0, kAt, 2));
  usage = usage_of(space());
  EXPECT_EQ(usage.frames_private, 1u);
  EXPECT_EQ(usage.frames_cow, 2u);
  EXPECT_EQ(usage_of(AddressSpace()).tables_private, 0u);
}

TEST_F(Ranges, RangesEndWhereRightsDo) {
  world.perform(map(0, {kAt, 3}));
  world.perform(map(0, {kAt + 3, 1}, Rights::r()));
  world.perform(map_shared(0, {kAt + 4, 1}, Rights::r()));
  world.perform(map(0, {kAt + 6, 2 * kN}));
  world.perform(store(0, kAt + 1, 1));
  const auto expect = [&](VirtAddr from, Pages pages, Rights rights, bool shared, uint64_t with_frames) {
    const kine_range found = next_range(space(), from);
    EXPECT_EQ(found.begin, pages.range().begin.value);
    EXPECT_EQ(found.end, pages.range().end.value);
    EXPECT_EQ(found.rights, rights.bits());
    EXPECT_EQ(found.shared, shared);
    EXPECT_EQ(found.pages, with_frames);
  };
  expect({0}, {kAt, 3}, Rights::rw(), false, 1);
  expect(address(kAt + 3), {kAt + 3, 1}, Rights::r(), false, 0);
  expect(address(kAt + 4), {kAt + 4, 1}, Rights::r(), true, 1);
  expect(address(kAt + 5), {kAt + 6, 2 * kN}, Rights::rw(), false, 0);
  for (const VirtAddr behind : {address(kAt + 6 + 2 * kN), kUserEnd, VirtAddr{~uint64_t{0}}}) {
    const kine_range found = next_range(space(), behind);
    EXPECT_EQ(found.begin, found.end);
  }
}

// --- move ---

TEST_F(Ranges, MoveCopiesNoPage) {
  for (const uint64_t to : {2 * kAt, 2 * kAt + kN - 1}) {
    world.perform(map(0, {kAt, kN + 1}));
    for (const uint64_t page : {kAt, kAt + 1, kAt + kN}) world.perform(store(0, page, 0x15));
    const uint64_t copied = machine_events.pages_copied;
    const Frame frame = leaf(0, kAt + 1).frame();
    world.perform(move(0, {kAt, kN + 1}, {to, kN + 1}));
    EXPECT_EQ(leaf(0, to + 1).frame(), frame);
    world.perform(store(0, to + 1, 0x16));
    EXPECT_EQ(world.last_verdict(), FaultVerdict::kReused);
    EXPECT_EQ(machine_events.pages_copied, copied);
    world.perform(unmap(0, {to, kN + 1}));
  }
}

TEST_F(Ranges, MoveGrowsWithTheRightsOfTheLastPageAndShrinks) {
  world.perform(map(0, {kAt, 2}));
  world.perform(protect(0, {kAt + 1, 1}, Rights::r()));
  world.perform(move(0, {kAt, 2}, {3 * kAt - 2, 5}));
  EXPECT_EQ(leaf(0, 3 * kAt + 2).rights(), Rights::r());
  world.perform(move(0, {3 * kAt - 2, 5}, {kAt, 1}));
  EXPECT_FALSE(space().mapped({address(kAt + 1), address(kAt + 2)}));
  world.perform(map_shared(0, {kAt, 1}));
  world.perform(move(0, {kAt, 1}, {kAt + 7, 3}));
  EXPECT_TRUE(leaf(0, kAt + 9).present() && leaf(0, kAt + 9).shared());
}

TEST_F(Ranges, MoveOfAHoleIsRefused) {
  world.perform(map(0, {kAt, 1}));
  world.perform(move(0, {kAt, 2}, {2 * kAt, 2}), Errno::kEFAULT);
}

TEST_F(Ranges, MoveOntoItselfIsABugOfTheKernel) {
  world.perform(map(0, {kAt, 4}));
  EXPECT_THROW((void)space().move(Pages{kAt, 3}.range(), Pages{kAt + 2, 3}.range()), MachineError);
}

TEST_F(Ranges, TakingOverLeavesTheOtherEmpty) {
  world.perform(map(0, {kAt, 2}));
  AddressSpace aside;
  ASSERT_TRUE(aside.create(Claim::kOrdinary));
  ASSERT_TRUE(aside.map(Pages{7, 1}.range(), Rights::r()));
  aside.heap_start = aside.heap_end = address(9);
  const Frame root = aside.root();
  Machine::load_root(root);
  space().take_over(aside);
  EXPECT_EQ(space().root(), root);
  EXPECT_EQ(aside.root(), Frame{});
  EXPECT_EQ(space().heap_end, address(9));
  frames.reap_all();
  EXPECT_EQ(world.audit().rule, nullptr);
}

// --- looking ---

TEST_F(Ranges, FirstUsedAndFirstFreeStopAtBoundaries) {
  EXPECT_EQ(space().first_used({0}, kUserEnd), kUserEnd);
  EXPECT_EQ(space().first_free({0}, kUserEnd), VirtAddr{0});
  world.perform(map(0, {kAt, kN + 1}));
  world.perform(store(0, kAt + 1, 1));  // a full lowest table, then a page in another
  EXPECT_EQ(space().first_used({0}, kUserEnd), address(kAt));
  EXPECT_EQ(space().first_used({0}, address(kAt)), address(kAt)) << "`end`, if there is none";
  EXPECT_EQ(space().first_used(address(kAt) + 3, kUserEnd), address(kAt) + 3) << "within the first page";
  EXPECT_EQ(space().first_free(address(kAt), kUserEnd), address(kAt + kN + 1));
  EXPECT_EQ(space().first_free(address(kAt), address(kAt + kN)), address(kAt + kN));
  EXPECT_TRUE(space().mapped(Pages{kAt, kN + 1}.range()));
  EXPECT_FALSE(space().mapped(Pages{kAt, kN + 2}.range()));
  EXPECT_TRUE(space().mapped(Pages{kAt - 1, 0}.range()));
}

TEST_F(Ranges, FindFreeFindsTheLowestHole) {
  const PageRange area = Pages{kAt, 4 * kN}.range();
  EXPECT_EQ(space().find_free(kPageSize, area)->value, address(kAt).value);
  world.perform(map(0, {kAt, 2 * kN}));
  world.perform(unmap(0, {kAt + 1, 1}));
  world.perform(unmap(0, {kAt + 3, 2}));
  AddressSpace& s = space();
  EXPECT_EQ(s.find_free(kPageSize, area)->value, address(kAt + 1).value);
  EXPECT_EQ(s.find_free(2 * kPageSize, area)->value, address(kAt + 3).value);
  EXPECT_EQ(s.find_free(kN * kPageSize, area)->value, address(kAt + 2 * kN).value) << "large ones are aligned";
}

TEST_F(Ranges, FindFreeGoesOnFromTheLastHitAndComesBack) {
  const PageRange area = Pages{kAt, 3}.range();
  EXPECT_EQ(space().find_free(kPageSize, area)->value, address(kAt).value);
  EXPECT_EQ(space().find_free(kPageSize, area)->value, address(kAt + 1).value);
  EXPECT_EQ(space().find_free(kPageSize, area)->value, address(kAt + 2).value);
  EXPECT_EQ(space().find_free(kPageSize, area)->value, address(kAt).value) << "nothing was mapped, so all is free";
  world.perform(map(0, {kAt, 2}));
  EXPECT_EQ(space().find_free(kPageSize, area)->value, address(kAt + 2).value);
  world.perform(map(0, {kAt + 2, 1}));
  EXPECT_EQ(space().find_free(kPageSize, area).error(), Errno::kENOMEM);
  world.perform(unmap(0, {kAt, 1}));
  EXPECT_EQ(space().find_free(kPageSize, area)->value, address(kAt).value);
}

TEST_F(Ranges, FindFreeRefusesWhatCannotFit) {
  const PageRange area = Pages{kAt, 5}.range();
  EXPECT_EQ(space().find_free(0, area).error(), Errno::kENOMEM);
  EXPECT_EQ(space().find_free(6 * kPageSize, area).error(), Errno::kENOMEM);
  EXPECT_EQ(space().find_free(~uint64_t{0} - kPageSize + 1, area).error(), Errno::kENOMEM);
  EXPECT_EQ(space().find_free(kPageSize, {kUserEnd, kUserEnd}).error(), Errno::kENOMEM);
  EXPECT_EQ(space().find_free(kPageSize, {kUserEnd - kPageSize, kUserEnd})->value, kUserEnd.value - kPageSize);
}

}  // namespace
}  // namespace kine
