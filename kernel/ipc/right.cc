#include "ipc/right.hh"

namespace kine {

constinit Interrupts interrupts;

bool Right::covers(Kind kind, uint64_t first, uint64_t count) const {
  // What exists of each kind, by its number: the first, how many, and how many at a time. No parts of the first two.
  static constexpr struct {
    uint64_t first, count, unit;
  } kExisting[] = {
      {0, 0, 1},
      {0, 0, 1},
      {Machine::kTimerIrq + 1, 15 - Machine::kTimerIrq, 1},
      {0, 0x10000, 1},
      {Machine::kDeviceMemory.begin.value, Machine::kDeviceMemory.bytes(), kPageSize},
  };
  static_assert(sizeof kExisting / sizeof kExisting[0] == KINE_RIGHT_MEMORY + 1);
  if (kind != right_ && right_ != Kind::kMachine) return false;
  const auto& existing = kExisting[static_cast<unsigned>(kind)];
  if (existing.count == 0) return first == 0 && count == 0;
  const uint64_t from = right_ == Kind::kMachine ? existing.first : first_;
  const uint64_t most = right_ == Kind::kMachine ? existing.count : count_;
  if (first % existing.unit != 0 || count % existing.unit != 0) return false;
  // (What begins before `from` is far behind it, because the difference wraps.)
  return count >= 1 && first - from < most && count <= most - (first - from);
}

Result<> Interrupts::bind(unsigned irq, Port& port, uint64_t cookie) {
  Binding& binding = bindings_[irq];
  if (binding.port && binding.port != &port) return Errno::kEBUSY;
  binding.port = &port;
  binding.notice.cookie = cookie;
  Machine::enable_irq(irq);
  return {};
}

void Interrupts::came(uint32_t irqs) {
  for (unsigned irq = 0; irq < kCount; ++irq) {
    if (!(irqs & 1u << irq) || !bindings_[irq].port) continue;
    Machine::disable_irq(irq);
    bindings_[irq].port->tell(bindings_[irq].notice, Notice::Kind::kInterrupt);
  }
}

void Interrupts::release(const Port& port) {
  for (unsigned irq = 0; irq < kCount; ++irq) {
    Binding& binding = bindings_[irq];
    if (binding.port != &port) continue;
    Machine::disable_irq(irq);
    Port::withdraw(binding.notice);
    binding.port = nullptr;
  }
}

}  // namespace kine
