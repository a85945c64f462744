#include "kernel_map.hh"

#include "base/check.hh"
#include "boot_parse.hh"
#include "cpu.hh"
#include "image.hh"

namespace kine {
namespace {

constexpr uint64_t kPage = 4096;
constexpr uint64_t kLargePage = 2 << 20;

// Present, accessed, dirty, global (kept over loads of CR3 where CR4.PGE is on). Supervisor only.
constexpr uint64_t kLeaf = 1 << 0 | 1 << 5 | 1 << 6 | 1 << 8;
constexpr uint64_t kTable = 1 << 0 | 1 << 1 | 1 << 5;
constexpr uint64_t kWritable = 1 << 1;
constexpr uint64_t kLarge = 1 << 7;
constexpr uint64_t kNoExecute = uint64_t{1} << 63;

uint64_t* table_at(uint64_t physical) { return reinterpret_cast<uint64_t*>(kDirectMap + physical); }

// Builds tables from frames at the start of the free memory.
struct Builder {
  BootInfo& boot;
  uint64_t root = take_frame();

  // A zeroed frame.
  uint64_t take_frame() {
    check(boot.ranges() > 0 && boot.edges[0] < kEarlyBytes, "not enough memory for the kernel's page tables");
    const uint64_t frame = boot.edges[0];
    reserve(boot, frame, frame + kPage);
    __builtin_memset(table_at(frame), 0, kPage);
    return frame;
  }

  // The entry that rules an address at a level (0 = 4 KiB pages, 1 = 2 MiB), with the tables above it.
  uint64_t& entry_of(uint64_t address, unsigned level) {
    uint64_t* table = table_at(root);
    for (unsigned above = 3;; --above) {
      uint64_t& entry = table[address >> (12 + 9 * above) & 511];
      if (above == level) return entry;
      if (entry == 0) entry = take_frame() | kTable;
      table = table_at(entry & ~(kPage - 1));
    }
  }

  // Maps pages [address, address + bytes) to physical memory from `physical` on, by large pages where both are aligned for one.
  void map(uint64_t address, uint64_t physical, uint64_t bytes, uint64_t rights) {
    for (uint64_t at = 0, step; at < bytes; at += step) {
      const bool large = (address + at) % kLargePage == 0 && (physical + at) % kLargePage == 0 && bytes - at >= kLargePage;
      step = large ? kLargePage : kPage;
      entry_of(address + at, large ? 1 : 0) = (physical + at) | kLeaf | rights | (large ? kLarge : 0);
    }
  }

  void map_ram(PhysRange ram) { map(kDirectMap + ram.begin.value, ram.begin.value, round_up(ram.bytes(), kPage), kWritable | kNoExecute); }
  void map_image(const char* begin, const char* end, uint64_t rights) {
    const uint64_t address = reinterpret_cast<uint64_t>(begin);
    map(address, address - kKernelBase, static_cast<uint64_t>(end - begin), rights);
  }
};

}  // namespace

void build_kernel_map(BootInfo& boot) {
  const BootInfo before = boot;  // the tables lie in free memory that is mapped too
  Builder builder{boot};
  for (unsigned i = 0; i < before.ranges(); ++i) builder.map_ram(before.range(i));
  builder.map_ram(before.archive);
  builder.map_image(text_begin, text_end, 0);
  builder.map_image(rodata_begin, rodata_end, kNoExecute);
  builder.map_image(data_begin, kernel_stack_guard, kWritable | kNoExecute);
  builder.map_image(kernel_stack_guard + kPage, image_end, kWritable | kNoExecute);
  kernel_root = {static_cast<uint32_t>(builder.root / kPage)};
  write_cr3(builder.root);
}

}  // namespace kine
