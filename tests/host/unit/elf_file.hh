// ELF headers for tests: the layouts of the System V ABI, written down once more, and an image as a linker makes it.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace kine {

struct ElfHeaderFields {
  uint8_t ident[16] = {0x7f, 'E', 'L', 'F', 2, 1, 1};
  uint16_t type = 2, machine = 62;
  uint32_t version = 1;
  uint64_t entry = 0x401010, phoff = 64, shoff = 0;
  uint32_t flags = 0;
  uint16_t ehsize = 64, phentsize = 56, phnum = 0, shentsize = 64, shnum = 0, shstrndx = 0;
};
struct ElfProgramFields {
  uint32_t type = 1, flags = 4;
  uint64_t offset = 0, vaddr = 0, paddr = 0, filesz = 0, memsz = 0, align = 4096;
};
static_assert(sizeof(ElfHeaderFields) == 64 && sizeof(ElfProgramFields) == 56);

inline constexpr uint32_t kElfX = 1, kElfW = 2, kElfR = 4;

// Headers and read-only data, text, data with bss, and a mark for the stack.
inline std::vector<ElfProgramFields> usual_segments() {
  return {{1, kElfR, 0, 0x400000, 0, 0x200, 0x200, 4096},
          {1, kElfR | kElfX, 0x1000, 0x401000, 0, 0x123, 0x123, 4096},
          {1, kElfR | kElfW, 0x2f00, 0x403f00, 0, 0x300, 0x2500, 4096},
          {0x6474e551, kElfR | kElfW, 0, 0, 0, 0, 0, 16}};
}

// The file's bytes: `fill` everywhere but in the headers.
inline std::string elf_file(ElfHeaderFields header = {}, std::vector<ElfProgramFields> segments = usual_segments(), char fill = 'f') {
  header.phnum = static_cast<uint16_t>(segments.size());
  std::string bytes(0x3200, fill);
  std::memcpy(bytes.data(), &header, sizeof header);
  std::memcpy(bytes.data() + header.phoff, segments.data(), segments.size() * sizeof segments[0]);
  return bytes;
}

}  // namespace kine
