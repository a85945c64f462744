// A call whose behaviour is undefined, for the tests of `make debug`: tests/plant builds a kernel that has this file in kernel/syscall/.
#include "syscall/calls.hh"

namespace kine::calls {

namespace {

// As tests/suite/ubsan.py has them.
enum class How : uint64_t {
  kShift,
  kAdd,
  kSubtract,
  kMultiply,
  kNegate,
  kDivide,
  kIndex,
  kNull,
  kMisaligned,
  kBool,
  kPointer,
  kArgument,
  kEnd
};

constinit const int kNumbers[4] = {1, 2, 3, 4};

[[gnu::noinline]] uint64_t shift(uint64_t bits) { return uint64_t{1} << bits; }
[[gnu::noinline]] int add(int number) { return 0x7fff'ffff + number; }
[[gnu::noinline]] int64_t subtract(int64_t number) { return -0x7fff'ffff'ffff'ffff - number; }
[[gnu::noinline]] int multiply(int number) { return number * 0x1000'0000; }
[[gnu::noinline]] int negate(int number) { return -(number - 0x7fff'ffff - 1); }
[[gnu::noinline]] int divide(int number) { return 7 / number; }
[[gnu::noinline]] int number_at(uint64_t index) { return kNumbers[index]; }
[[gnu::noinline]] int read_from(uint64_t address) { return *reinterpret_cast<const volatile int*>(address); }
[[gnu::noinline]] bool truth(const uint8_t& byte) { return *reinterpret_cast<const volatile bool*>(&byte); }
[[gnu::noinline]] const int* moved(uint64_t distance) { return kNumbers + distance; }
[[gnu::noinline, gnu::nonnull]] void takes_pointer(const void* pointer) { asm volatile("" : : "r"(pointer)); }
[[gnu::noinline]] int answer(uint64_t question) {
  if (question == 0) return 42;
  __builtin_unreachable();
}

Answer be_undefined(Process&, How how, uint64_t argument) {
  const int number = static_cast<int>(argument);
  switch (how) {
    case How::kShift: return static_cast<int64_t>(shift(argument));
    case How::kAdd: return add(number);
    case How::kSubtract: return subtract(static_cast<int64_t>(argument));
    case How::kMultiply: return multiply(number);
    case How::kNegate: return negate(number);
    case How::kDivide: return divide(number);
    case How::kIndex: return number_at(argument);
    case How::kNull:
    case How::kMisaligned: return read_from(argument);
    case How::kBool: return truth(static_cast<uint8_t>(argument));
    case How::kPointer: return moved(argument) != nullptr;
    case How::kArgument: takes_pointer(reinterpret_cast<const void*>(argument)); return 0;
    case How::kEnd: return answer(argument);
  }
  return 0;
}

}  // namespace

[[gnu::section("calls"), gnu::used]] constinit const Row kCalls[] = {
    {1009, handle<be_undefined>},
};

}  // namespace kine::calls
