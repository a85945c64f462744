// Processes: exit, fork and its kin, execve, wait4, and the calls of a C library that has threads.
#include "syscall/calls.hh"
#include "syscall/route.hh"

namespace kine::calls {

namespace {

// Linux's <linux/sched.h>. The low byte of clone's flags is the signal that tells the parent; only SIGCHLD and none are known.
constexpr uint64_t kSignalMask = 0xff, kSIGCHLD = 17;
constexpr uint64_t kCloneVm = 0x100, kCloneVfork = 0x4000, kCloneParentSetTid = 0x100000, kCloneChildClearTid = 0x200000,
                   kCloneChildSetTid = 0x1000000;
constexpr uint64_t kCloneKnown = kSignalMask | kCloneVm | kCloneVfork | kCloneParentSetTid | kCloneChildClearTid | kCloneChildSetTid;

// Linux's <asm/prctl.h>.
constexpr int kSetGs = 0x1001, kSetFs = 0x1002, kGetFs = 0x1003, kGetGs = 0x1004;

Answer exit(Process& self, int status) {
  end_process(self, WaitStatus::exited(status));
  return Answer::none();
}

Answer fork(Thread& caller) { return fork_process(caller, {}); }
Answer vfork(Thread& caller) { return fork_process(caller, {.lend = true, .wait = true}); }

// EINVAL for flags beyond a plain fork's, CLONE_VFORK, and CLONE_VM with CLONE_VFORK: threads do not exist.
Answer clone(Thread& caller, uint64_t flags, VirtAddr stack, VirtAddr parent_tid, VirtAddr child_tid) {
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

Answer getpid(Process& self) { return self.pid; }

Answer getppid(Process& self) { return self.parent ? self.parent->pid : 0; }

// A process has one thread: waking finds nobody; all else is ENOSYS.
Answer futex(Process&, VirtAddr, int operation) {
  constexpr int kCommandMask = 0x7f, kWake = 1;  // (above the mask: FUTEX_PRIVATE_FLAG, FUTEX_CLOCK_REALTIME)
  return (operation & kCommandMask) == kWake ? Answer(0) : Answer(Errno::kENOSYS);
}

Answer set_tid_address(Process& self, VirtAddr address) {
  self.clear_tid = address;
  return self.pid;
}

Answer sched_yield(Thread& caller) {
  caller.context.set_result(0);
  scheduler.requeue();
  return Answer::none();
}

Answer arch_prctl(Thread& caller, int code, VirtAddr address) {
  Context& context = caller.context;
  uint64_t& base = code == kSetFs || code == kGetFs ? context.fs_base : context.gs_base;
  if (code == kGetFs || code == kGetGs) return write_user(*caller.process->space, address, base);
  if (code != kSetFs && code != kSetGs) return Errno::kEINVAL;
  if (address >= kUserEnd) return Errno::kEPERM;
  base = address.value;
  Machine::load_segments(context);
  return 0;
}

}  // namespace

Result<> exec_path(Process& process, const View& image, VirtAddr path, VirtAddr argv, VirtAddr envp, Span<const char> prefix) {
  AddressSpace& space = *process.space;
  Result<uint64_t> length = string_length(space, path, kPathLimit);
  if (!length) return length.error();
  char name[kPathLimit];
  Result<> copied = copy_in(space, name, path, *length);
  if (!copied) return copied;
  return exec(process, {.image = image, .path = {name, *length}, .strings = space, .argv = argv, .envp = envp, .prefix = prefix});
}

[[gnu::section("calls"), gnu::used]] constinit const Row kCalls[] = {
    {24, handle<sched_yield>},
    {39, handle<getpid>},
    {56, handle<clone>},
    {57, handle<fork>},
    {58, handle<vfork>},
    {60, handle<exit>},
    {61, handle<wait_for_child>},  // wait4
    {110, handle<getppid>},
    {158, handle<arch_prctl>},
    {186, handle<getpid>},  // gettid
    {202, handle<futex>},
    {218, handle<set_tid_address>},
    {231, handle<exit>},  // exit_group: a process has one thread
};

}  // namespace kine::calls
