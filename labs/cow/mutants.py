"""Wrong solutions of lab cow: (GRADING's number, the mistake, file, text, what it becomes, the test that must catch it)."""

BOOT = "arch/x86_64/boot.asm"
ADDRESS_SPACE = "kernel/mm/address_space.hh"
COPY = "kernel/mm/user_copy.cc"
COPY_H = "kernel/mm/user_copy.hh"
FAULT = "kernel/mm/fault.cc"
FORK = "kernel/mm/fork.cc"
RANGE = "kernel/mm/range.cc"

OWN_PAGE = "if (entry.shared() || frames.record(entry.frame()).count == 1) {"
FIRST_WRITE = "if (level == 0) verdict = make_page_writable(table, index_of(address, 0));"
COPY_PAGE = "Machine::copy_page(*copy, entry.frame()); table.update(index, entry.with_frame(*copy).writable_now());"

MUTANTS = [
    # --- sharing at fork ---
    ("6", "the parent's entry stays writable", ADDRESS_SPACE, "table.update(index, entry);\n  frames.add_reference", "frames.add_reference", "fork_shares"),
    ("-", "the child's entry is writable", ADDRESS_SPACE, "  frames.add_reference(entry.frame());\n  return entry;",
     "  frames.add_reference(entry.frame());\n  return entry.may_write() ? entry.writable_now() : entry;", "fork_shares"),
    ("-", "what is shared is not counted", ADDRESS_SPACE, "  frames.add_reference(entry.frame());\n  return entry;", "  return entry;", "fork_shares"),
    ("22", "a second fork forgets what the first one shared", ADDRESS_SPACE, "  frames.add_reference(entry.frame());\n  return entry;",
     "  frames.record(entry.frame()).count = 2;\n  return entry;", "generations"),
    ("21", "an 8-bit count, which wraps at 256", ADDRESS_SPACE, "  frames.add_reference(entry.frame());\n  return entry;",
     "  frames.record(entry.frame()).count = (frames.record(entry.frame()).count + 1) & 0xff;\n  return entry;", "many_sharers"),
    ("-", "fork=pages copies every page", FORK, "strategy == ForkStrategy::kPages ? 0 : kNoLevel", "kNoLevel", "fork_shares"),
    ("-", "fork shares also what is read-only as writable", ADDRESS_SPACE, "const Pte entry = table[index].read_only();\n  table.update(index, entry);",
     "const Pte entry = table[index].with_rights(table[index].rights().exec() ? table[index].rights() : Rights::rw());\n  table.update(index, entry);",
     "fork_shares"),
    ("15", "memory is not counted before a fork", FORK,
     "if (!frames.available(frames_to_copy(parent.root_, kRootLevel, shared_level), claim)) return Errno::kENOMEM;", "(void)frames_to_copy(parent.root_, 0, 0);",
     "fork_no_memory"),
    ("15", "a fork counts one frame too few", FORK, "shared_level), claim)) return Errno::kENOMEM;", "shared_level) - 1, claim)) return Errno::kENOMEM;",
     "fork_no_memory"),
    ("15", "a failed fork is not undone: parent's pages are shared with nobody", FORK,
     "if (!frames.available(frames_to_copy(parent.root_, kRootLevel, shared_level), claim)) return Errno::kENOMEM;",
     "if (!frames.available(frames_to_copy(parent.root_, kRootLevel, shared_level), claim)) {\n"
     "    const Ruling found = parent.ruling({0x600000000000});\n    if (found.entry.present()) frames.add_reference(found.entry.frame());\n"
     "    return Errno::kENOMEM;\n  }", "fork_no_memory"),
    ("19", "a count is raised before what fails", FORK, "const unsigned shared_level = level_to_share(strategy);",
     "const unsigned shared_level = level_to_share(strategy);\n  if (!frames.available(100, claim)) frames.add_reference(parent.root_);", "fork_no_memory"),
    ("-", "the kernel stops the machine in the program's place", FORK, "  parent.count(&Events::forks);\n",
     "  parent.count(&Events::forks);\n  asm volatile(\"outb %0, %1\" : : \"a\"(uint8_t{1}), \"d\"(uint16_t{0x505}));\n", "fork_shares"),
    ("23", "nothing is flushed after a fork has write-protected the parent's pages", FORK, "Machine::flush_all();", "", "stale"),
    # --- the fault ---
    ("1", "the handler makes a read-only page writable", FAULT, "if (!grants(path.entry, access)) return FaultVerdict::kBad;",
     "if (!grants(path.entry, access == Access::kWrite ? Access::kRead : access)) return FaultVerdict::kBad;", "rights"),
    ("12", "the handler gives all rights to a copy", FAULT, "entry.with_frame(*copy).writable_now()", "Pte::page(*copy, Rights(true, true, true)).writable_now()",
     "rights"),
    ("12", "the handler opens a page without rights", FAULT, "if (!grants(path.entry, access)) return FaultVerdict::kBad;",
     "if (!grants(path.entry, access) && path.entry.rights().read()) return FaultVerdict::kBad;\n"
     "  if (path.entry.present() && !path.entry.rights().read())\n"
     "    return Table(path.table).update(index_of(address, 0), path.entry.with_rights(Rights::r())), Machine::flush_page(address), FaultVerdict::kAlready;",
     "rights"),
    ("4", "the fault leaks the old frame", FAULT, "  frames.unlink(entry.frame());\n  count(&Events::pages_copied);", "  count(&Events::pages_copied);", "child_writes"),
    ("11", "4,088 of 4,096 bytes are copied", FAULT, COPY_PAGE,
     "__builtin_memcpy(Machine::bytes(*copy), Machine::bytes(entry.frame()), 4088); table.update(index, entry.with_frame(*copy).writable_now());", "child_writes"),
    ("-", "nothing is copied: the new page is what its frame held", FAULT, COPY_PAGE, "table.update(index, entry.with_frame(*copy).writable_now());", "child_writes"),
    ("-", "the copy goes the wrong way", FAULT, "Machine::copy_page(*copy, entry.frame());", "Machine::copy_page(entry.frame(), *copy);", "child_writes"),
    ("9", "the old frame is given up before it is copied, and cleared", FAULT, "Machine::copy_page(*copy, entry.frame());",
     "Machine::fill_page(entry.frame(), Pte());\n  Machine::copy_page(*copy, entry.frame());", "child_writes"),
    ("10", "the old frame is given up before there is a new one", FAULT,
     "Result<Frame> copy = frames.take(FrameKind::kPage, claim_);\n  if (!copy) return FaultVerdict::kNoMemory;",
     "frames.unlink(entry.frame());\n  Result<Frame> copy = frames.take(FrameKind::kPage, claim_);\n  if (!copy) return FaultVerdict::kNoMemory;\n"
     "  frames.add_reference(entry.frame());", "no_memory"),
    ("13", "no memory in a fault is answered as handled", FAULT, "Result<Frame> copy = frames.take(FrameKind::kPage, claim_);\n  if (!copy) return FaultVerdict::kNoMemory;",
     "Result<Frame> copy = frames.take(FrameKind::kPage, claim_);\n  if (!copy) return FaultVerdict::kAlready;", "no_memory"),
    ("14", "no memory in a fault panics", FAULT, "  if (!copy) return FaultVerdict::kNoMemory;\n", "", "no_memory"),
    ("-", "no memory in a fault: the shared page is written in place", FAULT, "  if (!copy) return FaultVerdict::kNoMemory;\n",
     "  if (!copy) {\n    table.update(index, entry.writable_now());\n    return FaultVerdict::kReused;\n  }\n", "no_memory"),
    ("16", "the first fault copies the whole table's pages", FAULT, FIRST_WRITE,
     FIRST_WRITE + "\n  for (unsigned i = 0; verdict == FaultVerdict::kCopied && i < kEntries; ++i)\n"
     "    if (table[i].present() && table[i].may_write() && !table[i].writable()) (void)make_page_writable(table, i);", "child_writes"),
    ("16", "a fault copies the next page too", FAULT, FIRST_WRITE,
     FIRST_WRITE + "\n  if (const unsigned next = index_of(address, 0) + 1; verdict == FaultVerdict::kCopied && next < kEntries)\n"
     "    if (table[next].present() && table[next].may_write()) (void)make_page_writable(table, next);", "child_writes"),
    ("17", "the last owner still copies", FAULT, OWN_PAGE, "if (entry.shared()) {", "last_owner"),
    ("18", "the last owner's page stays marked: each write faults again", FAULT, "table.update(index, entry.writable_now());\n    return FaultVerdict::kReused;",
     "Machine::bytes(entry.frame());\n    return FaultVerdict::kReused;", "last_owner"),
    ("-", "a shared page is written in place", FAULT, OWN_PAGE, "if (true) {", "child_writes"),
    ("-", "two owners are taken for one", FAULT, OWN_PAGE, "if (entry.shared() || frames.record(entry.frame()).count <= 2) {", "child_writes"),
    ("-", "the parent's pages may be written in place: only the child copies", FAULT, OWN_PAGE,
     "if (entry.shared() || claim_ == Claim::kReserve ? frames.record(entry.frame()).count <= 2 : frames.record(entry.frame()).count == 1) {", "parent_writes"),
    ("25", "a fault is answered without progress", FAULT, "table.update(index, entry.with_frame(*copy).writable_now());", "table.update(index, entry.with_frame(*copy));",
     "child_writes"),
    ("20", "a frame is given up twice, and a test for zero hides it", FAULT, "  frames.unlink(entry.frame());\n  count(&Events::pages_copied);",
     "  frames.unlink(entry.frame());\n  if (frames.record(entry.frame()).count > 1) frames.unlink(entry.frame());\n  count(&Events::pages_copied);", "generations"),
    ("-", "a fault takes a frame too many", FAULT, "Machine::copy_page(*copy, entry.frame());",
     "Machine::copy_page(*copy, entry.frame());\n  if (Result<Frame> more = frames.take(FrameKind::kPage, claim_)) frames.unlink(*more), (void)frames.take(FrameKind::kPage, claim_);",
     "child_writes"),
    # --- the kernel's own writes ---
    ("2", "the kernel writes into a read-only page on the program's behalf", ADDRESS_SPACE,
     "if (!(access == Access::kWrite ? entry.writable() : entry.present() && grants(entry, access))) return",
     "if (!(access == Access::kWrite ? entry.writable() || (entry.present() && !entry.may_write()) : entry.present() && grants(entry, access))) return",
     "kernel_writes"),
    ("3", "the kernel's writes ignore sharing", ADDRESS_SPACE,
     "if (!(access == Access::kWrite ? entry.writable() : entry.present() && grants(entry, access))) return", "if (!(entry.present() && grants(entry, access))) return",
     "kernel_writes"),
    ("3", "the kernel's write across two pages breaks sharing only of the first", COPY_H, "address = address + count;\n    size -= count;",
     "address = address + count;\n    size -= count;\n    access = Access::kRead;", "kernel_writes"),
    ("5", "the kernel's copy leaks the old frame", FAULT, "case FaultVerdict::kNoMemory: return Errno::kENOMEM;\n    default:",
     "case FaultVerdict::kNoMemory: return Errno::kENOMEM;\n    case FaultVerdict::kCopied: (void)frames.take(FrameKind::kPage, claim_); [[fallthrough]];\n    default:",
     "kernel_writes"),
    ("-", "a call that must fail has written its first part", COPY, "if (!prepared) return prepared;", "(void)prepared;", "kernel_writes"),
    ("-", "the kernel's reads copy the page", ADDRESS_SPACE, "if (address >= kUserEnd) return Errno::kEFAULT;\n  Pte entry",
     "if (address >= kUserEnd) return Errno::kEFAULT;\n  if (access == Access::kRead && grants(ruling(address).entry, Access::kWrite)) access = Access::kWrite;\n"
     "  Pte entry", "kernel_writes"),
    ("24", "CR0.WP is off", BOOT, "1 << 31 | 1 << 16 |", "1 << 31 |", "fork_shares"),
    # --- what exec and messages share ---
    ("26", "what is lent is written before it is marked shared", RANGE, "return table[index].present() ? share_entry(table, index) : table[index];",
     "if (table[index].present()) frames.add_reference(table[index].frame());\n  return table[index].read_only();", "lends"),
    ("23", "nothing is flushed after what is lent was write-protected", RANGE, "if (done) source.flush(from);", "", "lends"),
    ("-", "what is lent stays writable for the borrower", RANGE, "return table[index].present() ? share_entry(table, index) : table[index];",
     "if (!table[index].present()) return table[index];\n  const Pte lent = share_entry(table, index);\n  return lent.may_write() ? lent.writable_now() : lent;", "lends"),
    ("-", "exec copies the file's pages", RANGE, "return share_from(source, from, to, Pte::promise(rights));",
     "Result<> done = map({to, to + from.bytes()}, Rights::rw());\n  for (uint64_t at = 0; done && at < from.bytes(); at += kPageSize) {\n"
     "    Result<std::byte*> page = source.reach(from.begin + at, Access::kRead);\n    Result<std::byte*> copy = reach(to + at, Access::kWrite);\n"
     "    if (!page || !copy) return Errno::kENOMEM;\n    __builtin_memcpy(*copy, *page, kPageSize);\n  }\n"
     "  return done ? protect({to, to + from.bytes()}, rights) : done;", "exec_shares"),
    ("28", "exec maps every page of the file read-write", RANGE, "return share_from(source, from, to, Pte::promise(rights));",
     "return share_from(source, from, to, Pte::promise(rights.exec() ? rights : Rights::rw()));", "exec_shares"),
]
