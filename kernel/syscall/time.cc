// Clocks and sleeping.
#include "syscall/calls.hh"
#include "task/scheduler.hh"

namespace kine::calls {

namespace {

constexpr uint64_t kNanoseconds = 1'000'000'000;
constexpr int kAbsolute = 1;  // TIMER_ABSTIME

// Linux's struct timespec and struct timeval, x86-64.
struct Timespec {
  int64_t seconds, nanoseconds;
};
struct Timeval {
  int64_t seconds, microseconds;
};

uint64_t wall_time() { return Machine::boot_time() * kNanoseconds + Machine::now(); }

Timespec timespec_of(uint64_t nanoseconds) {
  return {static_cast<int64_t>(nanoseconds / kNanoseconds), static_cast<int64_t>(nanoseconds % kNanoseconds)};
}

}  // namespace

Answer clock_gettime(Thread& caller, int clock, VirtAddr out) {
  switch (clock) {
    case 0:  // CLOCK_REALTIME
    case 5:  // CLOCK_REALTIME_COARSE
      return write_user(*caller.process->space, out, timespec_of(wall_time()));
    case 1:  // CLOCK_MONOTONIC
    case 4:  // CLOCK_MONOTONIC_RAW
    case 6:  // CLOCK_MONOTONIC_COARSE
    case 7:  // CLOCK_BOOTTIME
      return write_user(*caller.process->space, out, timespec_of(Machine::now()));
    default: return Errno::kEINVAL;
  }
}

Answer gettimeofday(Thread& caller, VirtAddr out, VirtAddr zone) {
  AddressSpace& space = *caller.process->space;
  if (zone.value && out.value) {
    Result<> prepared = prepare_out(space, zone, sizeof(uint64_t));
    if (!prepared) return prepared;
  }
  Result<> done;
  const uint64_t now = wall_time();
  if (out.value)
    done = write_user(space, out, Timeval{static_cast<int64_t>(now / kNanoseconds), static_cast<int64_t>(now % kNanoseconds / 1000)});
  if (done && zone.value) done = write_user(space, zone, uint64_t{0});  // struct timezone: no minutes west, no daylight saving
  return done;
}

Answer time(Thread& caller, VirtAddr out) {
  const int64_t seconds = static_cast<int64_t>(wall_time() / kNanoseconds);
  if (out.value) {
    Result<> done = write_user(*caller.process->space, out, seconds);
    if (!done) return done;
  }
  return seconds;
}

// Nothing interrupts a sleep, so nothing is ever written to `remaining`.
Answer clock_nanosleep(Thread& caller, int clock, int flags, VirtAddr request, VirtAddr) {
  if (caller.wake_at != 0) {  // issued again: the time has come
    caller.wake_at = 0;
    return 0;
  }
  const bool wall = clock == 0;
  if (!wall && clock != 1 && clock != 7) return Errno::kEINVAL;
  Result<Timespec> wanted = read_user<Timespec>(*caller.process->space, request);
  if (!wanted) return wanted.error();
  if (wanted->seconds < 0 || wanted->nanoseconds < 0 || wanted->nanoseconds >= static_cast<int64_t>(kNanoseconds)) return Errno::kEINVAL;
  // Longer than any machine runs is as long as it runs.
  constexpr uint64_t kForever = uint64_t{1} << 62;
  const uint64_t seconds = static_cast<uint64_t>(wanted->seconds);
  const uint64_t time = seconds < kForever / kNanoseconds ? seconds * kNanoseconds + static_cast<uint64_t>(wanted->nanoseconds) : kForever;
  const uint64_t since = flags & kAbsolute ? (wall ? Machine::boot_time() * kNanoseconds : 0) : 0;
  const uint64_t until = flags & kAbsolute ? (time > since ? time - since : 0) : Machine::now() + time;
  if (until <= Machine::now()) return 0;
  scheduler.sleep_until(until);
  return Answer::waits();
}

Answer nanosleep(Thread& caller, VirtAddr request, VirtAddr remaining) { return clock_nanosleep(caller, 1, 0, request, remaining); }

}  // namespace kine::calls
