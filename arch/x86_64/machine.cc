// Switching threads, decoding traps, the processor's sources of chance and its end.
#include "machine.hh"

#include "debug/panic.hh"

namespace kine {
namespace {

struct Exception {
  uint8_t signal;  // Linux's (arch/x86/kernel/traps.c)
  const char* name;
};

constexpr uint8_t kSigIll = 4, kSigTrap = 5, kSigBus = 7, kSigFpe = 8, kSigSegv = 11;

// Intel SDM vol. 3A, table 6-1.
constexpr Exception kExceptions[] = {
    {kSigFpe, "divide error"},
    {kSigTrap, "debug trap"},
    {kSigSegv, "non-maskable interrupt"},
    {kSigTrap, "breakpoint"},
    {kSigSegv, "overflow"},
    {kSigSegv, "bound range exceeded"},
    {kSigIll, "invalid opcode"},
    {kSigFpe, "no coprocessor"},
    {kSigSegv, "double fault"},
    {kSigFpe, "coprocessor segment overrun"},
    {kSigSegv, "invalid task-state segment"},
    {kSigBus, "segment not present"},
    {kSigBus, "stack-segment fault"},
    {kSigSegv, "general protection fault"},
    {kSigSegv, "page fault"},
    {kSigSegv, "reserved vector"},
    {kSigFpe, "x87 floating-point error"},
    {kSigBus, "alignment check"},
    {kSigSegv, "machine check"},
    {kSigFpe, "SIMD floating-point exception"},
    {kSigSegv, "unexpected interrupt"},  // this vector (a hypervisor's) and every other
};

const Exception& exception_of(uint64_t vector) {
  constexpr uint64_t kLast = sizeof(kExceptions) / sizeof(kExceptions[0]) - 1;
  return kExceptions[vector < kLast ? vector : kLast];
}

bool is_irq(uint64_t vector) { return vector >= kFirstIrq && vector < kFirstIrq + kIrqs; }

}  // namespace

Trap Machine::decode_other(const Registers& regs) {
  if (is_irq(regs.vector)) return {Trap::Kind::kInterrupt, {}, false, false, static_cast<unsigned>(regs.vector - kFirstIrq), 0, ""};
  const Exception& exception = exception_of(regs.vector);
  return {Trap::Kind::kException, {regs.rip}, false, false, 0, exception.signal, exception.name};
}

void Machine::switch_context(Context* from, Context& to) {
  PerCpu& cpu = this_cpu();
  if (from) save_fpu(*from);
  asm volatile("fxrstorq %0" : : "m"(to.fpu));
  cpu.current = &to;
  cpu.tss.rsp[0] = reinterpret_cast<uint64_t>(&to.regs + 1);
  load_segments(to);
}

// User mode may load any selector register, and loading FS or GS changes its base (Intel SDM vol. 3A, 3.4.4.1), so what was loaded last
// says nothing: selectors and bases are always written. GS is exchanged around its selector, because loading that would clear the kernel's
// base.
void Machine::load_segments(const Context& running) {
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

// A xorshift of everything that came before, the time-stamp counter and, where the processor has it, RDRAND (Intel SDM vol. 1, 7.3.17).
uint64_t Machine::entropy() {
  static constinit uint64_t state = 0x9e37'79b9'7f4a'7c15;
  uint64_t random = 0;
  if (cpuid(1).ecx & 1 << 30) asm volatile("rdrand %0" : "+r"(random) : : "cc");
  state ^= random ^ read_tsc() * 0xbf58'476d'1ce4'e5b9;
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state * 0x2545'f491'4f6c'dd1d;
}

void Machine::power_off(unsigned code) {
  out32(0xf4, code);     // QEMU's isa-debug-exit: QEMU ends with 2 * code + 1
  out16(0x604, 0x2000);  // without that device: QEMU's ACPI power-off (PM1a_CNT.SLP_EN)
  for (;;) asm volatile("cli; hlt");
}

}  // namespace kine

// From entry.asm, on a trap from kernel mode, and on every NMI, double fault and machine check. An interrupt, which came while the kernel
// idled or polled, is noted for whoever asks next; everything else is a bug of the kernel.
extern "C" void kernel_mode_trap(const kine::Registers* regs) {
  using namespace kine;
  if (!is_irq(regs->vector)) panic_trap(exception_of(regs->vector).name, *regs);
  this_cpu().pending_irqs |= 1u << (regs->vector - kFirstIrq);
}
