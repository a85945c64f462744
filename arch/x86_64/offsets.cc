// Structure offsets for the assembler. Never linked: the build compiles this file to assembly text and extracts each `.ascii "offset NAME
// VALUE"` into a line `NAME equ VALUE` of offsets.inc, so that entry.asm cannot disagree with the C++ structures.
#include "cpu.hh"

namespace kine {

// (Macros: the text of an asm statement must be a literal.)
#define OFFSET(name, value) asm volatile(".ascii \"offset " name " %c0\"" : : "i"(value))
#define REGISTER(name) OFFSET("REG_" #name, offsetof(Registers, name))

// What entry.asm and boot.asm may name.
void offsets() {
  OFFSET("CPU_CURRENT", offsetof(PerCpu, current));
  OFFSET("CPU_KERNEL_STACK", offsetof(PerCpu, kernel_stack));
  OFFSET("CPU_USER_STACK", offsetof(PerCpu, user_stack));
  REGISTER(vector);
  REGISTER(rip);
  REGISTER(cs);
  REGISTER(rflags);
  REGISTER(rsp);
  OFFSET("SYSTEM_CALL", Registers::kSystemCall);
  OFFSET("KERNEL_CODE", kKernelCode);
  OFFSET("MSR_GS_BASE", static_cast<int32_t>(Msr::kGsBase));
}

}  // namespace kine
