// Two 16550 UARTs (National PC16550D data sheet, section 8), COM1 and COM2, 115200 baud, 8 data bits, no parity, 1 stop bit. Bytes pass
// unchanged. The FIFOs stay off: switching them on would throw away what was typed before the kernel ran, and QEMU holds back
// what does not fit.
#include "devices.hh"
#include "machine.hh"

namespace kine {
namespace {

constexpr uint16_t kPorts[] = {0x3f8, 0x2f8};

// Registers, from a UART's first port on.
constexpr uint16_t kData = 0, kInterruptEnable = 1, kLineControl = 3, kModemControl = 4, kLineStatus = 5;
constexpr uint8_t kDataReady = 1 << 0, kTransmitterEmpty = 1 << 5;
constexpr uint8_t kAbsent = 0xff;  // what a port without a device reads

}  // namespace

void init_serial() {
  for (const uint16_t port : kPorts) {
    out8(port + kLineControl, 0x80);  // the next two writes go to the divisor latch: 115200 / 1
    out8(port + kData, 1);
    out8(port + kInterruptEnable, 0);
    out8(port + kLineControl, 0x03);   // 8N1
    out8(port + kModemControl, 0x0b);  // DTR, RTS, and OUT2, which lets the interrupt through
    out8(port + kInterruptEnable, 1);  // received data available
  }
}

// The receiver of the bytes sets the pace. An absent UART reads as ready, and swallows them.
bool Machine::serial_write(unsigned number, char byte) {
  if (!(in8(kPorts[number] + kLineStatus) & kTransmitterEmpty)) return false;
  out8(kPorts[number] + kData, static_cast<uint8_t>(byte));
  return true;
}

int Machine::serial_read(unsigned number) {
  const uint8_t status = in8(kPorts[number] + kLineStatus);
  if (status == kAbsent || !(status & kDataReady)) return -1;
  return in8(kPorts[number] + kData);
}

}  // namespace kine
