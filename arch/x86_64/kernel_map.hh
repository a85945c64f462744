// The kernel's half of every address space: built once at boot, the same everywhere, never changed afterwards (drawn in
// docs/memory-map.md).
#pragma once

#include "boot_info.hh"
#include "pte.hh"

namespace kine {

// The two root entries that the kernel's half uses.
inline constexpr unsigned kDirectMapSlot = 256;
inline constexpr unsigned kImageSlot = 511;

inline constexpr uint64_t kEarlyBytes = uint64_t{4} << 30;  // how much memory boot.asm's tables map

// A root with these two and nothing else, for the kernel alone.
inline constinit Frame kernel_root = {};

// Builds the tables with frames taken from the free memory and translates through them. Requires: the early tables are loaded; the archive
// is not free. Ensures: only the kernel half is mapped, and the direct map has the free memory, these tables, and the archive. Panics if
// there is too little free memory below 4 GiB.
void build_kernel_map(BootInfo& boot);

}  // namespace kine
