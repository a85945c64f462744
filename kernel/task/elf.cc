#include "task/elf.hh"

namespace kine {

namespace {

constexpr uint8_t kIdent[] = {0x7f, 'E', 'L', 'F', 2 /* 64 bits */, 1 /* little-endian */, 1 /* version */};
constexpr uint16_t kTypeExec = 2, kTypeDyn = 3, kMachineX86_64 = 62;
constexpr uint32_t kLoad = 1, kInterp = 3;
constexpr uint32_t kFlagX = 1, kFlagW = 2, kFlagR = 4;

// offset + bytes <= limit, without wrapping.
constexpr bool fits(uint64_t offset, uint64_t bytes, uint64_t limit) { return offset <= limit && bytes <= limit - offset; }

// lab(exec)
Result<Segment> segment_of(const ElfProgramHeader& p, uint64_t file_bytes, PageRange area, uint64_t bias) {
  const Rights rights(p.flags & kFlagR, p.flags & kFlagW, p.flags & kFlagX);
  const uint64_t start = p.vaddr + bias;
  const bool placed = p.vaddr <= kUserEnd.value && area.begin.value <= start && fits(start, p.memsz, area.end.value);
  const bool sound = p.filesz <= p.memsz && fits(p.offset, p.filesz, file_bytes) && p.offset % kPageSize == p.vaddr % kPageSize;
  if (!placed || !sound) return Errno::kENOEXEC;
  if (rights.write() && rights.exec()) return Errno::kENOEXEC;  // W^X
  const bool zero_tail = p.memsz > p.filesz;
  if (zero_tail && p.filesz > 0 && !rights.write()) return Errno::kENOEXEC;  // nobody could have filled its tail
  const VirtAddr begin = page_of({start});
  return Segment{
      .begin = begin,
      .file_end = p.filesz > 0 ? VirtAddr{start + p.filesz} : begin,
      .end = {round_up(start + p.memsz, kPageSize)},
      .file_page = p.offset / kPageSize,
      .rights = rights,
      .zero_tail = zero_tail,
  };
}

}  // namespace

// lab(exec)
Result<> check_header(const ElfHeader& h, uint64_t file_bytes) {
  if (file_bytes < sizeof h || __builtin_memcmp(h.ident, kIdent, sizeof kIdent) != 0) return Errno::kENOEXEC;
  const bool kind = (h.type == kTypeExec || h.type == kTypeDyn) && h.machine == kMachineX86_64 && h.version == 1;
  const bool table = h.phentsize == sizeof(ElfProgramHeader) && h.phnum > 0 && h.phnum <= ElfHeaders::kMaxProgramHeaders;
  return kind && table && fits(h.phoff, h.table_bytes(), file_bytes) ? Errno::kOk : Errno::kENOEXEC;
}

// lab(exec)
Result<> image_of(const ElfHeaders& headers, uint64_t file_bytes, PageRange area, VirtAddr base, Image& image) {
  const ElfHeader& h = headers.header;
  Result<> sound = check_header(h, file_bytes);
  if (!sound) return sound;
  const uint64_t bias = h.type == kTypeDyn ? base.value : 0;
  image.segment_count = 0;
  image.headers = {};
  image.header_count = h.phnum;
  image.entry = {h.entry + bias};
  bool entry_is_code = false;
  for (unsigned i = 0; i < h.phnum; ++i) {
    const ElfProgramHeader& p = headers.program_headers[i];
    if (p.type == kInterp) return Errno::kENOEXEC;  // a dynamic program: there is no loader for its libraries
    if (p.type != kLoad || (p.memsz == 0 && p.filesz == 0)) continue;
    Result<Segment> segment = segment_of(p, file_bytes, area, bias);
    if (!segment) return segment.error();
    // In ascending order, and no page in two of them: a page has one set of rights.
    const bool after = image.segment_count == 0 || image.segments[image.segment_count - 1].end <= segment->begin;
    if (!after || image.segment_count == Image::kMaxSegments) return Errno::kENOEXEC;
    image.segments[image.segment_count++] = *segment;
    entry_is_code |= segment->rights.exec() && segment->begin <= image.entry && image.entry < segment->file_end;
    if (p.offset <= h.phoff && fits(h.phoff, h.table_bytes(), p.offset + p.filesz)) image.headers = {p.vaddr + bias + (h.phoff - p.offset)};
  }
  return entry_is_code ? Errno::kOk : Errno::kENOEXEC;
}

}  // namespace kine
