// What a signal's handler finds on its stack, as Linux lays it out: sigaction(2)'s siginfo_t and ucontext_t. Pure format (Linux:
// arch/x86/include/asm/sigframe.h, uapi/asm/sigcontext.h, uapi/asm/ucontext.h).
//
//     high   the interrupted code's stack, and its red zone of 128 bytes (System V ABI, AMD64 supplement, 3.2.2); or the alternate stack's
//     end
//            FXSAVE image                      aligned to 64 bytes   <- SignalFrame::fpu
//            siginfo_t                                               <- rsi
//            ucontext_t: registers, mask                             <- rdx
//     low    address of the restorer                                 <- rsp, rsp % 16 == 8, as behind a call
#pragma once

#include "context.hh"

namespace kine {

// siginfo_t.
struct SignalRecord {
  int32_t number = 0, error = 0, code = 0, padding = 0;
  union {
    uint64_t address = 0;  // of a fault
    struct {
      int32_t pid;
      uint32_t uid;
    } sender;
  };
  int32_t status = 0;
  int32_t rest[25] = {};
};
static_assert(sizeof(SignalRecord) == 128);

struct SignalFrame {
  static constexpr uint64_t kRedZone = 128;
  static constexpr uint64_t kHasStackSegment = 6;  // UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS: ss is there, and counts

  uint64_t restorer;
  // ucontext_t
  uint64_t flags, link;
  uint64_t stack_begin;
  uint32_t stack_flags, stack_padding;
  uint64_t stack_bytes;
  uint64_t r8, r9, r10, r11, r12, r13, r14, r15, rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, rflags;
  uint16_t cs, gs, fs, ss;
  uint64_t error, vector, old_mask, cr2;
  uint64_t fpu;
  uint64_t reserved[8];
  uint64_t mask;
  SignalRecord info;

  // The part that says where `regs` were.
  void save(const Registers& regs) {
    r8 = regs.r8, r9 = regs.r9, r10 = regs.r10, r11 = regs.r11, r12 = regs.r12, r13 = regs.r13, r14 = regs.r14, r15 = regs.r15;
    rdi = regs.rdi, rsi = regs.rsi, rbp = regs.rbp, rbx = regs.rbx, rdx = regs.rdx, rax = regs.rax, rcx = regs.rcx;
    rsp = regs.rsp, rip = regs.rip, rflags = regs.rflags;
    cs = static_cast<uint16_t>(regs.cs), ss = static_cast<uint16_t>(regs.ss);
    if (regs.vector < kExceptions) vector = regs.vector, error = regs.error;
  }
  // Back to there. Only what user mode could set by itself is taken from the frame; the caller has checked rip.
  void restore(Registers& regs) const {
    regs.r8 = r8, regs.r9 = r9, regs.r10 = r10, regs.r11 = r11, regs.r12 = r12, regs.r13 = r13, regs.r14 = r14, regs.r15 = r15;
    regs.rdi = rdi, regs.rsi = rsi, regs.rbp = rbp, regs.rbx = rbx, regs.rdx = rdx, regs.rax = rax, regs.rcx = rcx;
    regs.rsp = rsp, regs.rip = rip, regs.rflags = (rflags & kUserFlags) | Context::kFlagsAtStart;
    regs.vector = 0;  // rcx and r11 are the interrupted code's: out by IRET
  }

  // CF PF AF ZF SF TF DF OF RF AC (Intel SDM vol. 1, 3.4.3).
  static constexpr uint64_t kUserFlags = 0x1 | 0x4 | 0x10 | 0x40 | 0x80 | 0x100 | 0x400 | 0x800 | 0x1'0000 | 0x4'0000;
  static constexpr uint64_t kClearedForHandler = 0x100 | 0x400 | 0x1'0000;  // TF DF RF
  static constexpr uint64_t kExceptions = 32;
};
static_assert(__builtin_offsetof(SignalFrame, r8) == 48 && __builtin_offsetof(SignalFrame, fpu) == 232);
static_assert(__builtin_offsetof(SignalFrame, mask) == 304 && __builtin_offsetof(SignalFrame, info) == 312);
static_assert(sizeof(SignalFrame) == 440);

}  // namespace kine
