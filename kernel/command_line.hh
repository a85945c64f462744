// The kernel's command line: words that choose, and behind `--` the arguments of init.
//
//   fork=tree|pages|eager   how fork provides the child's memory
//   init=PATH               the first program, "/bin/init" without this word
//   tty=012                 which of the descriptors 0 to 2 are a terminal
//   stdin=PATH              the file of the archive that is descriptor 0's content
//   -- WORD…                init's arguments; %XX stands for the byte with that hexadecimal number
#pragma once

#include "mm/address_space.hh"

namespace kine {

struct Word {
  const char* text = nullptr;
  uint64_t length = 0;
};

struct CommandLine {
  ForkStrategy strategy = ForkStrategy::kTree;
  Word init{"/bin/init", 9};
  bool terminal[3] = {};
  Word input;                  // length 0: none
  const char* arguments = "";  // what follows `--`
};

// Takes the next word off `text`, which ends with NUL. Length 0 at the end.
Word next_word(const char*& text);
// Reads the words; one that is not known ends the boot: who asked for something else should not get the default.
CommandLine parse_command_line(const char* text);
// Writes the word with its %XX resolved to `to`, which has room for word.length bytes; returns how many were written.
uint64_t decode_word(Word word, char* to);

}  // namespace kine
