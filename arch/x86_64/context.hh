// The user-visible state of one thread, as the trap entry saves it and the way out restores it. Pure data: the host's simulated machine
// uses it too.
#pragma once

#include "base/types.hh"

namespace kine {

// The register area. The TSS's RSP0 and the system-call entry point at its end, so that the processor itself pushes the last five words
// into the thread's Context (Intel SDM vol. 3A, 6.14.2), and the entry pushes the rest:
//
//     high   ss  rsp  rflags  cs  rip   <- pushed by the processor, or by the system-call entry
//            error                      <- pushed by the processor for some exceptions, else 0
//            vector                     <- exception or interrupt; kSystemCall for SYSCALL
//     low    rax … r15                  <- pushed by the entry
//
// cs and ss are the same in every Context, so the system-call entry leaves them as start() wrote them. After SYSCALL rcx and r11 hold rip
// and rflags, and SYSRET takes them from there: whoever changes rip or rflags of a thread that came by a system call sets vector to 0, so
// that it leaves by IRET.
struct Registers {
  static constexpr uint64_t kSystemCall = 256;  // beyond every vector of the IDT

  uint64_t r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rdi, rsi, rdx, rcx, rax;
  uint64_t vector, error;
  uint64_t rip, cs, rflags, rsp, ss;
};
static_assert(sizeof(Registers) == 22 * 8);

// FXSAVE's area (Intel SDM vol. 1, 10.5.1), as a thread starts: x87 control word 0x37f, MXCSR 0x1f80, all else zero.
struct alignas(16) FpuState {
  uint8_t bytes[512];
};

struct Context {
  // Selectors that ring 3 runs with; SYSRET fixes their order in the GDT (Intel SDM vol. 2B, SYSRET).
  static constexpr uint64_t kUserCode = 0x23;
  static constexpr uint64_t kUserData = 0x1b;
  static constexpr uint64_t kFlagsAtStart = 0x202;  // IF, and bit 1, which is always set

  Registers regs;  // first, so that its address is the Context's (entry.asm)
  FpuState fpu;
  uint64_t fs_base = 0;
  uint64_t gs_base = 0;

  // A fresh user context: every register zero but the ones that say where to start.
  void start(VirtAddr entry, VirtAddr stack) {
    regs = {};
    regs.rip = entry.value;
    regs.rsp = stack.value;
    regs.cs = kUserCode;
    regs.ss = kUserData;
    regs.rflags = kFlagsAtStart;
    fpu = {};
    fpu.bytes[0] = 0x7f;
    fpu.bytes[1] = 0x03;
    fpu.bytes[24] = 0x80;
    fpu.bytes[25] = 0x1f;
    fs_base = gs_base = 0;
  }

  uint64_t call_number() const { return regs.rax; }
  // The six words of a system call (System V ABI, AMD64 supplement, A.2.1).
  uint64_t argument(unsigned index) const {
    const uint64_t words[] = {regs.rdi, regs.rsi, regs.rdx, regs.r10, regs.r8, regs.r9};
    return words[index];
  }
  void set_result(int64_t value) { regs.rax = static_cast<uint64_t>(value); }
};
static_assert(__builtin_offsetof(Context, regs) == 0 && alignof(Context) == 16);
static_assert(sizeof(Registers) % 16 == 0, "the processor aligns RSP0 down to 16 bytes before it pushes");

// A trap that is not a system call, decoded.
struct Trap {
  enum class Kind { kPageFault, kException, kInterrupt };
  Kind kind;
  VirtAddr address;   // page fault: CR2; else the instruction
  bool write, fetch;  // page fault: what was tried (neither: a read)
  unsigned irq;       // interrupt: its number
  unsigned signal;    // exception: Linux's signal for it
  const char* name;   // exception: in words
};

}  // namespace kine
