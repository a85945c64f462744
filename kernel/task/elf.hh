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

// As the file has them.
struct ElfHeader {
  uint8_t ident[16];
  uint16_t type, machine;
  uint32_t version;
  uint64_t entry, phoff, shoff;
  uint32_t flags;
  uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;

  uint64_t table_bytes() const { return uint64_t{phnum} * phentsize; }  // of the program headers, at phoff
};
struct ElfProgramHeader {
  uint32_t type, flags;
  uint64_t offset, vaddr, paddr, filesz, memsz, align;
};
static_assert(sizeof(ElfHeader) == 64 && sizeof(ElfProgramHeader) == 56);

// What of a file must be copied for image_of: the ELF header, and the program headers behind it.
struct ElfHeaders {
  static constexpr unsigned kMaxProgramHeaders = 64;
  ElfHeader header;
  ElfProgramHeader program_headers[kMaxProgramHeaders];
};

// Whether the ELF header is that of a static x86-64 program, whose program headers lie in the file. ENOEXEC.
Result<> check_header(const ElfHeader& header, uint64_t file_bytes);

// Checks every number in the headers and fills all of `image`. An image that is position-independent is placed at `base`. `area` is what
// segments may use. ENOEXEC.
Result<> image_of(const ElfHeaders& headers, uint64_t file_bytes, PageRange area, VirtAddr base, Image& image);

}  // namespace kine
