// The calls on the table of descriptors. What a descriptor leads to is its server's affair (route.cc).
#include "syscall/calls.hh"
#include "syscall/route.hh"

namespace kine::calls {

namespace {

// Linux's <fcntl.h>.
constexpr int kDupFd = 0, kGetFd = 1, kSetFd = 2, kDupFdCloseOnExec = 1030;
constexpr int kFdCloseOnExec = 1;
constexpr int kCloseOnExec = 02000000;  // O_CLOEXEC

// The table changes: descriptor `to` leads to the same as `from` does. EBADF, and ENOMEM: the table is shared since a fork, and no frame is
// left to copy it.
Answer put(Process& self, uint32_t to, Fd from, bool close_on_exec) {
  if (to >= static_cast<uint32_t>(Descriptors::kLimit)) return Errno::kEBADF;
  Result<> own = self.descriptors.own(self.claim());
  if (own) self.descriptors.put(static_cast<int>(to), ObjectRef<Object>::hold(*from.object), close_on_exec);
  return own ? Answer(to) : own;
}

// The lowest free descriptor from `from` on leads to the same. EMFILE, ENOMEM.
Answer duplicate(Process& self, Fd fd, int from, bool close_on_exec) {
  const int copy = self.descriptors.lowest_free(from);
  if (copy == Descriptors::kLimit) return Errno::kEMFILE;
  return put(self, static_cast<uint32_t>(copy), fd, close_on_exec);
}

Answer close_range(Process& self, uint32_t first, uint32_t last, int flags) {
  constexpr int kMarkOnly = 4;  // CLOSE_RANGE_CLOEXEC
  if (first > last || (flags & ~kMarkOnly)) return Errno::kEINVAL;
  Descriptors& table = self.descriptors;
  Result<> own = table.own(self.claim());
  for (uint32_t fd = first; own && fd <= last && fd < static_cast<uint32_t>(Descriptors::kLimit); ++fd) {
    if (!table.get(fd)) continue;
    if (flags & kMarkOnly) {
      table.set_close_on_exec(static_cast<int>(fd), true);
    } else {
      table.put(static_cast<int>(fd), {}, false);
    }
  }
  return own;
}

Answer close(Process& self, Fd fd) { return close_range(self, fd.number, fd.number, 0); }

Answer dup(Process& self, Fd fd) { return duplicate(self, fd, 0, false); }

Answer dup3(Process& self, Fd from, uint32_t to, int flags) {
  if ((flags & ~kCloseOnExec) || from.number == to) return Errno::kEINVAL;
  return put(self, to, from, flags & kCloseOnExec);
}

Answer dup2(Process& self, Fd from, uint32_t to) { return from.number == to ? Answer(to) : dup3(self, from, to, 0); }

Answer fcntl(Thread& caller, Fd fd, int command, uint64_t argument) {
  Process& self = *caller.process;
  const int number = static_cast<int>(fd.number);
  switch (command) {
    case kDupFd:
    case kDupFdCloseOnExec:
      if (argument >= static_cast<uint64_t>(Descriptors::kLimit)) return Errno::kEINVAL;
      return duplicate(self, fd, static_cast<int>(argument), command == kDupFdCloseOnExec);
    case kGetFd: return self.descriptors.close_on_exec(number) ? kFdCloseOnExec : 0;
    case kSetFd: {
      Result<> own = self.descriptors.own(self.claim());
      if (own) self.descriptors.set_close_on_exec(number, argument & kFdCloseOnExec);
      return own;
    }
    default: return send_call(caller);
  }
}

}  // namespace

[[gnu::section("calls"), gnu::used]] constinit const Row kCalls[] = {
    {3, handle<close>},
    {32, handle<dup>},
    {33, handle<dup2>},
    {72, handle<fcntl>},
    {292, handle<dup3>},
    {436, handle<close_range>},
};

}  // namespace kine::calls
