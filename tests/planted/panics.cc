// A call that breaks the kernel, for the tests of the panic report: tests/plant builds a kernel that has this file in kernel/syscall/.
#include "syscall/calls.hh"
#include "task/scheduler.hh"

namespace kine::calls {

namespace {

// As tests/guest/break_kernel.c has them.
enum class How : uint64_t { kRead, kWrite, kExecute, kLoseStack, kOverflow, kBreakRule, kInterrupt, kLoseProcess };

[[gnu::noinline]] uint64_t read_from(uint64_t address) { return *reinterpret_cast<volatile uint64_t*>(address); }
[[gnu::noinline]] void write_to(uint64_t address) { *reinterpret_cast<volatile uint64_t*>(address) = 1; }
[[gnu::noinline]] void jump_to(uint64_t address) { reinterpret_cast<void (*)()>(address)(); }
[[gnu::noinline]] void lose_stack(uint64_t address) { asm volatile("movq %0, %%rsp\n\tpushq %%rax" : : "r"(address) : "memory"); }
[[gnu::noinline]] uint64_t overflow(uint64_t depth) {
  volatile char room[1000];
  room[0] = 1;
  return depth == 0 ? 0 : overflow(depth - 1) + static_cast<uint64_t>(room[0]);
}
[[gnu::noinline]] void break_rule() { check(false, "a rule that was broken on purpose"); }
// As if the process's frame had been freed, and another owner had filled it.
[[gnu::noinline]] void lose_process(uint64_t address) {
  __builtin_memset(Machine::bytes(scheduler.current()->process->frame), 0xa5, kPageSize);
  read_from(address);
}
[[gnu::noinline]] void interrupt() { asm volatile("int $0x99"); }

Answer break_kernel(Process&, How how, uint64_t address) {
  switch (how) {
    case How::kRead: return static_cast<int64_t>(read_from(address) & 1);
    case How::kWrite: write_to(address); break;
    case How::kExecute: jump_to(address); break;
    case How::kLoseStack: lose_stack(address); break;
    case How::kOverflow: return static_cast<int64_t>(overflow(address));
    case How::kBreakRule: break_rule(); break;
    case How::kInterrupt: interrupt(); break;
    case How::kLoseProcess: lose_process(address); break;
  }
  return 0;
}

}  // namespace

[[gnu::section("calls"), gnu::used]] constinit const Row kCalls[] = {
    {1009, handle<break_kernel>},
};

}  // namespace kine::calls
