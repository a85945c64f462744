#include "base/log.hh"

#include "machine.hh"

namespace kine {

namespace {

// A program's name may have any bytes.
void print_text(const char* text) {
  for (; *text; ++text) Machine::debug_write((*text > 0 && *text < ' ') || *text == '"' || *text == '\\' ? '?' : *text);
}

void print_number(uint64_t number, unsigned base) {
  char digits[20];
  unsigned count = 0;
  do {
    digits[count++] = "0123456789abcdef"[number % base];
    number /= base;
  } while (number != 0);
  while (count > 0) Machine::debug_write(digits[--count]);
}

}  // namespace

void LogArgument::print() const {
  if (text_) return print_text(text_);
  if (negative_) Machine::debug_write('-');
  if (hex_) print_text("0x");
  print_number(number_, hex_ ? 16 : 10);
}

void print(const char* text, std::initializer_list<LogArgument> arguments) {
  const LogArgument* next = arguments.begin();
  for (; *text; ++text) {
    if (text[0] == '{' && text[1] == '}' && next != arguments.end()) {
      next++->print();
      ++text;
    } else {
      Machine::debug_write(*text);
    }
  }
}

}  // namespace kine
