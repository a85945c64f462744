// The real machine, as the kernel sees it (base/machine_concept.hh says what each name means). Hot functions are inline; the devices are in
// clock.cc and interrupts.cc. Nothing here decides policy.
#pragma once

#include <initializer_list>

#include "base/machine_concept.hh"
#include "base/trace.hh"
#include "base/types.hh"
#include "context.hh"
#include "cpu.hh"
#include "kernel_map.hh"
#include "pte.hh"
#include "signal_frame.hh"

namespace kine {

struct Machine {
  using Entry = Pte;
  using Context = kine::Context;
  static constexpr unsigned kPageBits = 12;
  static constexpr unsigned kIndexBits = 9;
  static constexpr unsigned kLevels = 4;
  static constexpr unsigned kUserRootEntries = 256;
  // (The first MiB is never managed.) So few that no 32-bit count of words or entries in them can wrap (CVE-2019-11487).
  static constexpr uint64_t kMostFrames = (kMostMemory - (1 << 20)) >> kPageBits;
  static constexpr uint64_t kMostReferences = ~uint32_t{0};
  static constexpr uint64_t kTickNanoseconds = 10'000'000;  // IRQ 0, once enabled
  static constexpr unsigned kTimerIrq = 0;
  // The VGA's memory: text at 0xb8000, graphics at 0xa0000.
  static constexpr PhysRange kDeviceMemory{{0xa'0000}, {0xc'0000}};

  // Memory. A frame is reached through the direct map, which has all RAM but the kernel's image.
  static std::byte* bytes(Frame frame) { return reinterpret_cast<std::byte*>(kDirectMap + (uint64_t{frame.number} << kPageBits)); }
  static Pte* table(Frame frame) { return reinterpret_cast<Pte*>(bytes(frame)); }

  static void fill_page(Frame frame, Pte entry) {
    void* to = bytes(frame);
    uint64_t words = 1 << kIndexBits;
    asm volatile("rep stosq" : "+D"(to), "+c"(words) : "a"(entry.bits()) : "memory");
  }
  static void copy_page(Frame to_frame, Frame from_frame) {
    trace_change(R"({"copy":[{},{}]})", from_frame.number, to_frame.number);
    void* to = bytes(to_frame);
    const void* from = bytes(from_frame);
    uint64_t words = 1 << kIndexBits;
    asm volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
  }

  static void map_kernel(Frame root) {
    for (const unsigned slot : {kDirectMapSlot, kImageSlot}) table(root)[slot] = table(kine::kernel_root)[slot];
  }
  static void unmap_kernel(Frame root) { table(root)[kDirectMapSlot] = table(root)[kImageSlot] = Pte(); }
  // A root whose user half is empty: to run on when the last address space goes.
  static Frame kernel_root() { return kine::kernel_root; }

  // Address-space identifiers (PCID) are off, so a load of CR3 forgets every translation but the global ones, which only the kernel half
  // has (Intel SDM vol. 3A, 4.10.4.1).
  static void load_root(Frame root) {
    ++this_cpu().flushes_all;
    write_cr3(uint64_t{root.number} << kPageBits);
  }
  static void flush_all() {
    trace_change(R"({"flush":"all"})");
    ++this_cpu().flushes_all;
    write_cr3(read_cr3());
  }
  static void flush_page(VirtAddr address) {
    trace_change(R"({"flush":"{}"})", address);
    ++this_cpu().flushes_page;
    asm volatile("invlpg (%0)" : : "r"(address.value) : "memory");
  }
  // What the kernel keeps for each processor; zero at first.
  static constexpr unsigned kCpuStorageBytes = sizeof(PerCpu::storage);
  static void* cpu_storage() { return this_cpu().storage; }
  static uint64_t flushes_all() { return this_cpu().flushes_all; }  // loads of a root included
  static uint64_t flushes_page() { return this_cpu().flushes_page; }

  // Threads. An fs_base or gs_base of a Context is below kLowerHalfEnd: one that is not canonical would fault here (Intel SDM vol. 2D,
  // WRMSR).
  static void switch_context(Context* from, Context& to) {
    PerCpu& cpu = this_cpu();
    if (from) save_fpu(*from);
    // FNINIT forgets where the other thread's last x87 instruction and its operand were, which FXRSTOR may not restore (AMD APM vol. 2,
    // 11.4.4; CVE-2006-1056).
    asm volatile("fninit; fxrstorq %0" : : "m"(to.fpu));
    cpu.current = &to;
    cpu.tss.rsp[0] = reinterpret_cast<uint64_t>(&to.regs + 1);
    load_segments(to);
  }
  static void save_fpu(Context& running) { asm volatile("fxsaveq %0" : "=m"(running.fpu)); }
  // User mode may load any selector register, and loading FS or GS changes its base (Intel SDM vol. 3A, 3.4.4.1), so what was loaded last
  // says nothing: selectors and bases are always written. GS is exchanged around its selector, because loading that would clear the
  // kernel's base.
  static void load_segments(const Context& running) {
    asm volatile(
        "movl %0, %%ds\n\t"
        "movl %0, %%es\n\t"
        "movl %0, %%fs\n\t"
        "swapgs\n\t"
        "movl %0, %%gs\n\t"
        "swapgs"
        :
        : "r"(0)
        : "memory");
    write_msr(Msr::kFsBase, running.fs_base);
    write_msr(Msr::kKernelGsBase, running.gs_base);
  }
  // Leaves the kernel for user mode. Requires: switch_context has made it the current context, and its root is loaded.
  [[noreturn]] static void resume(Context& context) asm("resume_context");  // in entry.asm, under that name

  // What brought a thread from user mode, other than a system call: a page fault (error code: Intel SDM vol. 3A, 4.7), or another trap.
  static bool is_page_fault(const Context& context) { return context.regs.vector == kPageFault; }
  static PageFault page_fault(const Context& context) {
    return {{read_cr2()}, (context.regs.error & 1 << 1) != 0, (context.regs.error & 1 << 4) != 0};
  }
  static Trap decode(const Context& context);

  // Interrupts are open only inside these two.
  static uint32_t wait_for_interrupt();
  static uint32_t poll_interrupts();
  static void enable_irq(unsigned number);
  static void disable_irq(unsigned number);
  static void set_io(const IoPorts& ports);
  static void allow_io(bool allowed) { this_cpu().tss.io_map_at = allowed ? offsetof(TaskState, io_map) : sizeof(TaskState); }

  static uint64_t now();
  static uint64_t entropy();
  static void debug_write(char byte) { out8(0xe9, static_cast<uint8_t>(byte)); }
  [[noreturn]] static void power_off(unsigned code);

  // Writes the state of the machine to the debug console: for panic(). `trap`: what was interrupted in kernel mode, null if nothing was.
  static void report(const Registers* trap, uint64_t frame_pointer);
};

static_assert(MachineConcept<Machine>);
static_assert(Machine::kMostFrames << Machine::kIndexBits <= Machine::kMostReferences);

}  // namespace kine
