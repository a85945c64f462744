// Where things lie in a process's address space (docs/memory-map.md draws it). What grows by itself has root entries of its own, so that a
// write to one part copies no table of another.
#pragma once

#include "mm/geometry.hh"

namespace kine::layout {

inline constexpr uint64_t kMiB = 1 << 20;

// Images that choose their addresses, and the lowest address that anything may be mapped at, so that a null pointer with an offset faults
// (Linux's vm.mmap_min_addr).
inline constexpr VirtAddr kLowest{0x1'0000};
// Images that do not.
inline constexpr VirtAddr kPieBase{0x5555'5540'0000};
// The break: its own root entry.
inline constexpr PageRange kHeap{{0x100'0000'0000}, {0x180'0000'0000}};
// What mmap(2) places.
inline constexpr PageRange kMmap{{0x5600'0000'0000}, {0x7f00'0000'0000}};
inline constexpr PageRange kImages{kLowest, kMmap.begin};

//   kGuard ──2 MiB no rights──|── 8 MiB in 2 MiB promises ──|── 64 KiB in pages ──| kStackTop
// Most programs touch only the pages at the top, so a fork's first write to the stack copies a table with few entries.
inline constexpr VirtAddr kStackTop{0x7fff'ffe1'0000};
inline constexpr PageRange kStack{{0x7fff'ff60'0000}, kStackTop};
inline constexpr PageRange kStackGuard{kStack.begin - 2 * kMiB, kStack.begin};

}  // namespace kine::layout
