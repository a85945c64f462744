"""What the kernel will answer to a page fault, told from the tables as they are: the same two questions that kernel/mm/fault.cc asks, in the same
order (docs/how-a-fault-goes.md). Nothing of the kernel runs for it, so one can ask before, and compare afterwards.
"""

from dataclasses import dataclass, field

import gdb
from kine import kernel, words

# FaultVerdict's names, as `kine break fault --kind` calls them.
KINDS = {
    "copy": kernel.COPIED,
    "reuse": kernel.REUSED,
    "zero": kernel.PROMISE_KEPT,
    "already": kernel.ALREADY,
    "bad": kernel.BAD,
    "memory": kernel.NO_MEMORY,
}


@dataclass
class Verdict:
    name: str  # a name of FaultVerdict
    why: list = field(default_factory=list)  # a line for each decision
    copied_tables: int = 0
    split_tables: int = 0
    reused_tables: int = 0
    pages: int = 0  # frames taken for pages

    @property
    def frames(self):
        return self.copied_tables + self.split_tables + self.pages


@dataclass
class Fault:
    """A page fault that came in: from the saved registers, and CR2."""

    process: object
    address: int
    error: int
    registers: object

    @property
    def access(self):
        return words.access_of(self.error)


def current(snapshot):
    """The fault that the kernel is answering now; None."""
    if int(gdb.newest_frame().read_register("cs")) & 3:
        return None  # user mode
    context = kernel.Cpu().context
    process = snapshot.process_at(context)
    if process is None or not process.registers.page_fault:
        return None
    return Fault(process, cr2(), process.registers.error, process.registers)


def of_kernel():
    """The saved registers of a trap that the kernel itself ran into; None."""
    frame = gdb.newest_frame()
    while frame is not None:
        older = frame.older()
        if frame.type() == gdb.SIGTRAMP_FRAME and older is not None and older.pc() >= kernel.user_end():
            return kernel.registers_behind(frame)
        frame = older
    return None


def cr2():
    return int(gdb.newest_frame().read_register("cr2")) & (1 << 64) - 1


def predict(snapshot, process, address, access):
    """The Verdict on an access of a process, if it faults."""
    if address >= kernel.user_end():
        return Verdict(kernel.BAD, [f"{address:#x} is not in user space, which ends at {kernel.user_end():#x}"])
    steps = snapshot.walk(snapshot.root_of(process), address)
    ruling = steps[-1]
    verdict = _may(ruling, access)
    if verdict:
        return verdict
    verdict = _write(snapshot, steps) if access == "write" else _read(ruling)
    _memory(snapshot, process, verdict)
    return verdict


def _may(ruling, access):
    """The first question: does the mapping grant it? None if it does."""
    if ruling.entry.empty:
        return Verdict(kernel.BAD, [f"the {words.level_name(ruling.level)} entry is empty: nothing is mapped there"])
    if not ruling.entry.allows(access):
        what = "promise" if ruling.entry.promise else "page"
        granted = words.rights(ruling.entry)
        return Verdict(kernel.BAD, [f"the {what}'s mapping grants {granted}, and a {access} wants {'rwx'[('read', 'write', 'fetch').index(access)]}"])
    return None


def _read(ruling):
    if not ruling.entry.promise:
        return Verdict(kernel.ALREADY, ["the tables allow it: the fault has been answered, or the processor held an older entry"])
    verdict = Verdict(kernel.PROMISE_KEPT, [], split_tables=ruling.level, pages=1)
    if ruling.level:
        verdict.why.append(
            f"the promise of {words.span(kernel.span(ruling.level))} is split, into {words.many(ruling.level, 'table')} of smaller ones"
        )
    verdict.why.append("a promise is kept: a zeroed page, where the promise stands, for all who share the table")
    return verdict


def _write(snapshot, steps):
    """The second question: what is in the way? From the first entry without R/W on, the path becomes this address space's own."""
    verdict = Verdict("", [])
    below_copy = False  # everything that a copied table points at has one owner more, and no R/W
    for step in steps:
        if step.entry.promise:
            verdict.split_tables = step.level
            if step.level:
                verdict.why.append(f"the {words.level_name(step.level)} promise of {words.span(kernel.span(step.level))} is split")
            verdict.name, verdict.pages = kernel.PROMISE_KEPT, 1
            verdict.why.append("a promise is kept: a zeroed page")
            return verdict
        count = snapshot.record(step.entry.frame).count + (1 if below_copy else 0)
        if step.level == 0:
            return _write_page(verdict, step, count, below_copy)
        if step.entry.writable and not below_copy:
            continue
        name = f"{words.level_name(step.level)}: the table in frame {step.entry.frame}"
        if count == 1:
            verdict.reused_tables += 1
            verdict.why.append(f"{name} has no other owner any more: it is taken back (R/W=1)")
        else:
            verdict.copied_tables += 1
            verdict.why.append(f"{name} has {owners(count, below_copy)}: it is copied")
            below_copy = True
    raise gdb.GdbError("the walk ended above a page, in no promise: the tables are damaged; see `kine audit`")


def owners(count, below_copy):
    return f"{count} owners" + (", both copies of the table above among them" if below_copy else "")


def _write_page(verdict, step, count, below_copy):
    name = f"the page in frame {step.entry.frame}"
    if step.entry.writable and not below_copy:
        if verdict.reused_tables:
            verdict.name = kernel.REUSED
            verdict.why.append(f"{name} is writable: only the tables above had had other owners")
        else:
            verdict.name = kernel.ALREADY
            verdict.why.append("the tables allow it: the fault has been answered, or the processor held an older entry")
    elif step.entry.shared:
        verdict.name = kernel.REUSED
        verdict.why.append(f"{name} is mapped MAP_SHARED: every owner writes the same frame (R/W=1)")
    elif count == 1:
        verdict.name = kernel.REUSED
        verdict.why.append(f"{name} has no other owner any more: R/W=1, and nothing is copied")
    else:
        verdict.name, verdict.pages = kernel.COPIED, 1
        verdict.why.append(f"{name} has {owners(count, below_copy)}: it is copied")
    return verdict


def _memory(snapshot, process, verdict):
    """Is there a frame for each that is needed? What is condemned is reaped when memory is short."""
    free = snapshot.frames.free - (0 if process.claims_reserve else snapshot.frames.reserve)
    condemned = sum(1 for _ in snapshot.listed(snapshot.frames.condemned_list))
    if verdict.frames > free + condemned:
        verdict.why.append(f"but it takes {verdict.frames} frames, and {max(0, free)} are left for this process")
        verdict.name = kernel.NO_MEMORY


OUTCOMES = {
    kernel.COPIED: "the page is copied, and the store is tried again",
    kernel.REUSED: "the process gets its page or its tables back, and the store is tried again",
    kernel.PROMISE_KEPT: "the process gets a zeroed page, and the access is tried again",
    kernel.ALREADY: "the old entry is flushed, and the access is tried again",
    kernel.BAD: "SIGSEGV",
    kernel.NO_MEMORY: "the process is killed: no memory",
}


def told(verdict):
    """The verdict, in lines."""
    yield f"verdict: {verdict.name}: {OUTCOMES.get(verdict.name, '')}"
    yield from (f"  {line}" for line in verdict.why)
    parts = [
        (verdict.copied_tables, "table", "copied"),
        (verdict.split_tables, "promise", "split"),
        (verdict.reused_tables, "table", "taken back"),
        (verdict.frames, "frame", "taken"),
    ]
    numbers = ", ".join(f"{words.many(count, what)} {done}" for count, what, done in parts if count)
    if numbers and verdict.name != kernel.NO_MEMORY:
        yield f"  in all: {numbers}"


def access_named(name):
    if name not in ("read", "write", "fetch"):
        raise gdb.GdbError(f"an access is read, write or fetch, not '{name}'")
    return name
