"""Reads a trace, and rebuilds from it what the kernel had: page tables, owners of every frame, counts (docs/trace.md has the lines).

Nothing here runs a machine. What a line says is applied to a model; where the model and the trace disagree, a TraceError names the line.
"""

import json

# Entries, as arch/x86_64/pte.hh has them.
PRESENT, WRITABLE, USER, PROMISE, MAY_WRITE, SHARED, NO_EXECUTE = 1 << 0, 1 << 1, 1 << 2, 1 << 8, 1 << 9, 1 << 10, 1 << 63
FRAME_MASK, PAGE_BITS = 0x000F_FFFF_FFFF_F000, 12
ENTRIES = 512

# In the order of struct kine_events (kernel/abi/kine_abi.h).
COUNTERS = (
    "faults", "faults_copy", "faults_reuse", "faults_zero", "faults_bad", "pages_copied", "pages_zeroed", "tables_copied", "tables_split",
    "tables_reused", "forks", "execs",
)  # fmt: skip
VERDICT_COUNTERS = {"copied": "faults_copy", "reused": "faults_reuse", "zeroed": "faults_zero", "bad": "faults_bad"}


class TraceError(Exception):
    """The trace is damaged, or its lines contradict each other."""


def frame_of(entry):
    return (entry & FRAME_MASK) >> PAGE_BITS if entry & PRESENT else 0


class Event:
    """`fields` as in the event's line; `changes`: (what, words) of each line that follows."""

    def __init__(self, fields, line):
        self.fields, self.line, self.changes = fields, line, []
        self.number, self.kind = fields["n"], fields["event"]


def read_events(lines):
    """Each event with its changes. What is no line of the trace (messages of the kernel and of servers) is left out."""
    event = None
    for number, text in enumerate(lines, start=1):
        # A server may have left its message unfinished: the trace goes on behind it.
        begin = text.find('{"')
        if begin < 0:
            continue
        try:
            fields = json.loads(text[begin:])
        except ValueError:
            raise TraceError(f"line {number} is damaged: {text.strip()[:100]}") from None
        if "n" in fields:
            if event is not None:
                yield event
            expected = event.number + 1 if event else 0
            if fields["n"] != expected:
                raise TraceError(f"line {number}: event {expected} is missing")
            event = Event(fields, number)
        elif event is None:
            raise TraceError(f"line {number} belongs to no event: is this the beginning of the trace?")
        else:
            [(what, words)] = fields.items()
            event.changes.append((what, words if isinstance(words, list) else [words]))
    if event is None:
        raise TraceError("this is no trace: it has no event; make one with `tools/run --trace FILE PROGRAM`")
    yield event


def read_file(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        yield from read_events(file)


class Process:
    def __init__(self, pid, parent, root, state, name):
        self.pid, self.parent, self.root, self.state, self.name = pid, parent, root, state, name


class Model:
    """The machine as the trace has it so far."""

    def __init__(self):
        self.kinds = {}  # frame in use: page, table, root or object
        self.adopted = set()  # pages that the kernel owns one reference to
        self.managed = 0  # frames that can be taken
        self.tables = {}  # frame of a table: {index: entry}, those that are not empty
        self.owners = {}  # frame: {(table, index)} of the entries that point at it
        self.kept = set()  # roots that a process has
        self.processes = {}
        self.counters = dict.fromkeys(COUNTERS, 0)
        self.said = {}  # the kernel's own counters, at the end
        self.counts = {}  # frame: (kind, count), likewise
        self.free_said = None

    # --- applying ---

    def apply(self, event):
        self.event, self.touched = event, set()
        if event.kind == "fault":
            self.counters["faults"] += 1
        elif event.kind == "exec":
            self.counters["execs"] += 1
        elif event.kind == "end":
            self.free_said = event.fields["free"]
        for what, words in event.changes:
            apply = getattr(self, "do_" + what, None)
            if apply is None:
                raise self.error(f"nobody knows the change '{what}'")
            apply(*words)
        self.check_rule()

    def error(self, what):
        return TraceError(f"event {self.event.number} (line {self.event.line}), {self.event.kind}: {what}")

    def check_rule(self):
        """A writable entry points at a frame that nobody else references; a leaf of shared memory may."""
        for frame in self.touched:
            owners = self.owners.get(frame, ())
            if len(owners) + (frame in self.adopted) < 2:
                continue
            for table, index in owners:
                entry = self.tables[table][index]
                if entry & WRITABLE and not entry & SHARED:
                    raise self.error(f"frame {frame} has {len(owners)} owners, and entry {index} of table {table} may write it")

    def put(self, table, index, entry):
        entries = self.tables.get(table)
        if entries is None:
            raise self.error(f"frame {table} is no table")
        old = entries.get(index, 0)
        if old & PRESENT:
            self.owners[frame_of(old)].discard((table, index))
        if entry & PRESENT:
            if frame_of(entry) not in self.kinds:
                raise self.error(f"entry {index} of table {table} leads to frame {frame_of(entry)}, which is not in use")
            self.owners.setdefault(frame_of(entry), set()).add((table, index))
            self.touched.add(frame_of(entry))
        if entry:
            entries[index] = entry
        else:
            entries.pop(index, None)
        return old

    def do_memory(self, _first, count):
        self.managed += count

    def do_adopt(self, first, count):
        for frame in range(first, first + count):
            self.kinds[frame] = "page"
            self.adopted.add(frame)

    def do_take(self, frame, kind):
        if frame in self.kinds:
            raise self.error(f"frame {frame} is taken twice")
        self.kinds[frame] = kind
        if kind in ("table", "root"):
            self.tables[frame] = {}
        if kind == "page":
            self.counters["pages_zeroed"] += 1  # unless it is a copy
        if kind == "table" and self.event.kind == "fork":
            self.counters["tables_copied"] += 1

    def do_set(self, table, index, entry):
        entry = int(entry, 16)
        old = self.put(table, index, entry)
        lower = frame_of(entry)
        if lower and lower == frame_of(old) and self.kinds[lower] == "table" and entry & WRITABLE and not old & WRITABLE:
            self.counters["tables_reused"] += 1

    def do_fill(self, table, entry):
        for index in range(ENTRIES):
            self.put(table, index, int(entry, 16))
        self.counters["tables_split"] += 1

    def do_share(self, table, copy):
        for index, entry in list(self.tables[table].items()):
            if entry & PRESENT:
                entry &= ~WRITABLE
            self.put(table, index, entry)
            self.put(copy, index, entry)
        self.counters["tables_copied"] += 1

    def do_copy(self, _page, copy):
        if self.kinds[copy] == "page":
            self.counters["pages_copied"] += 1
            self.counters["pages_zeroed"] -= 1

    def do_free(self, frame):
        if self.owners.get(frame) or frame in self.adopted:
            raise self.error(f"frame {frame} is freed, and still has owners")
        if self.kinds.pop(frame, None) is None:
            raise self.error(f"frame {frame} is freed, and was not in use")
        for index in list(self.tables.get(frame, ())):
            self.put(frame, index, 0)
        self.tables.pop(frame, None)
        self.owners.pop(frame, None)

    def do_flush(self, _what):
        pass

    def do_verdict(self, verdict):
        if self.event.kind == "fault" and verdict in VERDICT_COUNTERS:
            self.counters[VERDICT_COUNTERS[verdict]] += 1

    def do_process(self, pid, parent, root, state, name):
        before = self.processes.get(pid)
        if self.event.kind == "fork" and before is None and root and root != self.processes[parent].root:
            self.counters["forks"] += 1
        self.processes[pid] = Process(pid, parent, root, state, name)

    def do_gone(self, pid):
        self.processes.pop(pid, None)

    def do_counter(self, index, value):
        self.said[COUNTERS[index]] = value

    def do_count(self, frame, kind, count):
        self.counts[frame] = (kind, count)

    # --- comparing ---

    def references(self, frame):
        """How many entries and kernel owners the frame should have; None: kernel objects are the kernel's own affair."""
        if self.kinds[frame] == "object":
            return None
        return len(self.owners.get(frame, ())) + (frame in self.adopted or self.kinds[frame] == "root")

    def differences(self):
        """What the kernel counted otherwise than this model, as lines of text; the trace must have come to its end."""
        if self.free_said is None:
            return ["the trace has no end: the machine was stopped, or panicked"]
        wrong = [f"{name}: the kernel counted {self.said.get(name)}, its trace shows {value}" for name, value in self.counters.items() if self.said.get(name) != value]
        for frame in sorted(self.kinds.keys() | self.counts.keys()):
            kind, count = self.counts.get(frame, ("free", 0))
            mine = self.kinds.get(frame, "free")
            references = self.references(frame) if mine != "free" else 0
            if kind != mine:
                wrong.append(f"frame {frame}: the kernel calls it {kind}, its trace {mine}")
            elif references is not None and references != count:
                wrong.append(f"frame {frame} ({kind}): the kernel counts {count} references, its trace shows {references}")
        free = self.managed - sum(1 for frame in self.kinds if frame not in self.adopted)
        if free != self.free_said:
            wrong.append(f"free frames: the kernel counts {self.free_said}, its trace shows {free}")
        return wrong


def replay(events):
    model = Model()
    for event in events:
        model.apply(event)
    return model
