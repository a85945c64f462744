// The kernel is one function from a trap to the next thread: kernel_syscall and kernel_trap get the registers of the thread that came in,
// saved in its Context, and return the Context to go on with. Interrupts are off inside, and nothing of one trap is left on the stack for
// the next.
#include "boot_info.hh"
#include "ipc/right.hh"
#include "syscall/calls.hh"
#include "task/scheduler.hh"

namespace kine {

namespace {

void handle_interrupts(uint32_t irqs) {
  if (irqs & 1u << Machine::kTimerIrq) scheduler.tick();
  if (const uint32_t others = irqs & ~(1u << Machine::kTimerIrq)) interrupts.came(others);
}

// Frees what was condemned. One reap is at most 512 entries, about 10,000 instructions, so interrupts wait for less than 100,000. (They
// wait longer for calls whose work is their size: a shared mapping that is filled, rights of many pages changed, fork=eager or pages, the
// audit.)
void reap() {
  constexpr unsigned kReapsPerLook = 8;
  trace_enter(0, -1);
  for (unsigned count = 1; frames.reap_pending(); ++count) {
    (void)frames.reap_one();
    if (count % kReapsPerLook != 0) continue;
    const uint32_t irqs = Machine::poll_interrupts();
    handle_interrupts(irqs);
    if (irqs != 0) return;
  }
}

// To the next thread: the current one if it may go on and no server is ready, else the first that is ready, else whoever an interrupt makes
// ready.
Context* next_context() {
  for (;;) {
    reap();
    Thread* const next = scheduler.pick();
    if (!next) {
      handle_interrupts(Machine::wait_for_interrupt());
      continue;
    }
    Thread& thread = *next;
    const Signals& signals = thread.process->signals;
    if (thread.in_call && !signals.killed()) {
      // Issued again, while the processor still has another thread's FPU state and memory: no call that waits touches those.
      thread.in_call = false;
      calls::issue(thread);
      if (!thread.in_call && !thread.restart) thread.wake_at = 0;
      handle_interrupts(Machine::poll_interrupts());
    } else if (thread.restart || signals.deliverable()) {
      trace_enter(thread.process->pid, -1);
      deliver_signals(thread);
    } else {
      return &scheduler.enter();
    }
  }
}

inline bool goes_on(const Thread& thread) {
  return !scheduler.server_ready() && !frames.reap_pending() && !thread.process->signals.deliverable();
}

// Most often the thread that came in goes on, or the one that it sent a message to.
inline Context* leave(Thread& thread) {
  Thread* const next = scheduler.current();
  if (next == &thread && goes_on(thread)) return &thread.context;
  if (next && next != &thread && !next->in_call && !next->restart && goes_on(*next)) return &scheduler.enter();
  return next_context();
}

// The fault is answered, or its process gets a signal, or ends.
// lab(fault)
void answer_fault(Thread& thread, const PageFault& trap) {
  constexpr int kNotMapped = 1, kNotAllowed = 2;  // SEGV_MAPERR, SEGV_ACCERR
  AddressSpace& space = *thread.process->space;
  const Access access = trap.write ? Access::kWrite : trap.fetch ? Access::kFetch : Access::kRead;
  const Registers& regs = thread.context.regs;
  trace_event(R"("event":"fault","address":"{}","error":{},"rip":"{}"})", trap.address, regs.error, VirtAddr{regs.rip});
  space.count(&Events::faults);
  const FaultVerdict verdict = space.fault(trap.address, access);
  trace_change(R"({"verdict":"{}"})", kVerdictNames[static_cast<unsigned>(verdict)]);
  switch (verdict) {
    case FaultVerdict::kCopied: return space.count(&Events::faults_copy);
    case FaultVerdict::kReused: return space.count(&Events::faults_reuse);
    case FaultVerdict::kZeroed: return space.count(&Events::faults_zero);
    case FaultVerdict::kAlready: return;
    case FaultVerdict::kBad: {
      space.count(&Events::faults_bad);
      const bool mapped = trap.address < kUserEnd && !space.ruling(trap.address).entry.empty();
      const char* const why = trap.write ? "forbidden write" : trap.fetch ? "forbidden execution" : "forbidden read";
      return signal_trap(thread, {.number = kSIGSEGV, .code = mapped ? kNotAllowed : kNotMapped, .address = trap.address}, why);
    }
    case FaultVerdict::kNoMemory: return kill_process(*thread.process, kSIGKILL, "out of memory in a page fault", trap.address);
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
  trace_enter(thread.process->pid, -1);
  if (Machine::is_page_fault(*context)) {
    answer_fault(thread, Machine::page_fault(*context));
  } else if (const Trap trap = Machine::decode(*context); trap.kind == Trap::Kind::kInterrupt) {
    handle_interrupts(1u << trap.irq);
  } else {
    signal_trap(thread, {.number = trap.signal, .code = trap.code, .address = trap.address}, trap.name);
  }
  return leave(thread);
}

extern "C" [[noreturn]] void kernel_main(const BootInfo& boot) {
  start_kernel(boot);
  Machine::resume(*next_context());
}

}  // namespace kine
