// For the targets that need nothing of the kernel but its checks.
#include "base/check.hh"
#include "fuzz.hh"

namespace kine {

void panic(const char* cause) { fail(std::string("kernel panic: ") + cause); }

}  // namespace kine
