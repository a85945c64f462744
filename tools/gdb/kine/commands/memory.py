"""kine maps, kine pt, kine frame, kine diff: address spaces, and who shares what."""

import itertools

import gdb
from kine import kernel, words
from kine.commands.base import EXPRESSION, KineCommand, number, pids, process_named, process_or_current, show
from kine.kernel import Entry
from kine.model import snapshot

# As many places as a student reads; of more there is said how many.
SHOWN = 12



class Maps(KineCommand):
    """Lists what a process has mapped: kine maps [PID].

    Each line is a range of equal rights, with its pages by what they are: own (nobody else references the page or a table above it),
    shared copy-on-write, MAP_SHARED, and promised (mapped, without a frame yet)."""

    name, arguments, most = "maps", "[PID]", 1

    def choices(self, before):
        return [] if before else pids()

    def run(self, pid=None):
        machine = snapshot()
        process = process_or_current(pid)
        ranges = []
        for found in self.ruled(machine, machine.root_of(process)):
            begin, end, entry, kind, count = found
            key = (entry.rights(), words.area(begin))
            if not ranges or ranges[-1]["end"] != begin or ranges[-1]["key"] != key:
                ranges.append({"begin": begin, "key": key, "entry": entry, "own": 0, "cow": 0, "shared": 0, "promised": 0})
            ranges[-1]["end"] = end
            ranges[-1][kind] += count
        rows = [("BEGIN", "END", "RIGHTS", "OWN", "COW", "MAP_SHARED", "PROMISED", "")]
        for each in ranges:
            counts = [each[kind] for kind in ("own", "cow", "shared", "promised")]
            rows.append((f"{each['begin']:#014x}", f"{each['end']:#014x}", words.rights(each["entry"]), *counts, each["key"][1]))
        show(f"process {process.pid} ({process.name}), root in frame {machine.root_of(process)}:", words.table(rows, right=(3, 4, 5, 6)))

    def ruled(self, machine, root):
        """(begin, end, entry, what its pages are, how many) of each leaf and promise."""

        def below(table, level, base, shared):
            for index, entry in machine.used(table, level):
                begin, span = base + index * kernel.span(level), kernel.span(level)
                others = shared or (entry.present and machine.record(entry.frame).count > 1)
                if entry.present and level > 0:
                    yield from below(entry.frame, level - 1, begin, others)
                elif entry.promise:
                    yield begin, begin + span, entry, "promised", span // kernel.page_size() if any(entry.rights()) else 0
                else:
                    yield begin, begin + span, entry, "shared" if entry.shared else "cow" if others else "own", 1

        return below(root, kernel.root_level(), 0, False)


class Pt(KineCommand):
    """Walks a process's page tables to an address: kine pt VA [PID].

    Shows the entry of every level: its bits in words, the frame that it leads to, how many references that has, and which other processes come to
    the same frame. Works for any process, and for addresses of the kernel's half. $frame is the frame at the end: `kine frame $frame`."""

    name, arguments, least, most = "pt", "VA [PID]", 1, 2

    def choices(self, before):
        return [EXPRESSION, pids(), []][min(len(before), 2)]

    def run(self, va, pid=None):
        machine = snapshot()
        address = number(va, "VA")
        process = process_or_current(pid)
        area = words.area(address)
        show(f"process {process.pid} ({process.name}), {address:#x}{f' ({area})' if area else ''}, root in frame {machine.root_of(process)}:")
        for line in walk(machine, machine.root_of(process), address, process.pid):
            show(line)
        last = machine.walk(machine.root_of(process), address)[-1].entry
        gdb.set_convenience_variable("frame", last.frame if last.present else 0)


def walk(machine, root, address, pid, access="write"):
    """Two lines for each level of a walk: the entry, and where it leads; and, of a page, whether the access needs the kernel."""
    kernel_half = kernel.index_of(address, kernel.root_level()) >= kernel.user_root_entries()
    step = None
    for step in machine.walk(root, address):
        yield f"  {words.level_name(step.level)} [{step.index}] in frame {step.table}: {step.entry.bits:#x}"
        yield f"      {words.entry(step.entry, step.level, kernel_half)}"
        if not step.entry.present:
            break
        if kernel_half:
            yield f"      -> frame {step.entry.frame}"
            continue
        record = machine.record(step.entry.frame)
        yield f"      -> frame {step.entry.frame}, {words.record(record)}{other_owners(machine, step.entry.frame, step.level, record, pid)}"
    if step.level == 0 and step.entry.present:
        allowed = all(each.entry.writable if access == "write" else each.entry.allows(access) for each in machine.walk(root, address))
        yield f"  a {access} {'goes straight through' if allowed else 'faults'}"


def other_owners(machine, frame, level, record, pid):
    if record.count == 1:
        return ""
    others = [each for each in machine.processes_with(frame, level) if each != pid]
    kernels = sorted({who for owned, who in machine.kernel_owners() if owned == frame})
    told = ([f"also {words.pids(others)}"] if others else []) + ([f"also {', '.join(kernels)}"] if kernels else [])
    return ": " + ", ".join(told) if told else ""


class Frame(KineCommand):
    """Says everything about a frame of physical memory: kine frame PFN.

    What it is, its reference count, each entry and kernel owner that references it, and at which addresses of which processes it appears."""

    name, arguments, least, most = "frame", "PFN", 1, 1

    def run(self, pfn):
        machine = snapshot()
        frame = number(pfn, "PFN")
        record = machine.record(frame)
        show(f"frame {frame}, physical {frame * kernel.page_size():#x}: {words.record(record)}")
        level = 0
        if record.kind in (kernel.TABLE, kernel.ROOT):
            level = kernel.root_level() if record.kind == kernel.ROOT else machine.tables().get(frame)
            show(f"  {'a root' if record.kind == 'kRoot' else f'a table of level {level}'}, {record.used} entries used")
        if record.kind in kernel.FREE_KINDS:
            return
        references = machine.references().get(frame, [])
        for table, index in references[:SHOWN]:
            entry = machine.entry(table, index)
            above = machine.tables().get(table)
            what = words.level_name(above) if above is not None else "a table that no process has any more"
            show(f"  referenced by entry {index} of frame {table} ({what}), {'R/W=1' if entry.writable else 'R/W=0'}")
        if len(references) > SHOWN:
            show(f"  … and by {len(references) - SHOWN} entries more")
        owners = [who for owned, who in machine.kernel_owners() if owned == frame]
        for who in owners:
            show(f"  referenced by the kernel: {who}")
        if len(references) + len(owners) != record.count:
            found = words.many(len(references) + len(owners), "reference")
            show(f"  these are {found}, and the count is {record.count}: the kernel is at work on it, or the count is wrong")
        self.show_places(machine, frame, level if record.kind == kernel.TABLE else -1, record)

    def show_places(self, machine, frame, level, record):
        if record.kind not in (kernel.PAGE, kernel.TABLE) or level is None:
            return
        places = list(itertools.islice(machine.places(frame, level + 1), SHOWN + 1))
        for process, address in places[:SHOWN]:
            show(f"  process {process.pid} ({process.name}) has it at {address:#x}")
        if len(places) > SHOWN:
            show("  … and at more places")


class Diff(KineCommand):
    """Compares the memory of two processes: kine diff PID PID.

    For each range: shared (both lead to the same frames, through a common table or page by page), copied (each has a frame of its own at the same
    address), private (only one has something there), and promised alike."""

    name, arguments, least, most = "diff", "PID PID", 2, 2

    def choices(self, before):
        return pids() if len(before) < 2 else []

    def run(self, first, second):
        machine = snapshot()
        left, right = process_named(first), process_named(second)
        ranges = []
        for begin, end, what, pages in self.compare(machine, machine.root_of(left), machine.root_of(right), left.pid, right.pid):
            if ranges and ranges[-1][1] == begin and ranges[-1][2] == what:
                ranges[-1][1:] = [end, what, ranges[-1][3] + pages]
            else:
                ranges.append([begin, end, what, pages])
        rows = [("BEGIN", "END", "PAGES", "", "")]
        rows += [(f"{begin:#014x}", f"{end:#014x}", f"{pages:,}", what, words.area(begin)) for begin, end, what, pages in ranges]
        show(f"process {left.pid} ({left.name}) and process {right.pid} ({right.name}):", words.table(rows, right=(2,)))
        totals = {}
        for _, _, what, pages in ranges:
            word = what.split(",")[0]
            totals[word] = totals.get(word, 0) + pages
        show("in all: " + "; ".join(f"{words.many(count, 'page')} {word}" for word, count in totals.items()))

    def compare(self, machine, left, right, left_pid, right_pid):
        """(begin, end, what, pages) for each part where the two are alike in one way."""

        def pages_in(entry, level):
            """The pages with a frame below an entry."""
            if not entry.present:
                return 0
            return 1 if level == 0 else sum(pages_in(below, level - 1) for _, below in machine.used(entry.frame, level - 1))

        def children(entry, level):
            """Every entry one level down; a promise means the same for each."""
            if entry.present:
                return [Entry(bits) for bits in machine.table(entry.frame)]
            return [entry] * kernel.entries_in_table()

        def visit(one, other, level, begin):
            end = begin + kernel.span(level)
            if one.empty and other.empty:
                return
            if one.present and other.present and one.frame == other.frame:
                through = "page by page" if level == 0 else f"through one table of level {level - 1}"
                yield begin, end, "MAP_SHARED" if level == 0 and one.shared else f"shared, {through}", pages_in(one, level)
            elif not one.present and not other.present and one.promise and other.promise:
                yield begin, end, "promised", kernel.span(level) // kernel.page_size() if any(one.rights()) or any(other.rights()) else 0
            elif level == 0 and one.present and other.present:
                same = machine.page(one.frame) == machine.page(other.frame)
                yield begin, end, f"copied, contents {'equal' if same else 'differ'}", 1
            elif one.empty or other.empty or level == 0:
                owner, entry = (right_pid, other) if one.empty or (not one.present and other.present) else (left_pid, one)
                yield begin, end, f"private, only process {owner} has {'something' if entry.present else 'a promise'} there", pages_in(entry, level)
            else:
                for index, pair in enumerate(zip(children(one, level), children(other, level))):
                    yield from visit(*pair, level - 1, begin + index * kernel.span(level - 1))

        level = kernel.root_level()
        for index in range(kernel.user_root_entries()):
            yield from visit(machine.entry(left, index), machine.entry(right, index), level, index * kernel.span(level))


Maps()
Pt()
Frame()
Diff()
