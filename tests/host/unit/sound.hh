// What must hold of an answer that a parser gives to any bytes at all: the unit tests and the fuzzer ask the same. Each returns what is
// wrong, or nothing.
#pragma once

#include <string>

#include "boot_info.hh"
#include "task/archive.hh"
#include "task/elf.hh"

namespace kine {

// An image that was accepted is safe to map: segments in the area, in order, without overlap, from within the file; never W and X.
inline std::string unsound(const Image& image, uint64_t file_bytes, PageRange area) {
  VirtAddr last = area.begin;
  if (image.segment_count == 0 || image.segment_count > Image::kMaxSegments) return "the number of segments";
  bool entry_is_code = false;
  for (unsigned i = 0; i < image.segment_count; ++i) {
    const Segment& s = image.segments[i];
    const std::string which = "segment " + std::to_string(i) + ": ";
    if (s.begin < last) return which + "begins before the end of the one before";
    if (offset_in_page(s.begin) != 0 || offset_in_page(s.end) != 0) return which + "does not consist of whole pages";
    if (!(s.begin <= s.file_end && s.file_end <= s.end && s.end <= area.end)) return which + "is not in the area";
    if (s.file_page * kPageSize + (s.file_end - s.begin) > round_up(file_bytes, kPageSize)) return which + "reaches beyond the file";
    if (s.rights.write() && s.rights.exec()) return which + "may be written and executed";
    if (s.zero_tail && s.file_end > s.begin && !s.rights.write()) return which + "has a tail that cannot be filled with zeros";
    entry_is_code |= s.rights.exec() && s.begin <= image.entry && image.entry < s.file_end;
    last = s.end;
  }
  return entry_is_code ? "" : "the entry is not in code from the file";
}

// Free memory that a boot loader told of: whole pages, ascending, without overlaps, without the first MiB, below the limit.
inline std::string unsound(const BootInfo& info, uint64_t limit) {
  constexpr uint64_t kPage = 4096, kFirstMiB = 0x100000;
  if (info.edge_count % 2 != 0 || info.ranges() > BootInfo::kMaxRanges) return "the number of edges";
  uint64_t last = kFirstMiB - 1;
  for (unsigned i = 0; i < info.edge_count; ++i) {
    const std::string which = "edge " + std::to_string(i) + ": ";
    if (info.edges[i] <= last) return which + "not above the one before, or in the first MiB";
    if (info.edges[i] % kPage != 0) return which + "not a page boundary";
    last = info.edges[i];
  }
  return last <= limit ? "" : "free memory above the limit";
}

// A file that was found lies in the archive, on a page boundary, and its last page ends in zeros.
inline std::string unsound(ArchiveFile file, Span<const std::byte> archive) {
  if (file.offset > archive.size() || file.bytes > archive.size() - file.offset) return "the file is not in the archive";
  if (file.offset % kPageSize != 0) return "the file does not begin on a page boundary";
  for (uint64_t at = file.offset + file.bytes; at < archive.size() && at % kPageSize != 0; ++at)
    if (archive[at] != std::byte{0}) return "the file's last page does not end in zeros";
  return "";
}

}  // namespace kine
