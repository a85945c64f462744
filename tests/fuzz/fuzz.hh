// What a fuzz target is: fuzz(input) for any bytes. It returns, or dies by fail() or a sanitizer; then the fuzzer keeps the input.
#pragma once

#include <cstdint>
#include <string>

#include "base/types.hh"

namespace kine {

using Input = Span<const uint8_t>;

// Each target defines it. The input lies in memory of just its size, so that a sanitizer sees a read behind it.
void fuzz(Input input);

// A rule is broken: says so, and ends the program.
[[noreturn]] void fail(const std::string& what);
inline void require_nothing(const std::string& wrong) {
  if (!wrong.empty()) fail(wrong);
}

}  // namespace kine
