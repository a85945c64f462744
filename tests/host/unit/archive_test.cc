// The boot archive: what tools/mkarchive makes is found, and no damaged byte leads outside of it.
#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <random>

#include "cpio.hh"
#include "task/archive.hh"

namespace kine {
namespace {

constexpr Frame kFirst{100};

struct Opened {
  explicit Opened(const std::string& bytes)
      // Exactly as large as it says, so that the sanitizer sees a read behind the end.
      : copy(new std::byte[bytes.size()]), archive(std::make_unique<Archive>()) {
    std::memcpy(copy.get(), bytes.data(), bytes.size());
    result = archive->open(copy.get(), bytes.size(), kFirst).error();
  }
  Result<View> find(const std::string& path) const { return archive->find(path.data(), path.size()); }

  std::unique_ptr<std::byte[]> copy;
  std::unique_ptr<Archive> archive;
  Errno result;
};

std::string usual() {
  CpioWriter writer;
  writer.add("bin", "", 040755, false);
  writer.add("bin/init", std::string(5000, 'i'));
  writer.add("etc/text", "hello", 0100644);
  writer.add("empty", "", 0100644);
  return writer.finish();
}

TEST(ArchiveTest, FindsFilesAsViews) {
  const Opened opened(usual());
  ASSERT_EQ(opened.result, Errno::kOk);
  EXPECT_EQ(opened.archive->count(), 3u) << "folders are no files";
  Result<View> init = opened.find("/bin/init");
  ASSERT_TRUE(init);
  EXPECT_EQ(init->first, Frame{kFirst.number + 1});
  EXPECT_EQ(init->bytes, 5000u);
  EXPECT_EQ(init->rights, Rights::rx());
  Result<View> text = opened.find("/etc/text");
  ASSERT_TRUE(text);
  EXPECT_EQ(text->rights, Rights::r()) << "not executable";
  EXPECT_EQ(std::memcmp(opened.copy.get() + (text->first.number - kFirst.number) * kPageSize, "hello\0", 6), 0);
  EXPECT_EQ(opened.find("/empty")->bytes, 0u);
  EXPECT_EQ(opened.archive->first_frame(), kFirst);
}

TEST(ArchiveTest, OnlyExactPathsAreFound) {
  const Opened opened(usual());
  for (const char* path : {"", "/", "bin/init", "/bin", "/bin/", "/bin/ini", "/bin/init0", "/bin/init/", "/TRAILER!!!", "/nothing"})
    EXPECT_EQ(opened.find(path).error(), Errno::kENOENT) << path;
}

TEST(ArchiveTest, ZeroesBetweenEntriesAreSkipped) {
  CpioWriter writer;
  writer.bytes() += std::string(64, '\0');
  writer.add("a", "1");
  writer.bytes() += std::string(2 * kPageSize, '\0');
  writer.add("b", "2");
  const Opened opened(writer.finish());
  EXPECT_EQ(opened.result, Errno::kOk);
  EXPECT_TRUE(opened.find("/b"));
}

TEST(ArchiveTest, WhatIsNotOneIsRefused) {
  EXPECT_EQ(Opened("").result, Errno::kEINVAL);
  EXPECT_EQ(Opened(std::string(300, '\0')).result, Errno::kEINVAL);
  EXPECT_EQ(Opened("#!/bin/sh\n" + std::string(300, ' ')).result, Errno::kEINVAL);
  CpioWriter no_trailer;
  no_trailer.add("a", "1");
  EXPECT_EQ(Opened(no_trailer.bytes()).result, Errno::kEINVAL);
  CpioWriter unaligned;
  unaligned.add("a", "1", 0100644, false);
  EXPECT_EQ(Opened(unaligned.finish()).result, Errno::kEINVAL);
  for (const size_t behind : {1u, 3u, 9u, 4095u}) {  // the rest of a file's last page would be seen by who maps it
    CpioWriter dirty;
    dirty.add("a", "1");
    dirty.bytes()[kPageSize + behind] = 'x';
    EXPECT_EQ(Opened(dirty.finish()).result, Errno::kEINVAL) << behind;
  }
}

TEST(ArchiveTest, EveryCutIsRefused) {
  const std::string whole = usual();
  const size_t end = whole.find("TRAILER!!!") + 10;
  for (size_t size = 0; size < end; size += size < 1000 || size + 600 > end ? 1 : 97)
    EXPECT_EQ(Opened(whole.substr(0, size)).result, Errno::kEINVAL) << "cut at " << size;
}

TEST(ArchiveTest, DamagedNumbersNeverLeadOutside) {
  const std::string whole = usual();
  std::mt19937_64 random(2);
  for (int round = 0; round < 3000; ++round) {
    std::string bytes = whole;
    for (int changes = 1 + static_cast<int>(random() % 3); changes > 0; --changes) {
      size_t header = 0;  // of some entry
      for (int skip = static_cast<int>(random() % 4); skip > 0; --skip) header = bytes.find("070701", header + 1);
      if (header == std::string::npos) continue;
      bytes[header + random() % 110] = "0123456789abcdefABCDEFg\0"[random() % 24];
    }
    const Opened opened(bytes);  // the sanitizer watches
    for (const char* path : {"/bin/init", "/etc/text", "/empty"}) {
      Result<View> view = opened.find(path);
      if (!view) continue;
      EXPECT_LE((view->first.number - kFirst.number) * kPageSize + view->bytes, bytes.size());
    }
  }
}

TEST(ArchiveTest, MoreFilesThanThereIsRoomForAreRefused) {
  CpioWriter writer;
  for (unsigned i = 0; i <= Archive::kMaxFiles; ++i) writer.add("f" + std::to_string(i), "");
  const Opened opened(writer.finish());
  EXPECT_EQ(opened.result, Errno::kEINVAL);
  EXPECT_EQ(opened.archive->count(), Archive::kMaxFiles);
}

}  // namespace
}  // namespace kine
