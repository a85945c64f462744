"""Lab tables: what its tests look for. The programs are in tests/, what each call here does is said in tools/lab/trial.py."""

from lab.trial import ENOMEM, KILLED, PAGE, SIGSEGV, Lab

LAB = Lab(
    title="page tables",
    points=12,
    files=["kernel/mm/range.cc"],
    needs=["frames"],
    uses=["fault", "tree"],
)

PARENT, CHILD = 1, 2
REGION, SPAN, GIB = 0x600000000000, 512 * PAGE, 1 << 30
WHOLE = "an entry that lies wholly in the range is changed in one step"
EMPTY_GO = "a table that holds nothing goes"


def at(page):
    return REGION + page * PAGE


def ruled(t, what, address, level, rights, process=PARENT, rule=WHOLE):
    """A promise with these rights, of this level, rules the address."""
    step = t.moment.at(t.process(process), address)
    t.true(f"{what}: a promise with rights {rights} of level {level} at {address:#x}", step.entry.promise and step.level == level and step.entry.rights == rights,
           f"level {step.level}, " + (f"a promise with {step.entry.rights}" if step.entry.promise else "empty" if step.entry.empty else "a page"), rule)  # fmt: skip


def nothing(t, what, address, process=PARENT):
    entry = t.moment.at(t.process(process), address).entry
    t.true(f"{what}: nothing is mapped at {address:#x}", entry.empty, f"entry {entry.bits:#x}")


@LAB.test(points=2, rule="a large range takes as few entries as there are whole spans in it")
def spans(t):
    t.reach(1)
    free = t.moment.free
    t.reach(2)
    ruled(t, "the first GiB", REGION, 2, "rw-")
    ruled(t, "the second GiB", REGION + GIB + 5 * PAGE, 2, "rw-")
    t.equal("frames for 2 GiB of promises: one table", 1, free - t.moment.free)
    t.reach(3)
    t.page("the page that was used", t.pattern(1), t.process(PARENT), REGION + GIB + 5 * PAGE)
    ruled(t, "the page beside it", REGION + GIB + 6 * PAGE, 0, "rw-")
    ruled(t, "the span beside it", REGION + GIB + SPAN, 1, "rw-")
    ruled(t, "the first GiB", REGION, 2, "rw-")
    t.equal("frames for one page of a GiB: two tables more, and the page", 4, free - t.moment.free)
    t.reach(4)
    nothing(t, "the second GiB, unmapped", REGION + GIB + 5 * PAGE)
    nothing(t, "the second GiB, unmapped", REGION + 2 * GIB - PAGE)
    ruled(t, "the first GiB", REGION + GIB - PAGE, 2, "rw-")
    t.equal("frames for the first GiB: one table", 1, free - t.moment.free, EMPTY_GO)
    t.reach(5)
    nothing(t, "all of it, unmapped", REGION)
    t.equal("frames", free, t.moment.free, EMPTY_GO)


@LAB.test(points=2, rule="at its edges a range changes its own pages, and no others")
def edges(t):
    t.reach(1)
    free = t.moment.free
    t.reach(2)
    ruled(t, "the span in the middle", at(512), 1, "rw-")
    ruled(t, "the span in the middle", at(1535), 1, "rw-")
    for page in (500, 511, 1536, 1555):
        ruled(t, f"page {page}, at an edge", at(page), 0, "rw-")
    for page in (0, 499, 1556, 2047):
        nothing(t, f"page {page}, beyond the edge", at(page))
    t.equal("tables for it: one of level 2, one of level 1, two of level 0", 4, free - t.moment.free)
    t.reach(3)
    written = [*range(505, 515), *range(1530, 1540)]
    for page in written:
        t.page(f"page {page}", t.pattern(page), t.process(PARENT), at(page))
    t.reach(4)
    for page in (508, 511, 512, 514, 600, 1024, 1530, 1531):
        nothing(t, f"page {page}, unmapped", at(page))
    for page in written:
        if page < 508 or page >= 1532:
            t.page(f"page {page}, just beside the hole", t.pattern(page), t.process(PARENT), at(page), "unmapping a range leaves all others as they are")
    ruled(t, "page 500, which nobody used", at(500), 0, "rw-")
    t.equal("frames: 5 tables (that in the middle was a promise) and 11 pages", 5 + 11, free - t.moment.free, EMPTY_GO)
    t.reach(5)
    nothing(t, "page 507, unmapped", at(507))
    t.equal("frames: 4 tables (the first of level 0 is gone) and 8 pages", 4 + 8, free - t.moment.free, EMPTY_GO)
    t.reach(6)
    t.equal("frames", free, t.moment.free, EMPTY_GO)


@LAB.test(points=2, rule="what is mapped over, or unmapped, goes for this process alone")
def replace(t):
    t.reach(1)
    ruled(t, "a span that nobody used", at(1024), 1, "rw-")
    free, before = t.moment.free, {page: t.frame(t.process(PARENT), at(page)) for page in range(24)}
    t.reach(2)
    for page in range(4, 12):
        ruled(t, f"page {page}, mapped anew", at(page), 0, "r--")
    for page in [*range(4), *range(12, 24)]:
        t.equal(f"the frame of page {page}", before[page], t.frame(t.process(PARENT), at(page)), "mapping a range leaves all others as they are")
    t.equal("frames", free + 8, t.moment.free, "what was mapped there is given back")
    t.reach(3)
    ruled(t, "a whole span, mapped anew", at(0), 1, "rw-")
    t.equal("frames: all 24 pages and their table came back", free + 25, t.moment.free, "what was mapped there is given back")
    t.reach(4)
    t.page("page 0, written anew", t.pattern(1000), t.process(PARENT), at(0))
    t.page("page 2, mapped anew and never written", bytes(PAGE), t.process(PARENT), at(2))
    free = t.moment.free
    t.reach(5)
    nothing(t, "page 0 of the child, which unmapped all", at(0), CHILD)
    nothing(t, "page 600 of the child, which unmapped all", at(600), CHILD)
    for page, tag in ((0, 1000), (1, 1001), (600, 600)):
        t.page(f"page {page} of the parent", t.pattern(tag), t.process(PARENT), at(page))
    ruled(t, "a span of the parent", at(1024), 1, "rw-")
    t.reach(6)
    t.equal("how the child ended", 0, t.reported(0))
    for page, tag in ((0, 1000), (1, 1001), (600, 600)):
        t.page(f"page {page} of the parent, after the child's end", t.pattern(tag), t.process(PARENT), at(page))
    t.equal("frames", free, t.moment.free)


@LAB.test(points=2, rule="mprotect changes what may be done with the range, and nothing else")
def rights(t):
    t.reach(1)
    ruled(t, "a span that nobody used", at(1024), 1, "rw-")
    frames = [t.frame(t.process(PARENT), at(page)) for page in range(16)]
    t.reach(2)
    for page in range(16):
        wanted = ("r--", "---", "r-x", "rw-")[page // 4]
        entry = t.moment.at(t.process(PARENT), at(page)).entry
        t.equal(f"the rights of page {page}", wanted, entry.rights)
        t.equal(f"the frame of page {page}", frames[page], t.frame(t.process(PARENT), at(page)))
        t.page(f"page {page}", t.pattern(page), t.process(PARENT), at(page))
    ruled(t, "one page of a span", at(600), 0, "r--")
    ruled(t, "the page beside it", at(601), 0, "rw-")
    ruled(t, "a whole span", at(1024), 1, "r--")
    ruled(t, "the end of that span", at(1535), 1, "r--")
    t.reach(3)
    attempts = ("writes a read-only page", "reads a page without rights", "writes code", "writes a read-only page of a promise", "writes a read-only promise")
    for i, what in enumerate(attempts):
        t.equal(f"how a child ends that {what}: killed by SIGSEGV", KILLED + SIGSEGV, t.reported(i))
    t.equal("how a child ends that writes a page beside a read-only one", 0, t.reported(5))
    t.equal("how a child ends that executes data: killed by SIGSEGV", KILLED + SIGSEGV, t.reported(6))
    t.reach(4)
    parent = t.process(PARENT)
    for page in range(12):
        t.page(f"page {page}", t.pattern(page), parent, at(page))
        t.equal(f"the frame of page {page}", frames[page], t.frame(parent, at(page)))
    # (Forks have shared the tables above; the page's own entry is what mprotect wrote.)
    for page in range(12):
        t.true(f"R/W of page {page}, which only this process has", t.moment.at(parent, at(page)).entry.writable, "R/W=0: its next write takes a fault for nothing",
               "a page with one owner that may be written is written without a fault")  # fmt: skip
    t.guest.log_traps(True)
    t.reach(5)
    faults = [address for address, _ in t.guest.page_faults() if at(0) <= address < at(12)]
    t.equal("page faults of writing 12 pages that may be written again", 0, len(faults))
    t.reach(6)
    child = t.moment.current
    for page in range(4):
        t.equal(f"the rights of page {page} of the child", "rw-", t.moment.at(child, at(page)).entry.rights)
        t.page(f"page {page} of the child", t.pattern(page), child, at(page))
    t.reach(7)
    t.page("page 0, which the child filled", t.pattern(100), t.moment.current, at(0))
    t.page("page 0 of the parent", t.pattern(0), t.process(PARENT), at(0), "a right to write is none to write what others have")
    t.reach(8)
    t.equal("how the child ended", 0, t.reported(7))
    t.reach(9)
    t.equal("the answer to an mprotect that goes beyond what is mapped: -ENOMEM", -ENOMEM, t.reported(8))
    t.equal("the rights of page 0 after that", "rw-", t.moment.at(t.process(PARENT), at(0)).entry.rights, "a call that fails changes nothing")


@LAB.test(points=2, rule="what the processor remembers of a range is forgotten before the program goes on")
def stale(t):
    t.reach(1)
    ruled(t, "a span that nobody used", at(1024), 1, "rw-")
    t.reach(2)
    segv = KILLED + SIGSEGV
    cases = (
        ("reads a page that it unmapped", segv), ("reads the last of 4 pages that it unmapped", segv), ("reads the last of 32 pages that it unmapped", segv),
        ("writes a page that it made read-only", segv), ("writes the last of 4 pages that it made read-only", segv),
        ("writes the last of 32 pages that it made read-only", segv), ("reads one of 4 pages that it mapped anew (it finds 0)", 0),
        ("reads one of 512 pages that it mapped anew (it finds 0)", 0),
    )  # fmt: skip
    for i, (what, ending) in enumerate(cases):
        t.equal(f"how a child ends that {what}", ending, t.reported(i))


def scarce(t, what, needed, index):
    """The same call with one free frame too few, then with just enough."""
    t.reach(1)
    for free in (needed - 1, needed):
        process = t.moment.current
        before = {address: entry.bits for address, entry in t.moment.pages(process).items()}
        tables = t.tables_of(process)
        t.leave_free(max(free, 0))
        t.reach(1 if free < needed else 2, audit=False)
        t.give_back()
        t.look_again()
        answer = t.reported(index, t.moment.current)
        index += 1
        if free < needed and needed > 0:
            t.equal(f"{what}, with {free} free frames where {needed} are needed: -ENOMEM", -ENOMEM, answer)
            after = {address: entry.bits for address, entry in t.moment.pages(t.moment.current).items()}
            t.equal("pages that the call that failed changed", [], [hex(address) for address in before.keys() | after.keys() if before.get(address) != after.get(address)])
            t.equal("the tables", tables, t.tables_of(t.moment.current), "a call that fails changes nothing")
        else:
            t.equal(f"{what}, with {free} free frames, which is enough", 0, answer)
    return index


@LAB.test(points=2, rule="a change that finds too little memory fails with ENOMEM and no trace; with just enough it succeeds", words="fork=tree", memory=32)
def no_memory(t):
    changes = (
        ("one page of a GiB gets other rights", 2), ("half of a GiB is unmapped", 1), ("two pages are unmapped, the last of one GiB and the first of the next", 3),
        ("5 pages are mapped MAP_SHARED, where nothing was", 7),
    )  # fmt: skip
    index = 0
    for what, needed in changes:
        index = scarce(t, what, needed, index)
    t.reach(3)
    for i in range(4):
        t.page(f"page {i}, beside what was changed", t.pattern(i), t.process(PARENT), REGION + 3 * GIB + i * SPAN)
    ruled(t, "the page of the first GiB", at(5), 0, "r--")
    ruled(t, "the page beside it", at(4), 0, "rw-")
    index = 8
    for what, needed in (("a child unmaps a page below three tables that its parent has, too", 3), ("it unmaps all of a table, below one of its own now", 0)):
        index = scarce(t, what, needed, index)
    t.reach(4)
    t.equal("how the child ended", 0, t.reported(20))
    for i in range(4):
        t.page(f"page {i} of the parent", t.pattern(i), t.process(PARENT), REGION + 3 * GIB + i * SPAN)
