// What the boot path, whichever loader it came through, tells the kernel.
#pragma once

#include "base/types.hh"

namespace kine {

struct BootInfo {
  struct Range {
    PhysAddr base;
    uint64_t bytes;
  };
  static constexpr unsigned kMaxRanges = 64;

  Range memory[kMaxRanges];  // free RAM, page-aligned, ascending: without the first MiB, the kernel, its tables, the archive
  unsigned memory_count;
  Range archive;            // the boot module; bytes == 0 if there is none. Its base is page-aligned, the rest of its last page is zero
  char command_line[4096];  // ends with NUL
  const char* loader;       // "PVH" or "multiboot2"
};

}  // namespace kine
