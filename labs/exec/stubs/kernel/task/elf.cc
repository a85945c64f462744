// The stubs of lab exec: the file is believed.

// Lab exec: It takes each number as it stands. A file may say anything: more bytes than it has, sums that wrap, addresses of the kernel's, memory
// that is written and executed. (`fits` is there.) What the file's pages are is known only if offset and address agree modulo a page. A segment
// whose last page has a tail must be able to be written: who would fill it with zeros?
Result<Segment> segment_of(const ElfProgramHeader& p, uint64_t file_bytes, PageRange area, uint64_t bias) {
  (void)file_bytes, (void)area;
  Segment segment{};
  segment.begin = page_of({p.vaddr + bias});
  segment.file_end = segment.begin;
  if (p.filesz != 0) segment.file_end = {p.vaddr + bias + p.filesz};
  segment.end = {round_up(p.vaddr + bias + p.memsz, kPageSize)};
  segment.file_page = p.offset / kPageSize;
  segment.rights = Rights((p.flags & kFlagR) != 0, (p.flags & kFlagW) != 0, (p.flags & kFlagX) != 0);
  segment.zero_tail = p.memsz != p.filesz;
  return segment;
}

// Lab exec: It looks at a few bytes, and that the program headers have room in ElfHeaders. What else must hold before a number in the headers
// means what it says? And where may the program headers lie?
Result<> check_header(const ElfHeader& h, uint64_t file_bytes) {
  const bool ours = file_bytes >= sizeof h && h.ident[0] == kIdent[0] && h.ident[1] == kIdent[1] && h.machine == kMachineX86_64;
  const bool room = h.phentsize == sizeof(ElfProgramHeader) && h.phnum <= ElfHeaders::kMaxProgramHeaders;
  return ours && room && h.type >= kTypeExec && h.type <= kTypeDyn && fits(0, h.phoff, file_bytes) ? Errno::kOk : Errno::kENOEXEC;
}

// Lab exec: Every segment where the file says, one after the other. What if two claim the same page? What if execution would begin where no
// code is? An image of the kind kTypeDyn has addresses that begin at 0 and belongs at `base`. And where do the program headers lie in memory?
// The program asks for them (AT_PHDR).
Result<> image_of(const ElfHeaders& headers, uint64_t file_bytes, PageRange area, VirtAddr base, Image& image) {
  (void)base;
  Result<> sound = check_header(headers.header, file_bytes);
  image.entry = {headers.header.entry};
  image.header_count = headers.header.phnum;
  image.headers = {};
  image.segment_count = 0;
  for (unsigned i = 0; sound && i < headers.header.phnum; ++i) {
    const ElfProgramHeader& p = headers.program_headers[i];
    if (p.type != kLoad || p.type == kInterp || p.memsz == 0) continue;
    Result<Segment> segment = segment_of(p, file_bytes, area, 0);
    if (!segment) sound = segment.error();
    if (segment) image.segments[image.segment_count++] = *segment;
  }
  return sound;
}
