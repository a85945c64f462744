// The boot archive: what tools/mkarchive makes is found, and no damaged byte leads outside of it.
#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <random>

#include "cpio.hh"
#include "sound.hh"

namespace kine {
namespace {

// Exactly as large as it says, so that the sanitizer sees a read behind the end.
Result<ArchiveFile> find(const std::string& archive, const std::string& path) {
  const std::unique_ptr<std::byte[]> copy(new std::byte[archive.size()]);
  std::memcpy(copy.get(), archive.data(), archive.size());
  return find_in_archive({copy.get(), archive.size()}, path.data(), path.size());
}

std::string usual() {
  CpioWriter writer;
  writer.add("bin", "", 040755, false);
  writer.add("bin/init", std::string(5000, 'i'));
  writer.add("etc/text", "hello", 0100644);
  writer.add("bin/empty", "");
  writer.add("bin/link", "init", 0120777, false);
  return writer.finish();
}

TEST(ArchiveTest, FindsExecutableFiles) {
  const std::string archive = usual();
  Result<ArchiveFile> init = find(archive, "/bin/init");
  ASSERT_TRUE(init);
  EXPECT_EQ(init->bytes, 5000u);
  EXPECT_EQ(init->offset, kPageSize);
  EXPECT_EQ(archive.substr(init->offset, 5001), std::string(5000, 'i') + '\0');
  Result<ArchiveFile> empty = find(archive, "/bin/empty");
  ASSERT_TRUE(empty);
  EXPECT_EQ(empty->bytes, 0u);
  EXPECT_EQ(find(archive, "/etc/text").error(), Errno::kEACCES) << "not executable";
}

TEST(ArchiveTest, OnlyExactPathsOfRegularFilesAreFound) {
  const std::string archive = usual();
  for (const char* path :
       {"", "/", "bin/init", "/bin", "/bin/", "/bin/ini", "/bin/init0", "/bin/init/", "/TRAILER!!!", "/nothing", "/bin/link"})
    EXPECT_EQ(find(archive, path).error(), Errno::kENOENT) << path;
}

TEST(ArchiveTest, ZeroesBetweenEntriesAreSkipped) {
  CpioWriter writer;
  writer.bytes() += std::string(64, '\0');
  writer.add("a", "1");
  writer.bytes() += std::string(2 * kPageSize, '\0');
  writer.add("b", "2");
  EXPECT_TRUE(find(writer.finish(), "/b"));
}

TEST(ArchiveTest, WhatIsNotOneIsRefused) {
  EXPECT_EQ(find("", "/a").error(), Errno::kEINVAL);
  EXPECT_EQ(find(std::string(300, '\0'), "/a").error(), Errno::kEINVAL);
  EXPECT_EQ(find("#!/bin/sh\n" + std::string(300, ' '), "/a").error(), Errno::kEINVAL);
  CpioWriter no_trailer;
  no_trailer.add("a", "1");
  EXPECT_EQ(find(no_trailer.bytes(), "/b").error(), Errno::kEINVAL);
  CpioWriter unaligned;
  unaligned.add("a", "1", 0100755, false);
  EXPECT_EQ(find(unaligned.finish(), "/a").error(), Errno::kEINVAL);
  for (const size_t behind : {1u, 3u, 9u, 4095u}) {  // the rest of a file's last page would be seen by who maps it
    CpioWriter dirty;
    dirty.add("a", "1");
    dirty.bytes()[kPageSize + behind] = 'x';
    EXPECT_EQ(find(dirty.finish(), "/a").error(), Errno::kEINVAL) << behind;
  }
}

TEST(ArchiveTest, EveryCutIsRefused) {
  const std::string whole = usual();
  const size_t end = whole.find("TRAILER!!!") + 10;
  for (size_t size = 0; size < end; size += size < 1000 || size + 600 > end ? 1 : 97)
    EXPECT_EQ(find(whole.substr(0, size), "/nothing").error(), Errno::kEINVAL) << "cut at " << size;
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
    for (const char* path : {"/bin/init", "/bin/empty"}) {
      Result<ArchiveFile> file = find(bytes, path);  // the sanitizer watches
      if (!file) continue;
      EXPECT_EQ(unsound(*file, {reinterpret_cast<const std::byte*>(bytes.data()), bytes.size()}), "");
    }
  }
}

}  // namespace
}  // namespace kine
