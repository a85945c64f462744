// What the kernel asks of a machine. Two exist: arch/x86_64 (the real one) and tests/host/machine (simulated,
// for GoogleTest); each asserts this concept in its machine.hh. The kernel includes "machine.hh" and says `Machine::…`; functions are
// static because there is one machine, and the build chooses which. Only main.cc and debug/panic.cc, which the tests do not run, ask the
// real one for more: to decode a trap, to resume a thread, to report.
#pragma once

#include <concepts>

#include "base/types.hh"

namespace kine {

template <class M>
concept MachineConcept = requires(Frame frame, VirtAddr address, typename M::Entry entry, typename M::Context* context,
                                  typename M::Context& loaded, unsigned number, char byte, const IoPorts& io) {
  // Memory and its translation.
  requires M::kPageBits >= 3 && M::kIndexBits + 3 == M::kPageBits;  // a table fills a page with 8-byte entries
  requires M::kLevels >= 2;
  { M::kMostFrames } -> std::convertible_to<uint64_t>;      // of memory that it can have …
  { M::kMostReferences } -> std::convertible_to<uint64_t>;  // … and how far each one's are counted
  { M::kUserRootEntries } -> std::convertible_to<unsigned>;  // root entries below this one are the user's half
  { M::table(frame) } -> std::same_as<typename M::Entry*>;   // the frame's contents, through the direct map
  { M::bytes(frame) } -> std::same_as<std::byte*>;           // likewise
  { M::copy_page(frame, frame) } -> std::same_as<void>;      // to, from
  { M::fill_page(frame, entry) } -> std::same_as<void>;      // every entry of what is, or will be, a table; or a page with zeros
  { M::map_kernel(frame) } -> std::same_as<void>;            // writes the kernel's half into a root whose kernel half is zero
  { M::unmap_kernel(frame) } -> std::same_as<void>;          // makes it zero again
  { M::load_root(frame) } -> std::same_as<void>;             // this CPU translates through that root; forgets all of the user half
  { M::flush_all() } -> std::same_as<void>;                  // forgets every translation and table of the user half on this CPU
  // Forgets the translation of one page, and, like INVLPG, every cached upper-level entry (Intel SDM vol. 3A, 4.10.4.1).
  { M::flush_page(address) } -> std::same_as<void>;
  { M::kernel_root() } -> std::same_as<Frame>;     // a root without a user half, for when the last address space goes
  { M::flushes_all() } -> std::same_as<uint64_t>;  // how often, since boot
  { M::flushes_page() } -> std::same_as<uint64_t>;

  // Threads, traps, time and the few devices.
  // Makes `loaded` the context that traps save to and that runs in user mode next: saves the FPU of the one loaded before
  // (`context`; null if it has ended), loads FPU, FS and GS of the new one.
  { M::switch_context(context, loaded) } -> std::same_as<void>;
  { M::save_fpu(loaded) } -> std::same_as<void>;          // brings the running context's saved FPU state up to date
  { M::load_segments(loaded) } -> std::same_as<void>;     // after a change of the running context's FS or GS base
  { M::wait_for_interrupt() } -> std::same_as<uint32_t>;  // idles with interrupts on; bit n = IRQ n came, acknowledged
  { M::poll_interrupts() } -> std::same_as<uint32_t>;     // the same without waiting
  { M::enable_irq(number) } -> std::same_as<void>;
  { M::disable_irq(number) } -> std::same_as<void>;
  { M::set_io(io) } -> std::same_as<void>;                 // the I/O ports that user mode may use …
  { M::allow_io(true) } -> std::same_as<void>;             // … while it is allowed any
  { M::kDeviceMemory } -> std::convertible_to<PhysRange>;  // of the display; whole pages
  { M::kTimerIrq } -> std::convertible_to<unsigned>;
  { M::cpu_storage() } -> std::same_as<void*>;  // kCpuStorageBytes of this processor's own, zero at first
  { M::kCpuStorageBytes } -> std::convertible_to<unsigned>;
  { M::now() } -> std::same_as<uint64_t>;  // nanoseconds since boot
  { M::entropy() } -> std::same_as<uint64_t>;
  { M::debug_write(byte) } -> std::same_as<void>;
  { M::power_off(number) } -> std::same_as<void>;  // 0 in order, 2 after a panic; never returns
};

}  // namespace kine
