// Sizes of pages and tables, and where user space ends, derived from the machine's few constants.
//
//   level kRootLevel            …            level 1              level 0
//   root ──entry──> table ──entry──> … ──entry──> table ──entry──> page
//
// An entry of level n spans span_of(n) bytes: a page at level 0, and kEntries times more at each level above (on x86-64: 4 KiB, 2 MiB, 1
// GiB, 512 GiB).
#pragma once

#include "base/types.hh"
#include "machine.hh"

namespace kine {

inline constexpr uint64_t kPageSize = uint64_t{1} << Machine::kPageBits;
inline constexpr unsigned kEntries = 1u << Machine::kIndexBits;
inline constexpr unsigned kRootLevel = Machine::kLevels - 1;

// A table's frame record keeps one bit for each group of entries.
inline constexpr unsigned kGroups = kEntries < 64 ? kEntries : 64;
inline constexpr unsigned kGroupEntries = kEntries / kGroups;
inline constexpr uint64_t kAllGroups = kGroups == 64 ? ~uint64_t{0} : (uint64_t{1} << kGroups) - 1;

constexpr uint64_t span_of(unsigned level) { return kPageSize << (level * Machine::kIndexBits); }
constexpr unsigned index_of(VirtAddr address, unsigned level) {
  return static_cast<unsigned>(address.value >> (Machine::kPageBits + level * Machine::kIndexBits)) & (kEntries - 1);
}
constexpr VirtAddr page_of(VirtAddr address) { return {round_down(address.value, kPageSize)}; }
constexpr uint64_t offset_in_page(VirtAddr address) { return address.value & (kPageSize - 1); }

// The first address beyond user space. The last page of the lower half stays out of reach, so that no return address of a system call is
// non-canonical: SYSRET to one faults in kernel mode (Intel SDM vol. 2B, SYSRET; CVE-2012-0217).
inline constexpr VirtAddr kUserEnd{Machine::kUserRootEntries * span_of(kRootLevel) - kPageSize};

// Pages [begin, end) of user space; both page-aligned, begin <= end <= kUserEnd.
struct PageRange {
  VirtAddr begin;
  VirtAddr end;

  constexpr uint64_t bytes() const { return end - begin; }
  constexpr bool empty() const { return begin == end; }
  constexpr bool contains(VirtAddr address) const { return begin <= address && address < end; }
  constexpr bool overlaps(PageRange other) const { return begin < other.end && other.begin < end; }
  // Requires: they overlap.
  constexpr PageRange common(PageRange other) const { return {begin < other.begin ? other.begin : begin, end < other.end ? end : other.end}; }
};

}  // namespace kine
