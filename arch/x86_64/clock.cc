// Time: the time-stamp counter, measured once against the 8254 timer, says how long; the calendar clock says since when; the 8254's
// channel 0 ticks.
#include "devices.hh"
#include "machine.hh"

namespace kine {
namespace {

// The 8254 (Intel 8254 data sheet), clocked at 1.193182 MHz.
constexpr uint64_t kTimerHz = 1'193'182;
constexpr uint16_t kChannel0 = 0x40, kTimerCommand = 0x43;
constexpr uint64_t kSecond = 1'000'000'000;

constinit uint64_t tsc_at_boot = 0;
constinit uint64_t nanoseconds_per_tick = 0;  // of the counter, times 2^kShift
constinit uint64_t boot_seconds = 0;
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
  while (!(Machine::wait_for_interrupt() & 1 << Machine::kTimerIrq)) {
  }
  const Sample end = sample();
  const uint64_t hz = (end.tsc - start.tsc) * kTimerHz / static_cast<uint16_t>(start.timer - end.timer);
  // Under -icount a tick is a nanosecond; the timer's own step is 1/6000 of what was measured, so call that exact.
  return hz > kSecond - kSecond / 1000 && hz < kSecond + kSecond / 1000 ? kSecond : hz;
}

// The calendar clock (Motorola MC146818A data sheet). In centuries to come, register 0x32 would be needed.
struct Calendar {
  unsigned second, minute, hour, day, month, year;
  friend bool operator==(const Calendar&, const Calendar&) = default;
};

uint8_t read_cmos(uint8_t index) {
  out8(0x70, index);
  return in8(0x71);
}

Calendar read_calendar() {
  while (read_cmos(0x0a) & 0x80) {  // an update is in progress
  }
  const uint8_t format = read_cmos(0x0b);
  const auto number = [format](uint8_t index) -> unsigned {  // BCD unless bit 2 says binary; a PC's firmware sets 24 hours
    const uint8_t value = read_cmos(index);
    return format & 1 << 2 ? value : (value >> 4) * 10u + (value & 15u);
  };
  return {number(0), number(2), number(4), number(7), number(8), 2000 + number(9)};
}

// Days from 1970-01-01 in the Gregorian calendar, with years that begin in March, so that the leap day comes last.
uint64_t seconds_since_1970(const Calendar& date) {
  const unsigned year = date.month > 2 ? date.year : date.year - 1;
  const unsigned month = (date.month + 9) % 12;  // March = 0
  const uint64_t days = uint64_t{365} * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + date.day - 1 - 719'468;
  return ((days * 24 + date.hour) * 60 + date.minute) * 60 + date.second;
}

}  // namespace

void init_clock() {
  tsc_at_boot = read_tsc();
  Calendar date = read_calendar();
  for (Calendar again = read_calendar(); again != date; again = read_calendar()) date = again;  // an update came in between
  boot_seconds = seconds_since_1970(date);
  nanoseconds_per_tick = (kSecond << kShift) / measure_tsc();
  set_timer(2, kTimerHz / (kSecond / Machine::kTickNanoseconds));
}

// In two halves, since ticks times nanoseconds_per_tick would overflow 64 bits within minutes.
uint64_t Machine::now() {
  const uint64_t ticks = read_tsc() - tsc_at_boot;
  const uint64_t high = ticks >> 32, low = ticks & 0xffff'ffff;
  return (high * nanoseconds_per_tick << (32 - kShift)) + (low * nanoseconds_per_tick >> kShift);
}

uint64_t Machine::boot_time() { return boot_seconds; }

}  // namespace kine
