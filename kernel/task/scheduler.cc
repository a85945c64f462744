#include "task/scheduler.hh"

namespace kine {

constinit Scheduler scheduler;

void Scheduler::sleep_until(uint64_t time, WaitFor what) {
  Thread& thread = *current();
  wait(what);
  thread.wake_at = time;
  // From the back: most sleeps end after those that began before.
  Thread* before = sleepers_.last();
  while (before && before->wake_at > time) before = sleepers_.previous(*before);
  sleepers_.insert_after(before, thread);
  if (what == WaitFor::kReady) pollers_.push_back(thread);
}

void Scheduler::tick() {
  const uint64_t now = sleepers_.empty() ? 0 : Machine::now();
  while (!sleepers_.empty() && sleepers_.first()->wake_at <= now) wake(*sleepers_.first());
  ring_alarms();
  if (current()) {
    ++current()->process->ticks;
    here().slice_over = current()->process->server;
    if (server_ready() || !ready_.empty()) requeue();
  }
}

void Scheduler::end(Thread& thread) {
  Running& running = here();
  check(running.current == &thread, "a thread that does not run ended itself");
  running.current = nullptr;
  if (running.loaded == &thread) running.loaded = nullptr;
}

void Scheduler::load_io() {
  Running& running = here();
  const Process& process = *running.current->process;
  running.io_open = process.io.count > 0;
  Machine::allow_io(running.io_open);
  if (running.io_open && std::exchange(running.io_owner, &process) != &process) Machine::set_io(process.io);
}

}  // namespace kine
