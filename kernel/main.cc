// The kernel is one function from a trap to the next thread: kernel_syscall and kernel_trap get the registers of the thread that came in,
// saved in its Context, and return the Context to go on with. Interrupts are off inside, and nothing of one trap is left on the stack for
// the next.
#include "base/log.hh"
#include "ipc/console.hh"
#include "start.hh"
#include "syscall/calls.hh"
#include "task/scheduler.hh"

namespace kine {

namespace {

void handle_interrupts(uint32_t irqs) {
  if (irqs & 1u << Machine::kTimerIrq) scheduler.tick();
  if (irqs & 1u << Machine::kConsoleIrq) consoles[0].interrupt();
}

// Frees what was condemned. One reap is at most 512 entries, about 10,000 instructions, so interrupts wait for less than 100,000. (They
// wait longer for calls whose work is their size: a shared mapping that is filled, rights of many pages changed, fork=eager or pages, the
// audit.)
void reap() {
  constexpr unsigned kReapsPerLook = 8;
  for (unsigned count = 1; frames.reap_one(); ++count) {
    if (count % kReapsPerLook != 0) continue;
    const uint32_t irqs = Machine::poll_interrupts();
    handle_interrupts(irqs);
    if (irqs != 0) return;
  }
}

// To the next thread: the current one if it may go on, else the first that is ready, else whoever an interrupt makes ready.
Context* next_context() {
  for (;;) {
    reap();
    if (!scheduler.pick()) {
      handle_interrupts(Machine::wait_for_interrupt());
      continue;
    }
    Thread& thread = *scheduler.current();
    if (!thread.in_call) return &scheduler.enter();
    // Issued again, while the processor still has another thread's FPU state and memory: no call that waits touches those.
    thread.in_call = false;
    calls::issue(thread);
    handle_interrupts(Machine::poll_interrupts());
  }
}

Context* leave(Thread& thread) {
  if (scheduler.current() == &thread && !frames.reap_pending()) [[likely]]
    return &thread.context;
  return next_context();
}

void answer_fault(Process& process, const Trap& trap) {
  AddressSpace& space = *process.space;
  const Access access = trap.write ? Access::kWrite : trap.fetch ? Access::kFetch : Access::kRead;
  space.count(&Events::faults);
  switch (space.fault(trap.address, access)) {
    case FaultVerdict::kCopied: return space.count(&Events::faults_copy);
    case FaultVerdict::kReused: return space.count(&Events::faults_reuse);
    case FaultVerdict::kZeroed: return space.count(&Events::faults_zero);
    case FaultVerdict::kAlready: return;
    case FaultVerdict::kBad:
      space.count(&Events::faults_bad);
      return kill_process(process, 11 /* SIGSEGV */,
                          trap.write   ? "forbidden write"
                          : trap.fetch ? "forbidden execution"
                                       : "forbidden read",
                          trap.address);
    case FaultVerdict::kNoMemory: return kill_process(process, 9 /* SIGKILL */, "out of memory in a page fault", trap.address);
  }
}

}  // namespace

extern "C" Context* kernel_syscall(Context* context) {
  Thread& thread = Thread::of(*context);
  calls::issue(thread);
  return leave(thread);
}

extern "C" Context* kernel_trap(Context* context) {
  Thread& thread = Thread::of(*context);
  const Trap trap = Machine::decode(*context);
  switch (trap.kind) {
    case Trap::Kind::kPageFault: answer_fault(*thread.process, trap); break;
    case Trap::Kind::kException: kill_process(*thread.process, trap.signal, trap.name, trap.address); break;
    case Trap::Kind::kInterrupt: handle_interrupts(1u << trap.irq); break;
  }
  return leave(thread);
}

extern "C" [[noreturn]] void kernel_main(const BootInfo& boot) {
  start_kernel(boot);
  Machine::resume(*next_context());
}

}  // namespace kine
