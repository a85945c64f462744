"""Wrong solutions of lab fork: (GRADING's number, the mistake, file, text, what it becomes, the test that must catch it)."""

FORK = "kernel/mm/fork.cc"

COUNTED = "if (!frames.available(frames_to_copy(parent.root_, kRootLevel, shared_level), claim)) return Errno::kENOMEM;"
COPY_PAGE = "Machine::copy_page(*page, entry.frame());"

MUTANTS = [
    ("-", "pages are not copied: the child has the parent's", FORK, COPY_PAGE, "frames.unlink(*page);\n        *page = entry.frame();\n        frames.add_reference(*page);",
     "copies"),
    ("-", "a new page, but nothing copied into it", FORK, COPY_PAGE, "Machine::fill_page(*page, Pte());", "isolated"),
    ("11", "4,088 of 4,096 bytes are copied", FORK, COPY_PAGE, "__builtin_memcpy(Machine::bytes(*page), Machine::bytes(entry.frame()), 4088);", "copies"),
    ("-", "promises are forgotten", FORK, "    to.set(index, entry);\n", "    if (entry.present()) to.set(index, entry);\n", "copies"),
    ("-", "promises are filled at once", FORK, "from.for_each_used([&](unsigned index, Pte entry) {\n    if (entry.present()) {",
     "from.for_each_used([&](unsigned index, Pte entry) {\n    if (level == 0 && entry.is_promise()) {\n      Result<Frame> page = frames.take_zeroed(FrameKind::kPage, claim_);\n"
     "      if (page) entry = Pte::page(*page, entry.rights());\n    } else if (entry.present()) {", "copies"),
    ("-", "a copy must be faulted in before it is written", FORK, "if (entry.may_write()) entry = entry.writable_now();", "", "isolated"),
    ("28", "every copy is writable", FORK, "if (entry.may_write()) entry = entry.writable_now();", "entry = entry.writable_now();", "rights"),
    ("-", "a copy gets the right to write", FORK, "entry = Pte::page(*page, entry.rights());",
     "entry = Pte::page(*page, entry.rights().exec() ? entry.rights() : Rights::rw());", "rights"),
    ("-", "pages without rights become readable", FORK, "entry = Pte::page(*page, entry.rights());",
     "entry = Pte::page(*page, entry.rights() == Rights::none() ? Rights::r() : entry.rights());", "rights"),
    ("-", "a page mapped MAP_SHARED is copied", FORK, "if (level == shared_level || entry.shared()) {", "if (level == shared_level) {", "shared_memory"),
    ("-", "a page mapped MAP_SHARED is not counted", FORK, "entry = share_entry(from, index);",
     "entry.shared() ? (void)0 : (void)share_entry(from, index);", "shared_memory"),
    ("-", "the tables are shared, only the pages are copied", FORK, "level > 0) {\n        Result<Frame> table",
     "level > 1) {\n        Result<Frame> table", "copies"),
    ("15", "memory is not counted before", FORK, COUNTED, "(void)frames_to_copy(parent.root_, 0, 0);", "no_memory"),
    ("15", "only tables are counted before", FORK, "frames_to_copy(entry.frame(), level - 1, shared_level) : 1;", "frames_to_copy(entry.frame(), level - 1, shared_level) : 0;",
     "no_memory"),
    ("-", "twice as much is asked for as is needed", FORK, "frames.available(frames_to_copy(parent.root_, kRootLevel, shared_level), claim)",
     "frames.available(2 * frames_to_copy(parent.root_, kRootLevel, shared_level), claim)", "no_memory"),
    ("15", "a failed fork keeps what it took", FORK, COUNTED,
     "if (!frames.available(frames_to_copy(parent.root_, kRootLevel, shared_level), claim)) return (void)frames.take(FrameKind::kPage, claim), Errno::kENOMEM;",
     "no_memory"),
    ("-", "each fork leaks a page", FORK, "  parent.count(&Events::forks);\n", "  parent.count(&Events::forks);\n  (void)frames.take(FrameKind::kPage, claim_);\n", "again"),
    ("-", "the copied page has two owners", FORK, COPY_PAGE, "Machine::copy_page(*page, entry.frame());\n        frames.add_reference(*page);", "again"),
    ("-", "the child's break is nowhere", FORK, "  heap_end = parent.heap_end;\n", "", "inherits"),
    ("-", "the child's heap is empty", FORK, "heap_end = parent.heap_end;\n  parent", "heap_end = heap_start;\n  parent", "inherits"),
]
