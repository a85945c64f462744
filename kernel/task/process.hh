// Processes and threads: who they are, and the life of one: fork, exit, wait.
//
// A process, its thread and the FPU state lie in one frame. A process that ended stays as a zombie, without memory, until its parent has
// waited for it; the children of a dead parent become init's.
//
//   fork ──> alive ──end──> zombie ──wait by the parent──> gone
#pragma once

#include "base/list.hh"
#include "base/trace.hh"
#include "machine.hh"
#include "task/object.hh"
#include "task/signal.hh"

namespace kine {

struct Process;

// What a thread waits for; it is ready or running if for nothing.
enum class WaitFor : uint8_t {
  kNothing,
  kChild,   // wait4
  kTime,    // a sleep, among scheduler's sleepers
  kLoan,    // a child to give back the address space
  kReply,   // a server's answer: queued at a port, or received
  kMessage, // a server for a message
  kReady,   // poll: some connection, or a time; among scheduler's sleepers too
  kSignal,  // pause, sigsuspend
  kContinue // stopped by a signal
};

class Connection;
class Port;
namespace calls {
struct Route;
}

// What a port delivers, in order: it lies in the thread, connection or interrupt that it is about, so that telling needs no memory.
struct Notice {
  enum class Kind : uint8_t { kCall, kCancel, kClosed, kInterrupt };
  Link<Notice> link;
  Port* port = nullptr;  // that it is queued at; null: none
  Kind kind = Kind::kCall;
  uint64_t cookie = 0;  // kClosed: the connection's; kInterrupt: as it was bound
};
using NoticeList = List<Notice, &Notice::link>;

// A call on its way to a server and back; valid while the thread waits for kReply.
struct Exchange {
  // What the server gets: its message begins with a copy of this.
  uint32_t pid = 0, sequence = 0;  // the token: the sender, and which of its calls
  uint64_t cookie = 0;             // the connection's
  uint32_t kind = KINE_CALL;
  uint32_t number = 0;  // Linux's, after old forms became new ones
  uint64_t words[6] = {};
  // … the rest is the kernel's.
  Connection* via = nullptr;            // that it goes through, held (Thread::waits_at too)
  Process* server = nullptr;            // that received it; null: nobody yet
  Connection* reserved[2] = {};         // for what the server may mint
  const calls::Route* route = nullptr;  // its row in the table of routes (syscall/route.hh)
  unsigned asked = 0;                   // how often it was sent on

  uint64_t token() const { return uint64_t{sequence} << 32 | pid; }
};
static_assert(offsetof(Exchange, cookie) == offsetof(kine_message, cookie) && offsetof(Exchange, number) == offsetof(kine_message, number) &&
              offsetof(Exchange, words) == offsetof(kine_message, words) && offsetof(Exchange, via) == offsetof(kine_message, pid));

struct Thread {
  Context context;  // first: a trap knows the thread by its context's address
  Process* process = nullptr;
  WaitFor waits_for = WaitFor::kNothing;
  bool in_call = false;   // its system call is issued again when it runs next
  bool restart = false;   // its call was interrupted: it is issued again, or answers EINTR if a handler runs (signal.hh)
  bool restarts_behind_handler = false;  // … issued again behind a handler too, with SA_RESTART
  uint64_t wake_at = 0;   // nanoseconds since boot; while it sleeps
  Object* waits_at = nullptr;   // waiting for kReply: the connection, held; for kMessage: the port
  VirtAddr message_at;          // waiting for kMessage: where the message goes
  Link<Thread> link;      // in the list of ready threads, of sleepers, of or of a port's receivers
  Link<Thread> poll_link;  // in the list of those that sleep for kReady
  Notice notice;
  Exchange exchange;

  static Thread& of(Context& context) { return reinterpret_cast<Thread&>(context); }
};
static_assert(offsetof(Thread, context) == 0);
using ThreadList = List<Thread, &Thread::link>;

// Linux's encoding of a status for wait(2): the low 7 bits are the signal that killed the process, else bits 8 to 15 its exit code; 0x7f and the
// signal for one that stopped, 0xffff for one that goes on.
struct WaitStatus {
  int value = 0;
  static constexpr WaitStatus exited(int code) { return {(code & 0xff) << 8}; }
  static constexpr WaitStatus killed(unsigned signal) { return {static_cast<int>(signal)}; }
  static constexpr WaitStatus stopped(unsigned signal) { return {static_cast<int>(signal << 8 | 0x7f)}; }
  static constexpr WaitStatus continued() { return {0xffff}; }
};

// Who a process acts for: credentials(7). Real, effective and saved ids are one.
struct Identity {
  static constexpr unsigned kMaxGroups = 16;
  uint32_t uid = 0, gid = 0, umask = 022;
  uint32_t group_count = 0;
  uint32_t groups[kMaxGroups] = {};

  bool is_root() const { return uid == 0; }
};

// Who a process is, in the order in which a message tells the server.
struct Self {
  int pid = 0, group = 0, session = 0;
  Identity identity;
};
static_assert(offsetof(Self, identity.umask) == offsetof(kine_message, umask) - offsetof(kine_message, pid));

// What fork's child takes from its parent, but for the pid.
struct Inherited : Self {
  Descriptors descriptors;
  ObjectRef<Object> root, working_directory, image;  // connections: where paths begin, and the file that it runs
  bool tested = false;  // its memory may be refused: Frames::refuse
  char name[16] = {};  // the last part of the path that it runs, or as the program calls itself: prctl(2)
};

struct Process : Inherited {
  explicit Process(const Inherited& from) : Inherited(from) {}

  Thread thread;
  Frame frame;  // the one that this lies in
  bool zombie = false;
  bool reaped = false;         // waited for: it stays only until a server was told of its death
  bool server = false;         // one of init's: runs before others, and may use the reserve
  bool receives = false;       // it has asked a port for a message
  bool stopped = false;        // by a signal
  WaitStatus news;             // what wait must still report: how it ended, or that it stopped or goes on (0: neither)
  Process* parent = nullptr;
  Link<Process> sibling;
  List<Process, &Process::sibling> children;  // alive
  List<Process, &Process::sibling> zombies;   // ended, not waited for yet
  AddressSpace own_space;
  AddressSpace* space = &own_space;  // or the parent's, while it is lent (vfork)
  Process* borrower = nullptr;       // the child that this one waits for until it execs or ends
  VirtAddr clear_tid;                // set_tid_address(2): written 0 when the process gives up a lent address space
  Signals signals;
  uint64_t alarm_at = 0;        // nanoseconds since boot; 0: none
  uint64_t alarm_interval = 0;  // … and from then on; 0: once
  Link<Process> alarm_link;     // while there is an alarm
  IoPorts io{};              // that are open to it
  uint64_t started_at = 0;   // nanoseconds since boot
  uint64_t ticks = 0;        // timer ticks that found it running
  uint64_t child_ticks = 0;  // … its children that were waited for, with theirs
  uint64_t child_faults = 0;

  Claim claim() const { return server || pid == 1 ? Claim::kReserve : tested ? Claim::kTested : Claim::kOrdinary; }
};

static_assert(kPageSize < 4096 || sizeof(Process) <= kPageSize);  // (the simulated machine also has small pages, and no processes then)

// A change of who this is, or of which memory it has.
inline void trace_process(const Process& process) {
  trace_change(R"({"process":[{},{},{},"{}","{}"]})", process.pid, process.parent ? process.parent->pid : 0, process.space->root().number,
               process.zombie ? "zombie" : "alive", process.name);
}

struct ForkRequest {
  bool lend = false;      // CLONE_VM: the child uses the parent's address space until it execs or ends. Requires wait. What is itself
                          // borrowed is not lent, but copied
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
// As end_process, with a message: `why` is what went wrong at which address. Until the next one, last_crash says more of it.
void kill_process(Process& process, unsigned signal, const char* why, VirtAddr address);
extern constinit kine_crash last_crash;

// Linux's struct rusage, as far as it is filled in; the rest is zero.
struct ResourceUsage {
  uint64_t seconds, microseconds;  // in user mode
  uint64_t system_time_and_sizes[6];
  uint64_t minor_faults;
  uint64_t rest[9];
  static ResourceUsage of(uint64_t ticks, uint64_t faults);
};
static_assert(sizeof(ResourceUsage) == 144);

// wait4(2). `which`: > 0 that pid, -1 any child, 0 any of the caller's group, < -1 any of group -which. Status and usage are written where
// the addresses are not 0. ECHILD, EINVAL, EFAULT, ERESTARTSYS.
Answer wait_for_child(Thread& caller, int which, VirtAddr status, int options, VirtAddr usage);

// Gives the process an address space of its own, `space`, in the place of the one it has or borrowed (exec).
void replace_space(Process& process, AddressSpace& space);

inline constexpr uint64_t kPathLimit = 4096;  // PATH_MAX, with the NUL

// A file's bytes as pages of somebody's address space.
struct View {
  AddressSpace* space = nullptr;
  VirtAddr begin;  // page-aligned
  uint64_t bytes = 0;
  Rights rights;  // at most these, whoever maps it
};

// What exec makes a process run. `argv` and `envp` are arrays of string addresses in `strings`, ended by 0; an address 0 stands for an empty
// array.
struct Program {
  View image;
  Span<const char> path;  // as the program is told it (AT_EXECFN)
  AddressSpace& strings;
  VirtAddr argv, envp;
  Span<const char> prefix{};  // strings, each with its NUL, in place of argv[0]; empty: argv stays as it is
};

// Makes `process` run the program. Afterwards it has only the new image, and starts at its entry (LINUX-ABI: execve(2), and the System V ABI,
// AMD64 supplement, 3.4.1). ENOEXEC, E2BIG, EFAULT, ENOMEM: the process is as it was.
[[nodiscard]] Result<> exec(Process& process, const Program& program);

// Every process, by pid.
class ProcessTable {
 public:
  static constexpr unsigned kSlots = 16384;
  static constexpr unsigned kUserLimit = kSlots / 4;  // RLIMIT_NPROC: of one user who is not root
  static constexpr unsigned kReservedSlots = 16;  // for init's own children and servers
  static constexpr int kPidLimit = 1 << 22;       // as Linux's PID_MAX_LIMIT

  // A new process in a frame of its own, with a pid, listed nowhere else; `parent` has what it inherits. EAGAIN, ENOMEM.
  Result<Process*> create(const Inherited& parent, Claim claim);
  // Requires: nothing leads to it any more, but a notice to a server; then it stays, unseen, and who delivers that calls this again.
  void remove(Process& process);
  Process* find(int pid) const {
    Process* const process = in_slot_of(pid);
    return process && process->pid == pid && !process->reaped ? process : nullptr;
  }
  // Perhaps another one.
  Process* in_slot_of(int pid) const { return slots_[slot_of(pid)]; }
  unsigned count() const { return count_; }
  unsigned count_of(uint32_t uid) const;
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
