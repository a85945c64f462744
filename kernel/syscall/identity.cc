// Who a process is: user and groups, process group and session, its name.
#include "syscall/calls.hh"

namespace kine::calls {

namespace {

// --- users and groups: `id` is the uid or the gid ---

constexpr uint32_t kUnchanged = ~uint32_t{0};

template <uint32_t Identity::*id>
Answer get_id(Process& self) {
  return self.identity.*id;
}

// getresuid.
template <uint32_t Identity::*id>
Answer get_ids(Process& self, Out<uint32_t> real, Out<uint32_t> effective, Out<uint32_t> saved) {
  Result<> done = real.write(self.identity.*id);
  if (done) done = effective.write(self.identity.*id);
  return done ? saved.write(self.identity.*id) : done;
}

// setresuid. Real, effective and saved id are one: what would part them answers EPERM.
template <uint32_t Identity::*id>
Answer set_ids(Process& self, uint32_t real, uint32_t effective, uint32_t saved) {
  uint32_t& own = self.identity.*id;
  const auto stays = [own](uint32_t wanted) { return wanted == kUnchanged || wanted == own; };
  if (stays(real) && stays(effective) && stays(saved)) return 0;
  if (real == kUnchanged || effective != real || saved != real || !self.identity.is_root()) return Errno::kEPERM;
  own = real;
  return 0;
}

// setreuid: the saved id follows the effective one.
template <uint32_t Identity::*id>
Answer set_two_ids(Process& self, uint32_t real, uint32_t effective) {
  return set_ids<id>(self, real, effective, effective);
}

template <uint32_t Identity::*id>
Answer set_id(Process& self, uint32_t wanted) {
  return wanted == kUnchanged ? Errno::kEINVAL : set_ids<id>(self, wanted, wanted, wanted);
}

Answer getgroups(Process& self, int count, VirtAddr out) {
  const Identity& identity = self.identity;
  const int have = static_cast<int>(identity.group_count);
  if (count < 0 || (count > 0 && count < have)) return Errno::kEINVAL;
  if (count == 0) return have;
  return when(copy_out(*self.space, out, identity.groups, identity.group_count * sizeof identity.groups[0]), have);
}

// At most 16.
Answer setgroups(Process& self, uint32_t count, VirtAddr from) {
  Identity& identity = self.identity;
  if (!identity.is_root()) return Errno::kEPERM;
  if (count > Identity::kMaxGroups) return Errno::kEINVAL;
  uint32_t groups[Identity::kMaxGroups] = {};
  Result<> read = copy_in(*self.space, groups, from, count * sizeof groups[0]);
  if (!read) return read;
  __builtin_memcpy(identity.groups, groups, sizeof groups);
  identity.group_count = count;
  return 0;
}

// --- process groups and sessions ---

bool group_exists(int group, int session) {
  bool exists = false;
  processes.for_each(
      [&](const Process& process) { exists |= process.group == group && (session == 0 || process.session == session) && !process.reaped; });
  return exists;
}

Answer setpgid(Process& self, Process& process, int group) {
  if (group < 0) return Errno::kEINVAL;
  if (&process != &self && process.parent != &self) return Errno::kESRCH;
  if (group == 0) group = process.pid;
  if (process.session != self.session || process.session == process.pid) return Errno::kEPERM;
  if (&process != &self && process.own_space.events.execs > 0) return Errno::kEACCES;
  if (group != process.pid) {
    const Process* const leader = processes.find(group);  // most likely it is alive
    const bool there = leader && leader->group == group && leader->session == self.session;
    if (!there && !group_exists(group, self.session)) return Errno::kEPERM;
  }
  process.group = group;
  return 0;
}

Answer getpgid(Process&, Process& of) { return of.group; }
Answer getpgrp(Process& self) { return self.group; }
Answer getsid(Process&, Process& of) { return of.session; }

Answer setsid(Process& self) {
  if (self.group == self.pid || group_exists(self.pid, 0)) return Errno::kEPERM;
  self.session = self.group = self.pid;
  return self.pid;
}

// --- the rest ---

Answer umask(Process& self, uint32_t mask) { return std::exchange(self.identity.umask, mask & 0777); }

// PR_SET_NAME, PR_GET_NAME.
Answer prctl(Process& self, int option, VirtAddr argument) {
  constexpr int kSetName = 15, kGetName = 16;
  if (option == kGetName) return copy_out(*self.space, argument, self.name, sizeof self.name);
  if (option != kSetName) return Errno::kEINVAL;
  Result<uint64_t> length = string_length(*self.space, argument, sizeof self.name - 1);
  if (!length && length.error() != Errno::kENAMETOOLONG) return length;
  char name[sizeof self.name] = {};
  Result<> read = copy_in(*self.space, name, argument, length ? *length : sizeof name - 1);
  if (read) __builtin_memcpy(self.name, name, sizeof name);
  return read;
}

}  // namespace

[[gnu::section("calls"), gnu::used]] constinit const Row kCalls[] = {
    {95, handle<umask>},
    {102, handle<get_id<&Identity::uid>>},       // getuid
    {104, handle<get_id<&Identity::gid>>},       // getgid
    {105, handle<set_id<&Identity::uid>>},       // setuid
    {106, handle<set_id<&Identity::gid>>},       // setgid
    {107, handle<get_id<&Identity::uid>>},       // geteuid
    {108, handle<get_id<&Identity::gid>>},       // getegid
    {109, handle<setpgid>},
    {111, handle<getpgrp>},
    {112, handle<setsid>},
    {113, handle<set_two_ids<&Identity::uid>>},  // setreuid
    {114, handle<set_two_ids<&Identity::gid>>},  // setregid
    {115, handle<getgroups>},
    {116, handle<setgroups>},
    {117, handle<set_ids<&Identity::uid>>},      // setresuid
    {118, handle<get_ids<&Identity::uid>>},      // getresuid
    {119, handle<set_ids<&Identity::gid>>},      // setresgid
    {120, handle<get_ids<&Identity::gid>>},      // getresgid
    {121, handle<getpgid>},
    {124, handle<getsid>},
    {157, handle<prctl>},
};

}  // namespace kine::calls
