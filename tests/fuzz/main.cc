// What all targets share: libFuzzer's entry, and how a target that found something ends.
#include "fuzz.hh"

#include <cstdio>
#include <cstdlib>
#include <exception>

namespace kine {

void fail(const std::string& what) {
  std::fprintf(stderr, "a rule is broken: %s\n", what.c_str());
  std::abort();
}

}  // namespace kine

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t count) {
  try {
    kine::fuzz({bytes, count});
  } catch (const std::exception& error) {
    kine::fail(error.what());
  }
  return 0;
}
