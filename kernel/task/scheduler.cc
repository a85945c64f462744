#include "task/scheduler.hh"

namespace kine {

constinit Scheduler scheduler;

void Scheduler::sleep_until(uint64_t time) {
  Thread& thread = *current();
  wait(WaitFor::kTime);
  thread.wake_at = time;
  // From the back: most sleeps end after those that began before.
  Thread* before = sleepers_.last();
  while (before && before->wake_at > time) before = sleepers_.previous(*before);
  sleepers_.insert_after(before, thread);
}

void Scheduler::tick() {
  const uint64_t now = sleepers_.empty() ? 0 : Machine::now();
  while (!sleepers_.empty() && sleepers_.first()->wake_at <= now) make_ready(sleepers_.pop_front());
  if (current()) yield();
}

void Scheduler::end(Thread& thread) {
  Running& running = here();
  check(running.current == &thread, "a thread that does not run ended itself");
  running.current = nullptr;
  if (running.loaded == &thread) running.loaded = nullptr;
}

Context& Scheduler::enter() {
  Running& running = here();
  Thread& thread = *running.current;
  if (running.loaded != &thread) {
    Machine::switch_context(running.loaded ? &running.loaded->context : nullptr, thread.context);
    running.loaded = &thread;
  }
  const Frame root = thread.process->space->root();
  if (running.root != root) load(root);
  return thread.context;
}

}  // namespace kine
