#include "boot_parse.hh"

#include <initializer_list>

namespace kine {
namespace {

constexpr uint64_t kPage = 4096;
constexpr uint64_t kFirstMiB = 0x100000;  // real-mode data, firmware, VGA: not worth the care

// An object at an address, or false if it is not wholly inside.
template <class T>
bool read(PhysicalBytes bytes, uint64_t address, T& object) {
  if (address > bytes.size() || bytes.size() - address < sizeof(T)) return false;
  __builtin_memcpy(&object, bytes.data() + address, sizeof(T));
  return true;
}

// Entries of a memory map; both loaders use the layout of E820 (ACPI specification 6.4, 15.3), multiboot2 with a stride of its own.
struct MapEntry {
  uint64_t base, bytes;
  uint32_t type, reserved;
};
constexpr uint32_t kUsable = 1;

struct MemoryMap {
  uint64_t address, entries, stride;
};

// Free RAM is what some entry calls usable and no other entry calls anything else.
const char* take_map(PhysicalBytes physical, const MemoryMap& map, uint64_t limit, BootInfo& info) {
  if (map.entries == 0 || map.stride < sizeof(MapEntry)) return "the boot loader gave no memory map";
  for (const bool usable : {true, false}) {
    for (uint64_t i = 0; i < map.entries; ++i) {
      MapEntry entry;
      if (!read(physical, map.address + i * map.stride, entry)) return "the boot loader's memory map is not in memory";
      if ((entry.type == kUsable) != usable || entry.base >= limit) continue;
      set_free(info, entry.base, entry.bytes < limit - entry.base ? entry.base + entry.bytes : limit, usable);
    }
  }
  reserve(info, 0, kFirstMiB);
  return info.edge_count == 0 ? "the boot loader's memory map has no free memory" : nullptr;
}

// The command line at [address, end), which a NUL ends sooner.
const char* take_command_line(PhysicalBytes physical, uint64_t address, uint64_t end, BootInfo& info) {
  for (unsigned i = 0; i < sizeof(info.command_line); ++i) {
    uint8_t byte = 0;
    if (address + i < end && !read(physical, address + i, byte)) return "the kernel command line is not in memory";
    info.command_line[i] = static_cast<char>(byte);
    if (byte == 0) return nullptr;
  }
  return "the kernel command line is longer than 4095 bytes";
}

// PVH (Xen, public/arch-x86/hvm/start_info.h).
struct StartInfo {
  uint32_t magic, version, flags, modules;
  uint64_t module_list, command_line, rsdp;
  uint64_t memory_map;  // from version 1 on
  uint32_t memory_map_entries, reserved;
};
struct StartModule {
  uint64_t address, bytes, command_line, reserved;
};
static_assert(sizeof(StartInfo) == 56 && sizeof(StartModule) == 32 && sizeof(MapEntry) == 24);

// multiboot2 (Multiboot2 specification 2.0, 3.6): a head, then tags, each 8-byte aligned.
constexpr uint64_t kTagsHead = 8, kTagHead = 8;
struct Tag {
  uint32_t type, bytes;
  uint32_t first, second;  // module: begin, end (then a string); memory map: stride, version (then the entries)
};
enum TagType : uint32_t { kEnd = 0, kCommandLine = 1, kModule = 3, kMemoryMap = 6 };

}  // namespace

void set_free(BootInfo& info, uint64_t begin, uint64_t end, bool free) {
  if (begin >= end) return;
  begin = free ? round_up(begin, kPage) : round_down(begin, kPage);
  end = free ? round_down(end, kPage) : round_up(end, kPage);
  if (begin >= end) return;
  // Edges [first, last) lie from begin to end. Memory is free behind an odd number of edges.
  unsigned first = 0;
  while (first < info.edge_count && info.edges[first] < begin) ++first;
  unsigned last = first;
  while (last < info.edge_count && info.edges[last] <= end) ++last;
  uint64_t instead[2];
  unsigned count = 0;
  if ((first % 2 != 0) != free) instead[count++] = begin;
  if ((last % 2 != 0) != free) instead[count++] = end;
  __builtin_memmove(info.edges + first + count, info.edges + last, (info.edge_count - last) * sizeof(uint64_t));
  __builtin_memcpy(info.edges + first, instead, count * sizeof(uint64_t));
  info.edge_count += first + count - last;
  if (info.ranges() > BootInfo::kMaxRanges) info.edge_count -= 2;
}

const char* reserve_archive(BootInfo& info) {
  const uint64_t begin = info.archive.begin.value, end = info.archive.end.value;
  if (begin == end) return nullptr;
  if (begin % kPage != 0) return "the boot module does not begin on a page boundary";
  unsigned edge = 0;
  while (edge < info.edge_count && info.edges[edge] <= begin) ++edge;
  // Edges are page boundaries, so the rest of the archive's last page is free if its last byte is.
  if (edge % 2 == 0 || end < begin || end > info.edges[edge]) return "too little memory: the boot module is not in free memory";
  reserve(info, begin, end);
  return nullptr;
}

const char* parse_pvh(PhysicalBytes physical, uint64_t address, uint64_t limit, BootInfo& info) {
  info.loader = "PVH";
  StartInfo start;
  if (!read(physical, address, start)) return "the PVH start information is not in memory";
  if (start.version < 1) return "the PVH start information has no memory map (its version is 0)";
  if (start.modules > 0) {
    StartModule module;
    if (!read(physical, start.module_list, module)) return "the PVH module list is not in memory";
    info.archive = {{module.address}, {module.address + module.bytes}};
  }
  if (start.command_line != 0) {
    if (const char* wrong = take_command_line(physical, start.command_line, physical.size() + 1, info)) return wrong;
  }
  return take_map(physical, {start.memory_map, start.memory_map_entries, sizeof(MapEntry)}, limit, info);
}

const char* parse_multiboot2(PhysicalBytes physical, uint64_t address, uint64_t limit, BootInfo& info) {
  info.loader = "multiboot2";
  uint32_t bytes;
  if (!read(physical, address, bytes) || bytes > physical.size() - address) return "the multiboot2 information is not in memory";
  const uint64_t end = address + bytes;
  const PhysicalBytes tags = {physical.data(), end};  // no tag reaches beyond the information's own end
  MemoryMap map = {};
  Tag tag;  // the last one, kEnd, is only a head, so reading it may fail: this too ends the loop
  for (uint64_t at = address + kTagsHead; read(tags, at, tag) && tag.type != kEnd; at += round_up(tag.bytes, 8)) {
    if (tag.bytes < kTagHead || tag.bytes > end - at) return "a tag of the multiboot2 information has a wrong size";
    if (tag.type == kCommandLine) {
      if (const char* wrong = take_command_line(tags, at + kTagHead, at + tag.bytes, info)) return wrong;
    } else if (tag.type == kModule && info.archive.bytes() == 0) {
      if (tag.bytes < sizeof(Tag) || tag.second < tag.first) return "the multiboot2 module tag is wrong";
      info.archive = {{tag.first}, {tag.second}};
    } else if (tag.type == kMemoryMap && tag.first >= sizeof(MapEntry) && tag.bytes >= sizeof(Tag)) {
      map = {at + sizeof(Tag), (tag.bytes - sizeof(Tag)) / tag.first, tag.first};
    }
  }
  return take_map(tags, map, limit, info);
}

}  // namespace kine
