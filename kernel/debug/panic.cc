// The end of the machine after a bug of the kernel: says what is known and powers off with a failure. Never spins, never returns.
#include "base/log.hh"
#include "task/scheduler.hh"

namespace kine {
namespace {

constinit const char* first_cause = nullptr;
constinit bool gave_up = false;

// The report may run into what broke the kernel. A panic inside it keeps the first cause and ends; one inside that only ends. So what
// follows a pointer that nobody has checked comes last.
[[noreturn]] void end(const char* cause, const Registers* trap, uint64_t frame_pointer) {
  if (gave_up) Machine::power_off(2);
  if (first_cause) {
    gave_up = true;
    log("the report itself failed: {}", cause);
  } else {
    first_cause = cause;
    log("PANIC: {}", cause);
    Machine::report(trap, frame_pointer);
    if (const Thread* const thread = scheduler.current()) log("  in process {} ({})", thread->process->pid, thread->process->name);
  }
  log("panic: {}", first_cause);
  Machine::power_off(2);
}

}  // namespace

void panic(const char* cause) { end(cause, nullptr, reinterpret_cast<uint64_t>(__builtin_frame_address(0))); }

void panic_trap(const char* cause, const Registers& trap) { end(cause, &trap, trap.rbp); }

}  // namespace kine
