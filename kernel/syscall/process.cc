// Processes: exit, fork and its kin, execve, wait4, and who one is.
#include "syscall/calls.hh"
#include "task/scheduler.hh"

namespace kine::calls {

namespace {

// Linux's <linux/sched.h>. The low byte of clone's flags is the signal that tells the parent; only SIGCHLD and none are known.
constexpr uint64_t kSignalMask = 0xff, kSIGCHLD = 17;
constexpr uint64_t kCloneVm = 0x100, kCloneVfork = 0x4000, kCloneParentSetTid = 0x100000, kCloneChildClearTid = 0x200000,
                   kCloneChildSetTid = 0x1000000;
constexpr uint64_t kCloneKnown = kSignalMask | kCloneVm | kCloneVfork | kCloneParentSetTid | kCloneChildClearTid | kCloneChildSetTid;

// Linux's <asm/prctl.h>.
constexpr int kSetGs = 0x1001, kSetFs = 0x1002, kGetFs = 0x1003, kGetGs = 0x1004;

}  // namespace

Answer exit(Thread& caller, int status) {
  end_process(*caller.process, WaitStatus::exited(status));
  return Answer::none();
}

Answer fork(Thread& caller) { return fork_process(caller, {}); }

Answer vfork(Thread& caller) { return fork_process(caller, {.lend = true, .wait = true}); }

Answer clone(Thread& caller, uint64_t flags, VirtAddr stack, VirtAddr parent_tid, VirtAddr child_tid, uint64_t) {
  const uint64_t signal = flags & kSignalMask;
  const bool lend = flags & kCloneVm;
  const bool wait = flags & kCloneVfork;
  if ((flags & ~kCloneKnown) || (signal != 0 && signal != kSIGCHLD) || (lend && !wait) || stack >= kUserEnd) return Errno::kEINVAL;
  return fork_process(caller, {
                                  .lend = lend,
                                  .wait = wait,
                                  .stack = stack,
                                  .parent_tid = flags & kCloneParentSetTid ? parent_tid : VirtAddr{},
                                  .child_tid = flags & kCloneChildSetTid ? child_tid : VirtAddr{},
                                  .clear_tid = flags & kCloneChildClearTid ? child_tid : VirtAddr{},
                              });
}

Answer execve(Thread& caller, VirtAddr path, VirtAddr argv, VirtAddr envp) {
  AddressSpace& space = *caller.process->space;
  Result<uint64_t> length = string_length(space, path, kPathLimit);
  if (!length) return length.error();
  char copy[kPathLimit];
  Result<> copied = copy_in(space, copy, path, *length);
  if (!copied) return copied;
  Result<> done = exec(*caller.process, space, copy, *length, argv, envp);
  if (!done) return done;
  Machine::switch_context(nullptr, caller.context);  // the processor still holds the old program's FPU and segments
  return Answer::none();
}

Answer wait4(Thread& caller, int which, VirtAddr status, int options, VirtAddr usage) {
  return wait_for_child(caller, which, status, options, usage);
}

Answer getpid(Thread& caller) { return caller.process->pid; }
Answer gettid(Thread& caller) { return caller.process->pid; }

Answer getuid(Thread&) { return 0; }

Answer futex(Thread&, VirtAddr, int operation) {
  constexpr int kCommandMask = 0x7f, kWake = 1;  // (above the mask: FUTEX_PRIVATE_FLAG, FUTEX_CLOCK_REALTIME)
  return (operation & kCommandMask) == kWake ? Answer(0) : Answer(Errno::kENOSYS);
}

Answer getppid(Thread& caller) {
  const Process* const parent = caller.process->parent;
  return parent ? parent->pid : 0;
}

Answer set_tid_address(Thread& caller, VirtAddr address) {
  caller.process->clear_tid = address;
  return caller.process->pid;
}

Answer sched_yield(Thread& caller) {
  caller.context.set_result(0);
  scheduler.yield();
  return Answer::none();
}

Answer arch_prctl(Thread& caller, int code, VirtAddr address) {
  Context& context = caller.context;
  AddressSpace& space = *caller.process->space;
  switch (code) {
    case kSetFs:
    case kSetGs:
      if (address >= kUserEnd) return Errno::kEPERM;
      (code == kSetFs ? context.fs_base : context.gs_base) = address.value;
      Machine::load_segments(context);
      return 0;
    case kGetFs: return write_user(space, address, context.fs_base);
    case kGetGs: return write_user(space, address, context.gs_base);
    default: return Errno::kEINVAL;
  }
}

}  // namespace kine::calls
