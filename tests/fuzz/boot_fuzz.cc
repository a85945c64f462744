// What reads a boot loader's information. Input: which loader (1 byte), where the information lies (2 bytes), then memory from address 0
// on.
#include "fuzz.hh"
#include "unit/sound.hh"
#include "x86_64/boot_parse.hh"

namespace kine {

void fuzz(Input input) {
  constexpr uint64_t kHead = 3, kLimit = uint64_t{1} << 46;
  if (input.size() < kHead) return;
  const PhysicalBytes memory = {input.data() + kHead, input.size() - kHead};
  const uint64_t address = input[1] | uint64_t{input[2]} << 8;
  BootInfo info{};
  const auto parse = input[0] % 2 ? parse_multiboot2 : parse_pvh;
  if (parse(memory, address, kLimit, info)) return;
  require_nothing(unsound(info, kLimit));
  reserve(info, 0x100000, 0x345678);  // the kernel
  if (reserve_archive(info)) return;
  require_nothing(unsound(info, kLimit));
  for (unsigned i = 0; i < info.ranges(); ++i)
    if (info.archive.bytes() > 0 && info.range(i).begin < info.archive.end && info.archive.begin < info.range(i).end)
      fail("the archive lies in free memory");
}

}  // namespace kine
