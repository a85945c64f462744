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

  uint64_t r15, r14, r13, r12, rbp, rbx, r11;
  union {
    uint64_t words[6];  // of a system call, in their order (System V ABI, AMD64 supplement, A.2.1)
    struct {
      uint64_t rdi, rsi, rdx, r10, r8, r9;
    };
  };
  uint64_t rcx, rax;
  uint64_t vector, error;
  uint64_t rip, cs, rflags, rsp, ss;
};
static_assert(sizeof(Registers) == 22 * 8);

// FXSAVE's area (Intel SDM vol. 1, 10.5.1).
struct alignas(16) FpuState {
  uint16_t control;  // x87
  uint8_t x87[22];
  uint32_t mxcsr, mxcsr_mask;
  uint8_t registers[480];

  // As a thread starts: all else zero.
  void start() {
    *this = {};
    control = 0x37f;
    mxcsr = 0x1f80;
  }
  // Becomes `image`, which a program made up. FXRSTOR faults on bits of MXCSR that do not exist: what the processor saved here says which
  // do (10.5.1.2, 11.6.6).
  void take(const FpuState& image) {
    const uint32_t mask = mxcsr_mask ? mxcsr_mask : 0xffbf;
    *this = image;
    mxcsr &= mask;
  }
};
static_assert(sizeof(FpuState) == 512 && __builtin_offsetof(FpuState, mxcsr) == 24);

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
    fpu.start();
    fs_base = gs_base = 0;
  }

  uint64_t call_number() const { return regs.rax; }
  uint64_t argument(unsigned index) const { return regs.words[index]; }
  uint64_t stack_pointer() const { return regs.rsp; }
  void set_result(int64_t value) { regs.rax = static_cast<uint64_t>(value); }
  // The system call, which has not been answered, is issued once more by the program itself: SYSCALL is two bytes long, and rax still holds
  // the number.
  void issue_again() {
    regs.rip -= 2;
    regs.vector = 0;
  }
};
static_assert(__builtin_offsetof(Context, regs) == 0 && alignof(Context) == 16);
static_assert(sizeof(Registers) % 16 == 0, "the processor aligns RSP0 down to 16 bytes before it pushes");

// What the processor says of a page fault.
struct PageFault {
  VirtAddr address;   // CR2
  bool write, fetch;  // what was tried (neither: a read)
};

// Any other trap that is not a system call.
struct Trap {
  enum class Kind { kException, kInterrupt };
  Kind kind;
  VirtAddr address;  // the instruction
  unsigned irq;      // interrupt: its number
  int signal;        // exception: Linux's signal for it …
  int code;          // … and why, as in sigaction(2): FPE_INTDIV …
  const char* name;  // exception: in words
};

}  // namespace kine
