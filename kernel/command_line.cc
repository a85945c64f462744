#include "command_line.hh"

#include "base/log.hh"

namespace kine {

namespace {

template <size_t size>
bool equals(Word word, const char (&text)[size]) {
  return word.length == size - 1 && __builtin_memcmp(word.text, text, size - 1) == 0;
}

// False: the word is not known.
bool apply_word(Word word, CommandLine& line) {
  constexpr uint64_t kKey = 5;  // characters of "init="
  if (equals(word, "fork=tree")) return line.strategy = ForkStrategy::kTree, true;
  if (equals(word, "fork=pages")) return line.strategy = ForkStrategy::kPages, true;
  if (equals(word, "fork=eager")) return line.strategy = ForkStrategy::kEager, true;
  if (word.length <= kKey || !equals({word.text, kKey}, "init=")) return false;
  line.init = {word.text + kKey, word.length - kKey};
  return true;
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

}  // namespace kine
