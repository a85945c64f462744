// The page-table entry of x86-64, and what Kine keeps in the bits that the processor ignores. Pure format: no policy, no memory access.
// The host's simulated machine uses this format too.
//
// Present entry (Intel SDM vol. 3A, 4.5 "4-level paging", tables 4-15 to 4-20; AMD APM vol. 2, 5.3):
//
//   63  62      52 51                    12 11    10     9       8    7  6 5 4 3  2   1   0
//  +--+-----------+------------------------+--+------+-------+-------+--+-+-+-+-+---+---+-+
//  |NX|  ignored  |      frame number      | 0|shared|may    |   0   | 0|D|A|0|0|U/S|R/W|1|
//  +--+-----------+------------------------+--+------+-write-+-------+--+-+-+-+-+---+---+-+
//
// Promise: not present, so the processor ignores the rest. "Demand-zero, with these rights", for the whole span of the entry:
//
//  |NX|  ignored  |           0            | 0|   0  |may    |   1   | 0|0|0|0|0|U/S| 0 |0|
//  +--+-----------+------------------------+--+------+-write-+-------+--+-+-+-+-+---+---+-+
//
// U/S set = may be read; "may write" = the mapping grants writing; NX clear = may be executed. R/W is the hardware's view alone: it is set
// only where a write may go straight through, and clearing it never changes meaning. A and D are always set, so that the processor never
// writes a table that several address spaces share.
#pragma once

#include "base/types.hh"

namespace kine {

class Pte {
 public:
  constexpr Pte() = default;  // empty: nothing is mapped in the whole span of the entry
  constexpr explicit Pte(uint64_t bits) : bits_(bits) {}

  static constexpr Pte promise(Rights rights) { return Pte(kPromise | rights_bits(rights)); }
  // A page, not writable by hardware yet. `shared`: MAP_SHARED, every owner writes the same frame.
  static constexpr Pte page(Frame frame, Rights rights, bool shared = false) {
    return Pte(kPresent | kAccessed | kDirty | address(frame) | rights_bits(rights) | (shared ? kShared : 0));
  }
  // A lower table; upper entries restrict nothing but writing.
  static constexpr Pte table(Frame frame) { return Pte(kPresent | kAccessed | kUser | kWritable | address(frame)); }

  constexpr bool empty() const { return bits_ == 0; }
  constexpr bool present() const { return bits_ & kPresent; }
  constexpr bool is_promise() const { return (bits_ & (kPresent | kPromise)) == kPromise; }
  constexpr bool writable() const { return bits_ & kWritable; }
  constexpr bool may_write() const { return bits_ & kMayWrite; }
  constexpr bool shared() const { return bits_ & kShared; }
  constexpr Frame frame() const { return {static_cast<uint32_t>((bits_ & kAddressMask) >> kAddressShift)}; }
  constexpr Rights rights() const {  // of a leaf or a promise
    return Rights(bits_ & kUser, bits_ & kMayWrite, (bits_ & kUser) && !(bits_ & kNoExecute));
  }
  constexpr uint64_t bits() const { return bits_; }

  constexpr Pte read_only() const { return Pte(bits_ & ~kWritable); }
  constexpr Pte writable_now() const { return Pte(bits_ | kWritable); }
  // The same rights on another frame.
  constexpr Pte with_frame(Frame frame) const { return Pte((bits_ & ~kAddressMask) | address(frame)); }
  // The same page or promise with other rights; not writable by hardware.
  constexpr Pte with_rights(Rights rights) const { return Pte((bits_ & ~kRightsMask) | rights_bits(rights)); }
  friend constexpr bool operator==(Pte, Pte) = default;

 private:
  static constexpr uint64_t kPresent = 1u << 0;
  static constexpr uint64_t kWritable = 1u << 1;
  static constexpr uint64_t kUser = 1u << 2;
  static constexpr uint64_t kAccessed = 1u << 5;
  static constexpr uint64_t kDirty = 1u << 6;
  static constexpr uint64_t kPromise = 1u << 8;
  static constexpr uint64_t kMayWrite = 1u << 9;
  static constexpr uint64_t kShared = 1u << 10;
  static constexpr uint64_t kNoExecute = uint64_t{1} << 63;
  static constexpr uint64_t kRightsMask = kWritable | kUser | kMayWrite | kNoExecute;
  static constexpr unsigned kAddressShift = 12;
  // (Of the 40 bits of a frame's number 28 are used, 1 TiB: a record's address is then the entry, shifted and masked once.)
  static constexpr uint64_t kAddressMask = 0x0000'00ff'ffff'f000;

  static constexpr uint64_t address(Frame frame) { return uint64_t{frame.number} << kAddressShift; }
  static constexpr uint64_t rights_bits(Rights rights) {
    return (rights.read() ? kUser : 0) | (rights.write() ? kMayWrite : 0) | (rights.exec() ? 0 : kNoExecute);
  }

  uint64_t bits_ = 0;
};

static_assert(sizeof(Pte) == 8);
static_assert(Pte::promise(Rights::none()).is_promise() && !Pte::promise(Rights::none()).empty());
static_assert(Pte::page({5}, Rights::rw()).frame() == Frame{5} && !Pte::page({5}, Rights::rw()).writable());
static_assert(Pte::promise(Rights::rx()).rights() == Rights::rx() && Pte::promise(Rights::none()).rights() == Rights::none());

}  // namespace kine
