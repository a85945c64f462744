// A process that a test plays: it issues calls when its turn comes, and looks at its own memory. And the test that plays several of them:
// whatever it does, in the end every rule holds, and with the processes gone no frame and no object is missing.
#pragma once

#include <gtest/gtest.h>

#include <csignal>
#include <cstring>

#include "elf_file.hh"
#include "task/layout.hh"
#include "whole_kernel.hh"

namespace kine {

// Linux's numbers.
namespace nr {
enum : uint64_t {
  read = 0,
  write = 1,
  open = 2,
  close = 3,
  poll = 7,
  mmap = 9,
  mprotect = 10,
  munmap = 11,
  sigaction = 13,
  sigprocmask = 14,
  sigreturn = 15,
  select = 23,
  yield = 24,
  dup = 32,
  dup2 = 33,
  pause = 34,
  nanosleep = 35,
  alarm = 37,
  getpid = 39,
  fork = 57,
  vfork = 58,
  execve = 59,
  exit = 60,
  wait4 = 61,
  kill = 62,
  fcntl = 72,
  fsync = 74,
  chdir = 80,
  fchdir = 81,
  umask = 95,
  setuid = 105,
  setgid = 106,
  setpgid = 109,
  getppid = 110,
  setsid = 112,
  setgroups = 116,
  sigpending = 127,
  sigsuspend = 130,
  sigaltstack = 131,
  openat = 257,
  linkat = 265,
  ppoll = 271,
  pipe2 = 293,
  close_range = 436,
};
}

constexpr int64_t error(Errno number) { return -static_cast<int64_t>(number); }

class Actor {
 public:
  static constexpr int64_t kWaits = INT64_MIN, kEnded = INT64_MIN + 1;
  // Memory that every actor has: 64 pages, with something in each.
  static constexpr uint64_t kMemory = 0x2000'0000, kMemoryBytes = 64 * 4096;
  static constexpr uint64_t kMessageAt = kMemory, kAnswerAt = kMemory + 0x200, kTextAt = kMemory + 0x1000;

  Actor(WholeKernel& kernel, int pid) : kernel_(&kernel), pid_(pid) {}

  int pid() const { return pid_; }
  Process& process() const { return *processes.find(pid_); }
  bool lives() const {
    const Process* const process = processes.find(pid_);
    return process && !process->zombie;
  }
  bool runs() const { return kernel_->process().pid == pid_; }

  // A system call, as soon as this runs. Its result; kWaits, kEnded.
  template <class... Words>
  int64_t call(uint64_t number, Words... words) const {
    if (!kernel_->run(pid_)) throw MachineError("process " + std::to_string(pid_) + " waits and cannot call");
    (void)kernel_->call(number, static_cast<uint64_t>(words)...);
    return waits_or_result();
  }
  // That of its last call; it runs if it can.
  int64_t result() const {
    if (lives() && !waits_for_others()) (void)kernel_->run(pid_);
    return waits_or_result();
  }

  // Memory, as the kernel reaches it.
  void put(uint64_t at, const void* bytes, size_t count) const {
    Result<> done = copy_out(*process().space, {at}, bytes, count);
    if (!done) throw MachineError("a test writes where the process may not");
  }
  template <class T>
  void put(uint64_t at, const T& value) const {
    put(at, &value, sizeof value);
  }
  // … a string; its address.
  uint64_t put_text(const std::string& text, uint64_t at = kTextAt) const {
    put(at, text.c_str(), text.size() + 1);
    return at;
  }
  template <class T>
  T get(uint64_t at) const {
    T value;
    Result<> done = copy_in(*process().space, &value, {at}, sizeof value);
    if (!done) throw MachineError("a test reads where the process may not");
    return value;
  }
  std::string get_text(uint64_t at) const {
    std::string text;
    while (const char c = get<char>(at++)) text += c;
    return text;
  }

  // --- signals ---

  static constexpr uint64_t kHandler = 0x401020, kRestorer = 0x401040;
  const Registers& regs() const { return process().thread.context.regs; }
  void set_action(int signal, const SignalAction& action) const {
    put(kMemory + 0x400, action);
    if (call(nr::sigaction, signal, kMemory + 0x400, 0, 8) != 0) throw MachineError("sigaction failed");
  }
  void catch_signal(int signal, uint64_t flags = 0, uint64_t mask = 0) const {
    set_action(signal, {.handler = kHandler, .flags = flags | SignalAction::kRestorer, .restorer = kRestorer, .mask = mask});
  }
  // The handler that runs returns, through the restorer.
  int64_t return_from_handler() const {
    if (!kernel_->run(pid_)) throw MachineError("no handler runs");
    kernel_->context().regs.rsp += sizeof(uint64_t);
    return call(nr::sigreturn);
  }
  // The program comes to its `syscall` once more.
  int64_t issue_again() const {
    if (!kernel_->run(pid_)) throw MachineError("a process that waits cannot call");
    kernel_->issue_again();
    return waits_or_result();
  }

  // --- as a server ---

  kine_message message() const { return get<kine_message>(kMessageAt); }
  int64_t call_receive(int64_t port) const { return call(KINE_RECEIVE, port, kMessageAt); }
  // What has come already.
  kine_message receive(int64_t port) const {
    const int64_t result = call_receive(port);
    if (result != 0) throw MachineError("a server expected a message, and got " + std::to_string(result));
    return message();
  }
  int64_t reply(uint64_t token, int64_t result) const { return call(KINE_REPLY, token, result); }
  int64_t answer(const kine_answer& answer) const {
    put(kAnswerAt, answer);
    return call(KINE_ANSWER, kAnswerAt);
  }

 private:
  bool waits_for_others() const { return process().thread.waits_for != WaitFor::kNothing; }
  int64_t waits_or_result() const {
    if (!lives()) return kEnded;
    const Thread& thread = process().thread;
    if (waits_for_others() || thread.in_call || thread.restart) return kWaits;
    return static_cast<int64_t>(thread.context.regs.rax);
  }

  WholeKernel* kernel_;
  int pid_;
};

// An answer that is a number, and connections.
inline kine_answer answer_to(uint64_t token, uint32_t kind = KINE_ANSWER_RESULT, int64_t result = 0) {
  kine_answer answer{};
  answer.token = token;
  answer.kind = kind;
  answer.result = result;
  for (kine_answer_connection& connection : answer.connections) connection.fd = -1;
  return answer;
}
inline kine_answer answer_new(uint64_t token, int64_t port, uint64_t cookie, uint32_t ready = KINE_READABLE | KINE_WRITABLE) {
  kine_answer answer = answer_to(token);
  answer.connections[0] = {static_cast<int32_t>(port), ready, cookie};
  return answer;
}

class ActorTest : public ::testing::Test {
 protected:
  static constexpr uint64_t kCookie = 0xc0ffee;

  explicit ActorTest(uint32_t frames_wanted = 900)
      : kernel({{"bin/init", elf_file()}, {"bin/other", elf_file({}, usual_segments(), 'o')}}, "", frames_wanted), init(kernel, 1) {
    const int64_t at = init.call(nr::mmap, Actor::kMemory, Actor::kMemoryBytes, 3, 0x32, -1, 0);
    if (at != static_cast<int64_t>(Actor::kMemory)) throw MachineError("no memory for the actors");
    for (uint64_t page = 0; page < Actor::kMemoryBytes; page += kPageSize) init.put(Actor::kMemory + page, uint64_t{0});
    // What a fork writes first, and what it reads of pages that nobody touched yet, is not missing at the end.
    (void)init.get<uint64_t>(init.process().thread.context.regs.rsp - 8);
    init.put(init.process().thread.context.regs.rsp - 8, uint64_t{0});
    init.set_action(SIGUSR2, {.flags = SignalAction::kRestart});  // its actions have a frame from here on
    free_at_start_ = kernel.free_frames();
    objects_at_start_ = object_frames();
  }

  void TearDown() override { end(); }

  // Everybody but init goes, and all that there was.
  void end() {
    kernel.unlimit();
    check_rules("at the end");
    end_everybody();
    check_rules("with everybody gone");
    EXPECT_EQ(processes.count(), 1u) << "processes";
    EXPECT_EQ(object_frames(), objects_at_start_) << "frames of ports, connections and rights";
    EXPECT_EQ(kernel.free_frames(), free_at_start_) << "free frames";
  }

  void check_rules(const char* when) {
    const AuditFinding finding = kernel.audit();
    EXPECT_EQ(finding.rule, nullptr) << when << ": " << finding.rule << ", frame " << finding.frame.number;
  }

  // A child, which runs.
  Actor fork(const Actor& parent) {
    (void)parent.call(nr::fork);
    const int pid = kernel.process().pid;
    if (pid == parent.pid()) throw MachineError("a fork failed");
    return {kernel, pid};
  }

  // A server with the port's only receiving end, and a client with the only connection to it.
  struct Service {
    Actor server, client;
    int64_t port, fd;
  };
  Service make_service(uint64_t cookie = kCookie) {
    const int64_t port = init.call(KINE_PORT), fd = init.call(KINE_MINT, port, cookie);
    const Service made{fork(init), fork(init), port, fd};
    for (const Actor& closer : {init, made.server}) EXPECT_EQ(closer.call(nr::close, fd), 0);
    for (const Actor& closer : {init, made.client}) EXPECT_EQ(closer.call(nr::close, port), 0);
    return made;
  }

  static unsigned object_frames() {
    unsigned count = 0;
    objects.for_each_frame([&](Frame) { ++count; });
    return count;
  }

  WholeKernel kernel;
  Actor init;

 private:
  void end_everybody() {
    for (int round = 0; round < 10 && processes.count() > 1; ++round) {
      (void)init.call(nr::kill, -1, 9);
      for (unsigned i = 0; i < 2 * processes.count() + 2; ++i) kernel.tick();
      while (init.call(nr::wait4, -1, 0, 1, 0) > 0) {
      }
      (void)init.call(nr::close_range, 1, 255, 0);
    }
    (void)init.call(nr::close_range, 1, 255, 0);
  }

  uint32_t free_at_start_ = 0;
  unsigned objects_at_start_ = 0;
};

}  // namespace kine
