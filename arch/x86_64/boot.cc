// The first C++ of the kernel: from what the loader left to kernel_main. Runs once, on the early tables of boot.asm, then on the final
// ones.
#include "base/check.hh"
#include "boot_info.hh"
#include "boot_parse.hh"
#include "cpu.hh"
#include "image.hh"
#include "kernel_map.hh"

// kernel/main.cc
extern "C" [[noreturn]] void kernel_main(const kine::BootInfo& boot);

// From boot.asm: what the loader left in eax, and the physical address of its information.
extern "C" [[noreturn]] void boot_main(uint32_t loader, uint32_t information) {
  using namespace kine;
  constexpr uint32_t kMultiboot2Loaded = 0x36d7'6289;  // else PVH: boot.asm let no other in
  static constinit BootInfo boot = {};
  cpu_init();
  init_interrupts();
  const auto parse = loader == kMultiboot2Loaded ? parse_multiboot2 : parse_pvh;
  const char* wrong = parse({reinterpret_cast<const uint8_t*>(kDirectMap), kEarlyBytes}, information, kMostMemory, boot);
  reserve(boot, reinterpret_cast<uint64_t>(image_physical_begin), reinterpret_cast<uint64_t>(image_physical_end));
  if (!wrong) wrong = reserve_archive(boot);
  check(!wrong, wrong);
  build_kernel_map(boot);
  const uint64_t end = boot.archive.end.value;
  __builtin_memset(reinterpret_cast<void*>(kDirectMap + end), 0, round_up(end, 4096) - end);
  init_clock();
  kernel_main(boot);
}
