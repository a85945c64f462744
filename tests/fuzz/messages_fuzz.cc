// Descriptors and messages: processes that use the whole kernel. Input: the strategy of fork, and whether memory runs out (1 byte); then
// decisions, from which calls are made (tests/host/unit/chaos.hh).
#include "fuzz.hh"
#include "unit/chaos.hh"

namespace kine {
namespace {

// A test of GoogleTest's outside of its runner: whatever it expects in vain, it throws.
class Played : public Chaos {
 public:
  static constexpr unsigned kStrategies = 3;
  Played(Input input, uint8_t how)
      : Chaos(std::make_unique<BytesChance>(input.data(), input.size()), static_cast<ForkStrategy>(how % kStrategies), (how & 0x80) != 0) {}
  void play_all() {
    constexpr unsigned kSteps = 300;
    play(kSteps);
    end();
  }

 private:
  void TestBody() override {}
};

}  // namespace

void fuzz(Input input) {
  [[maybe_unused]] static const bool throws = (GTEST_FLAG_SET(throw_on_failure, true), true);
  if (input.size() < 1) return;
  Played({input.data() + 1, input.size() - 1}, input[0]).play_all();
}

}  // namespace kine
