#include "task/process.hh"

#include <new>

#include "base/log.hh"
#include "task/scheduler.hh"

namespace kine {

constinit ProcessTable processes;
constinit ForkStrategy fork_strategy = ForkStrategy::kTree;

void Process::set_name(const char* path, uint64_t length) {
  const uint64_t skip = length < sizeof name ? 0 : length - (sizeof name - 1);
  __builtin_memset(name, 0, sizeof name);
  __builtin_memcpy(name, path + skip, length - skip);
}

Result<Process*> ProcessTable::create(Claim claim) {
  if (count_ >= kSlots - (claim == Claim::kReserve ? 1 : kReservedSlots)) return Errno::kEAGAIN;
  int pid = last_pid_;
  do {
    pid = pid + 1 < kPidLimit ? pid + 1 : 2;
  } while (slots_[slot_of(pid)]);
  Result<Frame> frame = frames.take(FrameKind::kObject, claim);
  if (!frame) return frame.error();
  Process* const process = new (Machine::bytes(*frame)) Process;
  process->frame = *frame;
  process->pid = pid;
  process->thread.process = process;
  slots_[slot_of(pid)] = process;
  last_pid_ = pid;
  ++count_;
  return process;
}

void ProcessTable::remove(Process& process) {
  slots_[slot_of(process.pid)] = nullptr;
  --count_;
  const Frame frame = process.frame;
  process.~Process();
  frames.unlink(frame);
}

Answer fork_process(Thread& caller, const ForkRequest& request) {
  Process& parent = *caller.process;
  Result<Process*> made = processes.create(Claim::kOrdinary);
  if (!made) return made.error();
  Process& child = **made;
  Result<> ready;
  if (request.lend) {
    child.space = parent.space;
  } else {
    ready = child.own_space.fork_from(*parent.space, fork_strategy);
  }
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
  child.group = parent.group;
  child.session = parent.session;
  child.clear_tid = request.clear_tid;
  child.descriptors = parent.descriptors;
  __builtin_memcpy(child.name, parent.name, sizeof child.name);
  child.parent = &parent;
  parent.children.push_back(child);
  const int pid = child.pid;
  if (!request.wait) {
    scheduler.run_first(child.thread);
    return pid;
  }
  child.lender = &parent;
  caller.context.set_result(pid);
  scheduler.wait(WaitFor::kLoan);
  scheduler.run_first(child.thread);
  return Answer::none();
}

namespace {

// The parent that waited for this child's exec or end goes on.
void return_loan(Process& process) {
  if (!process.lender) return;
  if (process.space != &process.own_space && process.clear_tid.value) {
    // A failure is ignored as on Linux: the program named a word that it cannot write.
    Result<> cleared = write_user(*process.space, process.clear_tid, uint32_t{0});
    (void)cleared;
  }
  process.space = &process.own_space;
  scheduler.make_ready(std::exchange(process.lender, nullptr)->thread);
}

void tell_parent(Process& parent) {
  if (parent.thread.waits_for == WaitFor::kChild) scheduler.make_ready(parent.thread);
}

void hand_over_children(Process& from, Process& to) {
  const bool news = !from.zombies.empty();
  for (auto list : {&Process::children, &Process::zombies}) {
    while (!(from.*list).empty()) {
      Process& child = (from.*list).pop_front();
      child.parent = &to;
      (to.*list).push_back(child);
    }
  }
  if (news) tell_parent(to);
}

[[noreturn]] void end_machine(WaitStatus status) {
  const int signal = status.value & 0x7f;
  log("exit status {}", signal ? 128 + signal : status.value >> 8);
  Machine::power_off(0);
  __builtin_unreachable();
}

}  // namespace

void end_process(Process& process, WaitStatus status) {
  if (process.pid == 1) end_machine(status);
  check(process.thread.waits_for != WaitFor::kLoan, "a process ended while its address space was lent");
  return_loan(process);
  // Off this address space first, then let go of it.
  scheduler.load(Machine::kernel_root());
  process.own_space.destroy();
  hand_over_children(process, processes.init());
  process.zombie = true;
  process.status = status;
  Process& parent = *process.parent;
  parent.children.remove(process);
  parent.zombies.push_back(process);
  scheduler.end(process.thread);
  tell_parent(parent);
}

void kill_process(Process& process, unsigned signal, const char* why, VirtAddr address) {
  static constexpr const char* kNames[] = {"0",       "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL",  "SIGTRAP",
                                           "SIGABRT", "SIGBUS", "SIGFPE", "SIGKILL", "SIGUSR1", "SIGSEGV"};
  log("pid {} ({}) killed by {}: {} at {}", process.pid, process.name, kNames[signal], why, address);
  end_process(process, WaitStatus::killed(signal));
}

void replace_space(Process& process, AddressSpace& space) {
  scheduler.load(space.root());
  return_loan(process);
  process.own_space.take_over(space);
}

namespace {

constexpr int kWNOHANG = 1;
constexpr int kWaitOptions =
    kWNOHANG | 2 /* WUNTRACED */ | 8 /* WCONTINUED */ | static_cast<int>(0xe0000000) /* __WNOTHREAD, __WALL, __WCLONE */;

// Linux's struct rusage, as far as it is filled in; the rest is zero.
struct Usage {
  uint64_t times_and_sizes[8];
  uint64_t minor_faults;
  uint64_t rest[9];
};
static_assert(sizeof(Usage) == 144);

bool selects(int which, const Process& caller, const Process& child) {
  if (which > 0) return child.pid == which;
  return which == -1 || child.group == (which == 0 ? caller.group : -which);
}

Process* first_selected(int which, const Process& caller, const List<Process, &Process::sibling>& list) {
  if (which > 0) {
    Process* const child = processes.find(which);
    return child && child->parent == &caller && child->zombie == (&list == &caller.zombies) ? child : nullptr;
  }
  Process* child = list.first();
  while (child && !selects(which, caller, *child)) child = list.next(*child);
  return child;
}

}  // namespace

Answer wait_for_child(Thread& caller, int which, VirtAddr status, int options, VirtAddr usage) {
  Process& parent = *caller.process;
  if (options & ~kWaitOptions) return Errno::kEINVAL;
  if (which == INT32_MIN) return Errno::kESRCH;
  Process* const zombie = first_selected(which, parent, parent.zombies);
  if (!zombie) {
    if (!first_selected(which, parent, parent.children)) return Errno::kECHILD;
    if (options & kWNOHANG) return 0;
    scheduler.wait(WaitFor::kChild);
    return Answer::waits();
  }
  if (status.value) {
    // Both are checked before either is written and the zombie goes.
    Result<> prepared = usage.value ? prepare_out(*parent.space, usage, sizeof(Usage)) : Result<>();
    if (prepared) prepared = write_user(*parent.space, status, zombie->status.value);
    if (!prepared) return prepared;
  }
  if (usage.value) {
    Usage filled{};
    filled.minor_faults = zombie->own_space.events.faults;
    Result<> written = write_user(*parent.space, usage, filled);
    if (!written) return written;
  }
  const int pid = zombie->pid;
  parent.zombies.remove(*zombie);
  processes.remove(*zombie);
  return pid;
}

}  // namespace kine
