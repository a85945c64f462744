// Processes and threads: who they are, and the life of one: fork, exit, wait.
//
// A process, its thread and the FPU state lie in one frame. A process that ended stays as a zombie, without memory, until its parent has
// waited for it; the children of a dead parent become init's.
//
//   fork ──> alive ──end──> zombie ──wait by the parent──> gone
#pragma once

#include "base/list.hh"
#include "machine.hh"
#include "task/object.hh"

namespace kine {

struct Process;

// What a thread waits for; it is ready or running if for nothing.
enum class WaitFor : uint8_t { kNothing, kChild, kTime, kInput, kLoan };

struct Thread {
  Context context;  // first: a trap knows the thread by its context's address
  Process* process = nullptr;
  WaitFor waits_for = WaitFor::kNothing;
  bool in_call = false;   // its system call is issued again when it runs next
  uint64_t wake_at = 0;   // nanoseconds since boot; while it waits for time
  uint64_t progress = 0;  // of a call that goes on when it is issued again: bytes done
  Link<Thread> link;      // in the list of ready threads, of sleepers, or of readers

  static Thread& of(Context& context) { return reinterpret_cast<Thread&>(context); }
};
static_assert(offsetof(Thread, context) == 0);
using ThreadList = List<Thread, &Thread::link>;

// Linux's encoding of a status for wait(2): the low 7 bits are the signal that killed the process, else bits 8 to 15 its exit code.
struct WaitStatus {
  int value = 0;
  static constexpr WaitStatus exited(int code) { return {(code & 0xff) << 8}; }
  static constexpr WaitStatus killed(unsigned signal) { return {static_cast<int>(signal)}; }
};

struct Process {
  Thread thread;
  Frame frame;  // the one that this lies in
  int pid = 0;
  int group = 0;
  int session = 0;
  bool zombie = false;
  WaitStatus status;
  Process* parent = nullptr;
  Link<Process> sibling;
  List<Process, &Process::sibling> children;  // alive
  List<Process, &Process::sibling> zombies;   // ended, not waited for yet
  AddressSpace own_space;
  AddressSpace* space = &own_space;  // or the parent's, while it is lent (vfork)
  Process* lender = nullptr;         // the parent that waits until this process execs or ends
  VirtAddr clear_tid;                // set_tid_address(2): written 0 when the process gives up a lent address space
  Descriptors descriptors;
  char name[32] = {};  // for messages: the end of the path that it runs

  void set_name(const char* path, uint64_t length);
};

static_assert(kPageSize < 4096 || sizeof(Process) <= kPageSize);  // (the simulated machine also has small pages, and no processes then)

struct ForkRequest {
  bool lend = false;      // CLONE_VM: the child uses the parent's address space until it execs or ends. Requires wait
  bool wait = false;      // CLONE_VFORK: the parent waits until then
  VirtAddr stack{};       // the child's stack pointer; 0: as the parent's
  VirtAddr parent_tid{};  // where to write the child's pid, in the parent; 0: nowhere
  VirtAddr child_tid{};   // … in the child; 0: nowhere
  VirtAddr clear_tid{};   // the child's clear_tid
};

// Makes a child of the caller, which runs next. The caller's answer is the child's pid, the child's is 0. EAGAIN (too many processes),
// ENOMEM.
Answer fork_process(Thread& caller, const ForkRequest& request);

// Ends a process: its memory goes, its children become init's, its parent is told. The end of init is the end of the machine.
void end_process(Process& process, WaitStatus status);
// As end_process, with a message: `why` is what went wrong at which address.
void kill_process(Process& process, unsigned signal, const char* why, VirtAddr address);

// wait4(2). `which`: > 0 that pid, -1 any child, 0 any of the caller's group, < -1 any of group -which. Status and usage are written where
// the addresses are not 0. ECHILD, EINVAL, EFAULT.
Answer wait_for_child(Thread& caller, int which, VirtAddr status, int options, VirtAddr usage);

// Gives the process an address space of its own, `space`, in the place of the one it has or borrowed (exec).
void replace_space(Process& process, AddressSpace& space);

inline constexpr uint64_t kPathLimit = 4096;  // PATH_MAX, with the NUL

// Makes `process` run the program at `path`. `argv` and `envp` are arrays of string addresses in `source`, ended by 0; an address 0 stands
// for an empty array. Afterwards the process has only the new image, and starts at its entry (LINUX-ABI: execve(2), and the System V ABI,
// AMD64 supplement, 3.4.1). ENOENT, EACCES, ENOEXEC, E2BIG, EFAULT, ENOMEM: the process is as it was.
[[nodiscard]] Result<> exec(Process& process, AddressSpace& source, const char* path, uint64_t path_length, VirtAddr argv, VirtAddr envp);

// Every process, by pid.
class ProcessTable {
 public:
  static constexpr unsigned kSlots = 16384;
  static constexpr unsigned kReservedSlots = 16;  // for init's own children and servers
  static constexpr int kPidLimit = 1 << 22;       // as Linux's PID_MAX_LIMIT

  // A new process in a frame of its own, with a pid, listed nowhere else. EAGAIN, ENOMEM.
  Result<Process*> create(Claim claim);
  // Requires: nothing leads to it any more.
  void remove(Process& process);
  Process* find(int pid) const {
    Process* const process = slots_[slot_of(pid)];
    return process && process->pid == pid ? process : nullptr;
  }
  unsigned count() const { return count_; }
  Process& init() const { return *slots_[1]; }

  template <class Visit>
  void for_each(Visit visit) const {
    for (Process* process : slots_)
      if (process) visit(*process);
  }

 private:
  static unsigned slot_of(int pid) { return static_cast<unsigned>(pid) % kSlots; }
  Process* slots_[kSlots] = {};
  unsigned count_ = 0;
  int last_pid_ = 0;
};

extern constinit ProcessTable processes;
extern constinit ForkStrategy fork_strategy;

}  // namespace kine
