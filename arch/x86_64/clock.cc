// Time: the time-stamp counter, measured once against the 8254 timer, says how long; the 8254's channel 0 ticks.
#include "machine.hh"

namespace kine {
namespace {

// The 8254 (Intel 8254 data sheet), clocked at 1.193182 MHz.
constexpr uint64_t kTimerHz = 1'193'182;
constexpr uint16_t kChannel0 = 0x40, kTimerCommand = 0x43;
constexpr uint64_t kSecond = 1'000'000'000;

constinit uint64_t tsc_at_boot = 0;
constinit uint64_t nanoseconds_per_tick = 0;  // of the counter, times 2^kShift
constexpr unsigned kShift = 24;

void set_timer(uint8_t mode, uint16_t count) {
  out8(kTimerCommand, static_cast<uint8_t>(3 << 4 | mode << 1));  // low byte, then high byte
  out8(kChannel0, count & 0xff);
  out8(kChannel0, static_cast<uint8_t>(count >> 8));
}

struct Sample {
  uint64_t tsc;
  uint16_t timer;
};

// Both clocks at once: of a few tries the one whose readings were closest together, so that a host that stopped us in between does no harm.
Sample sample() {
  Sample best = {};
  uint64_t best_gap = ~uint64_t{0};
  for (unsigned i = 0; i < 4; ++i) {
    const uint64_t before = read_tsc();
    out8(kTimerCommand, 0);  // latch the count
    const uint64_t after = read_tsc();
    const uint8_t low = in8(kChannel0);
    const uint16_t timer = static_cast<uint16_t>(in8(kChannel0) << 8 | low);
    if (after - before < best_gap) {
      best_gap = after - before;
      best = {before + best_gap / 2, timer};
    }
  }
  return best;
}

// Ticks of the time-stamp counter a second. In mode 0 the 8254 interrupts when it has counted down 5 ms, and counts on from 0xffff. To
// sleep until then costs no instructions under QEMU's -icount, as a loop would.
uint64_t measure_tsc() {
  constexpr uint16_t kWait = kTimerHz / 200;
  set_timer(0, kWait);
  const Sample start = sample();
  Machine::enable_irq(Machine::kTimerIrq);
  while (!(Machine::wait_for_interrupt() & 1 << Machine::kTimerIrq)) continue;
  const Sample end = sample();
  const uint64_t hz = (end.tsc - start.tsc) * kTimerHz / static_cast<uint16_t>(start.timer - end.timer);
  // Under -icount a tick is a nanosecond; the timer's own step is 1/6000 of what was measured, so call that exact.
  return hz > kSecond - kSecond / 1000 && hz < kSecond + kSecond / 1000 ? kSecond : hz;
}

}  // namespace

void init_clock() {
  tsc_at_boot = read_tsc();
  nanoseconds_per_tick = (kSecond << kShift) / measure_tsc();
  set_timer(2, kTimerHz / (kSecond / Machine::kTickNanoseconds));
}

// In two halves, since ticks times nanoseconds_per_tick would overflow 64 bits within minutes.
uint64_t Machine::now() {
  const uint64_t ticks = read_tsc() - tsc_at_boot;
  const uint64_t high = ticks >> 32, low = ticks & 0xffff'ffff;
  return (high * nanoseconds_per_tick << (32 - kShift)) + (low * nanoseconds_per_tick >> kShift);
}

}  // namespace kine
