// Messages of the kernel to the debug console (port 0xE9), never among a program's output. `{}` in the text stands for the next argument.
#pragma once

#include <concepts>
#include <initializer_list>

#include "base/types.hh"

namespace kine {

// One argument of a message. Numbers print in decimal, addresses in hexadecimal.
class LogArgument {
 public:
  constexpr LogArgument(const char* text) : text_(text) {}
  constexpr LogArgument(std::unsigned_integral auto number) : number_(number) {}
  constexpr LogArgument(std::signed_integral auto number)
      : number_(number < 0 ? -static_cast<uint64_t>(number) : static_cast<uint64_t>(number)), negative_(number < 0) {}
  constexpr LogArgument(VirtAddr address) : number_(address.value), hex_(true) {}
  constexpr LogArgument(Frame frame) : number_(frame.number), hex_(true) {}

  void print() const;

 private:
  const char* text_ = nullptr;
  uint64_t number_ = 0;
  bool negative_ = false;
  bool hex_ = false;
};

// Writes the text as it is, but what its arguments must not contain: ends of lines and strings.
void print(const char* text, std::initializer_list<LogArgument> arguments);

// Writes "kine: " and the text as one line.
template <class... Arguments>
void log(const char* text, Arguments... arguments) {
  print("kine: ", {});
  print(text, {LogArgument(arguments)...});
  print("\n", {});
}

}  // namespace kine
