"""Wrong solutions of lab frames: (GRADING's number, the mistake, file, text, what it becomes, the test that must catch it)."""

FRAMES = "kernel/mm/frames.cc"
HEADER = "kernel/mm/frames.hh"

TAKEN = "record(frame) = FrameRecord{1, 0, kind, 0, 0};"

MUTANTS = [
    ("20", "a reference is given up twice, and a test for zero hides it", HEADER, "if (--r.count == 0) push(condemned_, frame, r);",
     "r.count -= r.count > 1 ? 2 : 1;\n    if (r.count == 0) push(condemned_, frame, r);", "last_reference"),
    ("20", "a table that goes gives up each reference twice, and a test for zero hides it", FRAMES, "if (--c.count != 0) continue;",
     "c.count -= c.count > 1 ? 2 : 1;\n      if (c.count != 0) continue;", "counts"),
    ("21", "an 8-bit count, which wraps at 256", HEADER, "++record(frame).count;", "record(frame).count = (record(frame).count + 1) & 0xff;", "counts"),
    ("-", "the second owner is not counted", HEADER, "++record(frame).count;", "if (record(frame).count > 1) ++record(frame).count;", "last_reference"),
    ("-", "nothing is ever free again", HEADER, "if (--r.count == 0) push(condemned_, frame, r);", "if (r.count > 1) --r.count;", "takes"),
    ("-", "a table that goes keeps its references: what it led to leaks", FRAMES, "if (!old.present()) continue;\n      const Frame child",
     "if (!old.present() || r.kind == FrameKind::kTable) continue;\n      const Frame child", "tables_go_too"),
    ("-", "a table that goes frees what others have too", FRAMES, "if (--c.count != 0) continue;",
     "if (c.kind == FrameKind::kTable && c.count == 2) c.count = 1;\n      if (--c.count != 0) continue;", "tables_go_too"),
    ("-", "only the pages below a table go, not its tables", FRAMES, "push(condemned_, child, c);", "c.count = 1;", "tables_go_too"),
    ("-", "a table's entries stay in the frame that is called zeroed", FRAMES, "const Pte old = std::exchange(*entry, Pte());", "const Pte old = *entry;",
     "takes"),
    ("-", "a page is not cleared before it is handed out again", HEADER, "if (zeroed && !is_zeroed) Machine::fill_page(frame, Pte());", "(void)zeroed;", "recycled"),
    ("-", "pages that were used count as zeroed", HEADER, "record.kind = FrameKind::kFree;\n    push(free_, frame, record);",
     "record.kind = total_ ? FrameKind::kZeroed : FrameKind::kFree;\n    push(total_ ? zeroed_ : free_, frame, record);", "takes"),
    ("-", "a table that went is not counted as free", FRAMES, "push(zeroed_, table, r);\n  ++free_count_;", "push(zeroed_, table, r);", "takes"),
    ("-", "a page that went is not counted as free", HEADER, "++free_count_;", "free_count_ += total_ == 0;", "takes"),
    ("-", "a table's record keeps what its frame was used for before", HEADER, TAKEN,
     "FrameRecord& r = record(frame);\n    r = FrameRecord{1, kind == FrameKind::kTable ? r.used : uint16_t{0}, kind, 0, 0};", "tables_go_too"),
    ("-", "the last free frame is refused", HEADER, "(claim)] <= free_count_;", "(claim)] < free_count_;",
     "no_memory"),
    ("-", "nobody asks whether a frame is free", HEADER, "if (!at_hand(1, claim) && !find(1, claim, 0)) [[unlikely]]\n      return Errno::kENOMEM;", "(void)claim;", "no_memory"),
    ("-", "a free frame is searched for", HEADER, "const Frame frame = pop(is_zeroed ? zeroed_ : free_);",
     "const Frame frame = pop(is_zeroed ? zeroed_ : free_);\n    for (uint32_t i = 1; i < frame.number; ++i)\n"
     "      if (static_cast<volatile FrameRecord*>(records_)[i].kind == FrameKind::kFree && i == frame.number) break;", "constant_time"),
]
