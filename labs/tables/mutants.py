"""Wrong solutions of lab tables: (GRADING's number, the mistake, file, text, what it becomes, the test that must catch it)."""

RANGE = "kernel/mm/range.cc"

MUTANTS = [
    ("-", "a table of level 0 that became empty within a large range stays", RANGE, "if (lower.unused()) close(table, index);", "if (lower.unused() && level > 1) close(table, index);", "edges"),
    ("-", "a table that became empty on a straight way down stays", RANGE, "for (; level < kRootLevel && way[level].unused(); ++level)",
     "for (; level + 1 < kRootLevel && way[level].unused(); ++level)", "spans"),
    ("-", "a large range is promised page by page", RANGE, "case Kind::kReplace: return whole ? value.present() :", "case Kind::kReplace: return whole ? value.present() || value.is_promise() :",
     "spans"),
    ("-", "what lies in half of the range counts as wholly in it", RANGE, "const bool whole = part.bytes() == span_of(level);",
     "const bool whole = part.bytes() * 2 >= span_of(level);", "edges"),
    ("-", "of a long range all is unmapped but the last page", RANGE, "if (!descends(table[index], level, lower_part)) return change(table, index, level, lower_part.begin);",
     "if (level == 0 && kind == Kind::kReplace && value.empty() && lower_part.end == range.end && range.bytes() > span_of(1)) return;\n"
     "    if (!descends(table[index], level, lower_part)) return change(table, index, level, lower_part.begin);", "edges"),
    ("-", "what is unmapped is not given back", RANGE, "if (old.present()) frames.unlink(old.frame());", "if (old.present() && level > 0) frames.unlink(old.frame());", "replace"),
    ("-", "a table below the range is taken out page by page and never given back", RANGE, "if (old.present()) frames.unlink(old.frame());",
     "if (old.present() && level == 0) frames.unlink(old.frame());", "replace"),
    ("-", "a part of a promise gets other rights, and with it the whole", RANGE, "case Kind::kProtect: return entry.present() || !whole;",
     "case Kind::kProtect: return entry.present() || (!whole && level > 1);", "rights"),
    ("-", "mprotect does not take the right to write from a page that is writable", RANGE, "rights.write() && old.present() &&", "(rights.write() || old.writable()) && old.present() &&",
     "rights"),
    ("-", "a page that others have may be written at once", RANGE, "(old.shared() || records[old.frame().number].count == 1)", "(old.shared() || records[old.frame().number].count <= 2)", "rights"),
    ("-", "a page of one's own takes a fault after mprotect", RANGE, "rights.write() && old.present() &&", "rights.write() && old.present() && old.shared() &&", "rights"),
    ("-", "mprotect across a hole changes what it finds", RANGE, "if (!mapped(range)) return Errno::kENOMEM;\n  return apply", "if (!mapped({range.begin, range.end - kPageSize})) return Errno::kENOMEM;\n  return apply",
     "rights"),
    ("23", "nothing is flushed after a change of a few pages", RANGE, "for (VirtAddr page = range.begin; page < range.end; page = page + kPageSize) Machine::flush_page(page);", "", "stale"),
    ("23", "only the first page of a range is flushed", RANGE, "for (VirtAddr page = range.begin; page < range.end; page = page + kPageSize) Machine::flush_page(page);",
     "if (!range.empty()) Machine::flush_page(range.begin);", "stale"),
    ("23", "the last page of a range is not flushed", RANGE, "page < range.end; page = page + kPageSize) Machine::flush_page(page);",
     "page + kPageSize < range.end; page = page + kPageSize) Machine::flush_page(page);", "stale"),
    ("23", "nothing is flushed after a change of many pages", RANGE, "if (range.bytes() > kPagesWorthInvlpg * kPageSize) return Machine::flush_all();",
     "if (range.bytes() > kPagesWorthInvlpg * kPageSize) return;", "stale"),
    ("-", "the dry walk forgets that a promise becomes a table", RANGE, "if (!entry.present() || lower_shared) ++needed;", "if (entry.empty() || lower_shared) ++needed;", "no_memory"),
    ("-", "the dry walk forgets that what lies below a shared table is shared", RANGE, "if (!entry.present() || lower_shared) ++needed;\n    count_frames(needed, entry.frame(), entry, level - 1, lower, lower_shared);",
     "if (!entry.present() || lower_shared) ++needed;\n    count_frames(needed, entry.frame(), entry, level - 1, lower, lower_shared && level > 2);", "no_memory"),
    ("-", "the dry walk counts each table twice", RANGE, "if (!entry.present() || lower_shared) ++needed;", "if (!entry.present() || lower_shared) needed += 2;", "no_memory"),
    ("-", "the dry walk forgets the pages themselves", RANGE, "if (populates()) needed += part.bytes() / kPageSize;\n    return;", "return;", "no_memory"),
    ("-", "the change has begun when memory runs out", RANGE, "!frames.available(edit.frames_needed(), claim_)) return Errno::kENOMEM;",
     "!frames.available(edit.frames_needed(), claim_)) {\n    if (frames.at_hand(1, claim_)) (void)reach(edit.range.begin, Access::kRead);\n"
     "    return Errno::kENOMEM;\n  }", "no_memory"),
]
