// The simulated processor itself: what it caches, what it forgets, and that it tells on a kernel that forgets to flush.
#include <gtest/gtest.h>

#include "world.hh"

namespace kine {
namespace {

constexpr uint64_t kAt = 5;
constexpr VirtAddr kAddress{kAt * kPageSize};

class Processor : public ::testing::Test {
 protected:
  Processor() : world({.processes = 2, .frames = 60}) {
    world.perform(map(0, {kAt, 3}));
    world.perform(store(0, kAt, 1));
  }
  Pte& entry(unsigned level) {
    Frame table = world.space(0).root();
    for (unsigned at = kRootLevel; at > level; --at) table = Machine::table(table)[index_of(kAddress, at)].frame();
    return Machine::table(table)[index_of(kAddress, level)];
  }
  World world;
};

TEST_F(Processor, KeepsATranslationUntilItIsFlushed) {
  const Frame frame = *mmu.translate(kAddress, Access::kWrite);
  Pte& leaf = entry(0);
  leaf = leaf.read_only();
  EXPECT_EQ(mmu.translate(kAddress, Access::kWrite), frame) << "stale, as on hardware";
  EXPECT_THROW(mmu.check_caches(), MachineError);
  Machine::flush_page(kAddress);
  EXPECT_EQ(mmu.translate(kAddress, Access::kWrite), std::nullopt);
  leaf = leaf.writable_now();
  EXPECT_EQ(mmu.translate(kAddress, Access::kWrite), std::nullopt) << "a read-only translation is kept, too";
  EXPECT_NO_THROW(mmu.check_caches()) << "granting less than the tables is allowed";
  Machine::flush_page(kAddress);
  EXPECT_EQ(mmu.translate(kAddress, Access::kWrite), frame);
}

TEST_F(Processor, KeepsUpperEntriesUntilAnyPageIsFlushed) {
  (void)mmu.translate(kAddress, Access::kRead);
  for (unsigned level = kRootLevel; level > 0; --level) {
    Pte& upper = entry(level);
    upper = upper.read_only();
    EXPECT_THROW(mmu.check_caches(), MachineError);
    Machine::flush_all();
    EXPECT_EQ(mmu.translate(kAddress, Access::kWrite), std::nullopt) << "R/W counts on every level";
    upper = upper.writable_now();
    Machine::flush_page(kAddress);
    EXPECT_TRUE(mmu.translate(kAddress, Access::kWrite));
  }
}

TEST_F(Processor, ObeysUserAndNoExecute) {
  EXPECT_TRUE(mmu.translate(kAddress, Access::kRead));
  EXPECT_EQ(mmu.translate(kAddress, Access::kFetch), std::nullopt);
  world.perform(protect(0, {kAt, 1}, Rights::rx()));
  EXPECT_TRUE(mmu.translate(kAddress, Access::kFetch));
  EXPECT_EQ(mmu.translate(kAddress, Access::kWrite), std::nullopt);
  world.perform(protect(0, {kAt, 1}, Rights::none()));
  EXPECT_EQ(mmu.translate(kAddress, Access::kRead), std::nullopt);
  EXPECT_EQ(mmu.translate({Machine::kUserRootEntries * span_of(kRootLevel)}, Access::kRead), std::nullopt) << "the kernel's half";
}

TEST_F(Processor, TellsOfAFreedFrame) {
  const Frame frame = *mmu.translate(kAddress, Access::kRead);
  frames.record(frame).kind = FrameKind::kFree;
  EXPECT_THROW((void)mmu.translate(kAddress, Access::kRead), MachineError);
  EXPECT_THROW(Machine::flush_page(kAddress), MachineError) << "freed before the flush";
  EXPECT_THROW((void)Machine::bytes(frame), MachineError);
  EXPECT_THROW((void)Machine::table(frame), MachineError);
  EXPECT_THROW(Machine::fill_page(frame, Pte()), MachineError);
  frames.record(frame).kind = FrameKind::kPage;
}

TEST_F(Processor, TellsOfAFrameUsedAfreshWhileItIsCached) {
  const Frame frame = *mmu.translate(kAddress, Access::kRead);
  EXPECT_THROW(Machine::fill_page(frame, Pte()), MachineError);
}

TEST_F(Processor, TellsOfAnEntryThatItWouldWrite) {
  Machine::flush_all();
  Pte& leaf = entry(0);
  const Pte was = leaf;
  leaf = Pte(was.bits() & ~uint64_t{0x40});  // D
  EXPECT_THROW((void)mmu.translate(kAddress, Access::kRead), MachineError);
  leaf = Pte(was.bits() & ~uint64_t{0x20});  // A
  EXPECT_THROW((void)mmu.translate(kAddress, Access::kRead), MachineError);
  leaf = was;
}

TEST_F(Processor, PrefetchCachesAllThatIsMapped) {
  world.perform(load(0, kAt + 1));
  Machine::flush_all();
  EXPECT_EQ(mmu.cached(), 0u);
  mmu.prefetch();
  EXPECT_EQ(mmu.cached(), 2u);
}

TEST_F(Processor, TheKernelsHalfMustStayAsItIs) {
  Pte& kernel = Machine::table(world.space(0).root())[Machine::kUserRootEntries];
  kernel = Pte();
  EXPECT_THROW(Machine::load_root(world.space(0).root()), MachineError);
  EXPECT_THROW(Machine::unmap_kernel(world.space(0).root()), MachineError);
}

// --- devices ---

TEST(Devices, DoWhatTheTestSays) {
  start_machine(3);
  EXPECT_THROW((void)Machine::wait_for_interrupt(), MachineError) << "nothing could ever wake it";
  devices.pending_irqs = 0;
  Machine::enable_irq(Machine::kTimerIrq);
  const uint64_t before = Machine::now();
  EXPECT_EQ(Machine::wait_for_interrupt(), 1u << Machine::kTimerIrq);
  EXPECT_EQ(Machine::now(), before + Machine::kTickNanoseconds);
  EXPECT_EQ(Machine::poll_interrupts(), 0u);
  devices.pending_irqs = 1u << 4;
  EXPECT_EQ(Machine::poll_interrupts(), 0u) << "not enabled";
  Machine::enable_irq(4);
  EXPECT_EQ(Machine::poll_interrupts(), 1u << 4);
  Machine::disable_irq(4);
  devices.pending_irqs = 1u << 4;
  EXPECT_EQ(Machine::wait_for_interrupt() & 1u << 4, 0u);
  EXPECT_NE(Machine::entropy(), Machine::entropy());
  EXPECT_THROW(Machine::power_off(2), PowerOff);
}

TEST(Devices, TheFpuAndTheSegmentsFollowTheContext) {
  start_machine(3);
  Context first{}, second{};
  first.start({1}, {2});
  second.start({1}, {2});
  second.fs_base = 77;
  Machine::switch_context(nullptr, first);
  devices.fpu.registers[68] = 9;
  Machine::switch_context(&first, second);
  EXPECT_EQ(first.fpu.registers[68], 9);
  EXPECT_EQ(devices.fpu.registers[68], 0);
  EXPECT_EQ(devices.fs_base, 77u);
  EXPECT_EQ(devices.current, &second);
  first.fpu.mxcsr |= 1 << 16;
  EXPECT_THROW(Machine::switch_context(nullptr, first), MachineError) << "a general-protection fault in the kernel";
}

}  // namespace
}  // namespace kine
