// The 8259A pair (Intel 8259A data sheet; 82371SB PIIX3, 5.6), and the only two places where the kernel lets interrupts in.
//
// The controllers end an interrupt themselves when the processor takes it (automatic end of interrupt). That mode lets the next one nest at
// once, but the kernel runs with interrupts off. A line that falls before the controller is asked makes it answer with its line 7 (or 15):
// nobody waits for those.
#include <utility>

#include "machine.hh"

namespace kine {
namespace {

constexpr uint16_t kMaster = 0x20, kSlave = 0xa0;  // command ports; data ports are one higher
constexpr unsigned kCascade = 2;                   // the slave hangs off this line of the master

constinit uint16_t open_lines = 1 << kCascade;

void write_masks() {
  out8(kMaster + 1, static_cast<uint8_t>(~open_lines));
  out8(kSlave + 1, static_cast<uint8_t>(~open_lines >> 8));
}

uint32_t take_pending() { return std::exchange(this_cpu().pending_irqs, 0); }

}  // namespace

void init_interrupts() {
  const struct {
    uint16_t port;
    uint8_t first_vector, cascade;
  } controllers[] = {{kMaster, kFirstIrq, 1 << kCascade}, {kSlave, kFirstIrq + 8, kCascade}};
  for (const auto& controller : controllers) {
    const uint16_t data = controller.port + 1;
    out8(controller.port, 0x11);          // ICW1: edge-triggered, cascaded, ICW4 follows
    out8(data, controller.first_vector);  // ICW2
    out8(data, controller.cascade);       // ICW3: the master's line with a slave; the slave's number
    out8(data, 0x03);                     // ICW4: 8086 mode, automatic end of interrupt
  }
  write_masks();
}

void Machine::enable_irq(unsigned number) {
  open_lines |= static_cast<uint16_t>(1u << number);
  write_masks();
}

void Machine::disable_irq(unsigned number) {
  open_lines &= static_cast<uint16_t>(~(1u << number));
  write_masks();
}

// STI opens interrupts only after the next instruction (Intel SDM vol. 2B, STI), so none can slip in between it and HLT.
uint32_t Machine::wait_for_interrupt() {
  asm volatile("sti; hlt; cli" : : : "memory");
  return take_pending();
}

uint32_t Machine::poll_interrupts() {
  asm volatile("sti; nop; cli" : : : "memory");
  return take_pending();
}

}  // namespace kine
