"""Wrong solutions of lab exec: (GRADING's number, the mistake, file, text, what it becomes, the test that must catch it)."""

ELF = "kernel/task/elf.cc"
EXEC = "kernel/task/exec.cc"

MUTANTS = [
    # --- mapping ---
    ("27", "the tail of a page that data and bss share is not zeroed", EXEC, "if (done && segment.zero_tail) done = zero_out", "if (false) done = zero_out", "segments"),
    ("27", "the tail is zeroed, but for its last 8 bytes", EXEC, "pages_end - segment.file_end);\n  return done;", "pages_end - segment.file_end - 8);\n  return done;",
     "segments"),
    ("28", "every segment without code is mapped read-write", ELF, "const Rights rights(p.flags & kFlagR, p.flags & kFlagW, p.flags & kFlagX);",
     "const Rights rights(p.flags & kFlagR, (p.flags & kFlagW) || !(p.flags & kFlagX), p.flags & kFlagX);", "segments"),
    ("28", "data may be executed if it is constant", ELF, "const Rights rights(p.flags & kFlagR, p.flags & kFlagW, p.flags & kFlagX);",
     "const Rights rights(p.flags & kFlagR, p.flags & kFlagW, !(p.flags & kFlagW));", "segments"),
    ("-", "the memory behind the file's bytes begins one page late", EXEC, "done = space.map({pages_end, segment.end}, segment.rights);",
     "done = space.map({pages_end < segment.end ? pages_end + kPageSize : pages_end, segment.end}, segment.rights);", "segments"),
    ("-", "the page that is only partly the file's is taken whole", ELF, "VirtAddr{start + p.filesz} : begin,", "VirtAddr{round_up(start + p.filesz, kPageSize)} : begin,",
     "segments"),
    ("-", "the stack has no guard", EXEC, "space.map(layout::kStackGuard, Rights::none())", "space.map(layout::kStackGuard, Rights::rw())", "segments"),
    ("-", "an image without addresses is loaded where it says", ELF, "const uint64_t bias = h.type == kTypeDyn ? base.value : 0;",
     "(void)base;\n  const uint64_t bias = 0;", "position"),
    ("-", "AT_PHDR of an image without addresses is where the file says", ELF, "image.headers = {p.vaddr + bias + (h.phoff - p.offset)}", "image.headers = {p.vaddr + (h.phoff - p.offset)}",
     "position"),
    # --- checking ---
    ("-", "memory that may be written and executed is accepted", ELF, "if (rights.write() && rights.exec()) return Errno::kENOEXEC;",
     "if (rights.write() && rights.exec()) return segment_of({p.type, kFlagR | kFlagW, p.offset, p.vaddr, p.paddr, p.filesz, p.memsz, p.align}, file_bytes, area, bias);",
     "bad_files"),
    ("-", "the sum of offset and size wraps", ELF, "return offset <= limit && bytes <= limit - offset;", "return offset + bytes <= limit;", "bad_files"),
    ("-", "a segment behind the file's end is accepted", ELF, "p.filesz <= p.memsz && fits(p.offset, p.filesz, file_bytes) &&",
     "p.filesz <= p.memsz && file_bytes > 0 &&", "bad_files"),
    ("-", "more bytes in the file than in memory are accepted", ELF, "p.filesz <= p.memsz && fits", "fits", "bad_files"),
    ("-", "offset and address may differ modulo a page", ELF, "&& p.offset % kPageSize == p.vaddr % kPageSize;", ";", "bad_files"),
    ("-", "segments may lie on one page", ELF, "if (!after || image.segment_count", "if ((!after && image.segment_count == 0) || image.segment_count", "bad_files"),
    ("-", "execution may begin where no code is", ELF, "return entry_is_code ? Errno::kOk : Errno::kENOEXEC;", "return entry_is_code ? Errno::kOk : Errno::kOk;", "bad_files"),
    ("-", "a program that wants a dynamic linker is started without", ELF, "if (p.type == kInterp) return Errno::kENOEXEC;", "if (p.type == kInterp) continue;", "bad_files"),
    ("-", "the processor that the file is for is not asked", ELF, "&& h.machine == kMachineX86_64 &&", "&& (h.machine == kMachineX86_64 || h.machine) &&", "bad_files"),
    # --- the stack ---
    ("-", "there is no environment", EXEC, "stack.put_strings({}, source, program.envp, 0);", "stack.put_strings({}, source, VirtAddr{}, 0);", "arguments"),
    ("-", "the stack is not aligned", EXEC, "const VirtAddr words{round_down(random.value - word_count * sizeof(uint64_t), 16)};",
     "const VirtAddr words{round_down(random.value - word_count * sizeof(uint64_t), 16) - 8};", "arguments"),
    ("-", "the empty argument is forgotten: a program without arguments has none", EXEC, "if (arguments == 0) {", "if (arguments == 0 && variables > 0) {", "arguments"),
    ("-", "every program has the same random bytes", EXEC, "{Machine::entropy(), Machine::entropy()};", "{0x1234567812345678, 0x8765432187654321};", "auxiliary"),
    ("-", "AT_PHDR is the address within the file", ELF, "image.headers = {p.vaddr + bias + (h.phoff - p.offset)};", "image.headers = {h.phoff};", "auxiliary"),
    # --- commit ---
    ("-", "the process gets its new name before anything can fail", EXEC, "Result<> made = process.descriptors.own(process.claim());",
     "set_name(process, program.path);\n  Result<> made = process.descriptors.own(process.claim());", "failed_exec"),
    ("-", "signal actions are reset before anything can fail", EXEC, "Result<> made = process.descriptors.own(process.claim());",
     "Result<> made = process.descriptors.own(process.claim());\n  process.signals.exec();", "failed_exec"),
    ("-", "descriptors are closed before anything can fail", EXEC, "Result<> made = process.descriptors.own(process.claim());",
     "Result<> made = process.descriptors.own(process.claim());\n  if (made) process.descriptors.exec();", "failed_exec"),
    ("-", "arguments of any size are taken", EXEC, "<= kMaxArgumentBytes ? Errno::kOk : Errno::kE2BIG;", "<= 4 * kMaxArgumentBytes ? Errno::kOk : Errno::kE2BIG;", "failed_exec"),
    ("-", "what a failed exec had built leaks", EXEC, "if (!stack) return stack.error();", "if (!stack) {\n    frames.add_reference(space.root());\n    return stack.error();\n  }",
     "failed_exec"),
    ("19", "a count is raised before a mapping that fails", EXEC, "Result<> done = space.borrow(*view.space,",
     "const Ruling first = view.space->ruling(from);\n  if (first.entry.present() && !frames.available(8, Claim::kOrdinary)) frames.add_reference(first.entry.frame());\n"
     "  Result<> done = space.borrow(*view.space,", "no_memory"),
    ("-", "memory that ends while the stack is mapped is not noticed", EXEC, "if (done) done = space.map(layout::kStack, Rights::rw());",
     "if (done && !space.map(layout::kStack, Rights::rw())) done = Result<>();", "no_memory"),
]
