// Chaos with fixed seeds: every strategy of fork, with much memory and with little.
#include "chaos.hh"

namespace kine {
namespace {

class Seeds : public Chaos, public ::testing::WithParamInterface<uint64_t> {
 protected:
  Seeds() : Chaos(std::make_unique<SeededChance>(GetParam()), static_cast<ForkStrategy>(GetParam() % 3), GetParam() % 2 == 0) {}
};

TEST_P(Seeds, BreaksNoRuleAndLosesNothing) {
  try {
    play(2000);
  } catch (const MachineError& error) {
    FAIL() << error.what() << "\nseed " << GetParam();
  }
}

INSTANTIATE_TEST_SUITE_P(Chaos, Seeds, ::testing::Range<uint64_t>(1, 41));

}  // namespace
}  // namespace kine
