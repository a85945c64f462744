#include "ipc/console.hh"

#include "task/scheduler.hh"

namespace kine {

constinit Console consoles[3] = {Console(0), Console(1), Console(2)};

namespace {

// ioctl_tty(2), Linux's <asm-generic/ioctls.h> and <asm-generic/termbits.h>.
constexpr uint64_t kTCGETS = 0x5401, kTIOCGWINSZ = 0x5413;
struct Termios {
  uint32_t input_flags, output_flags, control_flags, local_flags;
  uint8_t line, control_characters[19];
};
static_assert(sizeof(Termios) == 36);
struct WindowSize {
  uint16_t rows, columns, x_pixels, y_pixels;
};

}  // namespace

Answer Console::write(Thread& caller, VirtAddr buffer, uint64_t size) {
  if (descriptor_ == 0 && !terminal_) return Errno::kEBADF;
  uint64_t written = 0;
  bool room = true;
  Result<> done = for_each_part(*caller.process->space, buffer, size, Access::kRead, [&](const std::byte* bytes, uint64_t count) {
    for (uint64_t i = 0; i < count && room; ++i) {
      room = Machine::serial_write(descriptor_ / 2, static_cast<char>(bytes[i]));
      if (room) ++written;
    }
  });
  if (!done && written == 0) return done;
  return static_cast<int64_t>(written);
}

Answer Console::ioctl(Thread& caller, uint64_t request, VirtAddr argument) {
  if (!terminal_) return Errno::kENOTTY;
  AddressSpace& space = *caller.process->space;
  switch (static_cast<uint32_t>(request)) {
    case kTCGETS:
      // ICRNL; OPOST ONLCR; 38400 baud, CS8, CREAD; ISIG ICANON ECHO ECHOE ECHOK: a line discipline is at work, on the host's side.
      return write_user(space, argument, Termios{0x100, 0x5, 0xbf, 0x3b, 0, {3, 28, 127, 21, 4, 0, 1}});
    case kTIOCGWINSZ: return write_user(space, argument, WindowSize{24, 80, 0, 0});
    default: return Errno::kEINVAL;
  }
}

void Console::interrupt() {
  for (int byte; count_ < kBufferBytes && (byte = Machine::serial_read(0)) >= 0; ++count_)
    buffer_[(first_ + count_) % kBufferBytes] = static_cast<char>(byte);
  if (line_length() == 0) return;
  while (!readers_.empty()) scheduler.make_ready(readers_.pop_front());
}

uint64_t Console::line_length() const {
  for (uint64_t i = 0; i < count_; ++i) {
    const char c = buffer_[(first_ + i) % kBufferBytes];
    if (c == '\n' || c == kEndOfInput) return i + 1;
  }
  return count_ == kBufferBytes ? count_ : 0;
}

Answer Console::read(Thread& caller, VirtAddr buffer, uint64_t size) {
  if (descriptor_ != 0) return Errno::kEBADF;
  AddressSpace& space = *caller.process->space;
  if (!terminal_) return read_file(space, buffer, size);
  if (size == 0) return 0;
  const uint64_t line = line_length();
  if (line == 0) {
    scheduler.wait(WaitFor::kInput);
    readers_.push_back(caller);
    return Answer::waits();
  }
  const bool ends = buffer_[(first_ + line - 1) % kBufferBytes] == kEndOfInput;
  const uint64_t text = ends ? line - 1 : line;
  const uint64_t wanted = text < size ? text : size;
  uint64_t next = first_;
  Result<> done = for_each_part(space, buffer, wanted, Access::kWrite, [&](std::byte* bytes, uint64_t count) {
    for (uint64_t i = 0; i < count; ++i) bytes[i] = static_cast<std::byte>(buffer_[next++ % kBufferBytes]);
  });
  if (!done) return done;
  // The end of input counts as read once everything before it was.
  const uint64_t taken = wanted == text ? line : wanted;
  first_ = (first_ + taken) % kBufferBytes;
  count_ -= taken;
  // The port interrupts when it gets a byte, not while it holds one that found no room here.
  interrupt();
  return static_cast<int64_t>(wanted);
}

Answer Console::read_file(AddressSpace& space, VirtAddr buffer, uint64_t size) {
  const uint64_t left = file_.bytes - file_offset_;
  const uint64_t wanted = left < size ? left : size;
  const uint64_t begin = file_offset_;
  Result<> done = for_each_part(space, buffer, wanted, Access::kWrite, [&](std::byte* bytes, uint64_t count) {
    __builtin_memcpy(bytes, file_.at(file_offset_), count);
    file_offset_ += count;
  });
  if (!done && file_offset_ == begin) return done;
  return static_cast<int64_t>(file_offset_ - begin);
}

}  // namespace kine
