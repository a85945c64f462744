// The words that every part of the kernel speaks in. Physical and virtual, rights and bits are distinct types, so that passing one for
// another does not compile. Nothing here depends on the machine: sizes of pages and tables are in mm/geometry.hh.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <compare>
#include <cstddef>

namespace kine {

// A physical page, by number. Frame 0 (the real-mode interrupt table) is never managed, so it ends lists and stands for "none".
struct Frame {
  uint32_t number = 0;
  constexpr explicit operator bool() const { return number != 0; }
  friend constexpr auto operator<=>(Frame, Frame) = default;
};

struct PhysAddr {
  uint64_t value = 0;
  friend constexpr auto operator<=>(PhysAddr, PhysAddr) = default;
};

struct PhysRange {
  PhysAddr begin, end;
  constexpr uint64_t bytes() const { return end.value - begin.value; }
};

// An address as a program uses it; any 64-bit value, canonical or not, until it was checked.
struct VirtAddr {
  uint64_t value = 0;
  friend constexpr auto operator<=>(VirtAddr, VirtAddr) = default;
  constexpr VirtAddr operator+(uint64_t bytes) const { return {value + bytes}; }
  constexpr VirtAddr operator-(uint64_t bytes) const { return {value - bytes}; }
  constexpr uint64_t operator-(VirtAddr other) const { return value - other.value; }
};

// What a mapping grants. x86 cannot grant writing or execution without reading: write or exec implies read in the page tables.
class Rights {
 public:
  constexpr Rights() = default;
  static constexpr Rights none() { return {}; }
  static constexpr Rights r() { return Rights(kRead); }
  static constexpr Rights rw() { return Rights(kRead | kWrite); }
  static constexpr Rights rx() { return Rights(kRead | kExec); }
  constexpr Rights(bool read, bool write, bool exec)
      : bits_(static_cast<uint8_t>((read ? kRead : 0) | (write ? kRead | kWrite : 0) | (exec ? kRead | kExec : 0))) {}
  constexpr bool read() const { return bits_ & kRead; }
  constexpr bool write() const { return bits_ & kWrite; }
  constexpr bool exec() const { return bits_ & kExec; }
  constexpr bool contains(Rights other) const { return (bits_ & other.bits_) == other.bits_; }
  constexpr uint8_t bits() const { return bits_; }  // as in PROT_READ 1, PROT_WRITE 2, PROT_EXEC 4 (POSIX <sys/mman.h>, Linux's values)
  friend constexpr bool operator==(Rights, Rights) = default;

 private:
  enum : uint8_t { kRead = 1, kWrite = 2, kExec = 4 };
  constexpr explicit Rights(uint8_t bits) : bits_(bits) {}
  uint8_t bits_ = 0;
};

// I/O ports that are open to a process.
struct IoPorts {
  static constexpr unsigned kMost = 4;
  struct {
    uint32_t first, count;
  } ranges[kMost];
  unsigned count;  // of ranges
};

// A run of objects that somebody else owns. (Not std::span: it needs a hosted library with some compilers.)
template <class T>
class Span {
 public:
  constexpr Span() = default;
  constexpr Span(T* data, size_t size) : data_(data), size_(size) {}
  template <size_t N>
  constexpr Span(T (&array)[N]) : data_(array), size_(N) {}
  constexpr T* data() const { return data_; }
  constexpr size_t size() const { return size_; }
  constexpr T& operator[](size_t i) const { return data_[i]; }

 private:
  T* data_ = nullptr;
  size_t size_ = 0;
};

constexpr uint64_t round_up(uint64_t value, uint64_t power_of_two) { return (value + power_of_two - 1) & ~(power_of_two - 1); }
constexpr uint64_t round_down(uint64_t value, uint64_t power_of_two) { return value & ~(power_of_two - 1); }

}  // namespace kine
