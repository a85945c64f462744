// Who runs. Round robin over the ready threads, init's servers before all others: one that is ready takes the processor from an ordinary
// thread on the way out of the kernel. The timer's tick takes it from a thread when another is ready. A forked child runs first: if it
// execs at once, the parent's writes never find shared pages. A message takes the processor with it: whoever it is for runs next, in the
// rest of the sender's time slice. A tick meanwhile ends that slice, though not the server's work.
//
// Owns the lists of ready and sleeping threads. What a processor runs and has loaded hangs off that processor. It decides only; main.cc
// leaves the kernel.
#pragma once

#include "task/process.hh"

namespace kine {

class Scheduler {
 public:
  Thread* current() const { return here().current; }

  // The thread can run again; it queues behind the other ready ones.
  void make_ready(Thread& thread) {
    thread.waits_for = WaitFor::kNothing;
    ready_of(thread).push_back(thread);
  }
  // The current thread stops running until somebody makes it ready.
  void wait(WaitFor what) { std::exchange(here().current, nullptr)->waits_for = what; }
  // … until this time, in nanoseconds since boot; if it waits for kReady, until wake_pollers at the latest.
  void sleep_until(uint64_t time, WaitFor what = WaitFor::kTime);
  // A thread that sleeps is ready before its time.
  void wake(Thread& thread) {
    if (thread.waits_for == WaitFor::kReady) pollers_.remove(thread);
    sleepers_.remove(thread);
    make_ready(thread);
  }
  void wake_pollers() {
    while (!pollers_.empty()) wake(*pollers_.first());
  }
  // The current thread queues behind the ready ones.
  void requeue() {
    Thread& thread = *std::exchange(here().current, nullptr);
    ready_of(thread).push_back(thread);
  }
  // `thread` runs now; the current one, if any, queues.
  void run_first(Thread& thread) {
    if (here().current) requeue();
    here().current = &thread;
  }
  // A waiting thread can go on, and runs next if nobody runs now and its slice is not over; else it queues.
  void hand_over(Thread& thread) {
    Running& running = here();
    if (running.current || (running.slice_over && !thread.process->server)) return make_ready(thread);
    thread.waits_for = WaitFor::kNothing;
    running.current = &thread;
  }
  // The current thread has ended.
  void end(Thread& thread);

  // A timer tick: wakes the sleepers whose time has come, and lets the next one run.
  void tick();
  bool server_ready() const { return !ready_servers_.empty(); }
  // Makes the first ready thread the current one if there is none. An ordinary one gives way to a server that is ready, and keeps its turn:
  // so what a server was told of, it has dealt with before the program goes on that caused it. Null if nobody is ready.
  Thread* pick() {
    Thread*& current = here().current;
    if (current && (!server_ready() || current->process->server)) return current;
    if (current) ready_.insert_after(nullptr, *current);
    if (!server_ready()) here().slice_over = false;  // whoever comes next has a slice of its own
    ThreadList& first = server_ready() ? ready_servers_ : ready_;
    current = first.empty() ? nullptr : &first.pop_front();
    return current;
  }
  // Loads the current thread's registers and memory into the processor.
  Context& enter() {
    Running& running = here();
    Thread& thread = *running.current;
    const Process& process = *thread.process;
    const Frame root = process.space->root();
    if (running.root != root) load(root);
    if (running.loaded != &thread) {
      Machine::switch_context(running.loaded ? &running.loaded->context : nullptr, thread.context);
      running.loaded = &thread;
      if (running.io_open || process.io.count > 0) load_io();
    }
    return thread.context;
  }
  // Brings the FPU state in the thread's Context up to date, if a processor has a newer one.
  void save(Thread& thread) {
    if (here().loaded == &thread) Machine::save_fpu(thread.context);
  }
  // The FPU state and segments in the thread's Context were changed: a processor that has those of before gets these.
  void reload(Thread& thread) {
    if (here().loaded == &thread) Machine::switch_context(nullptr, thread.context);
  }
  // This processor translates through `root` from here on; what it translated through before may be given back then.
  void load(Frame root) {
    Machine::load_root(root);
    here().root = root;
  }
  // The process's I/O ports change, or it goes: a processor's map of them is out of date.
  void forget_io(const Process& process) {
    if (here().io_owner != &process) return;
    here().io_owner = nullptr;
    Machine::allow_io(here().io_open = false);
  }
  // The current thread's process may use its I/O ports from here on, if it has any, and no others.
  void load_io();
  // An address space goes: this processor stops translating through it, if it does.
  void unload(Frame root) {
    if (here().root == root) load(Machine::kernel_root());
  }

 private:
  // One processor's own.
  struct Running {
    Thread* current;
    Thread* loaded;  // whose registers are in the processor; null: nobody's that lives
    Frame root;
    bool slice_over;          // a tick found a server running: the thread that it works for does not go on at once
    bool io_open;             // the processor's map of I/O ports counts
    const Process* io_owner;  // whose ports are in it; null: nobody's
  };
  static_assert(sizeof(Running) <= Machine::kCpuStorageBytes);
  static Running& here() { return *static_cast<Running*>(Machine::cpu_storage()); }

  ThreadList& ready_of(const Thread& thread) { return thread.process->server ? ready_servers_ : ready_; }

  ThreadList ready_;
  ThreadList ready_servers_;
  ThreadList sleepers_;  // by time, the earliest first
  List<Thread, &Thread::poll_link> pollers_;
};

extern constinit Scheduler scheduler;

}  // namespace kine
