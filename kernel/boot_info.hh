// What the boot path, whichever loader it came through, tells the kernel.
#pragma once

#include "base/types.hh"

namespace kine {

struct BootInfo {
  static constexpr unsigned kMaxRanges = 64;

  // Free RAM, without the first MiB, the kernel, its tables, the archive: physical addresses, page-aligned, ascending, at which it begins
  // and ends in turn. (One pair more than there may be, for a range that is being cut.)
  uint64_t edges[2 * kMaxRanges + 2];
  unsigned edge_count;
  unsigned ranges() const { return edge_count / 2; }
  PhysRange range(unsigned index) const { return {{edges[2 * index]}, {edges[2 * index + 1]}}; }

  PhysRange archive;        // the boot module; empty if there is none. It begins on a page boundary, the rest of its last page is zero
  char command_line[4096];  // ends with NUL
  const char* loader;       // "PVH" or "multiboot2"
};

// kernel/start.cc. Takes over all memory, finds the archive, obeys the command line, and makes init, ready to run. Panics with a clear
// cause where one of them is missing.
void start_kernel(const BootInfo& boot);

}  // namespace kine
