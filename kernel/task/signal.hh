// Signals: which are pending, blocked, caught; sending and delivering them.
//
//   send_signal ──ignored──> gone
//        └──> pending, a waiting thread is interrupted ──on the way to user mode──> a handler's frame on the stack, or the default action
//
// A process has one thread, so there is one set of pending signals. A signal that is pending already is merged with it, real-time ones too.
// Owns the actions. Never takes a thread from what it waits for but as the scheduler or the object that it waits at says.
#pragma once

#include "task/fork_shared.hh"

namespace kine {

struct Process;
struct Thread;

// Linux's numbers (arch/x86/include/uapi/asm/signal.h).
inline constexpr int kSIGHUP = 1, kSIGILL = 4, kSIGTRAP = 5, kSIGBUS = 7, kSIGFPE = 8, kSIGKILL = 9, kSIGSEGV = 11, kSIGALRM = 14;
inline constexpr int kSIGCHLD = 17, kSIGCONT = 18, kSIGSTOP = 19, kSIGTSTP = 20, kSIGTTIN = 21, kSIGTTOU = 22, kSIGURG = 23, kSIGWINCH = 28;
inline constexpr int kSignals = 64;
constexpr uint64_t signal_bit(int signal) { return uint64_t{1} << (signal - 1); }
template <class... More>
constexpr uint64_t signal_set(More... signals) {
  return (signal_bit(signals) | ...);
}

// Why a signal came: the part of Linux's siginfo_t that is kept.
struct SignalInfo {
  int number = 0;
  int code = 0;  // SI_USER …
  int pid = 0;   // who sent it; SIGCHLD: the child
  uint32_t uid = 0;
  int status = 0;      // SIGCHLD: exit code or signal
  VirtAddr address{};  // of a fault
};
inline constexpr int kSI_USER = 0, kSI_KERNEL = 0x80, kSI_TKILL = -6;

// Linux's struct sigaction as the kernel has it.
struct SignalAction {
  static constexpr uint64_t kDefault = 0, kIgnore = 1;
  static constexpr uint64_t kNoChildStop = 1, kNoChildWait = 2, kInfo = 4, kRestorer = 0x0400'0000, kOnStack = 0x0800'0000,
                            kRestart = 0x1000'0000, kNoDefer = 0x4000'0000, kResetHand = 0x8000'0000;
  uint64_t handler = kDefault;
  uint64_t flags = 0;
  uint64_t restorer = 0;
  uint64_t mask = 0;
};

// sigaltstack(2)'s.
struct SignalStack {
  static constexpr uint32_t kOn = 1, kDisable = 2;
  static constexpr uint64_t kLeast = 2048;  // MINSIGSTKSZ
  VirtAddr begin{};
  uint64_t bytes = 0;  // 0: there is none
  bool contains(uint64_t stack_pointer) const { return stack_pointer > begin.value && stack_pointer - begin.value <= bytes; }
};

// What fork's child takes from its parent.
struct SignalSettings {
  SignalStack stack;

 protected:
  uint64_t blocked_ = 0;
  uint64_t ignored_ = 0;  // by the program
  uint64_t caught_ = 0;
  ForkShared<SignalAction[kSignals]> actions_;  // empty: all are default or ignored, without flags
};

class Signals : public SignalSettings {
 public:
  static constexpr uint64_t kUnblockable = signal_set(kSIGKILL, kSIGSTOP);
  static constexpr uint64_t kStops = signal_set(kSIGSTOP, kSIGTSTP, kSIGTTIN, kSIGTTOU);
  static constexpr uint64_t kIgnoredByDefault = signal_set(kSIGCHLD, kSIGCONT, kSIGURG, kSIGWINCH);

  // What must be handled before the thread runs on in user mode.
  bool deliverable() const { return (pending_ & ~blocked_) != 0; }
  bool killed() const { return pending_ & signal_bit(kSIGKILL); }

  uint64_t pending() const { return pending_; }
  uint64_t blocked() const { return blocked_; }
  void block(uint64_t set) { blocked_ = set & ~kUnblockable; }

  SignalAction action(int signal) const {
    SignalAction found = actions_ ? (*actions_)[signal - 1] : SignalAction{};
    if (ignored_ & signal_bit(signal)) found.handler = SignalAction::kIgnore;
    return found;
  }
  bool caught(int signal) const { return caught_ & signal_bit(signal); }
  // Whether the signal has no effect, were it not blocked.
  bool ignores(int signal) const { return (ignored_ | (kIgnoredByDefault & ~caught_)) & signal_bit(signal); }
  // Those that have no effect, or none now.
  uint64_t unheard() const { return ignored_ | (kIgnoredByDefault & ~caught_) | blocked_; }
  // Changes an action, and forgets the signal if it is ignored from here on. ENOMEM.
  [[nodiscard]] Result<> set_action(int signal, const SignalAction& action, Claim claim);

  // As fork does: the same actions, mask and stack, nothing pending. Requires: this is new.
  void fork_from(const Signals& parent) { static_cast<SignalSettings&>(*this) = parent; }
  // As exec does: what was caught is default, the stack is gone. Never fails.
  void exec();
  Frame frame() const { return actions_.frame(); }  // none at first

  // Marks it pending; false: it was already.
  bool post(const SignalInfo& info);
  void forget(uint64_t set) { pending_ &= ~set; }
  // Takes the next one of `set` that is pending: faults first, then the lowest number. number 0: there is none.
  SignalInfo take(uint64_t set);

  // Another mask while a call waits: rt_sigsuspend(2), ppoll(2). Asked again, by the call issued again, it stays. It ends with the call or,
  // before that, with the handler that interrupts it.
  void suspend(uint64_t mask) {
    if (!std::exchange(suspended_, true)) mask_before_ = std::exchange(blocked_, mask & ~kUnblockable);
  }
  void end_suspend() {
    if (std::exchange(suspended_, false)) blocked_ = mask_before_;
  }
  uint64_t mask_to_return_to() const { return suspended_ ? mask_before_ : blocked_; }

  // sigaltstack(2). EINVAL (flags), ENOMEM (too small).
  [[nodiscard]] Result<> set_stack(VirtAddr begin, uint64_t bytes, uint32_t flags) {
    if (flags > SignalStack::kDisable) return Errno::kEINVAL;
    if (flags != SignalStack::kDisable && bytes < SignalStack::kLeast) return Errno::kENOMEM;
    stack = flags == SignalStack::kDisable ? SignalStack{} : SignalStack{begin, bytes};
    return {};
  }

 private:
  // Of a pending signal; what it says is of no meaning while the signal is not pending, so a fork need not clear it.
  struct Sender {
    int code, pid;
    uint32_t uid;
    int status;
  };

  uint64_t pending_ = 0;
  uint64_t mask_before_ = 0;
  bool suspended_ = false;
  VirtAddr fault_;  // the address of the pending fault
  Sender senders_[kSignals];
};

// Sends a signal. Ended processes, and what is ignored and not blocked, take no notice; SIGCONT and what stops undo each other; init gets
// nothing that it has no handler for.
void send_signal(Process& to, const SignalInfo& info);
// A trap of the current thread's, at info.address: its handler comes next. Without one, or blocked, the process ends, with a message that
// says `why`.
void signal_trap(Thread& thread, const SignalInfo& info, const char* why);

// On the way to user mode, for the current thread, if a signal is deliverable or a call was interrupted: builds the handlers' frames, or
// the thread stops, or its process ends, or its call is issued again.
void deliver_signals(Thread& thread);
// rt_sigreturn(2). Who forges the frame ends by SIGSEGV.
void return_from_handler(Thread& thread);

// The parent hears by SIGCHLD that a child ended, stopped or goes on, and its wait looks again.
void tell_parent(const Process& child);
// Whether nobody will wait for this process's children: they leave no zombies.
bool wants_no_zombies(const Process& parent);
// The first of a process's end: its signals, its alarm and its being stopped are no more, and groups that lose with it the last parent of
// their session outside of them, and have stopped members, get SIGHUP and SIGCONT. Requires: its children are still its own.
void end_signals(Process& process);

// alarm(2), setitimer(2): SIGALRM at this time, in nanoseconds since boot, and again every `interval` (0: once). A time of 0: no more.
void set_alarm(Process& process, uint64_t time, uint64_t interval);
// The timer's tick.
void ring_alarms();

}  // namespace kine
