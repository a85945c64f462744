// Random sequences of operations over several processes, each step compared with the model and audited.
#pragma once

#include "chance.hh"
#include "world.hh"

namespace kine {

struct RandomSetting {
  unsigned processes;
  uint32_t frames;
  bool prefetch;   // the processor caches all that it may
  unsigned steps;  // at most; fewer if chance is exhausted
};

struct RandomPlay {
  uint64_t played = 0;
  uint64_t refused = 0;  // … for want of memory
};

// Throws std::logic_error at the first wrong step: what broke, and the last operations before it.
RandomPlay play_random(Chance& chance, const RandomSetting& setting);

}  // namespace kine
