// What a process may use and has used, and chance. Limits are what the kernel enforces anyway: no call changes them.
#include "syscall/calls.hh"
#include "task/layout.hh"

namespace kine::calls {

namespace {

// Linux's struct rlimit64.
struct Limit {
  uint64_t now, most;
};

// RLIMIT_…
constexpr unsigned kLimits = 16;
uint64_t limit_of(unsigned resource) {
  switch (resource) {
    case 3: return layout::kStack.bytes();
    case 4: return 0;  // CORE: nobody writes one
    case 6: return ProcessTable::kUserLimit;  // NPROC
    case 7: return Descriptors::kLimit;  // NOFILE
    default: return ~uint64_t{0};
  }
}

Answer prlimit64(Process& self, Process& of, uint32_t resource, const Limit* wanted, Out<Limit> out) {
  if (resource >= kLimits) return Errno::kEINVAL;
  if (&of != &self && !self.identity.is_root() && self.identity.uid != of.identity.uid) return Errno::kEPERM;
  const uint64_t limit = limit_of(resource);
  if (wanted && wanted->now > wanted->most) return Errno::kEINVAL;
  if (wanted && (wanted->now != limit || wanted->most != limit)) return Errno::kEPERM;
  return out.offer({limit, limit});
}

Answer getrusage(Process& self, int who, Out<ResourceUsage> out) {
  constexpr int kChildren = -1, kSelf = 0, kThread = 1;
  if (who == kChildren) return out.write(ResourceUsage::of(self.child_ticks, self.child_faults));
  if (who != kSelf && who != kThread) return Errno::kEINVAL;
  return out.write(ResourceUsage::of(self.ticks, self.own_space.events.faults));
}

// Processor time is counted in ticks of 10 ms.
Answer times(Process& self, Out<uint64_t[4]> out) {
  static_assert(Machine::kTickNanoseconds == 1'000'000'000 / 100);  // sysconf(_SC_CLK_TCK) = AT_CLKTCK
  const Result<> told = out.offer({self.ticks, 0, self.child_ticks, 0});  // user, system; the children's
  return when(told, static_cast<int64_t>(Machine::now() / Machine::kTickNanoseconds));
}

// At most 16 KiB: they are made with interrupts off, and a short count is allowed above 256 (getrandom(2)).
Answer getrandom(AddressSpace& space, VirtAddr out, uint64_t bytes, uint32_t flags) {
  constexpr uint32_t kNonblock = 1, kRandom = 2, kInsecure = 4;
  constexpr uint64_t kMostBytes = 16 * 1024;
  if ((flags & ~(kNonblock | kRandom | kInsecure)) || (flags & (kRandom | kInsecure)) == (kRandom | kInsecure)) return Errno::kEINVAL;
  const uint64_t count = bytes < kMostBytes ? bytes : kMostBytes;
  uint64_t words[32];
  for (uint64_t done = 0; done < count; done += sizeof words) {
    for (uint64_t& word : words) word = Machine::entropy();
    Result<> written = copy_out(space, out + done, words, count - done < sizeof words ? count - done : sizeof words);
    if (!written) return written;
  }
  return static_cast<int64_t>(count);
}

Answer sched_getaffinity(Process&, Process&, uint64_t bytes, Out<uint64_t> out) {
  if (bytes < sizeof(uint64_t) || bytes % sizeof(uint64_t) != 0) return Errno::kEINVAL;
  return when(out.write(1), sizeof(uint64_t));
}

}  // namespace

[[gnu::section("calls"), gnu::used]] constinit const Row kCalls[] = {
    {98, handle<getrusage>},
    {100, handle<times>},
    {204, handle<sched_getaffinity>},
    {302, handle<prlimit64>},
    {318, handle<getrandom>},
};

}  // namespace kine::calls
