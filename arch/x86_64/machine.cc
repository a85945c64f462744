// Switching threads, decoding traps, the processor's sources of chance and its end.
#include "machine.hh"

#include "base/check.hh"

namespace kine {
namespace {

// Linux's (arch/x86/kernel/traps.c).
struct Exception {
  uint8_t signal;
  uint8_t code;
  const char* name;
};

constexpr uint8_t kSigIll = 4, kSigTrap = 5, kSigBus = 7, kSigFpe = 8, kSigSegv = 11;
constexpr uint8_t kKernel = 0x80;                                            // SI_KERNEL: no better reason
constexpr uint8_t kDivided = 1, kOperand = 2, kTraced = 2, kMisaligned = 1;  // FPE_INTDIV, ILL_ILLOPN, TRAP_TRACE, BUS_ADRALN
constexpr uint8_t kInFpu = 0;                                                // the FPU says which of FPE_…

// Intel SDM vol. 3A, table 6-1.
constexpr Exception kExceptions[] = {
    {kSigFpe, kDivided, "divide error"},
    {kSigTrap, kTraced, "debug trap"},
    {kSigSegv, kKernel, "non-maskable interrupt"},
    {kSigTrap, kKernel, "breakpoint"},
    {kSigSegv, kKernel, "overflow"},
    {kSigSegv, kKernel, "bound range exceeded"},
    {kSigIll, kOperand, "invalid opcode"},
    {kSigFpe, kKernel, "no coprocessor"},
    {kSigSegv, kKernel, "double fault"},
    {kSigFpe, kKernel, "coprocessor segment overrun"},
    {kSigSegv, kKernel, "invalid task-state segment"},
    {kSigBus, kKernel, "segment not present"},
    {kSigBus, kKernel, "stack-segment fault"},
    {kSigSegv, kKernel, "general protection fault"},
    {kSigSegv, kKernel, "page fault"},
    {kSigSegv, kKernel, "reserved vector"},
    {kSigFpe, kInFpu, "x87 floating-point error"},
    {kSigBus, kMisaligned, "alignment check"},
    {kSigSegv, kKernel, "machine check"},
    {kSigFpe, kInFpu, "SIMD floating-point exception"},
    {kSigSegv, kKernel, "unexpected interrupt"},  // this vector (a hypervisor's) and every other
};

const Exception& exception_of(uint64_t vector) {
  constexpr uint64_t kLast = sizeof(kExceptions) / sizeof(kExceptions[0]) - 1;
  return kExceptions[vector < kLast ? vector : kLast];
}

// The unmasked exception that the FPU reports, as FPE_… (Intel SDM vol. 1, 8.1.3, 10.2.3).
int fpu_code(uint64_t vector) {
  constexpr uint64_t kX87Error = 16;
  uint32_t mxcsr;
  uint16_t status, control;
  asm volatile("fnstsw %0" : "=a"(status));
  asm volatile("fnstcw %0" : "=m"(control));
  asm volatile("stmxcsr %0" : "=m"(mxcsr));
  const uint32_t raised = vector == kX87Error ? status & ~uint32_t{control} : mxcsr & ~(mxcsr >> 7);
  if (raised & 0x01) return 7;  // FPE_FLTINV
  if (raised & 0x04) return 3;  // FPE_FLTDIV
  if (raised & 0x08) return 4;  // FPE_FLTOVF
  if (raised & 0x12) return 5;  // FPE_FLTUND: or a denormal operand
  return 6;                     // FPE_FLTRES
}

bool is_irq(uint64_t vector) { return vector >= kFirstIrq && vector < kFirstIrq + kIrqs; }

}  // namespace

Trap Machine::decode(const Context& context) {
  const Registers& regs = context.regs;
  if (is_irq(regs.vector)) return {Trap::Kind::kInterrupt, {regs.rip}, static_cast<unsigned>(regs.vector - kFirstIrq), 0, 0, ""};
  const Exception& exception = exception_of(regs.vector);
  const int code = exception.code == kInFpu ? fpu_code(regs.vector) : exception.code;
  return {Trap::Kind::kException, {regs.rip}, 0, exception.signal, code, exception.name};
}

// Only the bits of the ports that were open are set again: the whole map is 8 KiB.
void Machine::set_io(const IoPorts& ports) {
  PerCpu& cpu = this_cpu();
  const auto each_port = [](const IoPorts& all, auto visit) {
    for (unsigned i = 0; i < all.count; ++i)
      for (uint32_t port = all.ranges[i].first; port < all.ranges[i].first + all.ranges[i].count; ++port) visit(port);
  };
  each_port(cpu.open_io, [&](uint32_t port) { cpu.tss.io_map[port / 8] |= static_cast<uint8_t>(1u << port % 8); });
  each_port(ports, [&](uint32_t port) { cpu.tss.io_map[port / 8] &= static_cast<uint8_t>(~(1u << port % 8)); });
  cpu.open_io = ports;
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
  out8(0xf4, static_cast<uint8_t>(code));  // QEMU's isa-debug-exit: QEMU ends with 2 * code + 1
  out16(0x604, 0x2000);                    // without that device: QEMU's ACPI power-off (PM1a_CNT.SLP_EN)
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
