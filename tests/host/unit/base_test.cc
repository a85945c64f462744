// The kernel's small vocabulary: Result, List, Span, Rights, log, and the entry format.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/list.hh"
#include "base/log.hh"
#include "base/result.hh"
#include "machine/machine.hh"

namespace kine {
namespace {

TEST(Result, IsAValueOrAnError) {
  Result<int> value = 7;
  ASSERT_TRUE(value);
  EXPECT_EQ(*value, 7);
  EXPECT_EQ(value.error(), Errno::kOk);
  Result<int> error = Errno::kENOMEM;
  EXPECT_FALSE(error);
  EXPECT_EQ(error.error(), Errno::kENOMEM);
  Result<> nothing;
  EXPECT_TRUE(nothing);
  EXPECT_FALSE(Result<>(Errno::kEFAULT));
}

TEST(Result, TheValueOfAFailureIsABugOfTheKernel) {
  Result<int> error = Errno::kENOMEM;
  EXPECT_THROW((void)*error, MachineError);
}

TEST(Check, PanicsOnlyIfTheRuleIsBroken) {
  EXPECT_NO_THROW(check(true, "holds"));
  EXPECT_THROW(check(false, "does not"), MachineError);
}

struct Item {
  int number;
  Link<Item> link{};
};
using Items = List<Item, &Item::link>;

// Forwards; "?" at the end if backwards is another order.
std::string content(const Items& list) {
  std::string forwards, backwards;
  for (const Item* item = list.first(); item; item = Items::next(*item)) forwards += std::to_string(item->number);
  for (const Item* item = list.last(); item; item = Items::previous(*item)) backwards += std::to_string(item->number);
  return std::equal(forwards.begin(), forwards.end(), backwards.rbegin(), backwards.rend()) ? forwards : forwards + "?";
}

TEST(List, KeepsOrder) {
  Item a{1}, b{2}, c{3}, d{4};
  Items list;
  EXPECT_TRUE(list.empty());
  list.push_back(b);
  list.push_back(a);
  list.insert_after(&b, c);
  EXPECT_EQ(content(list), "231");
  list.remove(b);
  list.insert_after(nullptr, b);
  EXPECT_EQ(content(list), "231");
  list.remove(c);
  EXPECT_EQ(content(list), "21");
  list.remove(a);
  list.push_back(d);
  EXPECT_EQ(content(list), "24");
  list.remove(b);
  EXPECT_EQ(content(list), "4");
  EXPECT_EQ(&list.pop_front(), &d);
  EXPECT_TRUE(list.empty());
  list.insert_after(nullptr, b);
  list.insert_after(&b, a);
  EXPECT_EQ(content(list), "21");
}

TEST(List, PopFromAnEmptyOneIsABugOfTheKernel) {
  Items list;
  EXPECT_THROW((void)list.pop_front(), MachineError);
}

TEST(Span, IsARunOfSomebodyElsesObjects) {
  int numbers[] = {1, 2, 3, 4};
  const Span<int> all = numbers;
  EXPECT_EQ(all.size(), 4u);
  EXPECT_EQ(all[2], 3);
  EXPECT_EQ(Span<int>().size(), 0u);
}

TEST(Rights, WritingAndExecutingImplyReading) {
  EXPECT_EQ(Rights(false, true, false), Rights::rw());
  EXPECT_EQ(Rights(false, false, true), Rights::rx());
  EXPECT_EQ(Rights(false, false, false), Rights::none());
  EXPECT_EQ(Rights::rw().bits(), 3);
  EXPECT_EQ(Rights::rx().bits(), 5);
  EXPECT_TRUE(Rights::rw().contains(Rights::r()));
  EXPECT_TRUE(Rights::r().contains(Rights::none()));
  EXPECT_FALSE(Rights::r().contains(Rights::rw()));
  EXPECT_FALSE(Rights::rw().contains(Rights::rx()));
}

TEST(Types, Rounding) {
  EXPECT_EQ(round_up(0, 4096), 0u);
  EXPECT_EQ(round_up(1, 4096), 4096u);
  EXPECT_EQ(round_up(4096, 4096), 4096u);
  EXPECT_EQ(round_down(8191, 4096), 4096u);
}

TEST(Pte, RightsSurviveInPagesAndPromises) {
  for (const Rights rights : {Rights::none(), Rights::r(), Rights::rw(), Rights::rx()}) {
    const Pte promise = Pte::promise(rights);
    EXPECT_TRUE(promise.is_promise() && !promise.present() && !promise.empty() && !promise.writable());
    EXPECT_EQ(promise.rights(), rights);
    EXPECT_EQ(promise.frame(), Frame{});
    for (const bool shared : {false, true}) {
      const Pte page = Pte::page({0xabcdef}, rights, shared);
      EXPECT_TRUE(page.present() && !page.is_promise() && !page.writable());
      EXPECT_EQ(page.rights(), rights);
      EXPECT_EQ(page.shared(), shared);
      EXPECT_EQ(page.frame(), Frame{0xabcdef});
      for (const Rights other : {Rights::none(), Rights::r(), Rights::rw(), Rights::rx()}) {
        EXPECT_EQ(page.with_rights(other), Pte::page({0xabcdef}, other, shared));
        EXPECT_EQ(page.writable_now().with_rights(other), Pte::page({0xabcdef}, other, shared));
        EXPECT_EQ(promise.with_rights(other), Pte::promise(other));
      }
    }
  }
}

TEST(Pte, ClearingAndSettingWritableChangesNothingElse) {
  const Pte page = Pte::page({77}, Rights::rw(), true);
  EXPECT_TRUE(page.writable_now().writable());
  EXPECT_EQ(page.writable_now().read_only(), page);
  EXPECT_EQ(page.writable_now().rights(), page.rights());
  EXPECT_EQ(Pte::promise(Rights::rw()).read_only(), Pte::promise(Rights::rw()));
  EXPECT_EQ(Pte().read_only(), Pte());
}

// The bits as the manual has them (Intel SDM vol. 3A, tables 4-15 to 4-20).
TEST(Pte, IsWhatTheProcessorReads) {
  constexpr uint64_t kAccessedDirty = 0x60;
  EXPECT_EQ(Pte::table({5}).bits() & ~kAccessedDirty, 0x5007u) << "present, writable, user";
  EXPECT_EQ(Pte::page({5}, Rights::rx()).writable_now().bits() & 0x8000'0000'0000'01ff, 0x7u | kAccessedDirty);
  EXPECT_EQ(Pte::page({5}, Rights::rw()).bits() >> 63, 1u) << "NX";
  EXPECT_EQ(Pte::page({5}, Rights::none()).bits() & 4, 0u) << "U/S";
  EXPECT_EQ(Pte::promise(Rights::rw()).bits() & 1, 0u) << "not present";
  EXPECT_EQ(Pte::table({5}).bits() & kAccessedDirty, 0x20u) << "A set; bit 6 is ignored in upper entries";
}

TEST(Log, WritesOneLineToTheDebugConsole) {
  devices = Devices();
  log("a {} of {} at {}, {}{}", "page", 17u, VirtAddr{0xbeef}, -3, VirtAddr{0});
  EXPECT_EQ(devices.debug, "kine: a page of 17 at 0xbeef, -30x0\n");
  devices.debug.clear();
  log("{} {}", uint64_t{18446744073709551615u}, INT64_MIN);
  EXPECT_EQ(devices.debug, "kine: 18446744073709551615 -9223372036854775808\n");
  devices.debug.clear();
  log("no argument: {}");
  EXPECT_EQ(devices.debug, "kine: no argument: {}\n");
}

}  // namespace
}  // namespace kine
