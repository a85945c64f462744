// check() and panic(): what only a bug of the kernel can reach ends here. What a user program can reach returns an error instead.
#pragma once

namespace kine {

struct Registers;

// Reports the cause, the state of the machine and a back-trace, and ends the machine. Defined by debug/panic.cc; by the host tests for
// themselves.
[[noreturn]] void panic(const char* cause);

// The same after a trap in kernel mode that is no interrupt.
[[noreturn]] void panic_trap(const char* cause, const Registers& trap);

constexpr void check(bool holds, const char* rule) {
  if (!holds) [[unlikely]]
    panic(rule);
}

}  // namespace kine
