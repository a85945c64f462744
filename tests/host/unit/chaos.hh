// Several processes do whatever they like to each other, by messages, signals, forks and deaths, with much memory and with little. No rule
// breaks on the way (WholeKernel and the audit look), everybody can be ended, and then nothing is missing.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>

#include <deque>

#include "actor.hh"
#include "chance.hh"

namespace kine {

class Chaos : public ActorTest {
  static constexpr uint64_t kPath = Actor::kTextAt, kPages = Actor::kMemory + 0x10000;

 protected:
  // `scarce`: memory runs out now and then.
  Chaos(std::unique_ptr<Chance> decides, ForkStrategy strategy, bool scarce)
      : ActorTest(400), chance_(std::move(decides)), scarce_(scarce) {
    fork_strategy = strategy;
    init.put_text("dir/file", kPath);
    init.put_text("/other", kPath + 0x100);
    init.put(kPath + 0x200, uint64_t{0});
    // A client whose paths lead to whoever receives at init's first port.
    const int64_t port = init.call(KINE_PORT), root = init.call(KINE_MINT, port, 1);
    EXPECT_EQ(fork(init).call(KINE_ROOT, root), 0);
  }

  // At most `steps` steps; fewer if chance is exhausted. Throws MachineError at the first wrong one, with the last calls before it.
  void play(unsigned steps) {
    const uint32_t reserve = frames.total() / 32;
    for (unsigned done = 0; done < steps && !chance_->exhausted(); ++done) {
      if (scarce_ && done % 50 == 0) kernel.unlimit();
      if (scarce_ && done % 50 == 10) kernel.limit_free(reserve + static_cast<uint32_t>(below(30)));
      try {
        step();
        const AuditFinding finding = done % 16 == 0 ? kernel.audit() : AuditFinding{};
        if (finding.rule) throw MachineError(std::string("audit: ") + finding.rule + ", frame " + std::to_string(finding.frame.number));
      } catch (const MachineError& error) {
        std::string what = std::string(error.what()) + "\nstep " + std::to_string(done) + ", after:";
        for (const std::string& line : trace_) what += "\n  " + line;
        throw MachineError(what);
      }
    }
  }

 private:
  uint64_t below(uint64_t limit) { return chance_->below(limit); }
  template <class T>
  T one_of(std::initializer_list<T> all) {
    return all.begin()[below(all.size())];
  }
  uint64_t fd() { return below(24); }
  std::vector<uint64_t> fds(Object::Kind kind) {
    std::vector<uint64_t> found;
    for (uint32_t number = 0; number < Descriptors::kLimit; ++number) {
      Result<Object*> object = kernel.process().descriptors.get(number);
      if (object && (*object)->kind() == kind) found.push_back(number);
    }
    return found;
  }
  // Most often one that leads to an object of this kind.
  uint64_t fd(Object::Kind kind) {
    const std::vector<uint64_t> found = fds(kind);
    return found.empty() || below(16) == 0 ? fd() : found[below(found.size())];
  }
  uint64_t port() { return fd(Object::Kind::kPort); }
  uint64_t connection() { return fd(Object::Kind::kConnection); }
  // Most often of a call that the process has received.
  uint64_t token() {
    std::vector<uint64_t> found;
    processes.for_each([&](const Process& process) {
      if (process.thread.exchange.server == &kernel.process()) found.push_back(process.thread.exchange.token());
    });
    if (found.empty() || below(16) == 0) return old_token_ ^ below(2) << 32;
    return old_token_ = found[below(found.size())];
  }
  uint64_t pages() { return kPages + below(16) * kPageSize; }

  std::vector<int> ready() {
    std::vector<int> found;
    processes.for_each([&](const Process& process) {
      if (!process.zombie && process.thread.waits_for == WaitFor::kNothing) found.push_back(process.pid);
    });
    return found;
  }
  int somebody() {
    std::vector<int> all;
    processes.for_each([&](const Process& process) { all.push_back(process.pid); });
    return all[below(all.size())];
  }

  int64_t call(uint64_t number, uint64_t a = 0, uint64_t b = 0, uint64_t c = 0, uint64_t d = 0, uint64_t e = 0, uint64_t f = 0) {
    const int pid = kernel.process().pid;
    trace_.push_back(std::to_string(pid) + ": call " + std::to_string(number) + " (" + std::to_string(a) + ", " + std::to_string(b) + ", " +
                     std::to_string(c) + ", " + std::to_string(d) + ")");
    if (trace_.size() > 40) trace_.pop_front();
    (void)kernel.call(number, a, b, c, d, e, f);
    const Process* const caller = processes.find(pid);
    if (!caller || caller->zombie || caller->thread.waits_for != WaitFor::kNothing || caller->thread.in_call) return Actor::kWaits;
    return static_cast<int64_t>(caller->thread.context.regs.rax);
  }

  // The process that runs writes its own memory, if it can.
  template <class T>
  bool put(uint64_t at, const T& value) {
    return bool(write_user(*kernel.process().space, {at}, value));
  }

  void act_as_client() {
    switch (below(9)) {
      case 0: call(nr::read, connection(), pages(), 100); return;
      case 1: call(nr::open, kPath + below(2) * 0x100, one_of({0, O_CLOEXEC}), 0); return;
      case 2: call(nr::pipe2, kPath + 0x300, 0); return;
      case 3: call(nr::chdir, kPath); return;
      case 4: call(nr::fchdir, connection()); return;
      case 5: call(nr::mmap, 0, 0x3000, PROT_READ | PROT_WRITE, MAP_PRIVATE, connection(), 0); return;
      case 6: call(nr::linkat, AT_FDCWD, kPath, AT_FDCWD, kPath + 0x100, 0); return;
      case 7: call(nr::execve, kPath, kPath + 0x200, 0); return;
      case 8:
        put(kPath + 0x400, pollfd{static_cast<int>(connection()), POLLIN, 0});
        call(nr::poll, kPath + 0x400, 1, one_of<uint64_t>({0, 10, ~0ul}));
        return;
    }
  }

  void act_as_server() {
    switch (below(10)) {
      case 0:
      case 1: call(KINE_RECEIVE, port(), Actor::kMessageAt); break;
      case 2: call(KINE_REPLY, token(), one_of<uint64_t>({0, 5, static_cast<uint64_t>(-2), static_cast<uint64_t>(-KINE_ERESTART)})); break;
      case 3: call(KINE_REPLY_RECEIVE, token(), 1, port(), Actor::kMessageAt); break;
      case 4:
      case 5: answer_somehow(); break;
      case 6: call(one_of<uint64_t>({KINE_READ, KINE_WRITE}), token(), pages(), pages(), below(9000)); break;
      case 7: call(one_of<uint64_t>({KINE_GIVE, KINE_ACCEPT}), token(), pages(), pages(), (1 + below(3)) * kPageSize); break;
      case 8: call(KINE_TAKE, token(), fd()); break;
      case 9: call(KINE_PUBLISH, port(), below(4), below(32)); break;
    }
  }

  void answer_somehow() {
    kine_answer answer = answer_to(token(), static_cast<uint32_t>(below(4)), static_cast<int64_t>(below(4)) - 1);
    for (kine_answer_connection& connection : answer.connections)
      connection = {static_cast<int32_t>(below(2) ? port() : this->connection()), static_cast<uint32_t>(below(32)), below(4)};
    const ArchiveFile file = kernel.file("/bin/other");
    const bool program = below(2);
    answer.view = program ? KINE_ARCHIVE_ADDRESS + file.offset : pages();
    answer.view_bytes = program ? file.bytes : below(4 * kPageSize);
    answer.rights = static_cast<uint32_t>(below(8));
    if (below(4) == 0) answer.arguments = kPath, answer.argument_bytes = 9;
    if (put(Actor::kAnswerAt, answer)) call(KINE_ANSWER, Actor::kAnswerAt);
  }

  // (init's own root would stay when everybody has gone.)
  void act_on_descriptors(bool is_init) {
    switch (below(is_init ? 6 : 8)) {
      case 0:
        if (fds(Object::Kind::kPort).size() < 2) call(KINE_PORT);
        return;
      case 1:
      case 2: call(KINE_MINT, port(), below(4)); return;
      case 3: call(nr::dup, fd()); return;
      case 4: call(nr::dup2, fd(), 1 + fd()); return;
      case 5: call(nr::close, 1 + fd()); return;
      case 6: call(nr::close_range, 12 + below(12), 255, 0); return;
      case 7: call(KINE_ROOT, connection()); return;
    }
  }

  void act_as_process(bool is_init) {
    switch (below(is_init ? 6 : 14)) {
      case 0:
      case 1:
        if (processes.count() < 9) call(nr::fork);
        return;
      case 2:
        call(nr::kill, static_cast<uint64_t>(somebody()), one_of({SIGUSR1, SIGUSR1, SIGUSR2, SIGTERM, SIGKILL, SIGSTOP, SIGCONT, SIGCONT}));
        return;
      case 3:
      case 4: call(nr::wait4, ~0ul, 0, 1, 0); return;
      case 5:
        devices.now += below(30) * 1'000'000;
        kernel.tick();
        return;
      case 6:
        if (put(kPath + 0x500, SignalAction{.handler = Actor::kHandler,
                                            .flags = SignalAction::kRestorer | one_of<uint64_t>({0, SignalAction::kRestart}),
                                            .restorer = Actor::kRestorer}))
          call(nr::sigaction, one_of({SIGUSR1, SIGUSR2}), kPath + 0x500, 0, 8);
        return;
      case 7:
        if (put(kPath + 0x500, below(2) ? signal_bit(SIGUSR1) : uint64_t{0})) call(nr::sigprocmask, 2, kPath + 0x500, 0, 8);
        return;
      case 8: call(nr::setpgid, 0, 0); return;
      case 9: call(one_of<uint64_t>({nr::exit, nr::getpid, nr::getpid}), 0); return;
      case 10:
        if (processes.count() < 9) call(nr::vfork);
        return;
      case 11: call(nr::wait4, ~0ul, 0, 2, 0); return;
      case 12: call(nr::alarm, below(2)); return;
      case 13: {
        const ArchiveFile file = kernel.file("/bin/other");
        if (below(4) == 0) call(KINE_EXEC, KINE_ARCHIVE_ADDRESS + file.offset, file.bytes, kPath, kPath + 0x200, 0);
        return;
      }
    }
  }

  void step() {
    const std::vector<int> all = ready();
    if (!kernel.run(all[below(all.size())])) return;
    const bool is_init = kernel.process().pid == 1;
    Registers& regs = kernel.context().regs;
    if (regs.rip == Actor::kHandler && below(3) != 0) {
      regs.rip = Actor::kRestorer;
      regs.rsp += sizeof(uint64_t);
      call(nr::sigreturn);
      return;
    }
    // init waits for nobody, so that there is always somebody who runs. Where nobody else does, it sees to it.
    if (is_init && all.size() == 1 && below(2)) {
      while (call(nr::wait4, ~0ul, 0, 1, 0) > 0) {
      }
      if (processes.count() < 9) {
        call(nr::fork);
      } else {
        call(nr::kill, static_cast<uint64_t>(somebody()), one_of({SIGUSR1, SIGKILL, SIGCONT}));
      }
      return;
    }
    if (!is_init && !kernel.process().root && below(2)) {
      call(KINE_ROOT, connection());
      return;
    }
    const uint64_t chance = below(is_init ? 3 : 16);
    if (chance == 0) return act_on_descriptors(is_init);
    if (chance < 3) return act_as_process(is_init);
    // Some serve more, some call more.
    return below(8) < (kernel.process().pid % 2 ? 7 : 1) ? act_as_server() : act_as_client();
  }

  std::unique_ptr<Chance> chance_;
  const bool scarce_;
  uint64_t old_token_ = 0;
  std::deque<std::string> trace_;
};

}  // namespace kine
