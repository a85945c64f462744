// The console: what descriptors 0 to 2 of init lead to until a server takes over; then this file and its .cc go.
//
// Output goes to a serial port byte by byte: descriptors 0 and 1 to the first, 2 to the second. Input comes from the first, line by line,
// if a terminal is there; else from a file of the boot archive, which has an end; else it is at its end at once.
#pragma once

#include "task/archive.hh"
#include "task/object.hh"
#include "task/process.hh"

namespace kine {

class Console final : public Object {
 public:
  constexpr explicit Console(unsigned descriptor) : descriptor_(descriptor) {}

  void set_terminal() { terminal_ = true; }
  void set_file(const View& file) { file_ = file; }
  // The serial port has bytes.
  void interrupt();

  Answer read(Thread& caller, VirtAddr buffer, uint64_t size) override;
  Answer write(Thread& caller, VirtAddr buffer, uint64_t size) override;
  Answer ioctl(Thread& caller, uint64_t request, VirtAddr argument) override;

 private:
  static constexpr uint64_t kBufferBytes = 4096;
  static constexpr char kEndOfInput = 4;  // ^D, from the host's side

  uint64_t line_length() const;  // of the first complete line; 0 if none is
  Answer read_file(AddressSpace& space, VirtAddr buffer, uint64_t size);

  unsigned descriptor_;
  bool terminal_ = false;
  View file_;
  uint64_t file_offset_ = 0;
  char buffer_[kBufferBytes] = {};
  uint64_t first_ = 0;  // index of the oldest byte
  uint64_t count_ = 0;
  ThreadList readers_;
};

extern constinit Console consoles[3];  // by the descriptor of init's that leads there

}  // namespace kine
