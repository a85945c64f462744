// The boot archive: a cpio ("newc") whose files' data begin on page boundaries and end in zeros, as tools/mkarchive makes it. Finds files
// by path and shows them as views: pages that the loader maps where they lie. To be deleted when a file server takes over.
//
// Reads memory that a boot loader filled, once, at boot; never trusts a number in it.
#pragma once

#include "base/result.hh"
#include "mm/frames.hh"

namespace kine {

// A range of pages that can be mapped, and how much of it is the file.
struct View {
  Frame first;
  uint64_t bytes = 0;
  Rights rights;  // at most these, whoever maps it

  // Byte `offset` of the file. Its frames are consecutive, so in the direct map the file is one run of bytes.
  const std::byte* at(uint64_t offset) const { return Machine::bytes(first) + offset; }
};

struct ArchiveFile {
  const char* name = nullptr;  // without a leading slash; not terminated
  uint64_t name_length = 0;
  View view;
};

class Archive {
 public:
  static constexpr unsigned kMaxFiles = 2048;

  // Indexes the archive of `bytes` bytes that begins at `start`, on a page boundary, in frames from `first` on. EINVAL: it is not one, or
  // its data are not aligned and padded; what was indexed before stays.
  [[nodiscard]] Result<> open(const std::byte* start, uint64_t bytes, Frame first);
  // The file of an absolute path, written as the archive has it. ENOENT.
  Result<View> find(const char* path, uint64_t length) const;
  unsigned count() const { return count_; }
  // The frames that it lies in, which the kernel owns.
  Frame first_frame() const { return first_; }
  uint32_t frame_count() const { return frame_count_; }

 private:
  ArchiveFile files_[kMaxFiles];
  unsigned count_ = 0;
  Frame first_;
  uint32_t frame_count_ = 0;
};

extern constinit Archive archive;

}  // namespace kine
