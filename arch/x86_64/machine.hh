// The real machine, as the kernel sees it (base/machine_concept.hh says what each name means). Hot functions are inline; the devices are in
// clock.cc, interrupts.cc and serial.cc. Nothing here decides policy.
#pragma once

#include "base/machine_concept.hh"
#include "base/types.hh"
#include "context.hh"
#include "cpu.hh"
#include "kernel_map.hh"
#include "pte.hh"

namespace kine {

struct Machine {
  using Entry = Pte;
  using Context = kine::Context;
  static constexpr unsigned kPageBits = 12;
  static constexpr unsigned kIndexBits = 9;
  static constexpr unsigned kLevels = 4;
  static constexpr unsigned kUserRootEntries = 256;
  static constexpr uint64_t kTickNanoseconds = 10'000'000;  // IRQ 0, once enabled
  static constexpr unsigned kTimerIrq = 0;
  static constexpr unsigned kConsoleIrq = 4;  // COM1 has input

  // Memory. A frame is reached through the direct map, which has all RAM but the kernel's image.
  static std::byte* bytes(Frame frame) { return reinterpret_cast<std::byte*>(kDirectMap + (uint64_t{frame.number} << kPageBits)); }
  static Pte* table(Frame frame) { return reinterpret_cast<Pte*>(bytes(frame)); }

  static void fill_table(Frame frame, Pte entry) {
    void* to = bytes(frame);
    uint64_t words = 1 << kIndexBits;
    asm volatile("rep stosq" : "+D"(to), "+c"(words) : "a"(entry.bits()) : "memory");
  }
  static void clear_page(Frame frame) { fill_table(frame, Pte()); }
  static void copy_page(Frame to_frame, Frame from_frame) {
    void* to = bytes(to_frame);
    const void* from = bytes(from_frame);
    uint64_t words = 1 << kIndexBits;
    asm volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
  }

  static void map_kernel(Frame root) {
    table(root)[kDirectMapSlot] = kernel_map.direct_map;
    table(root)[kImageSlot] = kernel_map.image;
  }
  static void unmap_kernel(Frame root) { table(root)[kDirectMapSlot] = table(root)[kImageSlot] = Pte(); }
  // A root whose user half is empty: to run on when the last address space goes.
  static Frame kernel_root() { return kernel_map.root; }

  // Address-space identifiers (PCID) are off, so a load of CR3 forgets every translation but the global ones, which only the kernel half
  // has (Intel SDM vol. 3A, 4.10.4.1).
  static void load_root(Frame root) {
    ++this_cpu().flushes_all;
    write_cr3(uint64_t{root.number} << kPageBits);
  }
  static void flush_all() {
    ++this_cpu().flushes_all;
    write_cr3(read_cr3());
  }
  static void flush_page(VirtAddr address) {
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
  static void switch_context(Context* from, Context& to);
  static void save_fpu(Context& running) { asm volatile("fxsaveq %0" : "=m"(running.fpu)); }
  static void load_segments(const Context& running);
  // Leaves the kernel for user mode. Requires: switch_context has made it the current context, and its root is loaded.
  [[noreturn]] static void resume(Context& context) asm("resume_context");  // in entry.asm, under that name

  // What brought a thread from user mode, other than a system call.
  static Trap decode(const Context& context) {
    const Registers& regs = context.regs;
    if (regs.vector != kPageFault) return decode_other(regs);
    // (Error code: Intel SDM vol. 3A, 4.7.)
    return {Trap::Kind::kPageFault, {read_cr2()}, (regs.error & 1 << 1) != 0, (regs.error & 1 << 4) != 0, 0, 0, ""};
  }
  static Trap decode_other(const Registers& regs);

  // Interrupts are open only inside these two.
  static uint32_t wait_for_interrupt();
  static uint32_t poll_interrupts();
  static void enable_irq(unsigned number);

  static uint64_t now();
  static uint64_t boot_time();
  static uint64_t entropy();
  static bool serial_write(unsigned number, char byte);
  static int serial_read(unsigned number);
  static void debug_write(char byte) { out8(0xe9, static_cast<uint8_t>(byte)); }
  [[noreturn]] static void power_off(unsigned code);

  // Writes the state of the machine to the debug console: for panic(). `trap`: what was interrupted in kernel mode, null if nothing was.
  static void report(const Registers* trap, uint64_t frame_pointer);
};

static_assert(MemoryMachine<Machine> && CpuMachine<Machine>);

}  // namespace kine
