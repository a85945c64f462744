// Who runs. Round robin over the ready threads; the timer's tick takes the processor from a thread when another is ready. A forked child
// runs first: if it execs at once, the parent's writes never find shared pages.
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
    ready_.push_back(thread);
  }
  // The current thread stops running until somebody makes it ready.
  void wait(WaitFor what) { std::exchange(here().current, nullptr)->waits_for = what; }
  // … until this time, in nanoseconds since boot.
  void sleep_until(uint64_t time);
  // The current thread queues behind the ready ones.
  void requeue() { make_ready(*std::exchange(here().current, nullptr)); }
  // … if there are any.
  void yield() {
    if (!ready_.empty()) requeue();
  }
  // `thread` runs now; the current one, if any, queues.
  void run_first(Thread& thread) {
    if (here().current) requeue();
    here().current = &thread;
  }
  // The current thread has ended.
  void end(Thread& thread);

  // A timer tick: wakes the sleepers whose time has come, and lets the next one run.
  void tick();
  // Makes the first ready thread the current one if there is none; false if nobody is ready.
  bool pick() {
    if (!here().current && !ready_.empty()) here().current = &ready_.pop_front();
    return here().current != nullptr;
  }
  // Loads the current thread's registers and memory into the processor.
  Context& enter();
  // This processor translates through `root` from here on; what it translated through before may be given back then.
  void load(Frame root) {
    Machine::load_root(root);
    here().root = root;
  }

 private:
  // One processor's own.
  struct Running {
    Thread* current;
    Thread* loaded;  // whose registers are in the processor; null: nobody's that lives
    Frame root;
  };
  static_assert(sizeof(Running) <= Machine::kCpuStorageBytes);
  static Running& here() { return *static_cast<Running*>(Machine::cpu_storage()); }

  ThreadList ready_;
  ThreadList sleepers_;  // by time, the earliest first
};

extern constinit Scheduler scheduler;

}  // namespace kine
