"""Lab cow: what its tests look for. The programs are in tests/, what each call here does is said in tools/lab/trial.py."""

from lab.trial import EFAULT, ENOMEM, KILLED, PAGE, SIGKILL, SIGSEGV, Lab

LAB = Lab(
    title="copy-on-write",
    points=20,
    words="fork=pages",
    files=["kernel/mm/fork.cc", "kernel/mm/fault.cc", "kernel/mm/range.cc", "kernel/mm/address_space.hh", "kernel/mm/table.hh", "kernel/mm/user_copy.cc"],
    needs=["fork", "fault"],
)

PARENT, CHILD = 1, 2


def at(page):
    return 0x600000000000 + page * PAGE


def frames(t, process, pages):
    return [t.frame(process, at(page)) for page in pages]


def still_shared(t, pages, owners, count=None):
    """These pages are one frame for all these processes, counted as such, and nobody may write it."""
    count = count or len(owners)
    for page in pages:
        first = t.frame(owners[0], at(page))
        for owner in owners[1:]:
            t.equal(f"the frame of page {page} in {owner}", first, t.frame(owner, at(page)), "after fork, parent and child share each page")
        for owner in owners:
            entry = t.moment.at(owner, at(page)).entry
            t.equal(f"R/W of page {page} in {owner}", False, entry.writable, "nobody may write a page that others reference")
        t.equal(f"the count of page {page}", count, t.moment.count(first), "a frame's count is the number of its references")


def own(t, page, process, pattern, what):
    """The page is this process's alone, writable, with this content."""
    frame = t.frame(process, at(page))
    t.page(what, pattern, process, at(page))
    t.equal(f"the count of the frame of page {page}", 1, t.moment.count(frame), "a copied page has one owner")
    t.true(f"R/W on all of the way to page {page} of {process}", t.moment.writable_at(process, at(page)), "R/W=0 somewhere", "who owns a page writes it without a fault")


def faults_in(t, begin, pages):
    """The page faults that the processor took at these pages since the last time."""
    faults = t.guest.page_faults()
    seen, t.faults_seen = faults[getattr(t, "faults_seen", 0) :], len(faults)
    return sum(1 for address, _ in seen if at(begin) <= address < at(begin + pages))


@LAB.test(points=2, rule="fork copies no page: parent and child share each, read-only, and it is counted twice")
def fork_shares(t):
    pages = range(24)
    t.reach(1)
    parent = t.process(PARENT)
    before, free = frames(t, parent, pages), t.moment.free
    rights = {address: entry.rights for address, entry in t.moment.pages(parent).items()}
    t.reach(2)
    parent, child = t.process(PARENT), t.process(CHILD)
    t.equal("the parent's frames", before, frames(t, parent, pages))
    still_shared(t, pages, [parent, child])
    for page in pages:
        t.page(f"page {page} of the child", t.pattern(page), child, at(page))
    for address, entry in t.moment.pages(child).items():
        t.equal(f"the rights of the child's page at {address:#x}", rights.get(address), entry.rights, "fork changes nobody's rights")
    t.equal("the child's pages", sorted(rights), sorted(t.moment.pages(child)), "the child has what the parent has")
    for page in range(24, 28):
        t.true(f"page {page}, which nobody touched, is a promise in both", t.moment.at(parent, at(page)).entry.promise and t.moment.at(child, at(page)).entry.promise, "it is not")
    # The process itself, its tables, and the few pages that parent and child wrote meanwhile.
    private = [entry.frame for entry in t.moment.pages(child).values() if t.moment.count(entry.frame) == 1]
    tables = len(t.tables_of(child))
    t.equal("frames that the fork took: the process, its tables, and pages that were written since", 1 + tables + len(private), free - t.moment.free)
    t.true("at most 4 pages (stack, variables) were written since the fork", len(private) <= 4, len(private))
    t.reach(3)
    t.equal("frames free after the child's end", free, t.moment.free, "the end of a process gives everything back")


@LAB.test(points=2, rule="the child's write copies that page, whole, and nothing else; the parent never sees it")
def child_writes(t):
    t.reach(1)
    before = frames(t, t.process(PARENT), range(24))
    t.reach(2)
    parent, child = t.process(PARENT), t.process(CHILD)
    still_shared(t, range(24), [parent, child])
    free = t.moment.free
    t.guest.log_traps(True)
    t.reach(3)
    parent, child = t.process(PARENT), t.process(CHILD)
    changed = bytearray(t.pattern(5))
    changed[1000:1008] = t.word(100, 0).to_bytes(8, "little")
    own(t, 5, child, bytes(changed), "the child's page, with the word that it wrote")
    t.page("the parent's page", t.pattern(5), parent, at(5), "a write after fork is seen by its writer alone")
    t.equal("the parent's frames", before, frames(t, parent, range(24)))
    still_shared(t, [page for page in range(24) if page != 5], [parent, child])
    t.equal("frames taken by one write", 1, free - t.moment.free)
    t.equal("page faults of one write", 1, faults_in(t, 0, 24), "one write to a shared page is one fault")
    t.reach(4)
    parent, child = t.process(PARENT), t.process(CHILD)
    own(t, 9, child, t.pattern(109), "the child's page, filled anew")
    t.page("the parent's page", t.pattern(9), parent, at(9), "a write after fork is seen by its writer alone")
    t.equal("frames taken by two pages written", 2, free - t.moment.free)
    t.equal("page faults of 512 writes to a page", 1, faults_in(t, 0, 24), "a page that was copied is written without a fault")
    t.reach(5)
    t.equal("page faults of reading all pages", 0, faults_in(t, 0, 24), "reading a shared page takes no fault")
    still_shared(t, [page for page in range(24) if page not in (5, 9)], [t.process(PARENT), t.process(CHILD)])
    t.reach(6)
    parent = t.process(PARENT)
    t.equal("how the child ended", 0, t.reported(0))
    t.equal("the parent's frames", before, frames(t, parent, range(24)))
    for page in range(24):
        t.page(f"the parent's page {page} after the child's end", t.pattern(page), parent, at(page))


@LAB.test(points=2, rule="the parent's write copies that page, whole; the child keeps what it had at the fork")
def parent_writes(t):
    t.reach(1)
    before = frames(t, t.process(PARENT), range(24))
    t.reach(2)
    parent, child = t.process(PARENT), t.process(CHILD)
    still_shared(t, range(24), [parent, child])
    free = t.moment.free
    t.reach(3)
    parent, child = t.process(PARENT), t.process(CHILD)
    changed = bytearray(t.pattern(7))
    changed[4088:] = t.word(100, 0).to_bytes(8, "little")
    own(t, 7, parent, bytes(changed), "the parent's page, with the word that it wrote")
    t.equal("the child's frames", before, frames(t, child, range(24)))
    t.page("the child's page", t.pattern(7), child, at(7), "a write after fork is seen by its writer alone")
    t.equal("frames taken by one write", 1, free - t.moment.free)
    t.reach(4)
    parent, child = t.process(PARENT), t.process(CHILD)
    for page in range(24):
        own(t, page, parent, t.pattern(200 + page), f"the parent's page {page}, filled anew")
        t.page(f"the child's page {page}", t.pattern(page), child, at(page), "a write after fork is seen by its writer alone")
    t.equal("the child's frames", before, frames(t, child, range(24)))
    t.equal("frames taken by 24 pages written", 24, free - t.moment.free)
    t.reach(5)
    t.equal("how the child ended", 0, t.reported(0))


@LAB.test(points=1, rule="when fork returns, no processor knows the parent's pages as writable any more")
def stale(t):
    t.reach(1)
    t.equal("the answer to who asks to run before others", 0, t.reported(0))
    before = frames(t, t.process(PARENT), range(8))
    free = t.moment.free
    t.reach(2)
    parent, child = t.process(PARENT), t.process(CHILD)
    t.equal("the child's frames, before it ran at all", before, frames(t, child, range(8)), "after fork, parent and child share each page")
    for page in range(8):
        t.page(f"the child's page {page}, to which the parent wrote right after the fork", t.pattern(page), child, at(page))
        own(t, page, parent, t.word(100 + page, 0).to_bytes(8, "little") + t.pattern(page)[8:], f"the parent's page {page}, with the word that it wrote")
    t.true("frames taken: a root, tables, and 8 pages", free - t.moment.free >= 8, free - t.moment.free)
    t.reach(3)
    t.equal("how the child ended", 0, t.reported(1))


@LAB.test(points=2, rule="the last owner of a page keeps it: no copy, one fault, and none after that")
def last_owner(t):
    t.reach(1)
    before = frames(t, t.process(PARENT), range(8))
    t.reach(2)
    parent, child = t.process(PARENT), t.process(CHILD)
    still_shared(t, range(4, 8), [parent, child])
    for page in range(4):
        own(t, page, child, t.pattern(100 + page), f"the child's page {page}")
    free = t.moment.free
    t.guest.log_traps(True)
    t.reach(3)
    parent, child = t.process(PARENT), t.process(CHILD)
    t.equal("the parent's frames, of which the child has copies of its own", before[:4], frames(t, parent, range(4)))
    for page in range(4):
        own(t, page, parent, t.pattern(200 + page), f"the parent's page {page}")
        t.page(f"the child's page {page}", t.pattern(100 + page), child, at(page))
    t.equal("frames taken", 0, free - t.moment.free)
    t.equal("page faults", 4, faults_in(t, 0, 8))
    t.reach(4)
    faults_in(t, 0, 8)
    free = t.moment.free
    t.reach(5)
    parent = t.process(PARENT)
    t.equal("the parent's frames, after the child's end", before, frames(t, parent, range(8)))
    for page in range(8):
        own(t, page, parent, t.pattern(200 + page), f"the parent's page {page}")
    t.equal("frames taken", 0, free - t.moment.free)
    t.equal("page faults", 4, faults_in(t, 0, 8))
    t.reach(6)
    t.equal("page faults of writing all pages once more", 0, faults_in(t, 0, 8), "a page that was taken back is written without a fault")


@LAB.test(points=2, rule="sharing and copying give nobody a right that the mapping does not grant")
def rights(t):
    t.reach(1)
    granted = {address: entry.rights for address, entry in t.moment.pages(t.process(PARENT)).items()}
    t.reach(2)
    still_shared(t, range(8), [t.process(PARENT), t.process(CHILD)])
    t.reach(3)
    child = t.process(CHILD)
    t.equal("the rights of a page that was copied", "rw-", t.moment.at(child, at(3)).entry.rights)
    t.reach(4)
    attempts = (
        "writing a read-only page",
        "reading a page without rights",
        "writing a page without rights",
        "writing the program's own code",
        "executing data",
        "executing data in a page that was just copied",
        "writing a read-only page behind a legal write",
    )
    for i, what in enumerate(attempts):
        t.equal(f"how a child ends that tries {what}: killed by SIGSEGV", KILLED + SIGSEGV, t.reported(i))
    text = t.symbol("touch") & -PAGE
    for who in (t.process(PARENT), t.process(CHILD)):
        for address, entry in t.moment.pages(who).items():
            t.equal(f"the rights of the page at {address:#x} of {who}", granted[address], entry.rights)
        for page in (0, 1, 2, 4, 5, 6, 7):
            t.page(f"page {page} of {who}", t.pattern(page), who, at(page))
    t.equal("the frame of the program's code", t.frame(t.process(PARENT), text), t.frame(t.process(CHILD), text), "code is shared")
    t.reach(5)
    t.equal("how a child ends that writes a read-only page, later: killed by SIGSEGV", KILLED + SIGSEGV, t.reported(7))
    t.page("the read-only page", t.pattern(1), t.process(PARENT), at(1))


@LAB.test(points=3, rule="the kernel's own writes obey what a program's do: they break sharing, and a page that may not be written stays as it is")
def kernel_writes(t):
    t.reach(1)
    before = frames(t, t.process(PARENT), range(16))
    t.reach(2)
    parent, child = t.process(PARENT), t.process(CHILD)
    still_shared(t, range(16), [parent, child])
    free = t.moment.free

    def untouched(page, what, begin, end):
        """The child's copy has the kernel's bytes in [begin, end) and the old ones around it; the parent's has only the old ones."""
        parent, child = t.process(PARENT), t.process(CHILD)
        t.page("the parent's page", t.pattern(page), parent, at(page), "what the kernel writes for one process no other sees")
        t.equal("the parent's frame", before[page], t.frame(parent, at(page)), "what the kernel writes for one process no other sees")
        seen, old = t.moment.page_at(child, at(page)), t.pattern(page)
        t.equal(f"bytes 0 to {begin} of {what}", old[:begin], seen[:begin])
        t.equal(f"bytes {end} to 4096 of {what}", old[end:], seen[end:])
        t.true(f"bytes {begin} to {end} of {what} are what the kernel wrote", old[begin:end] != seen[begin:end], "the old bytes")
        own(t, page, child, seen, what)

    t.reach(3)
    t.equal("clock_gettime's answer", 0, t.reported(0))
    untouched(3, "the child's page", 512, 528)
    t.equal("frames taken by one call", 1, free - t.moment.free)
    t.reach(4)
    t.equal("clock_gettime's answer, across two pages", 0, t.reported(1))
    untouched(5, "the first page", 4088, 4096)
    parent = t.process(PARENT)
    t.page("the parent's page", t.pattern(6), parent, at(6), "what the kernel writes for one process no other sees")
    t.equal("frames taken by two calls", 3, free - t.moment.free)
    t.reach(5)
    for i, what in ((2, "a read-only page"), (3, "the last bytes before a read-only page"), (4, "a page without rights"), (5, "the program's code")):
        t.equal(f"clock_gettime's answer for {what}: -EFAULT", -EFAULT, t.reported(i))
    parent, child = t.process(PARENT), t.process(CHILD)
    for page in (11, 12, 13):
        t.page(f"page {page} of the child", t.pattern(page), child, at(page), "a call that fails changes nothing")
        t.equal(f"the frame of page {page}", before[page], t.frame(parent, at(page)))
    still_shared(t, (12, 13), [parent, child])
    t.reach(6)
    still_shared(t, (8,), [t.process(PARENT), t.process(CHILD)])
    t.reach(7)
    parent, child = t.process(PARENT), t.process(CHILD)
    t.equal("clock_gettime's answer to the parent", 0, t.reported(0, parent))
    t.page("the child's page", t.pattern(9), child, at(9), "what the kernel writes for one process no other sees")
    t.equal("the child's frame", before[9], t.frame(child, at(9)))
    t.equal("bytes 16 to 4096 of the parent's page", t.pattern(9)[16:], t.moment.page_at(parent, at(9))[16:])
    t.reach(8)


@LAB.test(points=1, rule="a page that is shared can be shared again: each of its owners counts")
def generations(t):
    t.reach(1)
    (first,) = frames(t, t.process(1), [0])
    t.reach(2)
    still_shared(t, range(4), [t.process(1), t.process(2), t.process(3)])
    t.reach(3)
    own(t, 0, t.process(3), t.pattern(50), "the grandchild's page")
    still_shared(t, [0], [t.process(1), t.process(2)])
    still_shared(t, range(1, 4), [t.process(1), t.process(2), t.process(3)])
    t.reach(4)
    own(t, 0, t.process(2), t.pattern(51), "the child's page")
    own_unwritten(t, 0, t.process(1), first)
    t.reach(5)
    own(t, 0, t.process(1), t.pattern(52), "the first process's page")
    t.equal("the first process's frame", first, t.frame(t.process(1), at(0)), "the last owner of a page keeps it")
    t.page("the child's page", t.pattern(51), t.process(2), at(0))
    t.page("the grandchild's page", t.pattern(50), t.process(3), at(0))
    still_shared(t, range(1, 4), [t.process(1), t.process(2), t.process(3)])
    t.reach(6)
    for page in range(1, 4):
        t.page(f"page {page}", t.pattern(page), t.process(1), at(page))


def own_unwritten(t, page, process, frame):
    t.equal(f"the frame of page {page}", frame, t.frame(process, at(page)))
    t.equal(f"the count of page {page}", 1, t.moment.count(frame), "a frame's count is the number of its references")
    t.page(f"page {page}", t.pattern(page), process, at(page))


@LAB.test(points=1, rule="three hundred owners are counted as three hundred", memory=64)
def many_sharers(t):
    t.reach(1)
    t.reach(2)
    t.equal("forks that succeeded", 300, t.reported(1))
    frame = t.frame(t.process(PARENT), at(0))
    t.equal("the count of the page", 301, t.moment.count(frame))
    t.reach(3)
    t.equal("children that ended in order", 300, t.reported(2))
    t.equal("the count of the page", 1, t.moment.count(frame))
    t.reach(4)
    own(t, 0, t.process(PARENT), t.pattern(2), "the page")
    t.equal("its frame", frame, t.frame(t.process(PARENT), at(0)), "the last owner of a page keeps it")


@LAB.test(points=1, rule="no memory for a copy ends that process alone, or makes its call fail; the page stays as it was")
def no_memory(t):
    t.reach(1)
    before = frames(t, t.process(PARENT), range(8))
    t.reach(2)
    still_shared(t, range(8), [t.process(PARENT), t.process(CHILD)])
    t.leave_free(0)
    t.reach(3, audit=False)
    t.give_back()
    t.look_again()
    t.equal("how the child ended: killed by SIGKILL", KILLED + SIGKILL, t.reported(0))
    parent = t.process(PARENT)
    t.equal("the parent's frames", before, frames(t, parent, range(8)))
    for page in range(8):
        t.page(f"the parent's page {page}", t.pattern(page), parent, at(page))
    t.reach(4)
    child = t.moment.current
    still_shared(t, range(8), [t.process(PARENT), child])
    t.leave_free(0)
    t.reach(5, audit=False)
    t.give_back()
    t.look_again()
    t.equal("clock_gettime's answer: -ENOMEM", -ENOMEM, t.reported(1))
    still_shared(t, range(8), [t.process(PARENT), t.moment.current])
    t.page("the child's page", t.pattern(5), t.moment.current, at(5))
    t.reach(7)
    t.equal("how the second child ended", 0, t.reported(0))


@LAB.test(points=1, rule="a fork that finds too little memory fails as if it had never been tried, and takes no more than tables")
def fork_no_memory(t):
    t.reach(1)
    parent = t.process(PARENT)
    needed = len(t.tables_of(parent)) + 1  # … and the process itself
    entries = {address: entry.bits for address, entry in t.moment.pages(parent).items() if not entry.shared}
    for free in range(needed + 4):
        t.leave_free(free)
        t.reach(2, audit=False)
        t.give_back()
        t.look_again()
        parent = t.process(PARENT)
        if t.shared(1) > 0:
            break
        t.equal(f"fork's answer with {free} free frames: -ENOMEM", -ENOMEM, t.shared(1))
        after = {address: entry.bits for address, entry in t.moment.pages(parent).items()}
        changed = [f"{address:#x}: {entries[address]:#x} became {after.get(address, 0):#x}" for address in entries if after.get(address) != entries[address]]
        t.equal("entries of the parent that a failed fork changed", [], changed)
        t.equal("processes", 1, len(t.moment.processes))
        t.reach(1)
    t.true(f"fork succeeds with {needed} free frames: {needed - 1} tables and the process", t.shared(1) > 0, f"it still fails with {free}")
    for page in range(64):
        t.page(f"page {page}", t.pattern(page), parent, at(page))


@LAB.test(points=1, rule="whoever lends a page keeps it like everybody who has it: it is written by nobody before it is copied")
def lends(t):
    t.reach(1)
    before = frames(t, t.process(1), range(8))
    t.reach(2)
    me, twin = t.process(1), t.reported(0)
    t.true("mremap's answer: an address", twin > 0, twin)
    twins = [t.frame(me, twin + page * PAGE) for page in range(8)]
    t.equal("the frames of the range that is there twice", before, twins)
    for page in range(8):
        for place in (at(page), twin + page * PAGE):
            t.equal(f"R/W at {place:#x}", False, t.moment.at(me, place).entry.writable, "nobody may write a page that others reference")
        t.equal(f"the count of page {page}", 2, t.moment.count(before[page]), "a frame's count is the number of its references")
    free = t.moment.free
    t.reach(3)
    me = t.process(1)
    own(t, 2, me, t.pattern(102), "page 2, which was written at the old place")
    t.page("page 2 at the new place", t.pattern(2), me, twin + 2 * PAGE)
    t.page("page 3, which was written at the new place", t.pattern(103), me, twin + 3 * PAGE)
    t.page("page 3 at the old place", t.pattern(3), me, at(3))
    t.equal("frames taken by two writes", 2, free - t.moment.free)


@LAB.test(points=1, rule="processes that execute the same file share its pages with it; who writes one has a copy of its own")
def exec_shares(t):
    t.reach(1)
    t.reach(11)
    first = t.moment.current.pid
    data = t.symbols_of("exec_data")["exec_data"]
    text = t.symbols_of("exec_data")["checkpoint"] & -PAGE
    original = t.moment.page_at(t.moment.current, data + PAGE)
    t.reach(21)
    t.reach(12)
    one, two = t.process(first), t.moment.current
    code = t.frame(one, text)
    t.equal("the frame of the second process's code", code, t.frame(two, text))
    t.true("its count says who has it: the archive, and two processes", t.moment.count(code) >= 3, t.moment.count(code))
    constant = t.symbols_of("exec_data")["exec_constant"]
    for address, what, granted in ((text, "code", "r-x"), (constant, "constants", "r--"), (data, "data", "rw-")):
        t.equal(f"the rights of {what}", granted, t.moment.at(two, address).entry.rights, "a segment has the rights that the file says")
    t.page("data of the second process, which nobody wrote there", original, two, data + PAGE, "a program begins with what its file says")
    t.equal("a page of data that nobody wrote", t.frame(one, data + 2 * PAGE), t.frame(two, data + 2 * PAGE))
    t.reach(22)
    one, two = t.process(first), t.moment.current
    for who, instance in ((one, 1), (two, 2)):
        t.equal(f"the word that {who} wrote", t.word(instance, 0), t.moment.word_at(who, data + PAGE))
