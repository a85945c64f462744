// What an address space has of memory, for those who want to see the sharing. Reads tables, changes nothing; takes time in proportion to
// what is mapped.
#pragma once

#include "mm/address_space.hh"

namespace kine {

// Fills in frames_… , tables_… and promised. Pages and tables below a shared table are shared, whatever their own count is.
void count_usage(const AddressSpace& space, kine_process& usage);

// The page that an address lies in; false: nothing is mapped there, and `out` means nothing. Requires: it is zero.
bool describe_page(const AddressSpace& space, VirtAddr address, kine_page& out);

// The first range of adjacent pages with the same rights that ends above `from`; empty if there is none.
kine_range next_range(const AddressSpace& space, VirtAddr from);

// Traces what the kernel has counted, for whoever rebuilt it from the trace: events, and the references of each frame in use. Before the
// machine's end.
void trace_counts();

}  // namespace kine
