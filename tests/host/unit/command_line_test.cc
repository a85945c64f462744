// The kernel's command line.
#include <gtest/gtest.h>

#include "command_line.hh"

namespace kine {
namespace {

std::string text_of(Word word) { return {word.text, word.length}; }

TEST(CommandLine, IsReasonableWithoutAnyWord) {
  for (const char* text : {"", "   "}) {
    const CommandLine line = parse_command_line(text);
    EXPECT_EQ(line.strategy, ForkStrategy::kTree);
    EXPECT_EQ(text_of(line.init), "/bin/init");
    EXPECT_STREQ(line.arguments, "");
  }
}

TEST(CommandLine, EveryWord) {
  devices = Devices();
  const CommandLine line = parse_command_line(" fork=pages  init=/test/a -- one  fork=eager --tty=0");
  EXPECT_EQ(line.strategy, ForkStrategy::kPages);
  EXPECT_EQ(text_of(line.init), "/test/a");
  const char* rest = line.arguments;
  EXPECT_EQ(text_of(next_word(rest)), "one");
  EXPECT_EQ(text_of(next_word(rest)), "fork=eager");
  EXPECT_EQ(text_of(next_word(rest)), "--tty=0") << "init's own words";
  EXPECT_EQ(next_word(rest).length, 0u);
  EXPECT_EQ(devices.debug, "");
  EXPECT_EQ(parse_command_line("fork=eager").strategy, ForkStrategy::kEager);
  EXPECT_EQ(parse_command_line("fork=pages fork=tree").strategy, ForkStrategy::kTree);
}

TEST(CommandLine, AnUnknownWordEndsTheBootWithAMessage) {
  for (const char* text : {"quiet", "fork=", "fork=trees", "tty=0", "stdin=/x", "--tty=0", "-", "---", "init="}) {
    devices = Devices();
    EXPECT_THROW((void)parse_command_line(text), MachineError) << text;
    EXPECT_NE(devices.debug.find(text), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace kine
