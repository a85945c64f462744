// The kernel's command line: words that choose, and behind `--` the arguments of init.
//
//   fork=tree|pages|eager   how fork provides the child's memory
//   init=PATH               the first program, "/bin/init" without this word
//   -- WORD…                init's arguments, which init reads (user/init/main.c)
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
  const char* arguments = "";  // what follows `--`
};

// Takes the next word off `text`, which ends with NUL. Length 0 at the end.
Word next_word(const char*& text);
// Reads the words; one that is not known ends the boot: who asked for something else should not get the default.
CommandLine parse_command_line(const char* text);

}  // namespace kine
