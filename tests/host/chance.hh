// Where a random test takes its decisions from: a generator with a seed, or the bytes that a fuzzer thought of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>

namespace kine {

class Chance {
 public:
  virtual ~Chance() = default;
  // A number of [0, limit). Requires: limit > 0.
  virtual uint64_t below(uint64_t limit) = 0;
  // Nothing is left to decide from: every number is 0.
  virtual bool exhausted() const { return false; }
};

class SeededChance : public Chance {
 public:
  explicit SeededChance(uint64_t seed) : random_(seed) {}
  uint64_t below(uint64_t limit) override { return random_() % limit; }

 private:
  std::mt19937_64 random_;
};

// One byte for a choice among at most 256, two for one among 65536, eight for others: so a byte that a fuzzer changes is one decision.
class BytesChance : public Chance {
 public:
  BytesChance(const uint8_t* bytes, size_t count) : at_(bytes), end_(bytes + count) {}
  uint64_t below(uint64_t limit) override {
    uint64_t value = 0;
    for (unsigned left = limit <= 1 ? 0 : limit <= 0x100 ? 1 : limit <= 0x10000 ? 2 : 8; left > 0; --left)
      value = value << 8 | (exhausted() ? 0 : *at_++);
    return value % limit;
  }
  bool exhausted() const override { return at_ == end_; }

 private:
  const uint8_t* at_;
  const uint8_t* const end_;
};

}  // namespace kine
