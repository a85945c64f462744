// From what the boot path found to the first program.
#pragma once

#include "boot_info.hh"

namespace kine {

// Takes over all memory, indexes the archive, obeys the command line, and makes init, ready to run. Panics with a clear cause where one of
// them is missing.
void start_kernel(const BootInfo& boot);

}  // namespace kine
