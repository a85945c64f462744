"""Lab exec: what its tests look for. The programs are in tests/, what each call here does is said in tools/lab/trial.py; tests/image.h draws the file
that they execute."""

from lab.trial import ENOMEM, KILLED, PAGE, SIGKILL, Lab

LAB = Lab(
    title="the program loader",
    points=12,
    files=["kernel/task/elf.cc", "kernel/task/exec.cc"],
    needs=["fault"],
    uses=["cow"],
)

PARENT, CHILD = 1, 2
ENOEXEC, E2BIG, EFAULT = 8, 7, 14
FILE, FILE_PAGES = 0x600000000000, 5
TEXT, CONSTANTS, DATA, SCRATCH = 0x400000, 0x500000, 0x600000, 0x700000
DATA_BYTES, DATA_END, CODE = 0x1234, 0x605000, 0x800
PIE_BASE = 0x555555400000
STACK, STACK_TOP = 0x7FFFFF600000, 0x7FFFFFE10000
EXEC_SHARES = "exec shares the pages of the file"


def file_page(t, page):
    """(frame, bytes) of a page of the file."""
    address = FILE + page * PAGE
    return t.frame(t.process(PARENT), address), t.moment.page_at(t.process(PARENT), address)


def shared_page(t, what, address, page, rights):
    frame, contents = file_page(t, page)
    child = t.process(CHILD)
    t.equal(f"the frame of {what}: that of the file's page {page}", frame, t.frame(child, address), EXEC_SHARES)
    t.equal(f"the rights of {what}", rights, t.moment.at(child, address).entry.rights, "a page has the rights of its segment, no more")
    t.page(what, contents, child, address)


def started(t, process, scratch=SCRATCH):
    """rsp as the program found it; it stored it."""
    stack = t.moment.word_at(process, scratch)
    t.true(f"{process} has started at its entry, which stores rsp", bool(stack), stack, "a program begins at its entry")
    return stack


@LAB.test(points=3, rule="each segment has its bytes of the file, zeros behind them, and its own rights")
def segments(t):
    t.reach(1)
    free, before = t.moment.free, [file_page(t, page) for page in range(FILE_PAGES)]
    t.reach(2)
    child = t.process(CHILD)
    for address in range(DATA + 2 * PAGE, DATA_END, PAGE):
        entry = t.moment.at(child, address).entry
        t.true(f"the memory behind the file's bytes, at {address:#x}, is a promise: nobody has used it", entry.promise, f"entry {entry.bits:#x}")
        t.equal("its rights", "rw-", entry.rights, "a page has the rights of its segment, no more")
    shared_page(t, "code", TEXT, 0, "r-x")
    shared_page(t, "constants", CONSTANTS, 1, "r--")
    shared_page(t, "data", DATA, 2, "rw-")
    mixed = before[3][1][: DATA_BYTES - PAGE].ljust(PAGE, b"\0")
    t.page("the last page of data: what the file has of it, and zeros", mixed, child, DATA + PAGE, "memory behind a segment's bytes in the file is zero")
    t.equal("the rights of that page", "rw-", t.moment.at(child, DATA + PAGE).entry.rights)
    for page in range(FILE_PAGES):
        frame, contents = file_page(t, page)
        t.equal(f"the frame of the file's page {page}", before[page][0], frame, "the file stays as it is")
        t.equal(f"the contents of the file's page {page}", before[page][1], contents, "the file stays as it is")
    started(t, child)
    places = {TEXT, CONSTANTS, DATA, DATA + PAGE, SCRATCH}
    pages = t.moment.pages(child)
    t.equal("pages outside of the segments and the stack", [], [hex(address) for address in pages if address not in places and not STACK <= address < STACK_TOP])
    for what, address, rights in (("the stack", STACK, "rw-"), ("the guard below the stack", STACK - PAGE, "---"), ("behind the data", DATA_END, "---")):
        entry = t.moment.at(child, address).entry
        t.equal(f"the rights of {what}", rights, entry.rights if entry.bits else "---")
    for address, entry in pages.items():
        if STACK <= address < STACK_TOP:
            t.equal(f"the rights of the stack's page at {address:#x}", "rw-", entry.rights)
    t.reach(3)
    t.equal("how the child ended: killed by SIGKILL", KILLED + SIGKILL, t.reported(0))
    t.equal("frames free after its end", free, t.moment.free, "the end of a process gives everything back")


@LAB.test(points=1, rule="an image without addresses of its own is placed where such images go, its entry and headers with it")
def position(t):
    t.reach(1)
    t.reach(2)
    child = t.process(CHILD)
    shared_page(t, "code", PIE_BASE, 0, "r-x")
    shared_page(t, "constants", PIE_BASE + CONSTANTS - TEXT, 1, "r--")
    shared_page(t, "data", PIE_BASE + DATA - TEXT, 2, "rw-")
    vector = auxiliary_of(t, child, started(t, child, PIE_BASE + SCRATCH - TEXT))
    t.equal("AT_ENTRY", hex(PIE_BASE + CODE), hex(vector.get(9, 0)))
    t.equal("AT_PHDR", hex(PIE_BASE + 64), hex(vector.get(3, 0)))


def string_at(t, process, address):
    found = b""
    while b"\0" not in found and len(found) < 8 * PAGE:
        page = t.moment.page_at(process, address & -PAGE)
        if page is None:
            return None
        found += page[address % PAGE :]
        address = (address & -PAGE) + PAGE
    return found.split(b"\0")[0].decode(errors="replace")


def stack_of(t, process, stack):
    """(count, arguments, environment, address of the auxiliary vector)"""
    def word(address):
        value = t.moment.word_at(process, address)
        t.true(f"a stack at {address:#x}", value is not None, "nothing is mapped there")
        return value

    def strings(address):
        found = []
        while word(address) and len(found) < 64:
            found.append(string_at(t, process, word(address)))
            address += 8
        return found, address + 8

    arguments, at = strings(stack + 8)
    environment, at = strings(at)
    return word(stack), arguments, environment, at


def auxiliary_of(t, process, stack):
    at, found = stack_of(t, process, stack)[3], {}
    for i in range(64):
        kind, value = t.moment.word_at(process, at + 16 * i), t.moment.word_at(process, at + 16 * i + 8)
        if not kind:
            return found
        found[kind] = value
    t.true("an auxiliary vector that AT_NULL ends", False, "64 entries and more")
    return found


@LAB.test(points=2, rule="the stack begins with the count, the arguments and the environment, as the System V ABI lays them out")
def arguments(t):
    t.reach(1)
    t.reach(2)
    expected = ["image", "", "two words", "x" * 2999]
    for pid in (2, 3):
        process = t.process(pid)
        stack = started(t, process)
        count, strings, environment, _ = stack_of(t, process, stack)
        t.equal("argc", 4, count)
        t.equal("argv", expected, strings)
        t.equal("the environment", [f"LAB={t.nonce:016x}", "EMPTY="], environment)
        t.equal("rsp modulo 16", 0, stack % 16, "rsp is a multiple of 16 at the entry (System V ABI, AMD64 supplement, 3.4.1)")
        t.equal("the last word of the stack", 0, t.moment.word_at(process, STACK_TOP - 8))
        t.true("all of it lies close to the stack's top", STACK_TOP - stack < 3 * PAGE, f"rsp = {stack:#x}, {STACK_TOP - stack} bytes below it")
    alone = t.process(4)
    count, strings, environment, _ = stack_of(t, alone, started(t, alone))
    t.equal("argc of a program that is given no arguments: one, and empty", (1, [""], []), (count, strings, environment))


@LAB.test(points=1, rule="the auxiliary vector says what a program's own start code must know", program="arguments")
def auxiliary(t):
    t.reach(1)
    t.reach(2)
    random = []
    for pid in (2, 3):
        process = t.process(pid)
        vector = auxiliary_of(t, process, started(t, process))
        known = {"AT_PHDR": (3, TEXT + 64), "AT_PHENT": (4, 56), "AT_PHNUM": (5, 4), "AT_PAGESZ": (6, PAGE), "AT_ENTRY": (9, TEXT + CODE), "AT_SECURE": (23, 0)}
        for name, (kind, value) in known.items():
            t.equal(name, value, vector.get(kind))
        for name, kind in (("AT_UID", 11), ("AT_EUID", 12), ("AT_GID", 13), ("AT_EGID", 14)):
            t.equal(name, 0, vector.get(kind))
        t.equal("the string at AT_EXECFN", "image", vector.get(31) and string_at(t, process, vector[31]))
        at = vector.get(25, 0)
        words = [t.moment.word_at(process, at + offset) if at else None for offset in (0, 8)]
        t.true("16 random bytes at AT_RANDOM", all(words) and words[0] != words[1], words)
        random += words
    t.equal("different words in two programs' random bytes", 4, len(set(random)), "the random bytes of a program are its own")


MISTAKES = (
    "the entry in no segment", "32 bits", "big-endian", "an object file", "another version", "another magic number", "another processor's machine code",
    "the entry in constants", "wants a dynamic linker", "two segments on one page", "segments not in ascending order", "a segment that may be written and executed",
    "a read-only segment with a tail to fill", "offset and address that differ modulo a page", "more bytes in the file than in memory",
    "a segment at address 0", "no program headers", "too many program headers", "program headers of another size", "program headers behind the file's end",
    "program headers whose end wraps", "a segment behind the file's end", "a segment whose end in the file wraps", "a segment whose end in memory wraps",
    "a segment that reaches into the kernel", "a segment in the kernel",
)  # fmt: skip


@LAB.test(points=2, rule="a file with a mistake in its headers is refused with ENOEXEC, whatever it says")
def bad_files(t):
    t.reach(1)
    free = t.moment.free

    def check(i):
        seen = {1: "no memory, or nothing", 2000: "it was started"}.get(t.reported(i), f"error {t.reported(i)}")
        t.true(f"ENOEXEC for a file with this mistake: {MISTAKES[i]}", t.reported(i) == ENOEXEC, seen)

    t.reach(2)
    check(0)
    t.reach(3)
    for i in range(len(MISTAKES)):
        check(i)
    t.equal("how the file without a mistake does: it starts", 2000, t.reported(len(MISTAKES)))
    t.equal("frames free", free, t.moment.free, "an exec that fails leaks nothing")
    t.equal("processes", 1, len(t.moment.processes))


@LAB.test(points=2, rule="a failed exec leaves its process as it was")
def failed_exec(t):
    t.reach(1)
    process = t.process(PARENT)
    free, name, kept = t.moment.free, process.name, {address: (entry.rights, entry.frame) for address, entry in t.moment.pages(process).items()}
    tries = (
        ("a file for another processor", -ENOEXEC),
        ("an argument at an address where nothing is", -EFAULT),
        ("an environment where nothing is", -EFAULT),
        ("an argument of 256 KiB", -E2BIG),
        ("arguments of 2 MiB in all", -E2BIG),
        ("a file where nothing is", -EFAULT),
    )
    for i, (what, error) in enumerate(tries):
        t.reach(2 + i)
        process = t.process(PARENT)
        t.equal(f"the answer for {what}", error, t.reported(i))
        t.equal(f"the process's name, after {what}", name, process.name)
        t.equal("its pages", kept, {address: (entry.rights, entry.frame) for address, entry in t.moment.pages(process).items()})
        t.equal("frames free", free, t.moment.free, "an exec that fails leaks nothing")
    t.reach(8)
    t.true("a descriptor that exec would have closed is open", t.reported(10) >= 0, f"error {-t.reported(10)}")
    t.equal("how often the signal's handler ran, once before and once after", 2, t.reported(11))


@LAB.test(points=1, rule="an exec that finds too little memory fails as if it had never been tried; with just enough it succeeds")
def no_memory(t):
    t.reach(1)
    first = t.process(CHILD)
    # Its tables and its own pages, but for the one that it wrote since. (A table of descriptors that it shared with its parent it has had copied by the
    # second try.)
    own = [address for address, entry in t.moment.pages(first).items() if t.moment.count(entry.frame) == 1 and address != SCRATCH]
    needed = len(t.tables_of(first)) + len(own)
    t.reach(2)
    process = t.moment.current
    kept = {address: (entry.rights, entry.frame) for address, entry in t.moment.pages(process).items()}
    for free in range(needed + 1):
        t.leave_free(free, ordinary=True)
        if free == needed:
            break
        t.reach(3, audit=False)
        t.give_back()
        t.look_again()
        process = t.moment.current
        t.equal(f"exec's answer with {free} free frames, where {needed} are needed: -ENOMEM", -ENOMEM, t.shared(1))
        t.equal("the process's name", "no_memory", process.name, "a failed exec leaves its process as it was")
        t.equal("its pages", kept, {address: (entry.rights, entry.frame) for address, entry in t.moment.pages(process).items()})
        t.reach(2)
    pid = process.pid
    t.reach(4, audit=False)
    t.give_back()
    t.look_again()
    started(t, t.process(pid))
