// Sets up one processor: segments, interrupt gates, per-CPU state, system-call registers, protection bits. Run once a CPU, before anything
// that may trap. Must never touch memory beyond the kernel's image.
#include "cpu.hh"

#include "image.hh"

// entry.asm
extern "C" const char syscall_entry[];
extern "C" const char trap_stubs[];

namespace kine {
namespace {

// An interrupt gate (Intel SDM vol. 3A, 6.14.1), two words:
//
//     low    handler[31:16] | present, DPL, type 14 | IST | code segment | handler[15:0]
//     high   0                                             | handler[63:32]
struct Gate {
  uint64_t low, high;
};

constexpr unsigned kVectors = 256;
constexpr unsigned kStubBytes = 16;
constexpr unsigned kIstBytes = 8192;
constexpr unsigned kOwnStack[] = {kNmi, kDoubleFault, kMachineCheck};  // they may come when the stack is unusable
constexpr unsigned kIstStacks = sizeof(kOwnStack) / sizeof(kOwnStack[0]);

// What LGDT and LIDT load.
struct [[gnu::packed]] TablePointer {
  uint16_t limit;
  const void* base;
};

constinit Gate idt[kVectors] = {};
constinit PerCpu boot_cpu = {};
alignas(16) constinit uint8_t ist_stacks[kIstStacks][kIstBytes] = {};

void init_segments(PerCpu& cpu) {
  const uint64_t base = reinterpret_cast<uint64_t>(&cpu.tss);
  __builtin_memset(cpu.tss.io_map, 0xff, sizeof cpu.tss.io_map);
  // A 16-byte descriptor of an available 64-bit TSS, type 9 (Intel SDM vol. 3A, 7.2.3).
  cpu.gdt[kTaskState / 8] = (sizeof(TaskState) - 1) | (base & 0xff'ffff) << 16 | uint64_t{0x89} << 40 | (base >> 24 & 0xff) << 56;
  cpu.gdt[kTaskState / 8 + 1] = base >> 32;
  const TablePointer pointer = {sizeof(cpu.gdt) - 1, cpu.gdt};
  // CS stays as it is: boot.asm's table has the same code segment at the same place. SS keeps the null selector, which ring 0 may have in
  // 64-bit mode.
  asm volatile("lgdt %0; ltr %w1" : : "m"(pointer), "r"(kTaskState) : "memory");
}

void init_gates(PerCpu& cpu) {
  for (unsigned vector = 0; vector < kVectors; ++vector) {
    const uint64_t handler = reinterpret_cast<uint64_t>(trap_stubs) + uint64_t{vector} * kStubBytes;
    const uint64_t type = uint64_t{0x8e00} << 32 | (vector == kBreakpoint ? kDplUser : 0);  // INT3 is the user's to say; INT n is #GP
    idt[vector] = {(handler & 0xffff) | uint64_t{kKernelCode} << 16 | type | (handler >> 16 & 0xffff) << 48, handler >> 32};
  }
  for (unsigned i = 0; i < kIstStacks; ++i) {
    cpu.tss.ist[i] = reinterpret_cast<uint64_t>(ist_stacks[i] + kIstBytes);
    idt[kOwnStack[i]].low |= uint64_t{i + 1} << 32;
  }
  const TablePointer pointer = {sizeof(idt) - 1, idt};
  asm volatile("lidt %0" : : "m"(pointer));
}

void init_system_calls() {
  // IF, TF, DF, AC, NT and IOPL are cleared on entry; the user's are in r11.
  constexpr uint64_t kFlagsCleared = 1 << 9 | 1 << 8 | 1 << 10 | 1 << 18 | 1 << 14 | 3 << 12;
  write_msr(Msr::kStar, (Context::kUserCode - 16) << 48 | uint64_t{kKernelCode} << 32);
  write_msr(Msr::kLstar, reinterpret_cast<uint64_t>(syscall_entry));
  write_msr(Msr::kFmask, kFlagsCleared);
}

// CR4 (Intel SDM vol. 3A, 2.5). PAE was set on the way to long mode. OSXSAVE stays clear, so user mode has SSE and no AVX, and FXSAVE saves
// all of it; TSD clear lets user mode read the time-stamp counter.
void init_protection() {
  constexpr uint64_t kPae = 1 << 5, kPge = 1 << 7, kOsFxsr = 1 << 9, kOsXmmExcpt = 1 << 10, kUmip = 1 << 11, kSmep = 1 << 20,
                     kSmap = 1 << 21;
  const CpuId basic = cpuid(1);
  const CpuId extended = cpuid(0).eax >= 7 ? cpuid(7) : CpuId{};
  uint64_t cr4 = kPae | kOsFxsr | kOsXmmExcpt;
  if (basic.edx & 1 << 13) cr4 |= kPge;
  if (extended.ebx & 1 << 7) cr4 |= kSmep;
  if (extended.ebx & 1 << 20) cr4 |= kSmap;
  if (extended.ecx & 1 << 2) cr4 |= kUmip;
  asm volatile("movq %0, %%cr4" : : "r"(cr4) : "memory");
}

}  // namespace

void cpu_init() {
  PerCpu& cpu = boot_cpu;
  cpu.self = &cpu;
  // The first two words of the stack: where the debugger finds this structure (entry.asm), and nothing, for alignment.
  PerCpu** top = reinterpret_cast<PerCpu**>(reinterpret_cast<uint64_t>(kernel_stack_top) - 16);
  *top = &cpu;
  cpu.kernel_stack = reinterpret_cast<uint64_t>(top);
  init_segments(cpu);
  init_gates(cpu);
  write_msr(Msr::kGsBase, reinterpret_cast<uint64_t>(&cpu));
  init_system_calls();
  init_protection();
}

}  // namespace kine
