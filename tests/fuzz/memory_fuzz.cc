// The address space against the naive model. Input: how many processes and frames there are, and whether the processor caches ahead
// (1 byte); then decisions, from which operations are made (tests/host/random_play.cc).
#include "fuzz.hh"
#include "random_play.hh"

namespace kine {

void fuzz(Input input) {
  constexpr unsigned kSteps = 400;
  constexpr uint32_t kScarce = 40, kPlenty = 400;
  if (input.size() < 1) return;
  const uint8_t how = input[0];
  BytesChance chance(input.data() + 1, input.size() - 1);
  play_random(chance,
              {.processes = 2 + how % 4u, .frames = how & 0x40 ? kPlenty : kScarce, .prefetch = (how & 0x80) != 0, .steps = kSteps});
}

}  // namespace kine
