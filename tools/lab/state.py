"""The machine's state, as its memory has it: frames, page tables, processes; and the audit of them.

Everything is read from the bytes of the stopped guest's physical memory, with none of the kernel's code and none of its answers. Only the
places of its structures come from the kernel: its variables' from the linker's symbols, and how its types are laid out from the debug information of
one object file whose source nobody hands in (layout_gdb.py).
"""

import hashlib
import json
import os
import struct
import subprocess
from collections import Counter, namedtuple

from kine_qemu import find_program

FOLDER = os.path.dirname(os.path.abspath(__file__))
IMAGE_BASE = 0xFFFFFFFF80000000  # linker.ld: kernel addresses from here on are physical ones + this
DIRECT_MAP = 0xFFFF800000000000  # kernel_map.hh: slot 256 of each root

Record = namedtuple("Record", "count used kind groups")
Step = namedtuple("Step", "level table index entry")
Finding = namedtuple("Finding", "rule where")

GDB_SECONDS = 300

FREE_KINDS = ("kAbsent", "kFree", "kZeroed")


class Unreadable(Exception):
    """The kernel's structures lead nowhere: says what was looked for."""


# Whose view of the kernel's types counts. No lab hands it out: so of what it includes only those headers that a lab does hand out are a student's.
TYPES_SOURCE = "kernel/start.cc"


_known_types = {}


def types_of(path):
    """What layout_gdb.py says of an object file. GDB is asked once for each contents."""
    with open(path, "rb") as file:
        digest = hashlib.sha256(file.read()).digest()
    if digest not in _known_types:
        _known_types[digest] = ask_gdb(path)
    return json.loads(_known_types[digest])


def ask_gdb(path):
    gdb = find_program("gdb", "gdb")
    # (The object may be anybody's: what it names for GDB to execute is not executed.)
    command = [gdb, "-nx", "-batch", "-iex", "set auto-load off", "-x", os.path.join(FOLDER, "layout_gdb.py"), path]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=GDB_SECONDS)
    except subprocess.TimeoutExpired:
        raise Unreadable(f"GDB did not read the kernel's debug information within {GDB_SECONDS} s") from None
    lines = done.stdout.decode(errors="replace").strip().splitlines()
    if done.returncode != 0 or not lines or not lines[-1].startswith("{"):
        raise Unreadable(f"the kernel's structures are not what the grader reads:\n{done.stderr.decode(errors='replace').strip()}")
    return lines[-1]


def variables_of(kernel, names):
    """{name: address} of global variables of the kernel's. The linker has seen to it that there is one of each."""
    done = subprocess.run(["nm", "--extern-only", "--defined-only", kernel], stdin=subprocess.DEVNULL, capture_output=True, check=True)
    symbols = {line.split()[2]: int(line.split()[0], 16) for line in done.stdout.decode().splitlines()}
    missing = [name for name in names if f"_ZN4kine{len(name)}{name}E" not in symbols]
    if missing:
        raise Unreadable(f"this kernel has no variable {', '.join(missing)}")
    return {name: symbols[f"_ZN4kine{len(name)}{name}E"] for name in names}


class Layout:
    """Where things lie in one kernel, which was built as KERNEL, with its objects beside it."""

    def __init__(self, kernel):
        types = os.path.join(os.path.dirname(kernel), "kernel-obj", f"{TYPES_SOURCE}.o")
        for name, value in types_of(types).items():
            setattr(self, name, value)
        variables = variables_of(kernel, ("frames", "kernel_root", "kernel_pages", "processes", "objects"))
        self.frames, self.kernel_root = variables["frames"], variables["kernel_root"]
        self.kernel_pages[0] = variables["kernel_pages"]
        self.slots[0] += variables["processes"]
        self.slabs += variables["objects"]
        self.page_size = 1 << self.page_bits
        self.entries = 1 << self.index_bits
        self.kinds = {int(value): name for value, name in self.kinds.items()}
        self.bits = namedtuple("Bits", self.entry)(**self.entry)
        self.user_end = self.user_root_entries * self.span(self.root_level) - self.page_size

    def span(self, level):
        return self.page_size << (level * self.index_bits)

    def index_of(self, address, level):
        return address >> (self.page_bits + level * self.index_bits) & (self.entries - 1)


class Entry:
    __slots__ = ("bits", "of")

    def __init__(self, bits, of):
        self.bits, self.of = bits, of

    def has(self, bit):
        return self.bits & bit != 0

    empty = property(lambda self: self.bits == 0)
    present = property(lambda self: self.has(self.of.present))
    writable = property(lambda self: self.has(self.of.writable))
    may_write = property(lambda self: self.has(self.of.may_write))
    may_read = property(lambda self: self.has(self.of.user))
    may_execute = property(lambda self: self.may_read and not self.has(self.of.no_execute))
    shared = property(lambda self: self.has(self.of.shared))
    promise = property(lambda self: not self.present and self.has(self.of.promise))
    frame = property(lambda self: (self.bits & self.of.address) >> 12)

    @property
    def rights(self):
        return "".join(letter if granted else "-" for letter, granted in zip("rwx", (self.may_read, self.may_write, self.may_execute)))


class Process:
    def __init__(self, moment, address):
        self.moment, self.address = moment, address
        self.pid = moment.member(address, "Process", "pid", signed=True)
        self.name = moment.member_bytes(address, "Process", "name").split(b"\0")[0].decode(errors="replace")
        self.frame = moment.member(address, "Process", "frame")
        self.zombie = moment.member(address, "Process", "zombie") != 0
        self.root = moment.member(address, "Process", "root")
        self.parent = moment.member(address, "Process", "parent")
        self.descriptors = moment.member(address, "Process", "descriptors")
        self.signals = moment.member(address, "Process", "signals")

    def __repr__(self):
        return f"process {self.pid} ({self.name})"


class Moment:
    """The machine at one checkpoint. `memory` is all of physical memory; what is read is kept, since a checkpoint's moment does not change."""

    def __init__(self, layout, memory, root):
        self.layout = layout
        self.memory = memory
        self.loaded_root = root  # the frame in CR3
        self._records = None
        self._tables = {}
        self._processes = None
        self._unpack = struct.Struct(f"<{layout.entries}Q").unpack_from

    # --- memory ---

    def physical(self, address):
        if address >= IMAGE_BASE:
            at = address - IMAGE_BASE
        else:
            at = address - DIRECT_MAP
        if not 0 <= at < len(self.memory):
            raise Unreadable(f"a pointer of the kernel's leads outside memory: {address:#x}")
        return at

    def number(self, address, size, signed=False):
        at = self.physical(address)
        return int.from_bytes(self.memory[at : at + size], "little", signed=signed)

    def member(self, address, owner, name, signed=False):
        offset, size = self.layout.members[owner][name]
        return self.number(address + offset, size, signed)

    def member_bytes(self, address, owner, name):
        offset, size = self.layout.members[owner][name]
        at = self.physical(address + offset)
        return bytes(self.memory[at : at + size])

    def page(self, frame):
        """The bytes of a frame."""
        at = frame * self.layout.page_size
        if not 0 < at <= len(self.memory) - self.layout.page_size:
            raise Unreadable(f"there is no frame {frame}")
        return bytes(self.memory[at : at + self.layout.page_size])

    # --- frames ---

    def frames_member(self, name):
        return self.member(self.layout.frames, "Frames", name)

    @property
    def limit(self):
        return min(self.frames_member("count_"), len(self.memory) // self.layout.page_size)

    def record_address(self, frame):
        return self.frames_member("records_") + frame * self.layout.sizes["FrameRecord"]

    @property
    def records(self):
        if self._records is None:
            size, members = self.layout.sizes["FrameRecord"], self.layout.members["FrameRecord"]
            codes = {1: "B", 2: "H", 4: "I", 8: "Q"}
            text, at, order = "<", 0, sorted(members, key=lambda name: members[name][0])
            for name in order:
                offset, width = members[name]
                text += f"{offset - at}x{codes[width]}"
                at = offset + width
            form = struct.Struct(text + f"{size - at}x")
            first = self.physical(self.record_address(0))
            kinds, places = self.layout.kinds, [order.index(name) for name in ("count", "used", "kind", "groups")]
            c, u, k, g = places
            data = bytes(self.memory[first : first + self.limit * size])
            self._records = [Record(row[c], row[u], kinds.get(row[k], f"kind {row[k]}"), row[g]) for row in form.iter_unpack(data)]
        return self._records

    def record(self, frame):
        if not 0 <= frame < self.limit:
            raise Unreadable(f"there is no frame {frame}: memory ends with frame {self.limit - 1}")
        return self.records[frame]

    def count(self, frame):
        return self.record(frame).count

    def listed(self, name):
        """The frames of the list free_, zeroed_ or condemned_, which runs through the records."""
        frame, seen = self.frames_member(name), set()
        while frame and frame not in seen and frame < self.limit:
            seen.add(frame)
            yield frame
            frame = self.records[frame].count

    @property
    def free(self):
        """How many frames are free, counted in the lists."""
        return sum(1 for name in ("free_", "zeroed_") for _ in self.listed(name))

    # --- tables ---

    def table(self, frame):
        if frame not in self._tables:
            at = frame * self.layout.page_size
            if not 0 < at <= len(self.memory) - self.layout.page_size:
                raise Unreadable(f"an entry leads outside memory: to frame {frame}")
            self._tables[frame] = self._unpack(self.memory, at)
        return self._tables[frame]

    def entry(self, table, index):
        return Entry(self.table(table)[index], self.layout.bits)

    def used(self, table, level):
        """(index, Entry) of each entry that is not empty; of a root, of its user half."""
        words = self.table(table)
        if level == self.layout.root_level:
            words = words[: self.layout.user_root_entries]
        return [(index, Entry(word, self.layout.bits)) for index, word in enumerate(words) if word]

    def walk(self, root, address):
        """The way from the root to what rules an address: a Step for each level."""
        steps, table = [], root
        for level in range(self.layout.root_level, -1, -1):
            index = self.layout.index_of(address, level)
            steps.append(Step(level, table, index, self.entry(table, index)))
            if not steps[-1].entry.present:
                break
            table = steps[-1].entry.frame
        return steps

    def all_tables(self):
        """{table: level} of every table that some address space leads to."""
        found, waiting = {}, [(process.root, self.layout.root_level) for process in self.processes if process.root]
        while waiting:
            table, level = waiting.pop()
            if table in found:
                continue
            found[table] = level
            if level > 0:
                waiting += [(entry.frame, level - 1) for _, entry in self.used(table, level) if entry.present]
        return found

    def pages(self, process):
        """{address: Entry} of every page of a process that has a frame."""
        found, waiting = {}, [(process.root, self.layout.root_level, 0)]
        while waiting:
            table, level, base = waiting.pop()
            for index, entry in self.used(table, level):
                address = base + index * self.layout.span(level)
                if not entry.present:
                    continue
                if level == 0:
                    found[address] = entry
                else:
                    waiting.append((entry.frame, level - 1, address))
        return found

    # --- processes ---

    @property
    def processes(self):
        """Every process, zombies too, by pid."""
        if self._processes is None:
            address, count = self.layout.slots
            at = self.physical(address)
            slots = struct.unpack_from(f"<{count}Q", self.memory, at)
            self._processes = sorted((Process(self, slot) for slot in slots if slot), key=lambda process: process.pid)
        return self._processes

    def process(self, pid):
        return next((process for process in self.processes if process.pid == pid), None)

    @property
    def current(self):
        """Whose page tables the processor translates through."""
        return next((process for process in self.processes if process.root == self.loaded_root), None)

    # --- what a process has at an address ---

    def at(self, process, address):
        """The leaf, promise or empty Step that rules an address of a process."""
        if not process.root:
            raise Unreadable(f"{process} has no memory any more")
        return self.walk(process.root, address)[-1]

    def frame_at(self, process, address):
        """The frame of a page; None if it has none."""
        step = self.at(process, address)
        return step.entry.frame if step.level == 0 and step.entry.present else None

    def writable_at(self, process, address):
        """Whether a write goes straight through: every entry on the way has R/W."""
        steps = self.walk(process.root, address)
        return steps[-1].level == 0 and all(step.entry.present and step.entry.writable for step in steps)

    def page_at(self, process, address):
        """The bytes of a process's page: zeros for a promise, None where nothing is mapped."""
        step = self.at(process, address)
        if step.entry.promise:
            return bytes(self.layout.page_size)
        return self.page(step.entry.frame) if step.level == 0 and step.entry.present else None

    def word_at(self, process, address):
        """The 64-bit word at an address of a process; None where nothing is mapped."""
        page = self.page_at(process, address & -self.layout.page_size)
        offset = address % self.layout.page_size
        return None if page is None else int.from_bytes(page[offset : offset + 8], "little")

    # --- who references what ---

    def owners(self):
        """(frame, who) for each reference that the kernel itself holds."""
        for process in self.processes:
            yield process.frame, f"process {process.pid}"
            for frame, what in ((process.root, "the root"), (process.descriptors, "the descriptors"), (process.signals, "the signal actions")):
                if frame:
                    yield frame, f"{what} of process {process.pid}"
        slab, seen = self.number(self.layout.slabs, 8), set()
        while slab and slab not in seen:
            seen.add(slab)
            yield self.member(slab, "Slab", "frame"), "small kernel objects"
            slab = self.member(slab, "Slab", "next")
        address, size, count = self.layout.kernel_pages
        for i in range(count):
            first, length = self.number(address + i * size, 4), self.number(address + i * size + 4, 4)
            yield from ((frame, "pages of the kernel's") for frame in range(first, first + length))

    def references(self):
        """Counter of the present entries that point at each frame, of every table in use, condemned ones included."""
        counted, bits = Counter(), self.layout.bits
        for frame, record in enumerate(self.records):
            if record.kind not in ("kTable", "kRoot"):
                continue
            words = self.table(frame)
            if record.kind == "kRoot":
                words = words[: self.layout.user_root_entries]
            counted.update((word & bits.address) >> 12 for word in words if word & bits.present)
        return counted

    def audit(self, cr0=None, efer=None):
        return Audit(self).run(cr0, efer)


CR0_WP, EFER_NXE = 1 << 16, 1 << 11  # Intel SDM vol. 3A, 2.5 and 2.2.1


class Audit:
    """Every reference count and every rule of memory, recomputed. tools/gdb/kine/rules.py does the same inside GDB, for a person."""

    def __init__(self, moment):
        self.moment, self.layout, self.findings = moment, moment.layout, []

    def broken(self, rule, where):
        self.findings.append(Finding(rule, where))

    def run(self, cr0, efer):
        if cr0 is not None and not cr0 & CR0_WP:
            self.broken("CR0.WP is off: the kernel writes through read-only entries", "the processor")
        if efer is not None and not efer & EFER_NXE:
            self.broken("EFER.NXE is off: data may be executed", "the processor")
        self.check_roots()
        for table, level in self.moment.all_tables().items():
            self.check_table(table, level)
        self.check_counts()
        self.check_free()
        return self.findings

    def check_roots(self):
        half = self.layout.user_root_entries
        model = self.moment.table(self.moment.number(self.layout.kernel_root, 4))[half:]
        for process in self.moment.processes:
            if not process.root:
                continue
            where = f"the root of process {process.pid}, frame {process.root}"
            if self.moment.table(process.root)[half:] != model:
                self.broken("a root's kernel half differs from the kernel's own", where)
            if self.moment.record(process.root).kind != "kRoot":
                self.broken("a root's frame is of another kind", f"{where}: {self.moment.record(process.root).kind}")

    def check_table(self, table, level):
        record, used = self.moment.record(table), self.moment.used(table, level)
        where = f"the level {level} table in frame {table}"
        if len(used) != record.used:
            self.broken("a table's record counts its used entries wrongly", f"{where}: it has {len(used)}, and says {record.used}")
        if not used and level != self.layout.root_level:
            self.broken("an empty table was not freed", where)
        for index, entry in used:
            if not record.groups >> (index // self.layout.group_entries) & 1:
                self.broken("a used entry lies in a group that its table's record calls empty", f"{where}, entry {index}")
            self.check_entry(level, entry, where, index)

    def check_entry(self, level, entry, where, index):
        bits = self.layout.bits

        def broken(rule, more=""):
            self.broken(rule, f"{where}, entry {index} = {entry.bits:#x}{more}")

        if entry.may_write and entry.may_execute:
            broken("a page may be both written and executed")
        if not entry.present:
            if entry.bits & ~(bits.promise | bits.user | bits.may_write | bits.no_execute) or not entry.promise:
                broken("an entry is neither empty, present nor a promise")
            return
        if not 0 < entry.frame < self.moment.limit:
            return broken("an entry points outside memory")
        record = self.moment.record(entry.frame)
        expected = "kPage" if level == 0 else "kTable"
        if record.kind != expected:
            broken("an entry points at a frame of another kind", f": {record.kind}, not {expected}")
        always = bits.present | bits.accessed | (bits.dirty if level == 0 else bits.user)
        allowed = always | bits.writable | bits.address
        if level == 0:
            allowed |= bits.user | bits.may_write | bits.shared | bits.no_execute
            if entry.writable and not entry.may_write:
                broken("hardware may write a page whose mapping forbids it")
        if entry.bits & always != always or entry.bits & ~allowed:
            broken("an entry lacks bits that are always set, or has some that nothing sets")
        if entry.writable and record.count != 1 and not (level == 0 and entry.shared):
            broken("a writable entry points at a frame that others reference", f": frame {entry.frame}, count {record.count}")

    def check_counts(self):
        counted = self.moment.references()
        counted.update(frame for frame, _ in self.moment.owners())
        condemned = set(self.moment.listed("condemned_"))
        for frame, record in enumerate(self.moment.records):
            if frame == 0 or record.kind == "kAbsent":
                continue
            expected = 0 if record.kind in FREE_KINDS or frame in condemned else record.count
            if counted[frame] != expected:
                what = "condemned" if frame in condemned else f"{record.kind}, count {expected}"
                self.broken("a frame's count is not the number of its references", f"frame {frame} ({what}) has {counted[frame]} references")
            elif record.kind not in FREE_KINDS and frame not in condemned and record.count == 0:
                self.broken("a frame in use has no reference", f"frame {frame} ({record.kind})")

    def check_free(self):
        zero, listed = bytes(self.layout.page_size), 0
        for name, kind in (("free_", "kFree"), ("zeroed_", "kZeroed")):
            for frame in self.moment.listed(name):
                listed += 1
                if self.moment.record(frame).kind != kind:
                    self.broken("a list of free frames holds one that is not", f"frame {frame}")
                elif kind == "kZeroed" and self.moment.page(frame) != zero:
                    self.broken("a zeroed frame is not zero", f"frame {frame}")
        free = sum(1 for record in self.moment.records if record.kind in ("kFree", "kZeroed"))
        if listed != free:
            self.broken("a free frame is in no list", f"{free} frames are free, {listed} are listed")
        if listed != self.moment.frames_member("free_count_"):
            self.broken("the number of free frames is wrong", f"{listed} are listed, and the kernel counts {self.moment.frames_member('free_count_')}")
