// What a boot loader leaves in memory, from both loaders: good, incomplete and damaged.
#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <vector>

#include "sound.hh"
#include "x86_64/boot_parse.hh"

namespace kine {
namespace {

constexpr uint64_t kMiB = 1 << 20, kPage = 4096, kNoLimit = uint64_t{1} << 46;
constexpr uint32_t kUsable = 1, kReserved = 2;

struct Entry {
  uint64_t base, bytes;
  uint32_t type, reserved = 0;
};

// Physical memory from address 0 on, to write structures into.
class Memory {
 public:
  explicit Memory(size_t bytes = 64 * 1024) : bytes_(bytes) {}
  template <class T>
  void put(uint64_t at, const T& value) {
    std::memcpy(bytes_.data() + at, &value, sizeof value);
  }
  void put_text(uint64_t at, const std::string& text) { std::memcpy(bytes_.data() + at, text.c_str(), text.size() + 1); }
  PhysicalBytes all() const { return {bytes_.data(), bytes_.size()}; }
  std::vector<uint8_t>& bytes() { return bytes_; }

 private:
  std::vector<uint8_t> bytes_;
};

std::string ranges(const BootInfo& info) {
  std::string text;
  char buffer[64];
  for (unsigned i = 0; i < info.ranges(); ++i) {
    std::snprintf(buffer, sizeof buffer, "%s%lx+%lx", i ? " " : "", info.range(i).begin.value, info.range(i).bytes());
    text += buffer;
  }
  return text;
}

// --- PVH (Xen, public/arch-x86/hvm/start_info.h) ---

struct Start {
  uint32_t magic = 0x336ec578, version = 1, flags = 0, modules = 0;
  uint64_t module_list = 0, command_line = 0, rsdp = 0, map = 0x400;
  uint32_t map_entries = 0, reserved = 0;
};

struct Pvh {
  Memory memory;
  Start start;
  std::vector<Entry> map{{0, 0x9fc00, kUsable}, {0x9fc00, 0x400, kReserved}, {kMiB, 127 * kMiB, kUsable}, {0xfffc0000, 0x40000, kReserved}};

  const char* parse(BootInfo& info, uint64_t limit = kNoLimit) {
    start.map_entries = static_cast<uint32_t>(map.size());
    for (size_t i = 0; i < map.size(); ++i) memory.put(0x400 + i * sizeof(Entry), map[i]);
    memory.put(0x100, start);
    return parse_pvh(memory.all(), 0x100, limit, info);
  }
};

TEST(Boot, PvhWithEverything) {
  Pvh pvh;
  pvh.memory.put_text(0x2000, "fork=tree -- a b");
  pvh.start.command_line = 0x2000;
  const uint64_t module[4] = {0x200'0000, 0x12345, 0, 0};
  pvh.memory.put(0x3000, module);
  pvh.start.modules = 1;
  pvh.start.module_list = 0x3000;
  BootInfo info{};
  ASSERT_EQ(pvh.parse(info), nullptr);
  EXPECT_STREQ(info.loader, "PVH");
  EXPECT_STREQ(info.command_line, "fork=tree -- a b");
  EXPECT_EQ(info.archive.begin.value, 0x200'0000u);
  EXPECT_EQ(info.archive.bytes(), 0x12345u);
  EXPECT_EQ(ranges(info), "100000+7f00000") << "without the first MiB";
  ASSERT_EQ(reserve_archive(info), nullptr);
  EXPECT_EQ(ranges(info), "100000+1f00000 2013000+5fed000") << "the archive's last page is its own, too";
}

TEST(Boot, PvhWithoutModuleAndCommandLine) {
  Pvh pvh;
  BootInfo info{};
  ASSERT_EQ(pvh.parse(info), nullptr);
  EXPECT_STREQ(info.command_line, "");
  EXPECT_EQ(info.archive.bytes(), 0u);
  EXPECT_EQ(reserve_archive(info), nullptr);
}

TEST(Boot, MemoryIsRoundedInwardsMergedAndSorted) {
  Pvh pvh;
  pvh.map = {{0x50'0800, 0x2000, kUsable},                                // unaligned: one whole page
             {0x30'0000, 0x1000, kUsable}, {0x30'1000, 0x1000, kUsable},  // touches the one before
             {0x20'0000, 0x800, kUsable},                                 // less than a page
             {0x40'0000, 0x8000, kUsable}, {0x40'4000, 0x8000, kUsable},  // overlaps
             {0x40'9800, 0x10, kReserved}};                               // takes a page out
  BootInfo info{};
  ASSERT_EQ(pvh.parse(info), nullptr);
  EXPECT_EQ(ranges(info), "300000+2000 400000+9000 40a000+2000 501000+1000");
}

TEST(Boot, ReservedWinsWhateverTheOrder) {
  for (const bool first : {false, true}) {
    Pvh pvh;
    pvh.map = {{kMiB, 0x10000, kUsable}};
    pvh.map.insert(first ? pvh.map.begin() : pvh.map.end(), {kMiB + 0x1000, 0x1000, 7});
    BootInfo info{};
    ASSERT_EQ(pvh.parse(info), nullptr);
    EXPECT_EQ(ranges(info), "100000+1000 102000+e000");
  }
}

TEST(Boot, MemoryEndsAtTheLimitAndNeverWraps) {
  Pvh pvh;
  pvh.map = {{kMiB, ~uint64_t{0}, kUsable}, {~uint64_t{0} - kPage, ~uint64_t{0}, kUsable}};
  BootInfo info{};
  ASSERT_EQ(pvh.parse(info, 1024 * kMiB), nullptr);
  EXPECT_EQ(ranges(info), "100000+3ff00000");
}

TEST(Boot, PvhThatIsIncompleteIsRefused) {
  const auto refused = [](auto change) {
    Pvh pvh;
    change(pvh);
    BootInfo info{};
    return pvh.parse(info) != nullptr;
  };
  EXPECT_TRUE(refused([](Pvh& p) { p.start.version = 0; }));
  EXPECT_TRUE(refused([](Pvh& p) { p.map.clear(); }));
  EXPECT_TRUE(refused([](Pvh& p) { p.map = {{kMiB, kMiB, kReserved}}; }));
  EXPECT_TRUE(refused([](Pvh& p) { p.map = {{0, kMiB, kUsable}}; })) << "nothing but the first MiB";
  EXPECT_TRUE(refused([](Pvh& p) { p.start.map = 64 * 1024 - 40; })) << "the map reaches beyond memory";
  EXPECT_TRUE(refused([](Pvh& p) { p.start.map = ~uint64_t{0} - 10; }));
  EXPECT_TRUE(refused([](Pvh& p) { p.start.command_line = 64 * 1024; }));
  EXPECT_TRUE(refused([](Pvh& p) { p.start.modules = 1, p.start.module_list = ~uint64_t{0}; }));
  BootInfo info{};
  Memory memory;
  EXPECT_NE(parse_pvh(memory.all(), 64 * 1024 - 8, kNoLimit, info), nullptr);
  EXPECT_NE(parse_pvh(memory.all(), ~uint64_t{0} - 8, kNoLimit, info), nullptr);
}

TEST(Boot, ACommandLineOf4095BytesFits) {
  for (const size_t length : {4095u, 4096u}) {
    Pvh pvh;
    pvh.memory.put_text(0x2000, std::string(length, 'x'));
    pvh.start.command_line = 0x2000;
    BootInfo info{};
    EXPECT_EQ(pvh.parse(info) == nullptr, length == 4095) << length;
  }
}

// --- multiboot2 (Multiboot2 specification 2.0, 3.6) ---

struct Multiboot {
  std::vector<uint8_t> tags;

  void tag(uint32_t type, const std::vector<uint8_t>& content, uint32_t bytes = 0) {
    const uint32_t head[] = {type, bytes ? bytes : static_cast<uint32_t>(8 + content.size())};
    tags.insert(tags.end(), reinterpret_cast<const uint8_t*>(head), reinterpret_cast<const uint8_t*>(head) + 8);
    tags.insert(tags.end(), content.begin(), content.end());
    tags.resize(round_up(tags.size(), 8));
  }
  void command_line(const std::string& text) { tag(1, {text.c_str(), text.c_str() + text.size() + 1}); }
  void module(uint32_t begin, uint32_t end) {
    std::vector<uint8_t> content(9);
    std::memcpy(content.data(), &begin, 4);
    std::memcpy(content.data() + 4, &end, 4);
    tag(3, content);
  }
  void map(const std::vector<Entry>& entries, uint32_t stride = sizeof(Entry)) {
    std::vector<uint8_t> content(8 + entries.size() * stride);
    std::memcpy(content.data(), &stride, 4);
    for (size_t i = 0; i < entries.size(); ++i)
      std::memcpy(content.data() + 8 + i * stride, &entries[i], std::min<size_t>(stride, sizeof(Entry)));
    tag(6, content);
  }
  std::vector<uint8_t> memory(uint64_t at) {
    tag(0, {});
    std::vector<uint8_t> all(at + 8 + tags.size());  // nothing follows, so that the sanitizer sees a read behind the end
    const uint32_t head[] = {static_cast<uint32_t>(8 + tags.size()), 0};
    std::memcpy(all.data() + at, head, 8);
    std::memcpy(all.data() + at + 8, tags.data(), tags.size());
    return all;
  }
};

const char* parse(const std::vector<uint8_t>& memory, uint64_t at, BootInfo& info) {
  return parse_multiboot2({memory.data(), memory.size()}, at, kNoLimit, info);
}

Multiboot usual() {
  Multiboot info;
  info.command_line("tty=012 -- x");
  info.tag(21, {1, 2, 3});  // of a type that nobody asked for, and not a multiple of 8 long
  info.module(0x200000, 0x212345);
  info.module(0x300000, 0x300001);
  info.map({{0, 0x9f000, kUsable}, {kMiB, 63 * kMiB, kUsable}});
  return info;
}

TEST(Boot, Multiboot2WithEverything) {
  BootInfo info{};
  ASSERT_EQ(parse(usual().memory(0x200), 0x200, info), nullptr);
  EXPECT_STREQ(info.loader, "multiboot2");
  EXPECT_STREQ(info.command_line, "tty=012 -- x");
  EXPECT_EQ(info.archive.begin.value, 0x200000u) << "the first module";
  EXPECT_EQ(info.archive.bytes(), 0x12345u);
  EXPECT_EQ(ranges(info), "100000+3f00000");
}

TEST(Boot, Multiboot2MapsHaveAStrideOfTheirOwn) {
  Multiboot boot;
  boot.map({{kMiB, kMiB, kUsable}, {4 * kMiB, kMiB, kUsable}}, 32);
  BootInfo info{};
  ASSERT_EQ(parse(boot.memory(0), 0, info), nullptr);
  EXPECT_EQ(ranges(info), "100000+100000 400000+100000");
}

TEST(Boot, Multiboot2ThatIsDamagedIsRefused) {
  const auto refused = [](auto change) {
    Multiboot boot;
    change(boot);
    BootInfo info{};
    return parse(boot.memory(8), 8, info) != nullptr;
  };
  EXPECT_TRUE(refused([](Multiboot&) {})) << "no memory map";
  EXPECT_TRUE(refused([](Multiboot& b) { b.map({{kMiB, kMiB, kUsable}}, 8); })) << "a stride shorter than an entry";
  EXPECT_TRUE(refused([](Multiboot& b) { b = usual(), b.tag(9, {}, 7); })) << "a tag shorter than its head: an endless loop";
  EXPECT_TRUE(refused([](Multiboot& b) { b = usual(), b.tag(9, {}, 4000); })) << "a tag that reaches beyond the end";
  EXPECT_TRUE(refused([](Multiboot& b) {
    b = usual(), b.module(0x2000, 0x1000);
    b.tags.erase(b.tags.begin(), b.tags.begin() + 72);
  }));
  BootInfo info{};
  std::vector<uint8_t> whole = usual().memory(0);
  EXPECT_NE(parse(whole, whole.size() - 2, info), nullptr);
  EXPECT_NE(parse(whole, ~uint64_t{0}, info), nullptr);
  whole[1] = 0xff;  // the whole says that it is longer than memory
  EXPECT_NE(parse(whole, 0, info), nullptr);
}

TEST(Boot, RandomDamageIsRefusedOrGivesSoundMemory) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 50'000; ++round) {
    std::vector<uint8_t> memory = usual().memory(16);
    for (int changes = 1 + static_cast<int>(random() % 4); changes > 0; --changes)
      memory[16 + random() % (memory.size() - 16)] = static_cast<uint8_t>(random() % 3 ? random() : random() % 8);
    BootInfo info{};
    if (parse(memory, 16, info) || reserve_archive(info)) continue;
    ASSERT_EQ(unsound(info, kNoLimit), "") << "round " << round;
  }
}

// --- reserve ---

TEST(Boot, ReserveTakesWholePagesOut) {
  const auto after = [](uint64_t begin, uint64_t end) {
    BootInfo info{};
    set_free(info, 0x10000, 0x20000, true);
    set_free(info, 0x30000, 0x40000, true);
    reserve(info, begin, end);
    return ranges(info);
  };
  EXPECT_EQ(after(0x20000, 0x30000), "10000+10000 30000+10000");
  EXPECT_EQ(after(0x18000, 0x18000), "10000+10000 30000+10000");
  EXPECT_EQ(after(0x18001, 0x18002), "10000+8000 19000+7000 30000+10000");
  EXPECT_EQ(after(0x10000, 0x20000), "30000+10000");
  EXPECT_EQ(after(0x1ffff, 0x30001), "10000+f000 31000+f000");
  EXPECT_EQ(after(0, 0x100000), "");
}

TEST(Boot, AnArchiveOutsideFreeMemoryIsRefused) {
  BootInfo info{};
  set_free(info, kMiB, 2 * kMiB, true);
  info.archive = {{kMiB + 1}, {kMiB + 6}};
  EXPECT_NE(reserve_archive(info), nullptr) << "not on a page boundary";
  info.archive = {{kMiB / 2}, {kMiB / 2 + kMiB}};
  EXPECT_NE(reserve_archive(info), nullptr);
  info.archive = {{2 * kMiB - kPage}, {2 * kMiB + 1}};
  EXPECT_NE(reserve_archive(info), nullptr);
  info.archive = {{2 * kMiB - kPage}, {kPage}};
  EXPECT_NE(reserve_archive(info), nullptr) << "longer than the address space";
  info.archive = {{2 * kMiB - kPage}, {2 * kMiB - 7}};
  EXPECT_EQ(reserve_archive(info), nullptr);
  EXPECT_EQ(ranges(info), "100000+ff000");
}

TEST(Boot, MoreRangesThanThereIsRoomForAreLostNotWritten) {
  BootInfo info{};
  Pvh pvh;
  pvh.map.clear();
  for (uint64_t i = 0; i < 2 * BootInfo::kMaxRanges; ++i) pvh.map.push_back({kMiB + i * 2 * kPage, kPage, kUsable});
  ASSERT_EQ(pvh.parse(info), nullptr);
  EXPECT_EQ(info.ranges(), unsigned{BootInfo::kMaxRanges});
  reserve(info, kMiB + 2, kMiB + 3);
  EXPECT_EQ(info.ranges(), unsigned{BootInfo::kMaxRanges} - 1);
}

TEST(Boot, ACutInAFullListLosesTheHighestRange) {
  BootInfo info{};
  for (uint64_t i = 0; i < BootInfo::kMaxRanges; ++i) set_free(info, i * 8 * kPage, (i * 8 + 4) * kPage, true);
  reserve(info, kPage, 2 * kPage);
  EXPECT_EQ(info.ranges(), unsigned{BootInfo::kMaxRanges});
  EXPECT_EQ(ranges(info).substr(0, 18), "0+1000 2000+2000 8");
  EXPECT_EQ(info.range(info.ranges() - 1).begin.value, (BootInfo::kMaxRanges - 2) * 8 * kPage);
}

// Against one bool for each page.
TEST(Boot, RandomChangesOfTheFreeMemory) {
  std::mt19937_64 random(5);
  for (int round = 0; round < 2000; ++round) {
    BootInfo info{};
    bool pages[64] = {};
    for (int change = 0; change < 20; ++change) {
      uint64_t begin = random() % (64 * kPage), end = random() % (64 * kPage);
      if (random() % 2) begin = round_down(begin, kPage), end = round_down(end, kPage);
      const bool free = random() % 2;
      set_free(info, begin, end, free);
      for (uint64_t page = 0; page < 64; ++page) {
        const uint64_t low = page * kPage, high = low + kPage;
        if (begin < end && (free ? begin <= low && high <= end : begin < high && low < end)) pages[page] = free;
      }
      unsigned edges = 0;
      for (uint64_t page = 0; page <= 64; ++page) {
        if ((page < 64 && pages[page]) == (page > 0 && pages[page - 1])) continue;
        ASSERT_LT(edges, info.edge_count);
        ASSERT_EQ(info.edges[edges++], page * kPage);
      }
      ASSERT_EQ(info.edge_count, edges);
    }
  }
}

}  // namespace
}  // namespace kine
