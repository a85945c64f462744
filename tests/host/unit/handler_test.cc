// Handlers of signals: their frames and their return, frames that a program made up, traps, stacks.
#include "signal_fixture.hh"

namespace kine {
namespace {

constexpr uint64_t kAt = Actor::kTextAt, kHandler = Actor::kHandler;

// --- a handler's frame ---

TEST_F(SignalTest, AHandlersFrameSaysEverything) {
  const Actor a = fork(init);
  a.catch_signal(SIGUSR1, SignalAction::kInfo, signal_bit(SIGUSR2));
  ASSERT_EQ(a.call(nr::setuid, 0), 0);
  block(a, signal_bit(SIGTERM));
  ASSERT_EQ(a.call(nr::pause), Actor::kWaits);
  const Registers before = a.regs();
  send(a, SIGUSR1);
  (void)a.result();
  ASSERT_TRUE(in_handler(a, SIGUSR1));
  const Registers& regs = a.regs();
  EXPECT_EQ(regs.rsp % 16, 8u) << "as behind a call";
  EXPECT_LE(regs.rsp + sizeof(SignalFrame) + sizeof(FpuState), before.rsp - 128) << "below the red zone";
  EXPECT_EQ(regs.rax, 0u);
  EXPECT_EQ(a.get<uint64_t>(regs.rsp), Actor::kRestorer);
  EXPECT_EQ(regs.rsi, regs.rsp + offsetof(SignalFrame, info));
  EXPECT_EQ(regs.rdx, regs.rsp + offsetof(SignalFrame, flags));
  EXPECT_EQ(regs.vector, 0u) << "it leaves by IRET";
  const SignalFrame frame = frame_of(a);
  EXPECT_EQ(frame.rip, before.rip);
  EXPECT_EQ(frame.rsp, before.rsp);
  EXPECT_EQ(frame.rbx, before.rbx);
  EXPECT_EQ(frame.mask, signal_bit(SIGTERM)) << "to return to";
  EXPECT_EQ(frame.fpu % 64, 0u);
  EXPECT_EQ(frame.cs, Context::kUserCode);
  EXPECT_EQ(frame.ss, Context::kUserData);
  EXPECT_EQ(frame.info.number, SIGUSR1);
  EXPECT_EQ(frame.info.code, SI_USER);
  EXPECT_EQ(frame.info.sender.pid, 1);
  EXPECT_EQ(frame.info.sender.uid, 0u);
  EXPECT_EQ(blocked(a), signal_bit(SIGTERM) | signal_bit(SIGUSR2) | signal_bit(SIGUSR1));
  EXPECT_EQ(a.return_from_handler(), error(Errno::kEINTR));
  EXPECT_EQ(blocked(a), signal_bit(SIGTERM));
  EXPECT_EQ(a.regs().rip, before.rip);
  EXPECT_EQ(a.regs().rsp, before.rsp);
}

TEST_F(SignalTest, EverythingIsAsItWasBehindAHandler) {
  const Actor a = fork(init);
  a.catch_signal(SIGUSR1);
  // The timer finds the program anywhere, with anything in its registers.
  ASSERT_TRUE(kernel.run(a.pid()));
  Registers& regs = kernel.context().regs;
  uint64_t value = 0x1111'1111'1111'1111;
  for (uint64_t* word = &regs.r15; word <= &regs.rax; ++word) *word = value += 0x0123'4567'89ab'cdef;
  regs.rip = 0x401077;
  regs.rflags = 0x202 | 0x8d5 | 0x400;
  devices.fpu.registers[0] = 0x5a;
  devices.fpu.mxcsr = 0x1fbf;
  const Registers before = regs;
  send(a, SIGUSR1);
  ASSERT_TRUE(kernel.run(a.pid()));
  ASSERT_TRUE(in_handler(a, SIGUSR1));
  EXPECT_EQ(a.regs().rflags & 0x400, 0u) << "the direction flag is clear in a handler";
  EXPECT_EQ(devices.fpu.registers[0], 0) << "and the FPU as at a start";
  EXPECT_EQ(devices.fpu.mxcsr, 0x1f80u);
  devices.fpu.registers[0] = 0x77;
  (void)a.return_from_handler();
  const Registers& after = a.regs();
  for (const uint64_t *was = &before.r15, *is = &after.r15; was <= &before.rax; ++was, ++is) EXPECT_EQ(*is, *was) << was - &before.r15;
  EXPECT_EQ(after.rip, before.rip);
  EXPECT_EQ(after.rsp, before.rsp);
  EXPECT_EQ(after.rflags, before.rflags);
  EXPECT_EQ(after.cs, Context::kUserCode);
  EXPECT_EQ(after.ss, Context::kUserData);
  EXPECT_EQ(after.vector, 0u) << "rcx and r11 are its own, so it leaves by IRET";
  EXPECT_EQ(devices.fpu.registers[0], 0x5a);
  EXPECT_EQ(devices.fpu.mxcsr, 0x1fbfu);
}

TEST_F(SignalTest, FlagsOfAnAction) {
  const Actor a = fork(init);
  a.catch_signal(SIGUSR1, SignalAction::kNoDefer);
  send(a, SIGUSR1);
  ASSERT_TRUE(kernel.run(a.pid()));
  EXPECT_EQ(blocked(a), 0u);
  send(a, SIGUSR1);
  ASSERT_TRUE(kernel.run(a.pid()));
  EXPECT_EQ(frame_of(a).rip, kHandler) << "within its own handler";
  (void)a.return_from_handler();
  (void)a.return_from_handler();
  a.catch_signal(SIGUSR2, SignalAction::kResetHand);
  send(a, SIGUSR2);
  ASSERT_TRUE(kernel.run(a.pid()));
  EXPECT_TRUE(in_handler(a, SIGUSR2));
  (void)a.return_from_handler();
  send(a, SIGUSR2);
  EXPECT_EQ(a.result(), Actor::kEnded) << "once";
}

TEST_F(SignalTest, SeveralAtOnceRunOneUponTheOther) {
  const Actor a = fork(init);
  block(a, ~0ul);
  for (const int signal : {SIGUSR1, SIGUSR2, SIGSEGV}) {
    a.catch_signal(signal);
    send(a, signal);
  }
  a.put(kAt, uint64_t{0});
  (void)a.call(nr::sigprocmask, 2, kAt, 0, 8);
  // A fault's is delivered first, then by number: the last delivered runs first.
  for (const int signal : {SIGUSR2, SIGUSR1, SIGSEGV}) {
    EXPECT_TRUE(in_handler(a, signal)) << signal;
    (void)a.return_from_handler();
  }
  EXPECT_EQ(a.result(), 0);
  EXPECT_EQ(blocked(a), 0u);
}

// --- frames that a program made up ---

class ForgedFrameTest : public SignalTest {
 protected:
  // In the handler of SIGUSR1, with the frame as `change` leaves it, it returns.
  template <class Change>
  Actor returned_with(Change change) {
    const Actor a = fork(init);
    a.catch_signal(SIGUSR1);
    send(a, SIGUSR1);
    EXPECT_TRUE(kernel.run(a.pid()));
    SignalFrame frame = frame_of(a);
    change(a, frame);
    a.put(a.regs().rsp, frame);
    (void)a.return_from_handler();
    return a;
  }
  void expect_killed(const Actor& forger) {
    EXPECT_FALSE(forger.lives());
    EXPECT_EQ(status_of(forger), SIGSEGV);
    EXPECT_EQ(init.call(nr::getpid), 1);
  }
};

TEST_F(ForgedFrameTest, AnAddressOutsideOfUserSpaceKillsTheForger) {
  for (const uint64_t rip : {kUserEnd.value, ~0ul, 1ul << 63, 0x8000'0000'0000ul})
    expect_killed(returned_with([&](const Actor&, SignalFrame& frame) { frame.rip = rip; }));
}

TEST_F(ForgedFrameTest, AnFpuImageThatCannotBeReadKillsTheForger) {
  for (const uint64_t fpu : {8ul, ~0ul, kUserEnd.value - 16})
    expect_killed(returned_with([&](const Actor&, SignalFrame& frame) { frame.fpu = fpu; }));
}

TEST_F(ForgedFrameTest, AStackThatCannotBeReadKillsTheForger) {
  for (const uint64_t stack : {16ul, ~0ul, kUserEnd.value - 8, 0ul}) {
    const Actor a = fork(init);
    ASSERT_TRUE(kernel.run(a.pid()));
    kernel.context().regs.rsp = stack;
    EXPECT_EQ(a.call(nr::sigreturn), Actor::kEnded);
    expect_killed(a);
  }
}

TEST_F(ForgedFrameTest, OnlyWhatUserModeMayIsTaken) {
  const Actor a = returned_with([](const Actor&, SignalFrame& frame) {
    frame.rflags = ~0ul;
    frame.cs = 0x08;
    frame.ss = 0x10;
    frame.mask = ~0ul;
  });
  ASSERT_TRUE(a.lives());
  EXPECT_EQ(a.regs().rflags, 0x202u | SignalFrame::kUserFlags) << "IOPL, NT, VM, VIF and VIP stay clear, IF set";
  EXPECT_EQ(a.regs().cs, Context::kUserCode);
  EXPECT_EQ(a.regs().ss, Context::kUserData);
  EXPECT_EQ(blocked(a), ~0ul & ~(signal_bit(SIGKILL) | signal_bit(SIGSTOP)));
}

TEST_F(ForgedFrameTest, BitsOfMxcsrThatDoNotExistAreNotLoaded) {
  const Actor a = returned_with([](const Actor& actor, SignalFrame& frame) {
    FpuState image = actor.get<FpuState>(frame.fpu);
    image.mxcsr = image.mxcsr_mask = ~0u;
    actor.put(frame.fpu, image);
  });  // the simulated FXRSTOR faults on them
  ASSERT_TRUE(a.lives());
  EXPECT_EQ(devices.fpu.mxcsr, 0xffbfu);
  (void)fork(a);  // which saves and loads it
  EXPECT_EQ(a.call(nr::getpid), a.pid());
}

TEST_F(ForgedFrameTest, WithoutAnFpuImageItIsAsAtAStart) {
  const Actor a = returned_with([](const Actor&, SignalFrame& frame) {
    devices.fpu.registers[0] = 9;
    frame.fpu = 0;
  });
  ASSERT_TRUE(a.lives());
  EXPECT_EQ(devices.fpu.registers[0], 0);
}

// --- traps, stacks ---

TEST_F(SignalTest, AFaultsHandlerLearnsTheAddress) {
  const Actor a = fork(init);
  a.catch_signal(SIGSEGV, SignalAction::kInfo);
  ASSERT_TRUE(kernel.run(a.pid()));
  const auto fault_at = [&](uint64_t address, bool write) {
    devices.trap = PageFault{{address}, write, false};
    kernel.trap();
    EXPECT_TRUE(in_handler(a, SIGSEGV));
    const SignalFrame frame = frame_of(a);
    EXPECT_EQ(frame.info.address, address);
    EXPECT_EQ(frame.cr2, address);
    (void)a.return_from_handler();
    return frame.info.code;
  };
  EXPECT_EQ(fault_at(0x3000'0000, false), SEGV_MAPERR);
  EXPECT_EQ(fault_at(0x401000, true), SEGV_ACCERR);
  EXPECT_EQ(fault_at(1ul << 63, true), SEGV_MAPERR);
  EXPECT_TRUE(a.lives());
  block(a, signal_bit(SIGSEGV));
  EXPECT_FALSE(kernel.store(0x401000, 1)) << "blocked, it cannot wait: it ends the process";
  EXPECT_EQ(status_of(a), SIGSEGV);
}

TEST_F(SignalTest, AnExceptionIsASignal) {
  const Actor a = fork(init), b = fork(init);
  a.catch_signal(SIGFPE, SignalAction::kInfo);
  ASSERT_TRUE(kernel.run(a.pid()));
  kernel.exception(SIGFPE, FPE_INTDIV);
  EXPECT_TRUE(in_handler(a, SIGFPE));
  EXPECT_EQ(frame_of(a).info.code, FPE_INTDIV);
  ASSERT_TRUE(kernel.run(b.pid()));
  kernel.exception(SIGILL, ILL_ILLOPN);
  EXPECT_FALSE(b.lives());
  EXPECT_EQ(status_of(b), SIGILL);
}

TEST_F(SignalTest, AHandlerWithoutRoomForItsFrameKillsTheProcess) {
  const Actor a = fork(init);
  a.catch_signal(SIGUSR1);
  ASSERT_TRUE(kernel.run(a.pid()));
  kernel.context().regs.rsp = 0x401800;
  send(a, SIGUSR1);
  EXPECT_EQ(a.result(), Actor::kEnded);
  EXPECT_EQ(status_of(a), SIGSEGV);
  for (const uint64_t stack : {0ul, 64ul, ~0ul, 1ul << 63}) {
    const Actor b = fork(init);
    b.catch_signal(SIGUSR1);
    ASSERT_TRUE(kernel.run(b.pid()));
    kernel.context().regs.rsp = stack;
    send(b, SIGUSR1);
    EXPECT_EQ(b.result(), Actor::kEnded) << std::hex << stack;
  }
}

TEST_F(SignalTest, AHandlerMayHaveAStackOfItsOwn) {
  constexpr uint64_t kStack = Actor::kMemory + 0x8000, kBytes = 0x2000;
  struct {
    uint64_t begin;
    int flags, padding;
    uint64_t bytes;
  } stack{kStack, 0, 0, kBytes};
  const Actor a = fork(init);
  a.put(kAt, stack);
  ASSERT_EQ(a.call(nr::sigaltstack, kAt, 0), 0);
  a.catch_signal(SIGUSR1, SignalAction::kOnStack);
  a.catch_signal(SIGUSR2, SignalAction::kOnStack);
  const uint64_t before = a.regs().rsp;
  send(a, SIGUSR1);
  ASSERT_TRUE(kernel.run(a.pid()));
  EXPECT_GT(a.regs().rsp, kStack);
  EXPECT_LT(a.regs().rsp, kStack + kBytes);
  EXPECT_EQ(a.call(nr::sigaltstack, 0, kAt), 0);
  EXPECT_EQ(a.get<decltype(stack)>(kAt).flags, SS_ONSTACK);
  EXPECT_EQ(a.call(nr::sigaltstack, kAt, 0), error(Errno::kEPERM)) << "not while it is in use";
  const uint64_t first = a.regs().rsp;
  send(a, SIGUSR2);
  ASSERT_TRUE(kernel.run(a.pid()));
  EXPECT_LT(a.regs().rsp, first) << "a second one goes on below";
  (void)a.return_from_handler();
  (void)a.return_from_handler();
  EXPECT_EQ(a.regs().rsp, before);
  stack.bytes = 2047;
  a.put(kAt, stack);
  EXPECT_EQ(a.call(nr::sigaltstack, kAt, 0), error(Errno::kENOMEM));
  stack.flags = 4;
  a.put(kAt, stack);
  EXPECT_EQ(a.call(nr::sigaltstack, kAt, 0), error(Errno::kEINVAL));
  // One that is full ends the process, rather than what lies below it.
  stack = {kStack, 0, 0, 2048};
  a.put(kAt, stack);
  ASSERT_EQ(a.call(nr::sigaltstack, kAt, 0), 0);
  a.catch_signal(SIGUSR1, SignalAction::kOnStack | SignalAction::kNoDefer);
  for (int depth = 0; depth < 4 && a.lives(); ++depth) {
    send(a, SIGUSR1);
    (void)a.result();
  }
  EXPECT_EQ(status_of(a), SIGSEGV);
}

}  // namespace
}  // namespace kine
