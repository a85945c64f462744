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
    EXPECT_FALSE(line.terminal[0] || line.terminal[1] || line.terminal[2]);
    EXPECT_EQ(line.input.length, 0u);
    EXPECT_STREQ(line.arguments, "");
  }
}

TEST(CommandLine, EveryWord) {
  devices = Devices();
  const CommandLine line = parse_command_line(" fork=pages  init=/test/a tty=20 stdin=/etc/x -- one  fork=eager");
  EXPECT_EQ(line.strategy, ForkStrategy::kPages);
  EXPECT_EQ(text_of(line.init), "/test/a");
  EXPECT_TRUE(line.terminal[0] && !line.terminal[1] && line.terminal[2]);
  EXPECT_EQ(text_of(line.input), "/etc/x");
  const char* rest = line.arguments;
  EXPECT_EQ(text_of(next_word(rest)), "one");
  EXPECT_EQ(text_of(next_word(rest)), "fork=eager");
  EXPECT_EQ(next_word(rest).length, 0u);
  EXPECT_EQ(devices.debug, "");
  EXPECT_EQ(parse_command_line("fork=eager").strategy, ForkStrategy::kEager);
  EXPECT_EQ(parse_command_line("fork=pages fork=tree").strategy, ForkStrategy::kTree);
}

TEST(CommandLine, AnUnknownWordEndsTheBootWithAMessage) {
  for (const char* text : {"quiet", "fork=", "fork=trees", "tty=3", "tty=-", "-", "---", "init="}) {
    devices = Devices();
    EXPECT_THROW((void)parse_command_line(text), MachineError) << text;
    EXPECT_NE(devices.debug.find(text), std::string::npos) << text;
  }
}

TEST(CommandLine, EscapesBecomeBytes) {
  const auto decoded = [](const std::string& text) {
    std::string to(text.size(), '?');
    to.resize(decode_word({text.data(), text.size()}, to.data()));
    return to;
  };
  EXPECT_EQ(decoded("plain"), "plain");
  EXPECT_EQ(decoded("a%20b%25"), "a b%");
  EXPECT_EQ(decoded("%E6%88%91%e6"), "\xe6\x88\x91\xe6");
  EXPECT_EQ(decoded("%"), "%");
  EXPECT_EQ(decoded("%4"), "%4");
  EXPECT_EQ(decoded("%4g%g4"), "%4g%g4");
  EXPECT_EQ(decoded("%41"), "A");
  EXPECT_EQ(decoded(""), "");
}

}  // namespace
}  // namespace kine
