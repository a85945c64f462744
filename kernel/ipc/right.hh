// Rights to hardware, and interrupts as messages. init starts with the right to the whole machine, cuts narrower ones and passes them on like
// any descriptor; nothing else leads to a device.
#pragma once

#include "ipc/port.hh"

namespace kine {

class Right final : public Object {
 public:
  static constexpr Object::Kind kKind = Object::Kind::kRight;

  enum class Kind : uint8_t {
    kMachine = KINE_RIGHT_MACHINE,
    kStatistics = KINE_RIGHT_STATISTICS,
    kInterrupt = KINE_RIGHT_INTERRUPT,
    kIo = KINE_RIGHT_IO,
    kMemory = KINE_RIGHT_MEMORY,
  };

  // The right to [first, first + count) of a kind.
  Right(Kind kind, uint64_t first, uint64_t count) : Object(kKind), right_(kind), first_(first), count_(count) {}
  // Whether whoever holds this may have that.
  bool covers(Kind kind, uint64_t first, uint64_t count) const;

  Kind right() const { return right_; }
  uint64_t first() const { return first_; }
  uint64_t count() const { return count_; }

 private:
  void last_dropped() override { objects.give_back(this); }

  Kind right_;
  uint64_t first_, count_;
};

// Interrupts [1, 16) that are bound to ports. One that comes is masked, and told; binding it again asks for the next.
class Interrupts {
 public:
  // EBUSY: it is bound to another port.
  [[nodiscard]] Result<> bind(unsigned irq, Port& port, uint64_t cookie);
  // Bit n: IRQ n came.
  void came(uint32_t irqs);
  // The port dies.
  void release(const Port& port);

 private:
  static constexpr unsigned kCount = 16;
  struct Binding {
    Notice notice;
    Port* port = nullptr;
  };
  Binding bindings_[kCount];
};

extern constinit Interrupts interrupts;

}  // namespace kine
