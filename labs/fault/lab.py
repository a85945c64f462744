"""Lab fault: what its tests look for. The programs are in tests/, what each call here does is said in tools/lab/trial.py."""

from lab.trial import EFAULT, ENOMEM, KILLED, PAGE, SIGKILL, SIGSEGV, Lab

LAB = Lab(
    title="demand-zero memory, and bad accesses",
    points=14,
    files=["kernel/mm/fault.cc", "kernel/main.cc", "kernel/mm/address_space.hh"],
    needs=["tables"],
)

GiB = 1 << 30
MAPPED, ALLOWED = 1, 2  # SEGV_MAPERR, SEGV_ACCERR
ZEROS = bytes(PAGE)


def at(page):
    return 0x600000000000 + page * PAGE


def faults_in(t, begin, end):
    """The page faults that the processor took in [begin, end) since the last time."""
    faults = t.guest.page_faults()
    seen, t.faults_seen = faults[getattr(t, "faults_seen", 0) :], len(faults)
    return sum(1 for address, _ in seen if begin <= address < end)


def fresh(t, page, writable, what, content=ZEROS):
    """The page has a frame of its own, with this content."""
    me = t.process(1)
    frame = t.frame(me, at(page))
    t.page(what, content, me, at(page), "memory is zero when it is first used")
    t.equal(f"the count of page {page}", 1, t.moment.count(frame))
    t.equal(f"page {page} may be written without a fault", writable, t.moment.writable_at(me, at(page)))


@LAB.test(points=3, rule="a first touch takes one fault and one zeroed frame; a second touch takes neither")
def demand_zero(t):
    t.reach(1)
    free = t.moment.free
    for page in range(1, 20):
        t.true(f"page {page} is a promise", t.moment.at(t.process(1), at(page)).entry.promise, "it is not")
    t.guest.log_traps(True)
    t.reach(2)
    for page in range(1, 8):
        content = bytearray(PAGE)
        content[5 * page] = page
        fresh(t, page, True, f"page {page}, of which one byte was written", bytes(content))
    t.equal("frames taken by seven first writes", 7, free - t.moment.free)
    t.equal("page faults of seven first writes", 7, faults_in(t, at(0), at(20)))
    t.reach(3)
    t.equal("the sum of bytes that nobody wrote", 0, t.reported(0))
    for page in range(8, 16):
        fresh(t, page, True, f"page {page}, which was read")
    for page in range(16, 19):
        fresh(t, page, False, f"page {page}, which was read, and may not be written")
        t.equal(f"the rights of page {page}", "r--", t.moment.at(t.process(1), at(page)).entry.rights)
    t.equal("frames taken by 7 writes and 11 reads", 18, free - t.moment.free)
    t.equal("page faults of 11 first reads", 11, faults_in(t, at(0), at(20)))
    t.true("a page that nobody touched is a promise still", t.moment.at(t.process(1), at(19)).entry.promise, "it has a frame")
    t.reach(4)
    t.equal("page faults of second touches", 0, faults_in(t, at(0), at(20)), "a page that was read first is written without another fault")
    t.equal("frames taken by second touches", 18, free - t.moment.free)


@LAB.test(points=2, rule="in a large promise a touch takes the page and the tables on the way to it; the rest stays promised")
def large(t):
    t.reach(1)
    free = t.moment.free
    expected = {}

    def look(frames, pages):
        me = t.process(1)
        t.equal("frames taken: pages, and tables on the way to them", frames, free - t.moment.free)
        for page, content in pages.items():
            t.page("the page", content, me, page, "memory is zero when it is first used")
            t.equal(f"the page at {page:#x} may be written without a fault", page < t.REGION + 2 * GiB, t.moment.writable_at(me, page))
        for offset in (0, PAGE, GiB // 2 - PAGE, GiB // 2 + 6 * PAGE, GiB - PAGE, GiB, 2 * GiB - PAGE, 2 * GiB, 3 * GiB - PAGE):
            step = t.moment.at(me, t.REGION + offset)
            if t.REGION + offset not in pages:
                t.true(f"the rest, at {t.REGION + offset:#x}, is promised", step.entry.promise, "it is not")
                t.equal(f"the rights at {t.REGION + offset:#x}", "rw-" if offset < 2 * GiB else "r--", step.entry.rights)

    t.reach(2)
    one = t.REGION + GiB // 2 + 5 * PAGE
    expected[one] = expected[t.REGION + 2 * GiB + GiB // 2] = ZEROS
    look(6, expected)
    t.reach(3)
    expected[t.REGION + GiB + GiB // 2] = b"\7" + bytes(PAGE - 1)
    look(9, expected)
    t.reach(4)
    expected[t.REGION + GiB + GiB // 2 + PAGE] = b"\x08" + bytes(PAGE - 1)
    expected[t.REGION + GiB // 2] = ZEROS
    look(11, expected)
    t.equal("what was read", 0, t.reported(0))


@LAB.test(points=2, rule="the stack grows page by page as it is used; its guard is a bad access, which a handler on another stack may catch")
def stack(t):
    def used():
        return [page for page in t.moment.pages(t.process(1)) if 0x7FFFFF600000 <= page < 0x7FFFFFE10000]

    t.reach(1)
    top = t.reported(0)
    free, before, tables = t.moment.free, set(used()), len(t.tables_of(t.process(1)))
    t.reach(2)
    pages = [page for page in used() if page not in before]
    t.true("96 calls, of almost a page each, use 90 to 98 pages", 90 <= len(pages) <= 98, len(pages))
    t.true("they lie in a row", max(pages) - min(pages) == (len(pages) - 1) * PAGE, [hex(page) for page in (min(pages), max(pages))])
    grown = len(t.tables_of(t.process(1))) - tables
    t.equal("frames taken: these pages, and tables", len(pages) + grown, free - t.moment.free)
    t.true("at most 2 tables", grown <= 2, grown)
    t.reach(3)
    t.equal("what the calls found in their pages", 96, t.reported(4))
    t.equal("a byte far below, read first", 0, t.reported(5))
    t.equal("the signal", SIGSEGV, t.reported(1))
    t.equal("si_code: SEGV_ACCERR, since the guard is mapped without rights", ALLOWED, t.reported(2))
    where = t.reported(3)
    t.true("si_addr lies in the guard, right below the stack", 0x7FFFFF600000 - 3 * PAGE <= where < 0x7FFFFF600000, hex(where))
    below = [page for page in used() if page < top]
    t.true("the stack was used down to its guard", len(below) > (top - 0x7FFFFF600000) // PAGE - 4, len(below))


@LAB.test(points=3, rule="what the mapping allows is done; every other access ends its process by SIGSEGV, and nobody else")
def bad_access(t):
    t.reach(1)
    rights = {address: entry.rights for address, entry in t.moment.pages(t.process(1)).items()}
    t.reach(2)
    for i, what in enumerate(("reading a read-only page", "reading, then writing a page", "reading a page that may be executed")):
        t.equal(f"how a child ends that tries {what}, for the first time: in order", 0, t.reported(i))
    t.equal("how a child ends that executes a page of zeros: its handler is called behind the page's end", 7, t.reported(3))
    t.equal("where: offset in the region", 7 * PAGE, t.shared(2))
    t.reach(3)
    attempts = (
        "writing a read-only page that nobody touched", "writing a read-only page that it read", "writing a page that is read-only since",
        "reading a page without rights", "writing a page without rights", "executing a page without rights", "executing a page that nobody touched",
        "executing data", "executing a read-only page", "writing code", "reading behind the last page", "writing below the first page",
        "reading through a null pointer", "reading the kernel's memory", "writing the kernel's image", "reading at an address that is none",
        "reading the last page of the lower half", "calling the kernel's image",
    )  # fmt: skip
    for i, what in enumerate(attempts):
        t.equal(f"how a child ends that tries {what}: killed by SIGSEGV", KILLED + SIGSEGV, t.reported(i))
    me = t.process(1)
    for address, entry in t.moment.pages(me).items():
        t.equal(f"the rights of the page at {address:#x}", rights.get(address, entry.rights), entry.rights, "a fault changes no rights")
    for page, tag in ((0, 0), (5, 5)):
        t.page(f"page {page}", t.pattern(tag), me, at(page))
    t.equal("processes", 1, len(t.moment.processes))


@LAB.test(points=2, rule="a handler of SIGSEGV learns the address, and whether anything is mapped there; then the instruction is executed again")
def told(t):
    t.reach(1)
    t.reach(2)
    for i, (what, code, address) in enumerate(
        (
            ("writing a read-only page", ALLOWED, at(2) + 33),
            ("writing a page without rights", ALLOWED, at(3) + 34),
            ("writing where nothing is mapped", MAPPED, at(8) + 4095),
        )
    ):
        t.equal(f"the signal for {what}", SIGSEGV, t.reported(3 * i))
        t.equal(f"si_code for {what} (1 SEGV_MAPERR, 2 SEGV_ACCERR)", code, t.reported(3 * i + 1))
        t.equal(f"si_addr for {what}", hex(address), hex(t.reported(3 * i + 2)))
    t.equal("signals in all", 3, t.reported(9))
    for page, offset, value in ((2, 33, 1), (3, 34, 2), (8, 4095, 3)):
        content = bytearray(PAGE)
        content[offset] = value
        t.page("the page that the handler mapped, with what was written then", bytes(content), t.process(1), at(page))


@LAB.test(points=1, rule="the kernel's own access to memory that nobody touched does what a fault there would, and no more")
def kernel_reads(t):
    t.reach(1)
    free = t.moment.free
    t.reach(2)
    me = t.process(1)
    calls = (
        ("nanosleep, of zeros in a read-only page", 0), ("clock_gettime into a page", 0), ("clock_gettime into a read-only page", -EFAULT),
        ("nanosleep, from a page without rights", -EFAULT), ("clock_gettime into a page without rights", -EFAULT), ("clock_gettime where nothing is mapped", -EFAULT),
        ("nanosleep, from the kernel's memory", -EFAULT), ("clock_gettime into the kernel's image", -EFAULT),
    )  # fmt: skip
    for i, (what, expected) in enumerate(calls):
        t.equal(f"the answer of {what}", expected, t.reported(i))
    fresh(t, 2, False, "the read-only page")
    t.equal("frames taken: by one call that wrote and one that read", 2, free - t.moment.free)
    t.equal("all but 16 bytes of the page that was written", ZEROS[24:], t.moment.page_at(me, at(0))[24:], "memory is zero when it is first used")
    for page in (1, 3, 4, 5, 6):
        t.true(f"page {page} is a promise still", t.moment.at(me, at(page)).entry.promise, "it is not")


@LAB.test(points=1, rule="no memory in a fault ends that process alone, by SIGKILL, or makes its call fail; nothing is left of the attempt", words="fork=eager")
def no_memory(t):
    for i, what in enumerate(("writes a page", "reads a page", "reads a page in a large promise", "has the kernel read a page")):
        t.reach(1)
        t.leave_free(0)
        if i == 3:
            t.reach(2, audit=False)
            t.equal(f"the answer to a child that {what}: -ENOMEM", -ENOMEM, t.reported(1))
            t.true("the page is a promise still", t.moment.at(t.moment.current, at(2)).entry.promise, "it is not")
        t.reach(3, audit=False)
        t.give_back()
        t.look_again()
        t.equal(f"how a child ends that {what}", 0 if i == 3 else KILLED + SIGKILL, t.reported(0))
        t.page("the parent's page", t.pattern(0), t.process(1), at(0))
        t.true("the parent's promise is one still", t.moment.at(t.process(1), at(1)).entry.promise, "it is not")
