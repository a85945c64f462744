// Signals: what a program sets and sends. Delivery is task/signal.cc's.
#include "syscall/calls.hh"

namespace kine::calls {

namespace {

constexpr uint64_t kSetBytes = sizeof(uint64_t);  // of a signal set
constexpr uint64_t kKnownFlags = SignalAction::kNoChildStop | SignalAction::kNoChildWait | SignalAction::kInfo | SignalAction::kRestorer |
                                 SignalAction::kOnStack | SignalAction::kRestart | SignalAction::kNoDefer | SignalAction::kResetHand;

// Linux's stack_t.
struct StackWords {
  uint64_t begin;
  uint32_t flags, padding;
  uint64_t bytes;
};

bool is_signal(int signal) { return signal >= 1 && signal <= kSignals; }

// Signal 0 only asks. EPERM.
Result<> send_to(const Process& sender, Process& to, int signal, int code) {
  const bool may =
      sender.identity.is_root() || sender.identity.uid == to.identity.uid || (signal == kSIGCONT && sender.session == to.session);
  if (!may) return Errno::kEPERM;
  if (signal != 0) send_signal(to, {.number = signal, .code = code, .pid = sender.pid, .uid = sender.identity.uid});
  return {};
}
// ESRCH, EPERM.
Result<> send_to(const Process& sender, int pid, int signal, int code) {
  Process* const to = pid > 0 ? processes.find(pid) : nullptr;
  return to ? send_to(sender, *to, signal, code) : Errno::kESRCH;
}

// To every process that `selects` chooses. ESRCH: there is none; EPERM: none that the sender may signal.
template <class Selects>
Result<> send_to_all(const Process& sender, int signal, Selects selects) {
  bool found = false, sent = false;
  processes.for_each([&](Process& to) {
    if (to.reaped || !selects(to)) return;
    found = true;
    sent |= bool(send_to(sender, to, signal, kSI_USER));
  });
  return sent ? Errno::kOk : found ? Errno::kEPERM : Errno::kESRCH;
}

Answer kill(Process& self, int pid, int signal) {
  if (signal != 0 && !is_signal(signal)) return Errno::kEINVAL;
  if (pid > 0) return send_to(self, pid, signal, kSI_USER);
  if (pid == INT32_MIN) return Errno::kESRCH;
  if (pid == -1) {
    const Result<> sent = send_to_all(self, signal, [&](const Process& to) { return to.pid != 1 && &to != &self; });
    return sent.error() == Errno::kEPERM ? Errno::kOk : sent.error();  // as on Linux
  }
  const int group = pid == 0 ? self.group : -pid;
  return send_to_all(self, signal, [&](const Process& to) { return to.group == group; });
}

Answer tgkill(Process& self, int process, int thread, int signal) {
  if (process <= 0 || thread <= 0 || (signal != 0 && !is_signal(signal))) return Errno::kEINVAL;
  if (process != thread) return Errno::kESRCH;  // a process has one thread, of the same number
  return send_to(self, thread, signal, kSI_TKILL);
}

Answer tkill(Process& self, int thread, int signal) { return tgkill(self, thread, thread, signal); }

// (A real-time signal that is pending already is merged, like any other.)
Answer rt_sigaction(Process& self, int signal, const SignalAction* given, Out<SignalAction> old, uint64_t set_bytes) {
  if (set_bytes != kSetBytes || !is_signal(signal)) return Errno::kEINVAL;
  if (given && (signal_bit(signal) & Signals::kUnblockable)) return Errno::kEINVAL;
  Result<> told = old.offer(self.signals.action(signal));
  if (!told || !given) return told;
  SignalAction wanted = *given;
  wanted.flags &= kKnownFlags;
  wanted.mask &= ~Signals::kUnblockable;
  return self.signals.set_action(signal, wanted, self.claim());
}

Answer rt_sigprocmask(Process& self, int how, const uint64_t* set, Out<uint64_t> old, uint64_t set_bytes) {
  constexpr int kBlock = 0, kUnblock = 1, kSetMask = 2;
  const uint64_t before = self.signals.blocked();
  if (set_bytes != kSetBytes || (set && (how < kBlock || how > kSetMask))) return Errno::kEINVAL;
  Result<> told = old.offer(before);
  if (told && set) self.signals.block(how == kBlock ? before | *set : how == kUnblock ? before & ~*set : *set);
  return told;
}

Answer rt_sigpending(Process& self, VirtAddr set, uint64_t set_bytes) {
  if (set_bytes > kSetBytes) return Errno::kEINVAL;
  const uint64_t pending = self.signals.pending() & self.signals.blocked();
  return copy_out(*self.space, set, &pending, set_bytes);
}

Answer pause(Thread& caller) {
  if (caller.process->signals.deliverable()) return Errno::kERESTARTNOHAND;
  scheduler.wait(WaitFor::kSignal);
  return Answer::waits();
}

Answer rt_sigsuspend(Thread& caller, const uint64_t& mask, uint64_t mask_bytes) {
  return with_mask(caller, &mask, mask_bytes, [&] { return pause(caller); });
}

Answer sigaltstack(Thread& caller, const StackWords* wanted, Out<StackWords> old) {
  Signals& signals = caller.process->signals;
  const SignalStack& now = signals.stack;
  const bool on_it = now.contains(caller.context.stack_pointer());
  const uint32_t flags = now.bytes == 0 ? SignalStack::kDisable : on_it ? SignalStack::kOn : 0;
  Result<> told = old.offer({now.begin.value, flags, 0, now.bytes});
  if (!told || !wanted) return told;
  return on_it ? Errno::kEPERM : signals.set_stack({wanted->begin}, wanted->bytes, wanted->flags);
}

// A frame that no handler can have got ends the process by SIGSEGV.
Answer rt_sigreturn(Thread& caller) {
  return_from_handler(caller);
  return Answer::none();
}

}  // namespace

[[gnu::section("calls"), gnu::used]] constinit const Row kCalls[] = {
    {13, handle<rt_sigaction>},
    {14, handle<rt_sigprocmask>},
    {15, handle<rt_sigreturn>},
    {34, handle<pause>},
    {62, handle<kill>},
    {127, handle<rt_sigpending>},
    {130, handle<rt_sigsuspend>},
    {131, handle<sigaltstack>},
    {200, handle<tkill>},
    {234, handle<tgkill>},
};

}  // namespace kine::calls
