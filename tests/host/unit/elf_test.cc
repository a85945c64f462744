// The ELF header check, fed with good images and with every kind of bad one. What it accepts must lie in the area, in order, without
// overlap, and within the file, whatever the bytes say.
#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <random>
#include <vector>

#include "elf_file.hh"
#include "sound.hh"

namespace kine {
namespace {

constexpr PageRange kArea{{0x10000}, {0x7fff'0000'0000}};
constexpr VirtAddr kBase{0x5555'5555'4000};

struct File {
  ElfHeaderFields header;
  std::vector<ElfProgramFields> programs = usual_segments();
  uint64_t bytes = 0x5000;

  ElfHeaders headers() const {
    ElfHeaders all{};
    ElfHeaderFields h = header;
    if (h.phnum == 0) h.phnum = static_cast<uint16_t>(programs.size());
    std::memcpy(&all.header, &h, sizeof h);
    if (!programs.empty())
      std::memcpy(&all.program_headers, programs.data(), std::min(programs.size() * sizeof(ElfProgramFields), sizeof all.program_headers));
    return all;
  }
  Errno check() { return image_of(headers(), bytes, kArea, kBase, image).error(); }
  Image image;
};

TEST(Elf, AGoodImage) {
  File file;
  ASSERT_EQ(file.check(), Errno::kOk);
  ASSERT_EQ(file.image.segment_count, 3u);
  EXPECT_EQ(file.image.entry.value, 0x401010u);
  EXPECT_EQ(file.image.headers.value, 0x400040u);
  EXPECT_EQ(file.image.header_count, 4u);
  const Segment& text = file.image.segments[1];
  EXPECT_EQ(text.rights, Rights::rx());
  EXPECT_EQ(text.begin.value, 0x401000u);
  EXPECT_EQ(text.file_end.value, 0x401123u);
  EXPECT_EQ(text.end.value, 0x402000u);
  EXPECT_EQ(text.file_page, 1u);
  EXPECT_FALSE(text.zero_tail);
  const Segment& data = file.image.segments[2];
  EXPECT_EQ(data.rights, Rights::rw());
  EXPECT_EQ(data.begin.value, 0x403000u);
  EXPECT_EQ(data.file_end.value, 0x404200u);
  EXPECT_EQ(data.file_pages_end().value, 0x405000u);
  EXPECT_EQ(data.end.value, 0x407000u);
  EXPECT_EQ(data.file_page, 2u);
  EXPECT_TRUE(data.zero_tail);
}

TEST(Elf, APositionIndependentImageIsMoved) {
  File file;
  file.header.type = 3;
  file.header.entry = 0x1010;
  for (ElfProgramFields& p : file.programs) p.vaddr -= p.type == 1 ? 0x400000 : 0;
  ASSERT_EQ(file.check(), Errno::kOk);
  EXPECT_EQ(file.image.entry.value, kBase.value + 0x1010);
  EXPECT_EQ(file.image.segments[0].begin, kBase);
  EXPECT_EQ(file.image.segments[2].end.value, kBase.value + 0x7000);
  EXPECT_EQ(file.image.headers.value, kBase.value + 64);
}

TEST(Elf, ASegmentOfZeroesOnly) {
  File file;
  file.programs.push_back({1, kElfR | kElfW, 0, 0x500000, 0, 0, 0x1001, 4096});
  ASSERT_EQ(file.check(), Errno::kOk);
  const Segment& bss = file.image.segments[3];
  EXPECT_EQ(bss.file_end, bss.begin);
  EXPECT_EQ(bss.end.value, 0x502000u);
}

TEST(Elf, HeadersThatNoSegmentHasAreNowhere) {
  File file;
  file.programs.erase(file.programs.begin());
  ASSERT_EQ(file.check(), Errno::kOk);
  EXPECT_EQ(file.image.headers.value, 0u);
}

struct Damage {
  const char* what;
  std::function<void(File&)> change;
};

const std::vector<Damage> kDamages = {
    {"magic", [](File& f) { f.header.ident[1] = 'e'; }},
    {"32 bits", [](File& f) { f.header.ident[4] = 1; }},
    {"big-endian", [](File& f) { f.header.ident[5] = 2; }},
    {"identification's version", [](File& f) { f.header.ident[6] = 0; }},
    {"type: relocatable", [](File& f) { f.header.type = 1; }},
    {"type: core", [](File& f) { f.header.type = 4; }},
    {"machine", [](File& f) { f.header.machine = 3; }},
    {"version", [](File& f) { f.header.version = 2; }},
    {"size of a program header", [](File& f) { f.header.phentsize = 55; }},
    {"size of a program header: 0", [](File& f) { f.header.phentsize = 0; }},
    {"no program headers", [](File& f) { f.programs.clear(); }},
    {"too many program headers", [](File& f) { f.header.phnum = 0xffff; }},
    {"program headers behind the end", [](File& f) { f.header.phoff = f.bytes - 100; }},
    {"program headers that wrap", [](File& f) { f.header.phoff = ~uint64_t{0} - 8; }},
    {"a file shorter than its header", [](File& f) { f.bytes = 63; }},
    {"a file cut within the text", [](File& f) { f.bytes = 0x1080; }},
    {"no entry", [](File& f) { f.header.entry = 0; }},
    {"entry in data", [](File& f) { f.header.entry = 0x403f00; }},
    {"entry behind the text's bytes", [](File& f) { f.header.entry = 0x401123; }},
    {"entry in the kernel", [](File& f) { f.header.entry = 0xffff'8000'0000'0000; }},
    {"an interpreter", [](File& f) { f.programs[3].type = 3; }},
    {"memsz < filesz", [](File& f) { f.programs[2].memsz = 0x2ff; }},
    {"memsz 0, filesz not", [](File& f) { f.programs[2].memsz = 0; }},
    {"offset behind the end", [](File& f) { f.programs[2].offset = 0x5f00; }},
    {"offset + filesz wraps", [](File& f) { f.programs[2].offset = ~uint64_t{0xff}; }},
    {"filesz huge", [](File& f) { f.programs[2].filesz = f.programs[2].memsz = ~uint64_t{0}; }},
    {"memsz wraps", [](File& f) { f.programs[2].memsz = ~uint64_t{0} - 0x403f00 + 1; }},
    {"memsz reaches the kernel", [](File& f) { f.programs[2].memsz = 0x8000'0000'0000; }},
    {"address in the kernel", [](File& f) { f.programs[2].vaddr = 0xffff'8000'0000'0f00; }},
    {"address not canonical", [](File& f) { f.programs[2].vaddr = 0x8000'0000'0f00; }},
    {"address 0", [](File& f) { f.programs[0].vaddr = 0; }},
    {"address below the area", [](File& f) { f.programs[0].vaddr = 0xf000; }},
    {"address and offset of different places in a page", [](File& f) { f.programs[2].vaddr += 1; }},
    {"descending", [](File& f) { std::swap(f.programs[0], f.programs[1]); }},
    {"overlap",
     [](File& f) {
       f.programs[2].vaddr = 0x401f00;
       f.programs[1].memsz = f.programs[1].filesz = 0x1001;
     }},
    {"two rights for one page", [](File& f) { f.programs[2].vaddr = 0x401f00; }},
    {"written and executed", [](File& f) { f.programs[2].flags = kElfR | kElfW | kElfX; }},
    {"read-only with a tail of zeros", [](File& f) { f.programs[1].memsz += 16; }},
    {"too many segments",
     [](File& f) {
       for (uint64_t i = 0; i < Image::kMaxSegments; ++i) f.programs.push_back({1, kElfR, 0, 0x600000 + i * 4096, 0, 1, 1, 4096});
     }},
};

TEST(Elf, EveryDamageIsRefused) {
  for (const Damage& damage : kDamages) {
    File file;
    damage.change(file);
    EXPECT_EQ(file.check(), Errno::kENOEXEC) << damage.what;
  }
}

TEST(Elf, RandomBytesInTheHeadersNeverGiveAnUnsafeImage) {
  std::mt19937_64 random(1);
  constexpr uint64_t kNumbers[] = {
      0, 1, 0x7f, 0x1000, 0x1fff, 0x401000, 0x7fff'ffff'f000, 0x8000'0000'0000, ~uint64_t{0}, ~uint64_t{0xfff}};
  unsigned accepted = 0;
  for (int round = 0; round < 200'000; ++round) {
    File file;
    for (int changes = 1 + static_cast<int>(random() % 3); changes > 0; --changes) {
      ElfProgramFields& p = file.programs[random() % 3];
      uint64_t* const fields[] = {&p.offset, &p.vaddr, &p.filesz, &p.memsz, &file.header.entry, &file.header.phoff, &file.bytes};
      uint64_t& field = *fields[random() % std::size(fields)];
      field = random() % 2 ? kNumbers[random() % std::size(kNumbers)] : field + (random() % 0x3000) - 0x1800;
      if (random() % 8 == 0) p.flags = static_cast<uint32_t>(random() % 8);
      if (random() % 8 == 0) file.header.type = 3;
    }
    file.bytes &= 0xffff'ffff;  // no archive is larger
    if (file.check() != Errno::kOk) continue;
    ++accepted;
    ASSERT_EQ(unsound(file.image, file.bytes, kArea), "") << "round " << round;
  }
  EXPECT_GT(accepted, 1000u) << "the damage must be small enough to pass at times";
}

}  // namespace
}  // namespace kine
