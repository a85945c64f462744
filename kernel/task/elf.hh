// The program image: checks an ELF file's headers and says what to map where. Pure functions on bytes: nothing here touches memory of a
// process. Source: System V ABI, chapters 4 and 5 (ELF-64), and what Linux's binfmt_elf.c makes of it.
#pragma once

#include "base/result.hh"
#include "mm/geometry.hh"

namespace kine {

// The part of an image that one PT_LOAD header describes. All addresses are final (the base of a position-independent image is added).
//
//      begin                 file_end                         end
//        |── pages of the file ──|── zeroes ──|── promises ────|
//        page-aligned             any          page-aligned     page-aligned
struct Segment {
  VirtAddr begin;
  VirtAddr file_end;   // begin <= file_end; begin == file_end if nothing comes from the file
  VirtAddr end;        // the whole of it
  uint64_t file_page;  // number of the file's page that lies at `begin`
  Rights rights;
  bool zero_tail;  // memory goes on behind file_end: the rest of its page must be zero

  VirtAddr file_pages_end() const { return {round_up(file_end.value, kPageSize)}; }
};

struct Image {
  static constexpr unsigned kMaxSegments = 64;
  Segment segments[kMaxSegments];
  unsigned segment_count = 0;
  VirtAddr entry;
  VirtAddr headers;  // where the program headers lie in memory (AT_PHDR); 0: nowhere
  unsigned header_count = 0;
};

inline constexpr uint64_t kElfHeaderBytes = 64;
inline constexpr uint64_t kElfProgramHeaderBytes = 56;

// What of a file must be copied for image_of: the ELF header, and the program headers behind it.
struct ElfHeaders {
  static constexpr unsigned kMaxProgramHeaders = 64;
  uint8_t header[kElfHeaderBytes];
  uint8_t program_headers[kMaxProgramHeaders * kElfProgramHeaderBytes];
};

// Where the program headers lie in the file: offset and size in bytes, checked against the file's size. ENOEXEC: not a static x86-64
// program.
struct FilePart {
  uint64_t offset;
  uint64_t bytes;
};
Result<FilePart> program_headers_of(const ElfHeaders& headers, uint64_t file_bytes);

// Checks every number in the headers and fills all of `image`. An image that is position-independent is placed at `base`. `area` is what
// segments may use. ENOEXEC.
Result<> image_of(const ElfHeaders& headers, uint64_t file_bytes, PageRange area, VirtAddr base, Image& image);

}  // namespace kine
