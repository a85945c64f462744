#include "task/process.hh"

#include <new>

#include "base/log.hh"
#include "mm/usage.hh"
#include "task/scheduler.hh"

namespace kine {

constinit ProcessTable processes;
constinit ForkStrategy fork_strategy = ForkStrategy::kTree;
constinit kine_crash last_crash = {};

Result<Process*> ProcessTable::create(const Inherited& parent, Claim claim) {
  if (count_ >= kSlots - (claim == Claim::kReserve ? 1 : kReservedSlots)) return Errno::kEAGAIN;
  int pid = last_pid_;
  do {
    pid = pid + 1 < kPidLimit ? pid + 1 : 2;
  } while (slots_[slot_of(pid)]);
  Result<Frame> frame = frames.take(FrameKind::kObject, claim);
  if (!frame) return frame.error();
  Process* const process = new (Machine::bytes(*frame)) Process(parent);
  process->frame = *frame;
  process->pid = pid;
  process->thread.process = process;
  process->thread.exchange.pid = static_cast<uint32_t>(pid);
  slots_[slot_of(pid)] = process;
  last_pid_ = pid;
  ++count_;
  return process;
}

unsigned ProcessTable::count_of(uint32_t uid) const {
  unsigned count = 0;
  for_each([&](const Process& process) { count += process.identity.uid == uid; });
  return count;
}

void ProcessTable::remove(Process& process) {
  // What a server is still to be told of its death lies in it.
  if (process.thread.notice.port) {
    process.reaped = true;
    return;
  }
  trace_change(R"({"gone":{}})", process.pid);
  slots_[slot_of(process.pid)] = nullptr;
  --count_;
  const Frame frame = process.frame;
  process.~Process();
  frames.unlink(frame);
}

Answer fork_process(Thread& caller, const ForkRequest& request) {
  Process& parent = *caller.process;
  // (Only a crowded table is counted through.)
  if (!parent.identity.is_root() && processes.count() > ProcessTable::kUserLimit &&
      processes.count_of(parent.identity.uid) >= ProcessTable::kUserLimit)
    return Errno::kEAGAIN;
  const bool countable = frames.countable([&](auto visit) {
    for (const Frame frame : {parent.descriptors.frame(), parent.signals.frame()})
      if (frame) visit(frame);
  });
  if (!countable) return Errno::kENOMEM;
  Result<Process*> made = processes.create(parent, parent.claim());
  if (!made) return made.error();
  Process& child = **made;
  trace_event(R"("event":"fork","child":{},"lend":{}})", child.pid, request.lend);
  Result<> ready;
  if (request.lend && parent.space == &parent.own_space) {
    child.space = parent.space;
  } else {
    // (A child of init's may use the reserve until it execs: nobody who eats all memory keeps a server from being started again.)
    ready = child.own_space.fork_from(*parent.space, fork_strategy, parent.claim());
  }
  child.parent = &parent;
  trace_process(child);
  // An address that cannot be written is no reason to fail: clone(2) has nowhere to say so, and Linux ignores it too.
  if (ready && request.child_tid.value) ready = write_user(*child.space, request.child_tid, child.pid);
  if (ready.error() != Errno::kENOMEM && request.parent_tid.value) ready = write_user(*parent.space, request.parent_tid, child.pid);
  if (ready.error() == Errno::kENOMEM) {
    processes.remove(child);
    return Errno::kENOMEM;
  }

  // Commit: nothing fails from here on.
  Machine::save_fpu(caller.context);
  child.thread.context = caller.context;
  child.thread.context.set_result(0);
  if (request.stack.value) child.thread.context.regs.rsp = request.stack.value;
  child.signals.fork_from(parent.signals);
  child.clear_tid = request.clear_tid;
  child.started_at = Machine::now();
  parent.children.push_back(child);
  caller.context.set_result(child.pid);
  if (request.wait) {
    parent.borrower = &child;
    scheduler.wait(WaitFor::kLoan);
  }
  scheduler.run_first(child.thread);
  return Answer::none();
}

namespace {

// The parent that waited for this child's exec or end goes on.
void return_loan(Process& process) {
  Process* const lender = process.parent;
  if (!lender || lender->borrower != &process) return;
  if (process.space != &process.own_space && process.clear_tid.value) {
    // A failure is ignored as on Linux: the program named a word that it cannot write.
    Result<> cleared = write_user(*process.space, process.clear_tid, uint32_t{0});
    (void)cleared;
  }
  process.space = &process.own_space;
  lender->borrower = nullptr;
  if (lender->thread.waits_for == WaitFor::kLoan) scheduler.make_ready(lender->thread);  // (else it was killed meanwhile)
}

// A lender ends while its borrower still uses the address space: it becomes the borrower's own.
void give_loan(Process& process) {
  Process* const borrower = std::exchange(process.borrower, nullptr);
  if (!borrower || borrower->space != &process.own_space) return;  // (with its own, it only made its parent wait)
  borrower->space = &borrower->own_space;
  borrower->own_space.take_over(process.own_space);
  trace_process(*borrower);
}

void hand_over_children(Process& from, Process& to) {
  for (auto list : {&Process::children, &Process::zombies}) {
    while (!(from.*list).empty()) {
      Process& child = (from.*list).pop_front();
      child.parent = &to;
      trace_process(child);
      (to.*list).push_back(child);
      if (child.zombie) tell_parent(child);
    }
  }
}

// Nobody will answer the calls that this server received. They are in no list: that would cost every call, and servers seldom end.
void abandon_senders(const Process& server) {
  processes.for_each([&](Process& process) {
    if (process.thread.exchange.server == &server) process.thread.waits_at->abandon(process.thread);
  });
}

[[noreturn]] void end_machine(WaitStatus status) {
  trace_counts();
  const int signal = status.value & 0x7f;
  log("exit status {}", signal ? 128 + signal : status.value >> 8);
  Machine::power_off(0);
}

void remember_crash(const Process& process, unsigned signal, VirtAddr address) {
  const Registers& registers = process.thread.context.regs;
  static_assert(sizeof registers == sizeof last_crash.registers);
  last_crash = {last_crash.number + 1, process.pid, signal, address.value, 0, {}, {}, {}};
  last_crash.mapped = describe_page(*process.space, address, last_crash.page);
  __builtin_memcpy(last_crash.name, process.name, sizeof process.name);
  __builtin_memcpy(last_crash.registers, &registers, sizeof registers);
}

}  // namespace

void end_process(Process& process, WaitStatus status) {
  trace_event(R"("event":"exit","pid":{},"status":{}})", process.pid, status.value);
  if (process.pid == 1) end_machine(status);
  give_loan(process);
  return_loan(process);
  if (process.receives) abandon_senders(process);
  scheduler.forget_io(process);
  process.descriptors.clear();
  for (ObjectRef<Object>* held : {&process.root, &process.working_directory, &process.image}) *held = {};
  end_signals(process);
  // Off this address space first, then let go of it.
  scheduler.load(Machine::kernel_root());
  process.own_space.destroy();
  hand_over_children(process, processes.init());
  process.zombie = true;
  trace_process(process);
  process.news = status;
  Process& parent = *process.parent;
  parent.children.remove(process);
  scheduler.end(process.thread);
  tell_parent(process);
  if (wants_no_zombies(parent)) return processes.remove(process);
  parent.zombies.push_back(process);
}

void kill_process(Process& process, unsigned signal, const char* why, VirtAddr address) {
  static constexpr const char* kNames[] = {"0",       "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL",  "SIGTRAP",
                                           "SIGABRT", "SIGBUS", "SIGFPE", "SIGKILL", "SIGUSR1", "SIGSEGV"};
  static_assert(sizeof kNames / sizeof *kNames == kSIGSEGV + 1);  // the highest that the kernel itself kills with
  log("pid {} ({}) killed by {}: {} at {}", process.pid, process.name, kNames[signal], why, address);
  remember_crash(process, signal, address);
  end_process(process, WaitStatus::killed(signal));
}

void replace_space(Process& process, AddressSpace& space) {
  // (Whoever answers an execve runs in an address space of its own meanwhile.)
  scheduler.unload(process.space->root());
  return_loan(process);
  process.own_space.take_over(space);
}

}  // namespace kine
