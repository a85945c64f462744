// The simulated machine that the kernel's core runs on under test: an arena of frames, a processor's translation (mmu.hh), time and
// devices that a test can set and read. On the include path it stands before the real one, so kernel code finds it as "machine.hh".
//
// It trusts nothing: a frame used as what it is not, a kernel half that somebody touched, a fresh frame that a cached translation still
// leads to end the test at once (MachineError). Tables have 2^KINE_INDEX_BITS entries, so that a small fan-out reaches every boundary
// quickly.
#pragma once

#include <new>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include "base/machine_concept.hh"
#include "x86_64/context.hh"
#include "x86_64/pte.hh"
#include "x86_64/signal_frame.hh"

namespace kine {

// A rule of the machine was broken, or the kernel panicked.
struct MachineError : std::logic_error {
  using std::logic_error::logic_error;
};

// Machine::power_off was called.
struct PowerOff {
  unsigned code;
};

// Machine::resume was called: user mode goes on here. (The real machine leaves the kernel; a test plays the program.)
struct Resumed {
  Context& context;
};

struct Machine {
  using Entry = Pte;
  using Context = kine::Context;
  static constexpr unsigned kIndexBits = KINE_INDEX_BITS;
  static constexpr unsigned kPageBits = kIndexBits + 3;
  static constexpr unsigned kLevels = KINE_LEVELS;
  static constexpr unsigned kUserRootEntries = 1u << (kIndexBits - 1);
  static constexpr uint64_t kMostFrames = 1 << 20;
  static constexpr uint64_t kMostReferences = (uint64_t{1} << KINE_COUNT_BITS) - 1;
  static constexpr uint64_t kTickNanoseconds = 10'000'000;
  static constexpr unsigned kTimerIrq = 0;
  static constexpr unsigned kCpuStorageBytes = 256;
  // A display of two pages, behind the kernel's root.
  static constexpr PhysRange kDeviceMemory{{uint64_t{2} << kPageBits}, {uint64_t{4} << kPageBits}};

  // --- memory ---
  static std::byte* bytes(Frame frame);
  static Pte* table(Frame frame);
  static void copy_page(Frame to, Frame from);
  static void fill_page(Frame frame, Pte entry);
  static void map_kernel(Frame root);
  static void unmap_kernel(Frame root);
  static Frame kernel_root();
  static void load_root(Frame root);
  static void flush_all();
  static void flush_page(VirtAddr address);
  static uint64_t flushes_all();
  static uint64_t flushes_page();

  // --- threads, traps, time and devices ---
  static void switch_context(Context* from, Context& to);
  static void save_fpu(Context& running);
  static void load_segments(const Context& running);
  static void* cpu_storage();
  [[noreturn]] static void resume(Context& context);
  static bool is_page_fault(const Context& context);
  static PageFault page_fault(const Context& context);
  static Trap decode(const Context& context);
  static uint32_t wait_for_interrupt();
  static uint32_t poll_interrupts();
  static void enable_irq(unsigned number);
  static void disable_irq(unsigned number);
  static void set_io(const IoPorts& ports);
  static void allow_io(bool allowed);
  static uint64_t now();
  static uint64_t entropy();
  static void debug_write(char byte);
  [[noreturn]] static void power_off(unsigned code);
};

static_assert(MachineConcept<Machine>);

// What tests see and set of the devices.
struct Devices {
  std::string debug;  // everything written to the debug console
  uint64_t now = 0;
  uint64_t entropy = 1;
  uint32_t enabled_irqs = 0;
  uint32_t pending_irqs = 0;
  Machine::Context* current = nullptr;  // what switch_context loaded
  std::variant<PageFault, Trap> trap;   // what brings the next thread into the kernel
  FpuState fpu{};                       // what the processor's own FPU holds …
  uint64_t fs_base = 0, gs_base = 0;    // … and its segments
  IoPorts io{};                         // that user mode may use …
  bool io_allowed = false;              // … while it may use any
  alignas(16) std::byte cpu_storage[Machine::kCpuStorageBytes] = {};
};
extern Devices devices;

// The frames' contents. Frame 0 has none.
struct Arena {
  // Frames lie at addresses that are multiples of their size, as the direct map has them.
  template <class T>
  struct PageAligned {
    using value_type = T;
    static constexpr std::align_val_t kAlignment{uint64_t{1} << Machine::kPageBits < 64 ? 64 : uint64_t{1} << Machine::kPageBits};
    PageAligned() = default;
    template <class U>
    PageAligned(const PageAligned<U>&) {}
    T* allocate(size_t count) { return static_cast<T*>(::operator new(count * sizeof(T), kAlignment)); }
    void deallocate(T* at, size_t) { ::operator delete(at, kAlignment); }
    bool operator==(const PageAligned&) const { return true; }
  };
  std::vector<std::byte, PageAligned<std::byte>> bytes;

  void start(uint32_t frames);
  uint64_t frames() const { return bytes.size() >> Machine::kPageBits; }
  std::byte* at(Frame frame) { return bytes.data() + (uint64_t{frame.number} << Machine::kPageBits); }
};
extern Arena arena;

// The root that Machine::kernel_root() answers: never managed by `frames`.
inline constexpr Frame kKernelRoot{1};

// What map_kernel writes into entry `index`: recognisable, and nothing that user mode may use.
constexpr Pte kernel_entry(unsigned index) { return Pte(0x4b00'0000'0000'0061 | uint64_t{index} << 12); }

// Fills every free frame that nobody promised to be zero with rubbish, so that reading one cannot look right.
void poison_free_frames();
inline constexpr std::byte kPoison{0xa5};

// A fresh machine: `frames` frames of arena, no cached translation, no output. The frame table is the test's to start.
void start_machine(uint32_t frames);

}  // namespace kine
