// The stubs of lab fault: whatever is not answered ends the process.

// Lab fault: A bad access is a signal, which a handler may catch (`signal_trap`); it learns the address, and whether anything is mapped
// there (SEGV_MAPERR 1, SEGV_ACCERR 2). Out of memory is not the program's mistake, and no handler could run: it ends by SIGKILL
// (`kill_process`), with a message that says so. Each verdict has a counter in Events.
void answer_fault(Thread& thread, const PageFault& trap) {
  AddressSpace& space = *thread.process->space;
  const Registers& registers = thread.context.regs;
  trace_event(R"("event":"fault","address":"{}","error":{},"rip":"{}"})", trap.address, registers.error, VirtAddr{registers.rip});
  space.count(&Events::faults);
  const FaultVerdict verdict = space.fault(trap.address, trap.write ? Access::kWrite : trap.fetch ? Access::kFetch : Access::kRead);
  trace_change(R"({"verdict":"{}"})", kVerdictNames[static_cast<unsigned>(verdict)]);
  if (verdict == FaultVerdict::kBad || verdict == FaultVerdict::kNoMemory) {
    kill_process(*thread.process, kSIGSEGV, "a page fault", trap.address);
  }
}
