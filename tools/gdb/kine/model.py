"""Frames, tables and processes as they are at this moment, and who references what.

A Snapshot reads only what it is asked for: one walk costs a handful of pages. The questions about references need all tables; those are
read in bulk, once.
"""

import itertools
import struct
from collections import defaultdict, namedtuple

import gdb
from kine import kernel
from kine.kernel import Entry
from kine.memory import Memory

# One entry on a walk: entry `index` of table `table`.
Step = namedtuple("Step", "level table index entry")


class NotRunning(gdb.GdbError):
    pass


class Snapshot:
    def __init__(self):
        if not gdb.selected_inferior().threads():
            raise NotRunning("there is no machine: start one with `make gdb`, or attach with `target remote`")
        self.memory = Memory(kernel.page_size())
        try:
            self.frames = kernel.frames()
        except gdb.MemoryError:
            self.frames = None
        if not self.frames or not self.frames.records:
            raise NotRunning("the kernel has not begun to manage memory: let it run first (`kine ubreak init:main`, `continue`)")
        self.direct_map = kernel.direct_map()
        self._records = {}
        self._all_records = None
        self._processes = None
        self._process_at = {}
        self._references = None
        self._owners = None
        self._tables = {}

    # --- frames ---

    def frame_address(self, frame):
        return self.direct_map + frame * kernel.page_size()

    def page(self, frame):
        """The bytes of a frame."""
        return self.memory.bytes(self.frame_address(frame), kernel.page_size())

    def record(self, frame):
        if not 0 <= frame < self.frames.limit:
            raise gdb.GdbError(f"there is no frame {frame}: memory ends with frame {self.frames.limit - 1}")
        if self._all_records is not None:
            return self._all_records[frame]
        if frame not in self._records:
            size = kernel.record_size()
            self._records[frame] = kernel.records_from(self.memory.bytes(self.frames.records + frame * size, size))[0]
        return self._records[frame]

    def records(self):
        if self._all_records is None:
            self._all_records = kernel.records_from(self.memory.bytes(self.frames.records, self.frames.limit * kernel.record_size()))
        return self._all_records

    def listed(self, first):
        """The frames of a list that runs through the records: their counts name the next."""
        seen = set()
        while first and first not in seen and first < self.frames.limit:
            seen.add(first)
            yield first
            first = self.record(first).count

    # --- tables ---

    def table(self, frame):
        """Every entry, as a number."""
        return struct.unpack(f"<{kernel.entries_in_table()}Q", self.page(frame))

    def entry(self, table, index):
        return Entry(struct.unpack_from("<Q", self.page(table), index * 8)[0])

    def used(self, table, level):
        """(index, Entry) of each entry that is not empty; of a root, of its user half."""
        limit = kernel.user_root_entries() if level == kernel.root_level() else None
        return [(index, Entry(bits)) for index, bits in enumerate(self.table(table)[:limit]) if bits]

    def walk(self, root, address):
        """The way from the root to what rules an address: a Step for each level."""
        steps, table = [], root
        for level in range(kernel.root_level(), -1, -1):
            index = kernel.index_of(address, level)
            steps.append(Step(level, table, index, self.entry(table, index)))
            if not steps[-1].entry.present or is_large(steps[-1]):
                break
            table = steps[-1].entry.frame
        return steps

    def tables(self):
        """{table: level} of every table that some address space leads to, the roots included; what many share is visited once."""
        if not self._tables:
            waiting = [(process.own_root, kernel.root_level()) for process in self.processes() if process.own_root]
            while waiting:
                table, level = waiting.pop()
                if table in self._tables:
                    continue
                self._tables[table] = level
                if level > 0:
                    waiting += [(entry.frame, level - 1) for _, entry in self.used(table, level) if entry.present]
        return self._tables

    # --- processes ---

    def processes(self):
        """Every process, zombies too, by pid."""
        if self._processes is None:
            address, count = kernel.process_slots()
            slots = [slot for slot in struct.unpack(f"<{count}Q", self.memory.bytes(address, count * 8)) if slot]
            self.memory.fetch(slot // kernel.page_size() for slot in slots)
            self._processes = sorted(map(self.process_at, slots), key=lambda process: process.pid)
        return self._processes

    def process(self, pid):
        for process in self.processes():
            if process.pid == pid:
                return process
        raise gdb.GdbError(f"there is no process {pid}; `kine ps` lists those that there are")

    def process_at(self, address):
        """The process that an address of the kernel's lies in, with its thread and its address space: each has a frame of its own. None."""
        frame = (address - self.direct_map) // kernel.page_size()
        if frame not in self._process_at:
            found = None
            if 0 < frame < self.frames.limit and self.record(frame).kind == kernel.OBJECT:
                value = self.memory.value(self.frame_address(frame), kernel.process_type())
                found = kernel.Process(self.frame_address(frame), value) if kernel.frame_of_process(value) == frame else None
            self._process_at[frame] = found
        return self._process_at[frame]

    def process_of_space(self, space):
        """Who runs in this AddressSpace: its owner, or whoever borrowed it last."""
        process = self.process_at(space)
        while process is not None:
            borrower = self.process_at(process.borrower_address)
            if borrower is None or borrower.space_address != space:
                return process
            process = borrower
        return None

    def current(self):
        """The process that came into the kernel last, or runs now; None before the first."""
        return self.process_at(kernel.Cpu().context)

    def need_current(self):
        process = self.current()
        if process is None:
            raise gdb.GdbError("no process has run yet")
        return process

    def root_of(self, process):
        """The root of the memory that a process uses: its own, or what it borrowed (vfork)."""
        owner = self.process_at(process.space_address)
        if owner is None or not owner.own_root:
            raise gdb.GdbError(f"process {process.pid} has ended, and has no memory any more")
        return owner.own_root

    def page_at(self, process, address):
        """The bytes of the page at a user address of a process; None if it has none."""
        last = self.walk(self.root_of(process), address)[-1]
        return self.page(last.entry.frame) if last.level == 0 and last.entry.present else None

    def user_bytes(self, process, address, size):
        """What a process has at [address, address + size); None if a part of it is not there."""
        data = bytearray()
        while size > 0:
            page, at = self.page_at(process, address), address % kernel.page_size()
            if page is None:
                return None
            data += page[at : at + size]
            size -= len(page[at : at + size])
            address += len(page[at:])
        return bytes(data)

    # --- who references what ---

    def references(self):
        """{frame: [(table, index)]} of each present entry of every table in use, condemned ones included: what they point at is counted."""
        if self._references is None:
            tables = [frame for frame, record in enumerate(self.records()) if record.kind in (kernel.TABLE, kernel.ROOT)]
            self.memory.fetch(self.frame_address(frame) // kernel.page_size() for frame in tables)
            self._references = defaultdict(list)
            for table in tables:
                level = kernel.root_level() if self.record(table).kind == kernel.ROOT else 0
                for index, entry in self.used(table, level):
                    if entry.present:
                        self._references[entry.frame].append((table, index))
        return self._references

    def kernel_owners(self):
        """(frame, who) for each reference that the kernel itself holds."""
        for process in self.processes():
            yield process.frame, f"process {process.pid}"
            if process.own_root:
                yield process.own_root, f"the root of process {process.pid}"
            if process.descriptors_frame:
                yield process.descriptors_frame, f"the descriptors of process {process.pid}"
            if process.signals_frame:
                yield process.signals_frame, f"the signal actions of process {process.pid}"
        slab, kind = kernel.object_frames()
        while slab:
            value = self.memory.value(slab, kind)
            yield kernel.slab_frame(value), "small kernel objects"
            slab = kernel.next_slab(value)
        for (first, count), what in zip(kernel.kernel_pages(), ("the boot archive", "the display's memory")):
            yield from ((frame, what) for frame in range(first, first + count))

    def owners_of_root(self, root):
        if self._owners is None:
            self._owners = defaultdict(list)
            for process in self.processes():
                self._owners[process.own_root].append(process)
        return self._owners.get(root, [])

    def places(self, frame, level=0):
        """(process, address) for each place where an address space leads to a frame that stands at this level; may be very many."""
        for table, index in self.references().get(frame, ()):
            offset = index * kernel.span(level)
            owners = self.owners_of_root(table)
            if owners:
                yield from ((owner, offset) for owner in owners)
            else:
                yield from ((owner, address + offset) for owner, address in self.places(table, level + 1))

    def processes_with(self, frame, level):
        """The pids of the processes that lead to a frame at this level, from each of them once; few, or the first few and None."""
        pids = dict.fromkeys(owner.pid for owner, _ in itertools.islice(self.places(frame, level), 1000))
        return sorted(pids)


# Intel SDM vol. 3A, tables 4-15 and 4-17: an entry above level 0 with this bit set maps a large page. Only the kernel's half has those.
LARGE = 1 << 7


def is_large(step):
    return 0 < step.level < kernel.root_level() and step.entry.has(LARGE)


# The snapshot of this stop -------------------------------------------------------------------------------------------------

_current = None


def snapshot():
    """The machine as it is, read once for each time that it stops."""
    global _current
    if _current is None:
        _current = Snapshot()
    return _current


def forget(*_event):
    global _current
    _current = None


for _registry in (gdb.events.cont, gdb.events.memory_changed, gdb.events.register_changed, gdb.events.exited, gdb.events.stop):
    _registry.connect(forget)
