"""Lab fork: what its tests look for. The programs are in tests/, what each call here does is said in tools/lab/trial.py."""

from lab.trial import ENOMEM, KILLED, PAGE, SIGSEGV, Lab

LAB = Lab(
    title="eager fork",
    points=12,
    words="fork=eager",
    files=["kernel/mm/fork.cc", "kernel/mm/address_space.hh"],
    needs=["tables"],
)

PARENT, CHILD = 1, 2
COPIED = "an eager fork copies every private page"


def at(page):
    return 0x600000000000 + page * PAGE


def copied(t, pages, parent, child, patterns=None):
    """Each of these pages is two: same content, one owner each, writable at once where the mapping grants it."""
    for page in pages:
        mine, its = t.frame(parent, at(page)), t.frame(child, at(page))
        t.true(f"page {page} of parent and child lies in two frames", mine != its, f"both have frame {mine}", COPIED)
        for who, frame in ((parent, mine), (child, its)):
            t.equal(f"the count of page {page} of {who}", 1, t.moment.count(frame), "a copied page has one owner")
            if t.moment.at(who, at(page)).entry.may_write:
                t.true(f"{who} may write page {page} without a fault", t.moment.writable_at(who, at(page)), "R/W=0 somewhere on the way", COPIED)
            t.page(f"page {page} of {who}", (patterns or {}).get((who.pid, page), t.pattern(page)), who, at(page))


def promises(t, process):
    """{(address, level): rights} of every promise."""
    found, waiting = {}, [(process.root, t.layout.root_level, 0)]
    while waiting:
        table, level, base = waiting.pop()
        for index, entry in t.moment.used(table, level):
            address = base + index * t.layout.span(level)
            if entry.promise:
                found[address, level] = entry.rights
            elif level > 0:
                waiting.append((entry.frame, level - 1, address))
    return found


@LAB.test(points=3, rule="the child has a copy of every page, table and promise, with the same rights, and takes no frame besides")
def copies(t):
    t.reach(1)
    before, free = t.moment.pages(t.process(PARENT)), t.moment.free
    promised = promises(t, t.process(PARENT))
    t.reach(2)
    parent, child = t.process(PARENT), t.process(CHILD)
    copied(t, range(24), parent, child)
    pages = t.moment.pages(child)
    t.equal("the child's pages", sorted(before), sorted(pages), "the child has what the parent has")
    for address, entry in pages.items():
        t.equal(f"the rights of the child's page at {address:#x}", before[address].rights, entry.rights, "fork changes nobody's rights")
        if not entry.shared:
            t.true(f"the page at {address:#x} lies in two frames", entry.frame != t.frame(parent, address), f"both have frame {entry.frame}", COPIED)
    code = t.symbol("checkpoint") & -PAGE
    t.page("the child's code", t.moment.page_at(parent, code), child, code)
    t.equal("the parent's promises", promised, promises(t, parent))
    t.equal("the child's promises", promised, promises(t, child), "a promise is copied as it is")
    own = sum(1 for entry in pages.values() if not entry.shared)
    tables = len(t.tables_of(child))
    t.equal("frames that the fork took: the process, tables, pages", 1 + tables + own, free - t.moment.free)
    t.reach(3)
    t.equal("how the child ended", 0, t.reported(0))
    t.equal("frames free after the child's end", free, t.moment.free, "the end of a process gives everything back")


@LAB.test(points=2, rule="what the one writes after the fork the other never sees; neither takes a fault for it")
def isolated(t):
    t.reach(1)
    t.reach(2)
    copied(t, range(12), t.process(PARENT), t.process(CHILD))
    t.guest.log_traps(True)
    t.reach(3)
    patterns = {(CHILD, page): t.pattern(100 + page) for page in range(6)}
    copied(t, range(12), t.process(PARENT), t.process(CHILD), patterns)
    t.reach(4)
    patterns |= {(PARENT, page): t.pattern(200 + page) for page in range(6, 12)}
    copied(t, range(12), t.process(PARENT), t.process(CHILD), patterns)
    faults = [address for address, _ in t.guest.page_faults() if at(0) <= address < at(12)]
    t.equal("page faults of writing what was copied", 0, len(faults))
    t.reach(5)
    t.equal("how the child ended", 0, t.reported(0))


@LAB.test(points=1, rule="a page mapped MAP_SHARED stays one page, and counts one owner more")
def shared_memory(t):
    t.reach(1)
    frame = t.frame(t.process(PARENT), at(3))
    for step, tag in ((2, 3), (3, 100), (4, 101)):
        t.reach(step)
        parent, child = t.process(PARENT), t.process(CHILD)
        copied(t, range(3), parent, child)
        t.equal("the parent's frame", frame, t.frame(parent, at(3)))
        t.equal("the child's frame", frame, t.frame(child, at(3)))
        t.equal("its count", 2, t.moment.count(frame))
        for who in (parent, child):
            t.page(f"the shared page of {who}", t.pattern(tag), who, at(3))
    t.reach(5)
    t.equal("the count of the page after the child's end", 1, t.moment.count(frame))


@LAB.test(points=3, rule="a fork that finds too little memory fails as if it had never been tried; with just enough it succeeds")
def no_memory(t):
    t.reach(1)
    parent = t.process(PARENT)
    pages = {address: entry.bits for address, entry in t.moment.pages(parent).items() if not entry.shared}
    needed = len(t.tables_of(parent)) + len(pages) + 1  # … and the process itself
    tried = sorted({*range(4), *range(4, needed, 6), *range(needed - 3, needed + 1)})
    for free in tried:
        t.leave_free(free)
        t.reach(2, audit=False)
        t.give_back()
        t.look_again()
        parent = t.process(PARENT)
        if free == needed:
            break
        t.equal(f"fork's answer with {free} free frames, where {needed} are needed: -ENOMEM", -ENOMEM, t.shared(1))
        after = {address: entry.bits for address, entry in t.moment.pages(parent).items()}
        changed = [f"{address:#x}: {pages[address]:#x} became {after.get(address, 0):#x}" for address in pages if after.get(address) != pages[address]]
        t.equal("entries of the parent that a failed fork changed", [], changed)
        t.equal("processes", 1, len(t.moment.processes))
        t.reach(1)
    t.true(f"fork succeeds with {needed} free frames: {needed - len(pages) - 1} tables, {len(pages)} pages, and the process", t.shared(1) > 0, t.shared(1))
    for page in range(24):
        t.page(f"page {page}", t.pattern(page), parent, at(page))


@LAB.test(points=1, rule="fifty forks leave nothing behind")
def again(t):
    t.reach(1)
    free = t.moment.free
    t.reach(2)
    t.equal("children that ended as they should", 50, t.reported(0))
    t.equal("frames free", free, t.moment.free)
    for page in range(12):
        t.page(f"the parent's page {page}", t.pattern(page), t.process(PARENT), at(page))
    t.reach(3)
    grandchild = t.moment.current
    copied(t, range(12), t.process(PARENT), grandchild)
    t.reach(4)
    t.equal("how the child ended, which tells how the grandchild did", 0, t.reported(1))
    t.equal("frames free", free, t.moment.free)


@LAB.test(points=1, rule="the child has its parent's break, and moves it alone")
def inherits(t):
    t.reach(1)
    moved = t.reported(0)
    t.reach(2)
    parent, child = t.process(PARENT), t.process(CHILD)
    copied(t, [0], parent, child)
    start = t.reported(3)
    t.equal("the child's break", moved, t.reported(1))
    t.equal("the child's break, moved on", start + 9 * PAGE, t.reported(2))
    t.page("the child's heap, from its parent", t.pattern(1), child, start + PAGE)
    t.page("the child's heap, its own", t.pattern(2), child, start + 8 * PAGE)
    t.true("nothing lies behind the parent's break", t.moment.at(parent, start + 8 * PAGE).entry.empty, "a page or a promise")
    t.reach(3)
    t.equal("the parent's break", moved, t.reported(4))


@LAB.test(points=1, rule="copying gives nobody a right that the mapping does not grant")
def rights(t):
    t.reach(1)
    granted = {address: entry.rights for address, entry in t.moment.pages(t.process(PARENT)).items()}
    t.reach(2)
    copied(t, range(8), t.process(PARENT), t.process(CHILD))
    t.reach(3)
    t.reach(4)
    attempts = (
        "writing a read-only page",
        "reading a page without rights",
        "writing a page without rights",
        "writing the program's own code",
        "executing data",
        "executing data that was just written",
        "writing a read-only page behind a legal write",
    )
    for i, what in enumerate(attempts):
        t.equal(f"how a child ends that tries {what}: killed by SIGSEGV", KILLED + SIGSEGV, t.reported(i))
    for who in (t.process(PARENT), t.process(CHILD)):
        for address, entry in t.moment.pages(who).items():
            t.equal(f"the rights of the page at {address:#x} of {who}", granted[address], entry.rights)
    t.reach(5)
    t.equal("how a child ends that writes a read-only page, later: killed by SIGSEGV", KILLED + SIGSEGV, t.reported(7))
    t.page("the read-only page", t.pattern(1), t.process(PARENT), at(1))
