// Clocks, sleeping and alarms. Timers ring with a tick; only ITIMER_REAL exists.
#include "syscall/calls.hh"

namespace kine::calls {

namespace {

constexpr uint64_t kSecond = Timespec::kNanoseconds;
constexpr int kAbsolute = 1;  // TIMER_ABSTIME

constinit uint64_t wall_time_at_boot = 0;  // nanoseconds since 1970 when Machine::now() was 0

uint64_t wall_time() { return wall_time_at_boot + Machine::now(); }

// What a clock shows. EINVAL.
Result<uint64_t> time_of(const Process& process, int clock) {
  switch (clock) {
    case 0:  // CLOCK_REALTIME
    case 5:  // CLOCK_REALTIME_COARSE
      return wall_time();
    case 1:  // CLOCK_MONOTONIC
    case 4:  // CLOCK_MONOTONIC_RAW
    case 6:  // CLOCK_MONOTONIC_COARSE
    case 7:  // CLOCK_BOOTTIME
      return Machine::now();
    case 2:  // CLOCK_PROCESS_CPUTIME_ID
    case 3:  // CLOCK_THREAD_CPUTIME_ID
      return process.ticks * Machine::kTickNanoseconds;
    default: return Errno::kEINVAL;
  }
}

Answer clock_gettime(Process& self, int clock, Out<Timespec> out) {
  Result<uint64_t> time = time_of(self, clock);
  return time ? out.write(Timespec::of(*time)) : time.error();
}

// Only the time of day can be set, and to none at which the machine would have been booted before 1970, as on Linux.
Answer clock_settime(Process& self, int clock, const Timespec& wanted) {
  Result<uint64_t> time = wanted.nanoseconds();
  if (clock != 0 || !time || *time == Timespec::kForever) return Errno::kEINVAL;
  if (!self.identity.is_root()) return Errno::kEPERM;
  const uint64_t now = Machine::now();
  if (*time < now) return Errno::kEINVAL;
  wall_time_at_boot = *time - now;
  return 0;
}

Answer clock_getres(Process&, int clock, Out<Timespec> out) {
  if (clock < 0 || clock > 7) return Errno::kEINVAL;
  const bool by_ticks = clock == 2 || clock == 3;
  return out.offer(Timespec::of(by_ticks ? Machine::kTickNanoseconds : 1));
}

Answer gettimeofday(AddressSpace& space, Out<Timeval> out, Out<uint64_t> zone) {
  if (zone.to.value && out.to.value) {
    Result<> prepared = prepare_out(space, zone.to, sizeof(uint64_t));
    if (!prepared) return prepared;
  }
  Result<> done = out.offer(Timeval::of(wall_time()));
  return done ? zone.offer(0) : done;  // struct timezone: no minutes west, no daylight saving
}

Answer time(Process&, Out<uint64_t> out) {
  const uint64_t seconds = wall_time() / kSecond;
  Result<> done = out.offer(seconds);
  return done ? Answer(static_cast<int64_t>(seconds)) : done;
}

// When a sleep that is issued now ends, in nanoseconds since boot. EINVAL.
Result<uint64_t> end_of_sleep(int clock, bool absolute, const Timespec& wanted) {
  if (clock != 0 && clock != 1 && clock != 7) return Errno::kEINVAL;
  Result<uint64_t> time = wanted.nanoseconds();
  if (!time) return time;
  if (!absolute) return Machine::now() + *time;
  const uint64_t since = clock == 0 ? wall_time_at_boot : 0;
  return *time > since ? *time - since : 0;
}

Answer clock_nanosleep(Thread& caller, int clock, int flags, const Timespec& request, Out<Timespec> remaining) {
  // Issued again, it has its end: that has come, or something woke it.
  Result<uint64_t> until = caller.wake_at != 0 ? caller.wake_at : end_of_sleep(clock, flags & kAbsolute, request);
  if (!until) return until;
  const uint64_t now = Machine::now();
  if (*until <= now) return 0;
  if (!caller.process->signals.deliverable()) {
    scheduler.sleep_until(*until);
    return Answer::waits();
  }
  Result<> done = flags & kAbsolute ? Result<>() : remaining.offer(Timespec::of(*until - now));
  return done ? Errno::kERESTARTNOHAND : done;  // without a handler it goes on sleeping
}

Answer nanosleep(Thread& caller, const Timespec& request, Out<Timespec> remaining) {
  return clock_nanosleep(caller, 1, 0, request, remaining);
}

// --- alarms ---

// Linux's struct itimerval.
struct Timer {
  Timeval interval, value;
};

uint64_t alarm_in(const Process& process) {
  const uint64_t now = Machine::now();
  if (process.alarm_at == 0) return 0;
  return process.alarm_at > now ? process.alarm_at - now : 1;  // (it rings with the next tick)
}

void alarm_after(Process& process, uint64_t time, uint64_t interval) { set_alarm(process, time ? Machine::now() + time : 0, interval); }

Answer alarm(Process& self, uint32_t seconds) {
  const uint64_t left = alarm_in(self);
  alarm_after(self, seconds * kSecond, 0);
  // To the nearest second, but never 0 for one that was to come: as on Linux.
  return static_cast<int64_t>(left > 0 && left < kSecond / 2 ? 1 : (left + kSecond / 2) / kSecond);
}

Answer getitimer(Process& self, int which, Out<Timer> out) {
  if (which != 0) return Errno::kEINVAL;  // ITIMER_REAL
  // A timer that runs never shows as 0, which says that it does not.
  const uint64_t left = alarm_in(self);
  return out.write({Timeval::of(self.alarm_interval), Timeval::of(left > 0 && left < 1000 ? 1000 : left)});
}

// (No address stands for zeros, as on Linux.)
Answer setitimer(Process& self, int which, const Timer* timer, Out<Timer> old) {
  const Timer wanted = timer ? *timer : Timer{};
  Result<uint64_t> value = wanted.value.nanoseconds(), interval = wanted.interval.nanoseconds();
  if (which != 0 || !value || !interval) return Errno::kEINVAL;
  const Answer told = old.to.value ? getitimer(self, which, old) : 0;
  if (told.value() == 0) alarm_after(self, *value, *value ? *interval : 0);
  return told;
}

}  // namespace

[[gnu::section("calls"), gnu::used]] constinit const Row kCalls[] = {
    {35, handle<nanosleep>},
    {36, handle<getitimer>},
    {37, handle<alarm>},
    {38, handle<setitimer>},
    {96, handle<gettimeofday>},
    {201, handle<time>},
    {227, handle<clock_settime>},
    {228, handle<clock_gettime>},
    {229, handle<clock_getres>},
    {230, handle<clock_nanosleep>},
};

}  // namespace kine::calls
