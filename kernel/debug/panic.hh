// The end of the machine after a bug of the kernel: says what is known and powers off with a failure. Never spins, never returns.
// panic() itself is declared in base/check.hh, because everything may call it.
#pragma once

#include "base/check.hh"
#include "machine.hh"

namespace kine {

// A trap in kernel mode that is no interrupt.
[[noreturn]] void panic_trap(const char* cause, const Registers& trap);

}  // namespace kine
