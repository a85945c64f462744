// Reads what a boot loader left in memory. Pure functions on bytes: nothing here touches the machine, so the host's tests can feed them
// rubbish. They trust no number that they read; whatever is malformed ends in one line that says so.
#pragma once

#include "base/types.hh"
#include "boot_info.hh"

namespace kine {

// All of physical memory that the loader's structures may lie in, from address 0.
using PhysicalBytes = Span<const uint8_t>;

// Both fill the free memory (what the loader calls free RAM, whole pages, ascending, without overlaps, without the first MiB, below
// `limit`), archive, command_line and loader of an `info` that is zero, from the structure at `address`. Return null, or what is wrong;
// then `info` is of no use.
const char* parse_pvh(PhysicalBytes physical, uint64_t address, uint64_t limit, BootInfo& info);
const char* parse_multiboot2(PhysicalBytes physical, uint64_t address, uint64_t limit, BootInfo& info);

// Makes [begin, end) free memory, or not: all pages that lie in it wholly become free, all that it touches do not stay so. If there are too
// many ranges then, the highest is lost.
void set_free(BootInfo& info, uint64_t begin, uint64_t end, bool free);
inline void reserve(BootInfo& info, uint64_t begin, uint64_t end) { set_free(info, begin, end, false); }

// Takes the archive out of the free memory. Returns null, or why it cannot be used: not page-aligned, or not in free memory.
const char* reserve_archive(BootInfo& info);

}  // namespace kine
