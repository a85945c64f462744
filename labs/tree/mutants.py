"""Wrong solutions of lab tree: (GRADING's number, the mistake, file, text, what it becomes, the test that must catch it)."""

ADDRESS_SPACE = "kernel/mm/address_space.hh"
FAULT = "kernel/mm/fault.cc"
FORK = "kernel/mm/fork.cc"
FRAMES = "kernel/mm/frames.cc"
RANGE = "kernel/mm/range.cc"
TABLE = "kernel/mm/table.hh"

ALONE = "if (entry.present() && frames.record(entry.frame()).count == 1) {"
TAKE = "Result<Frame> copy = table.full() ? frames.take(FrameKind::kTable, claim_) : frames.take_zeroed(FrameKind::kTable, claim_);"

MUTANTS = [
    # --- fork ---
    ("-", "fork copies the tables, and shares the pages", FORK, "strategy == ForkStrategy::kTree ? kRootLevel", "strategy == ForkStrategy::kTree ? 0", "fork_constant"),
    ("-", "fork copies one level of tables more", FORK, "strategy == ForkStrategy::kTree ? kRootLevel", "strategy == ForkStrategy::kTree ? kRootLevel - 1", "fork_constant"),
    ("-", "fork looks at every page before it shares", FORK, "const unsigned shared_level = level_to_share(strategy);",
     "const unsigned shared_level = level_to_share(strategy);\n  if (frames_to_copy(parent.root_, kRootLevel, kNoLevel) == 0) return Errno::kENOMEM;", "fork_constant"),
    ("6", "the parent's root entries stay writable", ADDRESS_SPACE, "table.update(index, entry);\n  frames.add_reference", "frames.add_reference", "fork_constant"),
    ("33", "the child's root entries are writable while their tables are shared", FORK, "    to.set(index, entry);\n",
     "    to.set(index, entry.present() && level > 0 ? entry.writable_now() : entry);\n", "fork_constant"),
    ("-", "a shared table is not counted", ADDRESS_SPACE, "  frames.add_reference(entry.frame());\n  return entry;", "  return entry;", "fork_constant"),
    ("22", "a second fork forgets what the first one shared", ADDRESS_SPACE, "  frames.add_reference(entry.frame());\n  return entry;",
     "  frames.record(entry.frame()).count = 2;\n  return entry;", "generations"),
    # --- copying a table ---
    ("29", "a shared table is written in place", FAULT, ALONE, "if (entry.present()) {", "path"),
    ("29", "two owners are taken for one", FAULT, ALONE, "if (entry.present() && frames.record(entry.frame()).count <= 2) {", "path"),
    ("30", "the counts of what a copied table leads to are not raised", TABLE, "++records[entry.frame().number].count;", "(void)records;", "path"),
    ("30", "only the entry that is written is counted", TABLE, "++records[entry.frame().number].count;", "if (i == 5) ++records[entry.frame().number].count;", "path"),
    ("31", "the original keeps R/W", TABLE, "*from = entry;", "(void)entry;", "path"),
    ("31", "the copy keeps R/W", TABLE, "*to = entry;", "*to = *from;", "path"),
    ("-", "the copy of a table has no promises", TABLE, "*to = entry;", "*to = entry.present() ? entry : Pte();", "promises"),
    ("-", "the copy's record does not count its entries", TABLE, "    copy.record().used = record().used;\n", "", "path"),
    ("-", "the copy's record does not know its groups", TABLE, "    copy.record().groups = record().groups;\n", "", "path"),
    ("-", "a read-only page in a copied table becomes writable", TABLE, "*to = entry;", "*to = entry.present() && !entry.rights().exec() ? entry.with_rights(Rights::rw()) : entry;",
     "path"),
    ("4", "a copied table keeps its reference", FAULT, "  frames.unlink(shared);\n", "", "path"),
    ("20", "a copied table is given up twice", FAULT, "  frames.unlink(shared);\n", "  frames.unlink(shared);\n  if (frames.record(shared).count > 1) frames.unlink(shared);\n", "generations"),
    ("32", "a table is freed while another root leads to it", FAULT, "  frames.unlink(shared);\n", "  frames.record(shared).count = 1;\n  frames.unlink(shared);\n", "path"),
    ("33", "an upper entry is writable though its table is shared", FAULT, "if (lower) table.update(index, Pte::table(*lower));\n  return bool(lower);",
     "if (lower) table.update(index, Pte::table(*lower));\n  for (unsigned i = 0; i < kEntries; ++i)\n"
     "    if (const Pte other = table[i]; other.present() && other != other.writable_now() && frames.record(other.frame()).kind == FrameKind::kTable)\n"
     "      table.update(i, other.writable_now());\n  return bool(lower);", "path"),
    ("16", "the first write copies every table of the region", FAULT, "if (lower) table.update(index, Pte::table(*lower));\n  return bool(lower);",
     "if (lower) table.update(index, Pte::table(*lower));\n  if (lower && entry.present() && index + 1 < kEntries && table[index + 1].present() && !table[index + 1].writable())\n"
     "    (void)make_own(table, index + 1);\n  return bool(lower);", "path"),
    # --- taking back ---
    ("17", "the last owner of a table still copies it", FAULT, ALONE, "if (false) {", "take_back"),
    ("18", "a table that was taken back stays without R/W", FAULT, "    table.update(index, entry.writable_now());\n    count(&Events::tables_reused);",
     "    count(&Events::tables_reused);", "take_back"),
    ("25", "the path is made, and the page's entry is left as it is", FAULT, "if (level == 0) verdict = make_page_writable(table, index_of(address, 0));",
     "if (level == 0) verdict = path.own_level > 0 ? FaultVerdict::kReused : make_page_writable(table, index_of(address, 0));", "path"),
    # --- promises, ranges, memory ---
    ("-", "reading a promise copies the tables", FAULT, "if (path.entry.is_promise()) return make_readable(path.table, path.level, address);",
     "if (path.entry.is_promise()) return path.entry.may_write() ? make_writable(path, address) : make_readable(path.table, path.level, address);", "promises"),
    ("-", "a promise in a shared table is written in place", FAULT, "  while (level > 0 && own_entry(table, index_of(address, level))) {",
     "  while (level > 0 && (path.entry.is_promise() && path.level == 0 ? table[index_of(address, level)].present() : own_entry(table, index_of(address, level)))) {",
     "promises"),
    ("29", "munmap and mprotect change a shared table in place", RANGE, "check(space.own_entry(table, index), \"the dry walk counted too few frames\");",
     "if (table[index].is_promise()) check(space.own_entry(table, index), \"the dry walk counted too few frames\");", "ranges"),
    ("10", "a shared table is given up before there is a copy", FAULT, TAKE + "\n  if (!copy) return copy;",
     "frames.unlink(shared);\n  " + TAKE + "\n  if (!copy) return copy;\n  frames.add_reference(shared);", "no_memory"),
    ("13", "no memory for a table is answered as handled", FAULT, "FaultVerdict verdict = FaultVerdict::kNoMemory;", "FaultVerdict verdict = FaultVerdict::kAlready;", "no_memory"),
    ("14", "no memory for a table panics", FAULT, "  if (!copy) return copy;\n  table.share", "  check(bool(copy), \"no memory for a table\");\n  table.share", "no_memory"),
]
