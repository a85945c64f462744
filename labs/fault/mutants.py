"""Wrong solutions of lab fault: (GRADING's number, the mistake, file, text, what it becomes, the test that must catch it)."""

ADDRESS_SPACE = "kernel/mm/address_space.hh"
FAULT = "kernel/mm/fault.cc"
MAIN = "kernel/main.cc"

GRANTED = "if (!grants(path.entry, access)) return FaultVerdict::kBad;"
LEAF = "table.update(index_of(address, 0), leaf.may_write() ? leaf.writable_now() : leaf);"

MUTANTS = [
    ("-", "a new page keeps what its frame held", ADDRESS_SPACE, "frames.take_zeroed(FrameKind::kPage, claim_)", "frames.take(FrameKind::kPage, claim_)", "demand_zero"),
    ("-", "a page that was read must be faulted in again to be written", FAULT, LEAF, "table.update(index_of(address, 0), leaf);", "demand_zero"),
    ("-", "reading takes a frame for the next page too", FAULT, LEAF,
     LEAF + "\n  if (const unsigned next = index_of(address, 0) + 1; next < kEntries && table[next].is_promise())\n"
     "    if (Result<Frame> more = zeroed_page()) table.update(next, Pte::page(*more, rights));", "demand_zero"),
    ("12", "a page that was only read may be written", FAULT, LEAF, "table.update(index_of(address, 0), leaf.writable_now());", "demand_zero"),
    ("12", "a page that was read gets the right to write", FAULT, "const Pte leaf = Pte::page(*page, rights);",
     "const Pte leaf = Pte::page(*page, rights.exec() ? rights : Rights::rw());", "demand_zero"),
    ("-", "all pages of a split promise are filled", FAULT, "  Table(*table).fill(promise);\n",
     "  Table(*table).fill(promise);\n  if (frames.available(2000, claim_) && span_of(1) > 0)\n    for (unsigned i = 0; i < 4; ++i)\n"
     "      if (Result<Frame> page = frames.take_zeroed(FrameKind::kPage, claim_)) frames.unlink(*page), frames.reap_all();\n"
     "  (void)frames.take(FrameKind::kPage, claim_);\n", "large"),
    ("-", "a split promise grants less", FAULT, "  Table(*table).fill(promise);\n", "  Table(*table).fill(Pte::promise(promise.may_write() ? Rights::r() : promise.rights()));\n", "large"),
    ("-", "a split promise leaves the rest unmapped", FAULT, "  Table(*table).fill(promise);\n",
     "  Table(*table).fill(promise);\n  for (unsigned i = 0; i < kEntries / 2 - 8; ++i) Table(*table).set(i, Pte());\n", "large"),
    ("-", "a promise is split one level too little", FAULT, "  for (; level > 0; --level) {\n    const unsigned index",
     "  for (; level > 1; --level) {\n    const unsigned index", "large"),
    ("1", "the rights are not asked", FAULT, GRANTED, "if (path.entry.empty()) return FaultVerdict::kBad;", "bad_access"),
    ("1", "a write is allowed where reading is", FAULT, GRANTED, "if (!grants(path.entry, Access::kRead)) return FaultVerdict::kBad;", "bad_access"),
    ("12", "data may be executed", FAULT, GRANTED, "if (!grants(path.entry, access == Access::kFetch ? Access::kRead : access)) return FaultVerdict::kBad;", "bad_access"),
    ("-", "reading is refused where only reading is allowed", FAULT, GRANTED, "if (!grants(path.entry, access) || !path.entry.may_write()) return FaultVerdict::kBad;",
     "bad_access"),
    ("25", "a fetch of a promise is answered without progress", FAULT, "if (path.entry.is_promise()) return make_readable(path.table, path.level, address);",
     "if (path.entry.is_promise() && access == Access::kRead) return make_readable(path.table, path.level, address);", "bad_access"),
    ("-", "a bad access ends all processes' machine", MAIN, "space.count(&Events::faults_bad);", "space.count(&Events::faults_bad);\n      if (!trap.fetch) panic(\"bad access\");",
     "bad_access"),
    ("-", "a bad access ends the parent, not the child", MAIN, "      return signal_trap(thread,",
     "      if (thread.process->parent && !trap.fetch && !trap.write) return kill_process(*thread.process->parent, kSIGSEGV, why, trap.address);\n"
     "      return signal_trap(thread,", "bad_access"),
    ("-", "a bad access ends its process whatever it says of SIGSEGV", MAIN,
     "return signal_trap(thread, {.number = kSIGSEGV, .code = mapped ? kNotAllowed : kNotMapped, .address = trap.address}, why);",
     "return (void)mapped, (void)kNotAllowed, (void)kNotMapped, kill_process(*thread.process, kSIGSEGV, why, trap.address);", "told"),
    ("-", "a handler is told that nothing is mapped", MAIN, ".code = mapped ? kNotAllowed : kNotMapped", ".code = mapped ? kNotMapped : kNotAllowed", "told"),
    ("-", "a handler is told the page, not the address", MAIN, ".address = trap.address}, why);", ".address = page_of(trap.address)}, why);", "told"),
    ("-", "the guard below the stack counts as unmapped", MAIN, "!space.ruling(trap.address).entry.empty();", "space.ruling(trap.address).entry.present();", "stack"),
    ("-", "the stack grows into its guard", FAULT, GRANTED,
     "if (!grants(path.entry, access) && !(path.entry.is_promise() && access == Access::kWrite && path.level == 1)) return FaultVerdict::kBad;", "stack"),
    ("-", "a fault below the stack pointer is refused", FAULT, GRANTED,
     GRANTED + "\n  if (address >= VirtAddr{0x7fff'ff60'0000} && path.level > 0 && access == Access::kRead) return FaultVerdict::kBad;", "stack"),
    ("2", "the kernel writes where reading is allowed", FAULT, "  switch (verdict) {\n    case FaultVerdict::kBad: return Errno::kEFAULT;",
     "  switch (verdict) {\n    case FaultVerdict::kBad:\n      if (fault(address, Access::kRead) == FaultVerdict::kBad) return Errno::kEFAULT;\n"
     "      return Machine::bytes(ruling(address).entry.frame()) + offset_in_page(address);", "kernel_reads"),
    ("-", "the kernel reads only what is there already", FAULT, "const FaultVerdict verdict = fault(address, access);",
     "if (access == Access::kRead && !ruling(address).entry.present()) return Errno::kEFAULT;\n  const FaultVerdict verdict = fault(address, access);",
     "kernel_reads"),
    ("14", "no memory in a fault panics", MAIN, "case FaultVerdict::kNoMemory: return kill_process(", "case FaultVerdict::kNoMemory: check(false, \"out of memory\"); return kill_process(",
     "no_memory"),
    ("13", "no memory in a read is answered as handled", FAULT, "  if (!page) return FaultVerdict::kNoMemory;\n  const Pte leaf", "  if (!page) return FaultVerdict::kZeroed;\n  const Pte leaf",
     "no_memory"),
    ("13", "no memory in a first write is answered as handled", FAULT, "if (!page) return FaultVerdict::kNoMemory;\n    table.update", "if (!page) return FaultVerdict::kAlready;\n    table.update",
     "no_memory"),
    ("-", "no memory is told as a bad access", MAIN, "kill_process(*thread.process, kSIGKILL, \"out of memory in a page fault\"", "kill_process(*thread.process, kSIGSEGV, \"out of memory in a page fault\"",
     "no_memory"),
    ("-", "no memory unmaps the page", FAULT, "  if (!page) return FaultVerdict::kNoMemory;\n  const Pte leaf",
     "  if (!page) return table.set(index_of(address, 0), Pte()), FaultVerdict::kNoMemory;\n  const Pte leaf", "no_memory"),
]
