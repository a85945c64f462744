// poll and select: they wait in the kernel on the readiness that servers published, over any mixture of servers. At most 256 descriptors.
#include "syscall/calls.hh"

namespace kine::calls {

namespace {

// Linux's <asm-generic/poll.h>.
constexpr uint32_t kPollIn = KINE_READABLE, kPollPriority = 2, kPollOut = KINE_WRITABLE, kPollError = KINE_ERROR,
                   kPollHangUp = KINE_HUNG_UP, kPollInvalid = 0x20, kPollReadNormal = 0x40, kPollWriteNormal = 0x100;

struct PollFd {
  int fd;
  uint16_t events, ready;
};

// What the descriptor is ready for.
uint32_t ready(Process& process, uint32_t fd) {
  Result<Object*> object = process.descriptors.get(fd);
  if (!object) return kPollInvalid;
  if ((*object)->kind() != Object::Kind::kConnection) return kPollError;
  uint32_t mask = static_cast<Connection&>(**object).poll();
  if (mask & kPollIn) mask |= kPollReadNormal;
  if (mask & kPollOut) mask |= kPollWriteNormal;
  return mask;
}

// When a call is over that may wait so many nanoseconds: decided when it was first issued.
uint64_t end_of(const Thread& caller, uint64_t nanoseconds) { return caller.wake_at != 0 ? caller.wake_at : Machine::now() + nanoseconds; }

// How long a call may wait: what the program says at an address, or forever without one. EFAULT, ENOMEM, EINVAL.
template <class Time>
struct TimeLimit {
  Out<Time> left;
  uint64_t end = Time::kForever;

  static Result<TimeLimit> decode(Thread& caller, uint64_t word) {
    if (word == 0) return TimeLimit{};
    Result<Time> time = read_user<Time>(*caller.process->space, {word});
    if (!time) return time.error();
    Result<uint64_t> nanoseconds = time->nanoseconds();
    if (!nanoseconds) return nanoseconds.error();
    return TimeLimit{{caller.process->space, {word}}, end_of(caller, *nanoseconds)};
  }
  // The call answers, and what is left of the time takes the time's place. That it cannot be written there is no error, as on Linux.
  Answer finish(Answer answer) const {
    const uint64_t now = Machine::now();
    if (answer.has_value()) (void)left.offer(Time::of(end > now ? end - now : 0));
    return answer;
  }
};

// Fills in for what the descriptors are ready, of their events and of `unasked`. How many are ready for anything; while none is, waits
// until `end`. Issued again, it looks again. ERESTARTNOHAND.
Answer find_ready(Thread& caller, PollFd* polled, unsigned count, uint32_t unasked, uint64_t end) {
  int found = 0;
  for (unsigned i = 0; i < count; ++i) {
    const uint32_t mask = polled[i].fd < 0 ? 0 : ready(*caller.process, static_cast<uint32_t>(polled[i].fd));
    polled[i].ready = static_cast<uint16_t>(mask & (polled[i].events | unasked));
    found += polled[i].ready != 0;
  }
  if (found > 0 || end <= Machine::now()) return found;
  if (caller.process->signals.deliverable()) return Errno::kERESTARTNOHAND;
  scheduler.sleep_until(end, WaitFor::kReady);
  return Answer::waits();
}

Answer poll_until(Thread& caller, VirtAddr fds, uint32_t count, uint64_t end) {
  PollFd polled[Descriptors::kLimit];
  if (count > static_cast<uint32_t>(Descriptors::kLimit)) return Errno::kEINVAL;
  Result<> done = copy_in(*caller.process->space, polled, fds, count * sizeof(PollFd));
  if (!done) return done;
  const Answer answer = find_ready(caller, polled, count, kPollError | kPollHangUp | kPollInvalid, end);
  if (answer.has_value()) done = copy_out(*caller.process->space, fds, polled, count * sizeof(PollFd));
  return done ? answer : done;
}

// Each bit of select(2)'s sets (readable, writable, exceptional) has its place in one list.
Answer select_until(Thread& caller, int count, const VirtAddr (&addresses)[3], uint64_t end) {
  static constexpr uint16_t kEvents[3] = {kPollIn | kPollHangUp | kPollError, kPollOut | kPollError, kPollPriority};
  constexpr unsigned kMost = Descriptors::kLimit;
  if (count < 0) return Errno::kEINVAL;
  AddressSpace& space = *caller.process->space;
  const unsigned limit = static_cast<unsigned>(count) < kMost ? static_cast<unsigned>(count) : kMost;
  const uint64_t bytes = round_up(limit, 64) / 8;
  uint64_t sets[3][kMost / 64] = {};
  PollFd polled[3 * kMost];
  Result<> done;
  for (unsigned set = 0; set < 3; ++set) {
    if (addresses[set].value != 0) done = copy_in(space, sets[set], addresses[set], bytes);
    if (!done) return done;
    for (unsigned fd = 0; fd < kMost; ++fd) {
      const bool wanted = fd < limit && (sets[set][fd / 64] >> fd % 64 & 1);
      polled[set * kMost + fd] = {wanted ? static_cast<int>(fd) : -1, kEvents[set], 0};
    }
  }
  const Answer answer = find_ready(caller, polled, 3 * kMost, kPollInvalid, end);
  // The sets are the answer's too: what was wanted stays there until something is ready, or nothing came in time.
  if (!answer.has_value() || answer.value() < 0) return answer;
  for (unsigned i = 0; i < 3 * kMost; ++i) {
    if (polled[i].ready & kPollInvalid) return Errno::kEBADF;
    if (!polled[i].ready) sets[i / kMost][i % kMost / 64] &= ~(uint64_t{1} << i % 64);
  }
  for (unsigned set = 0; done && set < 3; ++set)
    if (addresses[set].value != 0) done = copy_out(space, addresses[set], sets[set], bytes);
  return done ? answer : done;
}

Answer poll(Thread& caller, VirtAddr fds, uint32_t count, int milliseconds) {
  const uint64_t time = static_cast<uint64_t>(milliseconds) * 1'000'000;
  return poll_until(caller, fds, count, milliseconds < 0 ? Timespec::kForever : end_of(caller, time));
}

Answer ppoll(Thread& caller, VirtAddr fds, uint32_t count, TimeLimit<Timespec> time, const uint64_t* mask, uint64_t mask_bytes) {
  return with_mask(caller, mask, mask_bytes, [&] { return time.finish(poll_until(caller, fds, count, time.end)); });
}

Answer select(Thread& caller, int count, VirtAddr readable, VirtAddr writable, VirtAddr exceptional, TimeLimit<Timeval> time) {
  return time.finish(select_until(caller, count, {readable, writable, exceptional}, time.end));
}

// The sixth word is the address of the mask's address and size: pselect(2).
struct MaskWords {
  VirtAddr mask;
  uint64_t bytes;
};
Answer pselect6(Thread& caller, int count, VirtAddr readable, VirtAddr writable, VirtAddr exceptional, TimeLimit<Timespec> time,
                const MaskWords* given) {
  const VirtAddr at = given ? given->mask : VirtAddr{};
  Result<uint64_t> mask = at.value ? read_user<uint64_t>(*caller.process->space, at) : uint64_t{0};
  if (!mask) return mask;
  return with_mask(caller, at.value ? &*mask : nullptr, given ? given->bytes : 0, [&] {
    return time.finish(select_until(caller, count, {readable, writable, exceptional}, time.end));
  });
}

}  // namespace

[[gnu::section("calls"), gnu::used]] constinit const Row kCalls[] = {
    {7, handle<poll>},
    {23, handle<select>},
    {270, handle<pselect6>},
    {271, handle<ppoll>},
};

}  // namespace kine::calls
