#include "task/signal.hh"

#include "task/scheduler.hh"

namespace kine {

namespace {

constexpr int kCLD_EXITED = 1, kCLD_KILLED = 2, kCLD_STOPPED = 5, kCLD_CONTINUED = 6;
constexpr uint64_t kFaults = signal_set(kSIGILL, kSIGTRAP, kSIGBUS, kSIGFPE, kSIGSEGV);

constinit unsigned stopped_processes = 0;
constinit List<Process, &Process::alarm_link> alarms;  // by time, the earliest first

// Stopped no more; ready if that is what it waited for.
bool unstop(Process& process) {
  if (!std::exchange(process.stopped, false)) return false;
  --stopped_processes;
  if (process.thread.waits_for == WaitFor::kContinue) scheduler.make_ready(process.thread);
  return true;
}

// A thread that waits for what a signal may end is ready, and its call is issued again.
void interrupt(Thread& thread, bool killed) {
  switch (thread.waits_for) {
    case WaitFor::kNothing: return;
    case WaitFor::kTime:
    case WaitFor::kReady: return scheduler.wake(thread);
    case WaitFor::kChild:
    case WaitFor::kSignal: return scheduler.make_ready(thread);
    case WaitFor::kReply:
    case WaitFor::kMessage: return thread.waits_at->interrupt(thread, killed);
    case WaitFor::kLoan:
      if (killed) scheduler.make_ready(thread);
      return;
    case WaitFor::kContinue:
      if (killed) unstop(*thread.process);
      return;
  }
}

// --- orphaned groups (POSIX, 3.264 "Orphaned Process Group") ---

// Whether the process's parent, which is not `ended`, could make its group go on.
bool is_looked_after(const Process& process, const Process* ended) {
  const Process* const parent = process.parent;
  return !process.zombie && &process != ended && parent && parent != ended && parent->pid != 1 && parent->group != process.group &&
         parent->session == process.session;
}

bool is_orphaned(int group) {
  bool orphaned = true;
  processes.for_each([&](const Process& process) { orphaned &= process.group != group || !is_looked_after(process, nullptr); });
  return orphaned;
}

void tell_orphans(const Process& ended) {
  if (stopped_processes == 0) return;
  // Groups by slot of their number: two that share one count as one. (Pids do not, as long as they live.)
  static struct { bool losing, looked_after, stopped; } groups[ProcessTable::kSlots];
  __builtin_memset(groups, 0, sizeof groups);
  const auto group_of = [](const Process& process) -> auto& { return groups[static_cast<unsigned>(process.group) % ProcessTable::kSlots]; };
  processes.for_each([&](const Process& process) {
    auto& group = group_of(process);
    const bool looked_after = is_looked_after(process, &ended);
    group.looked_after |= looked_after;
    group.losing |= !looked_after && is_looked_after(process, nullptr);
    group.stopped |= process.stopped;
  });
  processes.for_each([&](Process& process) {
    const auto& group = group_of(process);
    if (&process == &ended || !group.losing || group.looked_after || !group.stopped) return;
    send_signal(process, {.number = kSIGHUP, .code = kSI_KERNEL});
    send_signal(process, {.number = kSIGCONT, .code = kSI_KERNEL});
  });
}

}  // namespace

// --- what is set ---

Result<> Signals::set_action(int signal, const SignalAction& action, Claim claim) {
  const bool plain = action.handler <= SignalAction::kIgnore && action.flags == 0 && action.restorer == 0 && action.mask == 0;
  if (actions_ || !plain) {
    Result<> owned = actions_.own(claim);
    if (!owned) return owned;
    (*actions_)[signal - 1] = action;
  }
  const uint64_t bit = signal_bit(signal);
  ignored_ &= ~bit;
  caught_ &= ~bit;
  if (action.handler == SignalAction::kIgnore) ignored_ |= bit;
  if (action.handler > SignalAction::kIgnore) caught_ |= bit;
  if (ignores(signal)) forget(bit);
  return {};
}

// What stays ignored needs no frame: its flags go too, as on Linux.
void Signals::exec() {
  actions_ = {};
  caught_ = 0;
  stack = {};
}

bool Signals::post(const SignalInfo& info) {
  const uint64_t bit = signal_bit(info.number);
  if (pending_ & bit) return false;
  pending_ |= bit;
  senders_[info.number - 1] = {info.code, info.pid, info.uid, info.status};
  if (bit & kFaults) fault_ = info.address;
  return true;
}

SignalInfo Signals::take(uint64_t set) {
  const uint64_t found = pending_ & set;
  if (found == 0) return {};
  const uint64_t first = found & signal_bit(kSIGKILL) ? signal_bit(kSIGKILL) : found & kFaults ? found & kFaults : found;
  const int number = __builtin_ctzll(first) + 1;
  forget(signal_bit(number));
  const Sender& sender = senders_[number - 1];
  return {number, sender.code, sender.pid, sender.uid, sender.status, signal_bit(number) & kFaults ? fault_ : VirtAddr{}};
}

// --- sending ---

void send_signal(Process& to, const SignalInfo& info) {
  if (to.zombie) return;
  Signals& signals = to.signals;
  const uint64_t bit = signal_bit(info.number);
  if (bit & Signals::kStops) signals.forget(signal_bit(kSIGCONT));
  if (info.number == kSIGCONT) {
    signals.forget(Signals::kStops);
    if (unstop(to)) {
      to.news = WaitStatus::continued();
      tell_parent(to);
    }
  }
  const bool blocked = signals.blocked() & bit;
  const bool ignored = signals.ignores(info.number) || (to.pid == 1 && !signals.caught(info.number));
  if ((ignored && !blocked) || !signals.post(info) || blocked) return;
  interrupt(to.thread, info.number == kSIGKILL);
}

void signal_trap(Thread& thread, const SignalInfo& info, const char* why) {
  Signals& signals = thread.process->signals;
  const uint64_t bit = signal_bit(info.number);
  if (!signals.caught(info.number) || (signals.blocked() & bit))
    return kill_process(*thread.process, static_cast<unsigned>(info.number), why, info.address);
  signals.forget(bit);
  signals.post(info);
}

void tell_parent(const Process& child) {
  Process* const parent = child.parent;
  if (!parent) return;
  const int status = child.news.value;
  SignalInfo info{.number = kSIGCHLD, .pid = child.pid, .uid = child.identity.uid};
  if (child.zombie) {
    info.code = status & 0x7f ? kCLD_KILLED : kCLD_EXITED;
    info.status = status & 0x7f ? status & 0x7f : status >> 8;
  } else {
    info.code = child.stopped ? kCLD_STOPPED : kCLD_CONTINUED;
    info.status = child.stopped ? status >> 8 : kSIGCONT;
  }
  if (child.zombie || !(parent->signals.action(kSIGCHLD).flags & SignalAction::kNoChildStop)) send_signal(*parent, info);
  if (parent->thread.waits_for == WaitFor::kChild) scheduler.make_ready(parent->thread);
}

bool wants_no_zombies(const Process& parent) {
  const SignalAction action = parent.signals.action(kSIGCHLD);
  return action.handler == SignalAction::kIgnore || (action.flags & SignalAction::kNoChildWait);
}

void end_signals(Process& process) {
  set_alarm(process, 0, 0);
  unstop(process);
  tell_orphans(process);
  process.signals.exec();
  process.signals.forget(~uint64_t{0});
}

// --- delivering ---

namespace {

SignalRecord record_of(const SignalInfo& info) {
  SignalRecord record;
  record.number = info.number;
  record.code = info.code;
  if (info.code > 0 && (signal_bit(info.number) & kFaults)) {
    record.address = info.code == kSI_KERNEL ? 0 : info.address.value;
  } else {
    record.sender = {info.pid, info.uid};
    record.status = info.status;
  }
  return record;
}

// An interrupted call, if there is one, ends with this error; ERESTARTSYS: it is issued again behind the handler.
void end_call(Thread& thread, Errno error) {
  if (!std::exchange(thread.restart, false)) return;
  thread.wake_at = 0;
  if (error == Errno::kERESTARTSYS) {
    thread.context.issue_again();
  } else {
    thread.context.set_result(Answer(error).value());
  }
}

// Where the frame goes, with room for the FPU's image above it. EFAULT: there is no room on the alternate stack.
Result<VirtAddr> place_frame(const SignalStack& stack, const SignalAction& action, uint64_t stack_pointer) {
  const bool on_it = stack.contains(stack_pointer);
  const bool enter = (action.flags & SignalAction::kOnStack) && stack.bytes > 0 && !on_it;
  const uint64_t top = enter ? stack.begin.value + stack.bytes : stack_pointer - SignalFrame::kRedZone;
  const uint64_t fpu = round_down(top - sizeof(FpuState), 64);
  const VirtAddr frame{round_down(fpu - sizeof(SignalFrame), 16) - 8};
  if ((on_it || enter) && !stack.contains(frame.value)) return Errno::kEFAULT;
  return frame;
}

// Builds the frame and makes the thread start its handler. EFAULT, ENOMEM: the thread is as it was.
Result<> start_handler(Thread& thread, const SignalInfo& info, const SignalAction& action) {
  Process& process = *thread.process;
  Signals& signals = process.signals;
  Registers& regs = thread.context.regs;
  if (action.handler >= kUserEnd.value || !(action.flags & SignalAction::kRestorer)) return Errno::kEFAULT;
  Result<VirtAddr> place = place_frame(signals.stack, action, regs.rsp);
  if (!place) return place.error();
  const VirtAddr fpu{round_up((*place + sizeof(SignalFrame)).value, 64)};
  SignalFrame frame{};
  frame.restorer = action.restorer;
  frame.flags = SignalFrame::kHasStackSegment;
  frame.stack_begin = signals.stack.begin.value;
  frame.stack_flags = signals.stack.bytes > 0 ? 0 : SignalStack::kDisable;
  frame.stack_bytes = signals.stack.bytes;
  frame.save(regs);
  if (info.number == kSIGSEGV) frame.cr2 = info.address.value;
  frame.fpu = fpu.value;
  frame.mask = frame.old_mask = signals.mask_to_return_to();
  frame.info = record_of(info);
  scheduler.save(thread);
  Result<> done = write_user(*process.space, fpu, thread.context.fpu);
  if (done) done = write_user(*process.space, *place, frame);
  const SignalAction reset{.flags = action.flags, .restorer = action.restorer, .mask = action.mask};
  if (done && (action.flags & SignalAction::kResetHand)) done = signals.set_action(info.number, reset, process.claim());
  if (!done) return done;

  // Commit: nothing fails from here on.
  signals.end_suspend();
  signals.block(signals.blocked() | action.mask | (action.flags & SignalAction::kNoDefer ? 0 : signal_bit(info.number)));
  regs.rdi = static_cast<uint64_t>(info.number);
  regs.rsi = (*place + offsetof(SignalFrame, info)).value;
  regs.rdx = (*place + offsetof(SignalFrame, flags)).value;
  regs.rax = 0;
  regs.rsp = place->value;
  regs.rip = action.handler;
  regs.rflags &= ~SignalFrame::kClearedForHandler;
  regs.vector = 0;
  thread.context.fpu.start();
  scheduler.reload(thread);
  return {};
}

void stop(Process& process, int signal) {
  process.stopped = true;
  process.news = WaitStatus::stopped(static_cast<unsigned>(signal));
  ++stopped_processes;
  scheduler.wait(WaitFor::kContinue);
  tell_parent(process);
}

}  // namespace

void deliver_signals(Thread& thread) {
  Process& process = *thread.process;
  Signals& signals = process.signals;
  while (signals.deliverable()) {
    const SignalInfo info = signals.take(~signals.blocked());
    if (signals.caught(info.number)) {
      const SignalAction action = signals.action(info.number);
      const bool again = thread.restarts_behind_handler && (action.flags & SignalAction::kRestart);
      end_call(thread, again ? Errno::kERESTARTSYS : Errno::kEINTR);
      Result<> started = start_handler(thread, info, action);
      const char* const why = started.error() == Errno::kENOMEM ? "out of memory for a signal's frame" : "no room for a signal's frame";
      if (!started) {
        thread.context.regs.vector = Registers::kSystemCall;  // what came before the signal is not what ends it
        return kill_process(process, kSIGSEGV, why, {thread.context.regs.rsp});
      }
    } else if (signals.ignores(info.number) || process.pid == 1) {
      continue;
    } else if (signal_bit(info.number) & Signals::kStops) {
      if (info.number == kSIGSTOP || !is_orphaned(process.group)) return stop(process, info.number);
      // An orphaned group is not stopped, since nobody would make it go on. Who reads or writes the terminal from there, and was sent a
      // signal for it by the terminal's server, gets EIO instead (POSIX, 11.1.4).
      const Process* const sender = processes.find(info.pid);
      if (info.number != kSIGTSTP && sender && sender->server) end_call(thread, Errno::kEIO);
    } else {
      return end_process(process, WaitStatus::killed(static_cast<unsigned>(info.number)));
    }
  }
  if (std::exchange(thread.restart, false)) thread.in_call = true;
}

void return_from_handler(Thread& thread) {
  Process& process = *thread.process;
  AddressSpace& space = *process.space;
  const VirtAddr at{thread.context.regs.rsp - sizeof(uint64_t)};  // the handler's return took the restorer's address
  Result<SignalFrame> frame = read_user<SignalFrame>(space, at);
  FpuState image;
  image.start();
  Result<> read = frame.error();
  if (read && frame->fpu) read = copy_in(space, &image, {frame->fpu}, sizeof image);
  if (!read || frame->rip >= kUserEnd.value) return kill_process(process, kSIGSEGV, "a forged signal frame", at);

  // Commit:
  scheduler.save(thread);
  thread.context.fpu.take(image);
  frame->restore(thread.context.regs);
  scheduler.reload(thread);
  process.signals.block(frame->mask);
  (void)process.signals.set_stack({frame->stack_begin}, frame->stack_bytes, frame->stack_flags);
}

// --- alarms ---

void set_alarm(Process& process, uint64_t time, uint64_t interval) {
  if (process.alarm_at != 0) alarms.remove(process);
  process.alarm_at = time;
  process.alarm_interval = interval;
  if (time == 0) return;
  Process* before = alarms.last();
  while (before && before->alarm_at > time) before = alarms.previous(*before);
  alarms.insert_after(before, process);
}

void ring_alarms() {
  if (alarms.empty()) return;
  const uint64_t now = Machine::now();
  while (!alarms.empty() && alarms.first()->alarm_at <= now) {
    Process& process = *alarms.first();
    const uint64_t interval = process.alarm_interval;
    // What was missed is not made up for.
    const uint64_t next = interval ? process.alarm_at + (now - process.alarm_at) / interval * interval + interval : 0;
    set_alarm(process, next, interval);
    send_signal(process, {.number = kSIGALRM, .code = kSI_KERNEL});
  }
}

}  // namespace kine
