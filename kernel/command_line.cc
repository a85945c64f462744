#include "command_line.hh"

#include "base/log.hh"

namespace kine {

namespace {

// (Not __builtin_strlen: a compiler may make a call of it, and there is no C library.)
uint64_t length_of(const char* text) {
  uint64_t length = 0;
  while (text[length] != 0) ++length;
  return length;
}

bool equals(Word word, const char* text) { return length_of(text) == word.length && __builtin_memcmp(word.text, text, word.length) == 0; }

// Whether the word begins with `key`; then `value` is the rest.
bool has_key(Word word, const char* key, Word& value) {
  const uint64_t length = length_of(key);
  if (word.length < length || __builtin_memcmp(word.text, key, length) != 0) return false;
  value = {word.text + length, word.length - length};
  return true;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool set_strategy(Word value, CommandLine& line) {
  if (equals(value, "tree")) return line.strategy = ForkStrategy::kTree, true;
  if (equals(value, "pages")) return line.strategy = ForkStrategy::kPages, true;
  if (equals(value, "eager")) return line.strategy = ForkStrategy::kEager, true;
  return false;
}

bool set_terminals(Word value, CommandLine& line) {
  for (uint64_t i = 0; i < value.length; ++i) {
    const unsigned digit = static_cast<unsigned>(value.text[i] - '0');
    if (digit > 2) return false;
    line.terminal[digit] = true;
  }
  return true;
}

bool apply_word(Word word, CommandLine& line) {
  Word value;
  if (has_key(word, "fork=", value)) return set_strategy(value, line);
  if (has_key(word, "init=", value)) return line.init = value, value.length > 0;
  if (has_key(word, "tty=", value)) return set_terminals(value, line);
  if (has_key(word, "stdin=", value)) return line.input = value, true;
  return false;
}

}  // namespace

Word next_word(const char*& text) {
  while (*text == ' ') ++text;
  const char* const begin = text;
  while (*text && *text != ' ') ++text;
  return {begin, static_cast<uint64_t>(text - begin)};
}

CommandLine parse_command_line(const char* text) {
  CommandLine line;
  for (Word word = next_word(text); word.length > 0; word = next_word(text)) {
    if (equals(word, "--")) {
      line.arguments = text;
      break;
    }
    if (apply_word(word, line)) continue;
    log("the command line has an unknown word at: {}", word.text);
    panic("an unknown word on the kernel's command line");
  }
  return line;
}

uint64_t decode_word(Word word, char* to) {
  uint64_t written = 0;
  for (uint64_t i = 0; i < word.length; ++i) {
    const bool escape = word.text[i] == '%' && i + 2 < word.length && hex_digit(word.text[i + 1]) >= 0 && hex_digit(word.text[i + 2]) >= 0;
    to[written++] = escape ? static_cast<char>(hex_digit(word.text[i + 1]) * 16 + hex_digit(word.text[i + 2])) : word.text[i];
    if (escape) i += 2;
  }
  return written;
}

}  // namespace kine
