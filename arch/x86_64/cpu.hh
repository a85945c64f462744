// One processor: what hangs off its GS base, its segment and task-state tables, and the instructions that C++ cannot say. Owns no policy.
// Nothing here may be used before cpu_init().
#pragma once

#include "base/types.hh"
#include "context.hh"

namespace kine {

// The kernel half of every address space (drawn in docs/memory-map.md).
inline constexpr uint64_t kDirectMap = 0xffff'8000'0000'0000;   // root entry 256: all RAM
inline constexpr uint64_t kMostMemory = uint64_t{1} << 35;  // RAM above is not used: see Machine::kMostFrames
inline constexpr uint64_t kKernelBase = 0xffff'ffff'8000'0000;  // root entry 511: the image, at its physical address + kKernelBase
inline constexpr uint64_t kLowerHalfEnd = 0x7fff'ffff'f000;     // the last page of the lower half is never mapped (see entry.asm)

// Segment selectors (user ones in context.hh). SYSCALL loads CS = STAR[47:32], SS = that + 8; SYSRET loads SS = STAR[63:48] + 8, CS = + 16
// (Intel SDM vol. 2B, SYSCALL and SYSRET), which fixes the order kernel code, kernel data, user data, user code.
inline constexpr uint16_t kKernelCode = 0x08;
inline constexpr uint16_t kKernelData = 0x10;
inline constexpr uint16_t kTaskState = 0x28;
// Present, accessed; execute and read, L = 1; or read and write (Intel SDM vol. 3A, 3.4.5 and 5.2.1).
inline constexpr uint64_t kCodeSegment = 0x00af'9b00'0000'ffff;
inline constexpr uint64_t kDataSegment = 0x00cf'9300'0000'ffff;
inline constexpr uint64_t kDplUser = uint64_t{3} << 45;  // in segments and gates: for ring 3 too
static_assert(kKernelData == kKernelCode + 8 && (Context::kUserCode & ~3u) == (Context::kUserData & ~3u) + 8);

// Vectors that this folder treats on their own (Intel SDM vol. 3A, table 6-1).
enum Vector : unsigned {
  kNmi = 2,
  kBreakpoint = 3,
  kDoubleFault = 8,
  kPageFault = 14,
  kMachineCheck = 18,
  kFirstIrq = 32,
  kIrqs = 16,
};

// The 64-bit task-state segment (Intel SDM vol. 3A, 7.7): a list of stacks, and the map of the I/O ports that user mode may use. A port is
// open if its bit is 0; a byte of ones ends the map (Intel SDM vol. 1, 19.5.2).
struct [[gnu::packed]] TaskState {
  uint32_t reserved0 = 0;
  uint64_t rsp[3] = {};  // [0]: where a trap from user mode pushes: the end of the current Context's registers
  uint64_t reserved1 = 0;
  uint64_t ist[7] = {};  // [0] NMI, [1] double fault, [2] machine check: they may come when the stack is unusable
  uint64_t reserved2 = 0;
  uint16_t reserved3 = 0;
  uint16_t io_map_at = 0xffff;  // in the segment; beyond its end: every port is closed
  uint8_t io_map[0x10000 / 8 + 1];
};
static_assert(__builtin_offsetof(TaskState, io_map) == 104);

// What one processor owns. In kernel mode the GS base points at it; user mode's GS base is swapped in and out by SWAPGS (entry.asm).
struct PerCpu {
  PerCpu* self;           // so that C++ finds the structure with one load
  uint64_t kernel_stack;  // top; every entry from user mode starts here, 16-byte aligned
  uint64_t user_stack;    // scratch of the system-call entry
  Context* current;       // the context that traps and system calls save to
  uint32_t pending_irqs;  // interrupts that came in kernel mode and that nobody asked for yet
  uint64_t storage[4];    // the kernel's own, whatever it keeps there
  IoPorts open_io;        // to user mode; their bits in the TSS's map are 0
  uint64_t flushes_all;   // TLB flushes, for statistics
  uint64_t flushes_page;
  // At the end the TSS's descriptor (two words).
  uint64_t gdt[7] = {0, kCodeSegment, kDataSegment, kDataSegment | kDplUser, kCodeSegment | kDplUser};
  TaskState tss;
};

inline PerCpu& this_cpu() {
  PerCpu* cpu;
  asm("movq %%gs:0, %0" : "=r"(cpu));
  return *cpu;
}

// Model-specific registers (Intel SDM vol. 4; AMD APM vol. 2, appendix A).
enum class Msr : uint32_t {
  kStar = 0xc000'0081,
  kLstar = 0xc000'0082,
  kFmask = 0xc000'0084,
  kFsBase = 0xc000'0100,
  kGsBase = 0xc000'0101,
  kKernelGsBase = 0xc000'0102,  // the other GS base, which SWAPGS exchanges: in kernel mode, user mode's
};

inline void write_msr(Msr msr, uint64_t value) {
  asm volatile("wrmsr" : : "c"(msr), "a"(static_cast<uint32_t>(value)), "d"(static_cast<uint32_t>(value >> 32)) : "memory");
}

struct CpuId {
  uint32_t eax, ebx, ecx, edx;
};

inline CpuId cpuid(uint32_t leaf) {
  CpuId id;
  asm volatile("cpuid" : "=a"(id.eax), "=b"(id.ebx), "=c"(id.ecx), "=d"(id.edx) : "a"(leaf), "c"(0));
  return id;
}

inline uint64_t read_cr2() {
  uint64_t value;
  asm volatile("movq %%cr2, %0" : "=r"(value));
  return value;
}

inline uint64_t read_cr3() {
  uint64_t value;
  asm volatile("movq %%cr3, %0" : "=r"(value));
  return value;
}

inline void write_cr3(uint64_t value) { asm volatile("movq %0, %%cr3" : : "r"(value) : "memory"); }

inline uint64_t read_tsc() {
  uint32_t low, high;
  asm volatile("rdtsc" : "=a"(low), "=d"(high));
  return uint64_t{high} << 32 | low;
}

inline void out8(uint16_t port, uint8_t value) { asm volatile("outb %0, %1" : : "a"(value), "Nd"(port)); }
inline void out16(uint16_t port, uint16_t value) { asm volatile("outw %0, %1" : : "a"(value), "Nd"(port)); }

inline uint8_t in8(uint16_t port) {
  uint8_t value;
  asm volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
  return value;
}

// Sets up this processor: segments, interrupt table, per-CPU state, system calls, protection bits. Ensures: traps reach the kernel.
void cpu_init();

// interrupts.cc: the two 8259 interrupt controllers: the IRQs become vectors 32 to 47, all masked.
void init_interrupts();

// clock.cc, after those: measures the time-stamp counter, starts the 100 Hz tick on IRQ 0 (masked). Takes about 5 ms. Ensures: now() works.
void init_clock();

}  // namespace kine
