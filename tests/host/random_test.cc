// Random sequences of operations with fixed seeds, so that a failure repeats; it ends in the last operations before it.
#include <gtest/gtest.h>

#include "random_play.hh"

namespace kine {
namespace {

void play(uint64_t seed, const RandomSetting& setting, bool scarce) {
  try {
    SeededChance chance(seed);
    const RandomPlay result = play_random(chance, setting);
    ::testing::Test::RecordProperty("played", static_cast<int>(result.played));
    ::testing::Test::RecordProperty("refused", static_cast<int>(result.refused));
    EXPECT_TRUE(scarce || result.refused == 0) << "with plenty of memory, expected no ENOMEM, seen " << result.refused;
  } catch (const std::logic_error& error) {
    FAIL() << error.what() << "\nseed " << seed;
  }
}

constexpr bool kLarge = Machine::kIndexBits == 9;
constexpr unsigned kSteps = kLarge ? 600 : 3000;
constexpr RandomSetting kPlenty{.processes = 4, .frames = kLarge ? 700 : 500, .prefetch = false, .steps = kSteps};
constexpr RandomSetting kScarce{.processes = 3, .frames = kLarge ? 60 : 40, .prefetch = false, .steps = kSteps};
constexpr RandomSetting kPrefetching{.processes = 3, .frames = kLarge ? 300 : 90, .prefetch = true, .steps = kSteps};

class Random : public ::testing::TestWithParam<uint64_t> {};

TEST_P(Random, AgreesWithTheModelWithPlentyOfMemory) { play(GetParam(), kPlenty, false); }
TEST_P(Random, AgreesWithTheModelWhenMemoryRunsOut) { play(GetParam(), kScarce, true); }
TEST_P(Random, AgreesWithTheModelWhenTheProcessorRunsAhead) { play(GetParam(), kPrefetching, true); }

INSTANTIATE_TEST_SUITE_P(Seeds, Random, ::testing::Range<uint64_t>(1, kLarge ? 9 : 41));

}  // namespace
}  // namespace kine
