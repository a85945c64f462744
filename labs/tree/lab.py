"""Lab tree: what its tests look for. The programs are in tests/, what each call here does is said in tools/lab/trial.py."""

from lab.trial import KILLED, PAGE, SIGKILL, Lab

LAB = Lab(
    title="copy-on-write of page tables",
    points=12,
    words="fork=tree",
    files=["kernel/mm/fork.cc", "kernel/mm/fault.cc", "kernel/mm/table.hh", "kernel/mm/range.cc", "kernel/mm/address_space.hh"],
    needs=["cow"],
)

PARENT, CHILD = 1, 2
SHARED = "after fork, the two roots lead to the same tables"


def at(page):
    return 0x600000000000 + page * PAGE


def way(t, process, page):
    """The frames on the way to a page: the tables below the root, and the page (as far as they are there), from the top."""
    return [step.entry.frame for step in t.moment.walk(process.root, at(page)) if step.entry.present]


def writable(t, process, page):
    """R/W of each entry on the way, from the root's down."""
    return [step.entry.writable for step in t.moment.walk(process.root, at(page))]


def tables_shared(t, page, owners):
    """The roots of these processes lead to one table for the page, which counts them, and none may write through it."""
    first = way(t, owners[0], page)
    for owner in owners[1:]:
        t.equal(f"the tables and the page on the way to page {page} of {owner}", first, way(t, owner, page), SHARED)
    for owner in owners:
        t.equal(f"R/W of the entry of the root of {owner}", False, writable(t, owner, page)[0], "nobody may write through an entry to what others reference")
    t.equal("the count of the highest shared table", len(owners), t.moment.count(first[0]), "a frame's count is the number of its references")
    t.equal("the counts below it", [1] * (len(first) - 1), [t.moment.count(frame) for frame in first[1:]], "what lies below a shared table is referenced once")


def own_way(t, page, process, pattern, what):
    """The page and every table on the way belong to this process alone, and it may write."""
    frames = way(t, process, page)
    t.equal("frames on the way: three tables and a page", 4, len(frames))
    t.page(what, pattern, process, at(page))
    t.equal(f"the counts on the way to page {page} of {process}", [1] * 4, [t.moment.count(frame) for frame in frames], "who writes owns all of the way to the page")
    t.equal(f"R/W on the way to page {page} of {process}", [True] * 4, writable(t, process, page), "who owns a page writes it without a fault")


@LAB.test(points=3, rule="fork takes two frames, and the same time, however large the process is", memory=32)
def fork_constant(t):
    taken = []
    for step, pages in ((0, 1), (1, 6 * 512)):
        t.reach(1 + step)
        free = t.moment.free
        before = t.moment.pages(t.process(PARENT))
        t.reach(10 + step)
        parent, child = t.process(PARENT), t.moment.current
        for page in (0, pages // 2, pages - 1):
            tables_shared(t, page, [parent, child])
        t.equal("the child's pages", sorted(before), sorted(t.moment.pages(child)), "the child has what the parent has")
        # Pages and tables that either of them wrote since then are each one's own.
        both = [t.tables_of(process) for process in (parent, child)]
        copied = len(both[0] ^ both[1]) // 2 - 1
        pages_of = [{entry.frame for entry in t.moment.pages(process).values()} for process in (parent, child)]
        copied += len(pages_of[0] - pages_of[1])
        taken.append(free - t.moment.free - copied)
        t.equal(f"frames that the fork of {pages} pages took, without those that were written since: the process and its root", 2, taken[-1])
        t.true("few frames were written since the fork", copied <= 12, copied)
    t.reach(3)
    small, large = t.shared(2), t.shared(3)
    t.true(f"fork of 3,072 pages takes as long as that of one, {small // 16} instructions, and at most a tenth more", large <= small * 11 // 10, f"{large // 16}")


@LAB.test(points=3, rule="a write copies the tables on the way to the page, and that page; whatever the copies lead to has one owner more, and loses R/W in both")
def path(t):
    t.reach(1)
    before = [way(t, t.process(PARENT), page) for page in range(20)]
    t.reach(2)
    parent, child = t.process(PARENT), t.process(CHILD)
    for page in (0, 5, 7, 512, 1024 + 19):
        tables_shared(t, page, [parent, child])
    free = t.moment.free
    t.guest.log_traps(True)
    t.reach(3)
    parent, child = t.process(PARENT), t.process(CHILD)
    changed = bytearray(t.pattern(5))
    changed[8:16] = t.word(100, 1).to_bytes(8, "little")
    own_way(t, 5, child, bytes(changed), "the child's page, with the word that it wrote")
    t.page("the parent's page", t.pattern(5), parent, at(5), "a write after fork is seen by its writer alone")
    t.equal("the tables and pages of the parent", before, [way(t, parent, page) for page in range(20)])
    t.equal("frames taken by the first write: three tables and the page", 4, free - t.moment.free)
    for page in [page for page in range(20) if page != 5]:
        mine, its = way(t, parent, page), way(t, child, page)
        t.equal(f"page {page} of both", mine[-1], its[-1], "what nobody wrote stays shared")
        t.equal(f"the count of page {page}", 2, t.moment.count(its[-1]), "when a table is copied, what it leads to has one owner more")
        for who in (parent, child):
            t.equal(f"R/W of page {page} in the table of {who}", False, writable(t, who, page)[-1], "what has two owners is written in neither table")
    t.equal("the rights of the read-only page, in the copied table", "r--", t.moment.at(child, at(7)).entry.rights)
    for page in (512, 1024):
        t.equal(f"the lowest table of page {page}", way(t, parent, page)[2], way(t, child, page)[2], "a table that nobody wrote stays shared")
        t.equal("its count", 2, t.moment.count(way(t, child, page)[2]), "when a table is copied, what it leads to has one owner more")
    t.reach(4)
    own_way(t, 6, t.process(CHILD), t.pattern(106), "the child's second page")
    t.page("the parent's page", t.pattern(6), t.process(PARENT), at(6))
    t.equal("frames taken by a second write in the same table: the page", 5, free - t.moment.free)
    t.reach(5)
    own_way(t, 1024 + 3, t.process(CHILD), t.pattern(103), "the child's page in another table")
    t.page("the parent's page", t.pattern(1024 + 3), t.process(PARENT), at(1024 + 3))
    t.equal("frames taken by a write in another table: that table and the page", 7, free - t.moment.free)
    tables = [way(t, who, 512)[2] for who in (t.process(PARENT), t.process(CHILD))]
    t.equal("the table in between", tables[0], tables[1], "a table that nobody wrote stays shared")
    faults = sum(1 for address, _ in t.guest.page_faults() if at(0) <= address < at(1536))
    t.equal("page faults of three writes", 3, faults, "one write to a shared page is one fault, however many tables it copies")
    t.reach(6)
    free = t.moment.free
    t.reach(7)
    parent, child = t.process(PARENT), t.process(CHILD)
    own_way(t, 5, parent, t.pattern(205), "the parent's page 5, which the child has a copy of")
    own_way(t, 8, parent, t.pattern(208), "the parent's page 8")
    t.equal("the tables of the parent, of which the child has copies", before[5], way(t, parent, 5), "the last owner takes back what it has")
    t.equal("frames taken: one page", 1, free - t.moment.free)
    t.page("the child's page", t.pattern(8), child, at(8))
    t.reach(8)


@LAB.test(points=1, rule="the last owner of a table takes it back: after a child that wrote nothing, one fault gives the parent all of it again")
def take_back(t):
    t.reach(1)
    before = [way(t, t.process(PARENT), page) for page in range(40)]
    t.reach(2)
    tables_shared(t, 0, [t.process(PARENT), t.process(CHILD)])
    t.reach(3)
    free = t.moment.free
    t.guest.log_traps(True)
    t.reach(4)
    parent = t.process(PARENT)
    t.equal("the tables and pages", before, [way(t, parent, page) for page in range(40)], "the last owner takes back what it has")
    for page in range(40):
        own_way(t, page, parent, t.pattern(100 + page), f"page {page}")
    t.equal("frames taken", 0, free - t.moment.free)
    t.equal("page faults of writing 40 pages", 1, sum(1 for address, _ in t.guest.page_faults() if at(0) <= address < at(40)))


@LAB.test(points=2, rule="a table has as many owners as lead to it; it is freed with the last of them, and not before")
def generations(t):
    t.reach(1)
    first = way(t, t.process(1), 0)
    t.reach(2)
    tables_shared(t, 0, [t.process(1), t.process(2), t.process(3)])
    t.reach(3)
    own_way(t, 0, t.process(3), t.pattern(50), "the grandchild's page")
    for page in range(1, 8):
        frames = [way(t, t.process(pid), page)[-1] for pid in (1, 2, 3)]
        t.equal(f"page {page} of all three", [frames[0]] * 3, frames)
    t.reach(4)
    own_way(t, 0, t.process(2), t.pattern(51), "the child's page")
    t.equal("the first process's tables and page", first, way(t, t.process(1), 0))
    t.page("the first process's page", t.pattern(0), t.process(1), at(0))
    t.reach(5)
    t.page("the grandchild's page, after its parent's end", t.pattern(50), t.process(3), at(0))
    for page in range(1, 8):
        t.page(f"the grandchild's page {page}, after its parent's end", t.pattern(page), t.process(3), at(page))
    t.reach(6)
    own_way(t, 1, t.process(3), t.pattern(53), "the grandchild's second page")
    t.reach(7)
    own_way(t, 0, t.process(1), t.pattern(52), "the first process's page")
    t.equal("its tables and page", first, way(t, t.process(1), 0), "the last owner takes back what it has")
    own_way(t, 2, t.process(1), t.pattern(54), "the first process's other page")
    t.page("the grandchild's page", t.pattern(2), t.process(3), at(2))
    t.page("the first process's page that the grandchild wrote", t.pattern(1), t.process(1), at(1))
    t.reach(8)
    t.equal("processes", 1, len([process for process in t.moment.processes if not process.zombie]))


@LAB.test(points=1, rule="a promise in a shared table is filled in place when it is read, and copied as it is when the table is")
def promises(t):
    zeros = bytes(PAGE)
    t.reach(1)
    t.reach(2)
    tables_shared(t, 0, [t.process(PARENT), t.process(CHILD)])
    free, tables = t.moment.free, way(t, t.process(PARENT), 0)[:3]
    t.reach(3)
    parent, child = t.process(PARENT), t.process(CHILD)
    t.equal("what the child read", 0, t.reported(0))
    for who in (parent, child):
        t.equal(f"the tables of {who}", tables, way(t, who, 0)[:3], "reading copies no table")
        for page in (1, 3, 513):
            t.page(f"page {page} of {who}, which the child read", zeros, who, at(page))
    for page in (1, 3, 513):
        t.equal(f"page {page} of both", t.frame(parent, at(page)), t.frame(child, at(page)), "all who share a table see what fills it")
    t.equal("frames taken by three reads: the pages, and a table for the promise that was split", 4, free - t.moment.free)
    t.reach(4)
    parent, child = t.process(PARENT), t.process(CHILD)
    own_way(t, 2, child, t.pattern(102), "the child's page, of which nobody had a frame")
    t.true("the parent's page is a promise still", t.moment.at(parent, at(2)).entry.promise, "it has a frame")
    for page in range(4, 20):
        for who in (parent, child):
            t.true(f"page {page} of {who} is a promise still", t.moment.at(who, at(page)).entry.promise, "it is not")
            t.equal(f"the rights of page {page} of {who}", "rw-", t.moment.at(who, at(page)).entry.rights)
    t.equal("frames taken besides: three tables and the page", 8, free - t.moment.free)
    t.reach(5)
    own_way(t, 1, t.process(PARENT), t.pattern(101), "the parent's page, which the child had read")
    t.page("the child's page", zeros, t.process(CHILD), at(1))
    t.reach(6)


@LAB.test(points=1, rule="who changes a part of a shared table changes a copy of it")
def ranges(t):
    t.reach(1)
    before = [way(t, t.process(PARENT), page) for page in range(40)]
    t.reach(2)
    tables_shared(t, 0, [t.process(PARENT), t.process(CHILD)])
    t.reach(3)
    parent, child = t.process(PARENT), t.process(CHILD)
    t.equal("munmap's answer", 0, t.reported(0))
    t.equal("mprotect's answer", 0, t.reported(1))
    t.equal("the parent's tables and pages", before, [way(t, parent, page) for page in range(40)])
    for page in range(40):
        t.page(f"the parent's page {page}", t.pattern(page), parent, at(page))
        entry = t.moment.at(child, at(page)).entry
        if 10 <= page < 15:
            t.true(f"the child has nothing at page {page}", entry.empty, "it has")
            continue
        t.page(f"the child's page {page}", t.pattern(page), child, at(page))
        t.equal(f"the rights of the child's page {page}", "r--" if 20 <= page < 23 else "rw-", entry.rights)
        t.equal(f"the rights of the parent's page {page}", "rw-", t.moment.at(parent, at(page)).entry.rights)
    t.reach(4)
    own_way(t, 21, t.process(PARENT), t.pattern(121), "the parent's page")
    t.page("the child's page", t.pattern(21), t.process(CHILD), at(21))
    t.reach(5)


@LAB.test(points=1, rule="memory that ends half-way down the path ends the process that wrote; what all see is unchanged")
def no_memory(t):
    for free in range(5):
        t.reach(1)
        child = t.moment.current
        tables_shared(t, 5, [t.process(PARENT), child])
        t.leave_free(free)
        if free == 4:
            t.reach(2, audit=False)
            t.give_back()
            t.look_again()
            changed = t.word(100, 0).to_bytes(8, "little") + t.pattern(5)[8:]
            own_way(t, 5, t.moment.current, changed, "the child's page, with four frames left")
            t.reach(3)
        else:
            t.reach(3, audit=False)
            t.give_back()
            t.look_again()
        t.equal(f"how the child ended, with {free} frames left", KILLED + SIGKILL if free < 4 else 0, t.reported(0))
        for page in range(8):
            t.page(f"the parent's page {page}", t.pattern(page), t.process(PARENT), at(page))
