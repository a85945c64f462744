"""The host's own audit: every reference count and every rule of memory, recomputed from guest memory, with none of the kernel's code. It finds
what the kernel's audit finds, and goes on behind the first finding; and it runs where the kernel cannot, at any stop.
"""

from collections import Counter, namedtuple

import gdb
from kine import kernel, words
from kine.kernel import FREE_KINDS

Finding = namedtuple("Finding", "rule where")

# Intel SDM vol. 3A, 2.5 and 2.2.1: what must be on.
CR0_WP = 1 << 16
EFER_NXE = 1 << 11


class Audit:
    def __init__(self, snapshot):
        self.snapshot = snapshot
        self.findings = []
        self.tables = snapshot.tables()
        self.pages = 0

    def broken(self, rule, where):
        self.findings.append(Finding(rule, where))

    def run(self):
        self.check_processor()
        self.check_roots()
        for table, level in self.tables.items():
            self.check_table(table, level)
        self.check_counts()
        self.check_free()
        return self.findings

    def check_processor(self):
        """Rule 3: the kernel may not write through a read-only entry, and data is not executed."""
        frame = gdb.newest_frame()
        if not int(frame.read_register("cr0")) & CR0_WP:
            self.broken("CR0.WP is off: the kernel writes through read-only entries", "the processor")
        if not int(frame.read_register("efer")) & EFER_NXE:
            self.broken("EFER.NXE is off: data may be executed", "the processor")

    def check_roots(self):
        """The kernel's half is the same in every root."""
        half = kernel.user_root_entries()
        model = self.snapshot.table(kernel.kernel_root())[half:]
        for process in self.snapshot.processes():
            root = process.own_root
            if not root:
                continue
            if self.snapshot.table(root)[half:] != model:
                self.broken("a root's kernel half differs from the kernel's own", f"the root of process {process.pid}, frame {root}")
            if self.snapshot.record(root).kind != kernel.ROOT:
                self.broken(
                    "a root's frame is of another kind",
                    f"the root of process {process.pid}, frame {root}: {self.snapshot.record(root).kind}",
                )

    def check_table(self, table, level):
        record = self.snapshot.record(table)
        used = self.snapshot.used(table, level)
        where = f"the level {level} table in frame {table}"
        if len(used) != record.used:
            self.broken("a table's record counts its used entries wrongly", f"{where}: it has {len(used)}, and says {record.used}")
        if not used and level != kernel.root_level():
            self.broken("an empty table was not freed", where)
        for index, entry in used:
            if not record.groups >> (index // kernel.group_entries()) & 1:
                self.broken("a used entry lies in a group that its table's record calls empty", f"{where}, entry {index}")
            self.check_entry(level, entry, f"{where}, entry {index} = {entry.bits:#x}")

    def check_entry(self, level, entry, where):
        bits = kernel.entry_bits()
        if entry.may_write and entry.may_execute:
            self.broken("a page may be both written and executed", where)
        if not entry.present:
            if entry.bits & ~(bits.promise | bits.user | bits.may_write | bits.no_execute) or not entry.promise:
                self.broken("an entry is neither empty, present nor a promise", where)
            return
        if not 0 < entry.frame < self.snapshot.frames.limit:
            return self.broken("an entry points outside memory", where)
        record = self.snapshot.record(entry.frame)
        expected = kernel.PAGE if level == 0 else kernel.TABLE
        if record.kind != expected:
            self.broken("an entry points at a frame of another kind", f"{where}: {record.kind}, not {expected}")
        always = bits.present | bits.accessed | (bits.dirty if level == 0 else bits.user)
        allowed = always | bits.writable | bits.address
        if level == 0:
            self.pages += 1
            allowed |= bits.user | bits.may_write | bits.shared | bits.no_execute
            if entry.writable and not entry.may_write:
                self.broken("hardware may write a page whose mapping forbids it", where)
        if entry.bits & always != always or entry.bits & ~allowed:
            self.broken("an entry lacks bits that are always set, or has some that nothing sets", where)
        if entry.writable and record.count != 1 and not (level == 0 and entry.shared):
            self.broken("a writable entry points at a frame that others reference", f"{where}: frame {entry.frame}, count {record.count}")

    def check_counts(self):
        """Rule 2: a count is the number of references. What is condemned has none any more, and still holds those to what is below."""
        counted = Counter({frame: len(entries) for frame, entries in self.snapshot.references().items()})
        counted.update(frame for frame, _ in self.snapshot.kernel_owners())
        condemned = set(self.snapshot.listed(self.snapshot.frames.condemned_list))
        for frame, record in enumerate(self.snapshot.records()):
            if frame == 0 or record.kind == kernel.ABSENT:
                continue
            expected = 0 if record.kind in FREE_KINDS or frame in condemned else record.count
            if counted[frame] != expected:
                what = words.record(record) if frame not in condemned else "condemned"
                self.broken("a frame's count is not the number of its references", f"frame {frame} ({what}): {counted[frame]} references")
            elif record.kind not in FREE_KINDS and frame not in condemned and record.count == 0:
                self.broken("a frame in use has no reference", f"frame {frame} ({words.record(record)})")

    def check_free(self):
        zero = bytes(kernel.page_size())
        listed = 0
        for first, kind in ((self.snapshot.frames.free_list, kernel.FREE), (self.snapshot.frames.zeroed_list, kernel.ZEROED)):
            for frame in self.snapshot.listed(first):
                listed += 1
                if self.snapshot.record(frame).kind != kind:
                    self.broken("a list of free frames holds one that is not", f"frame {frame}")
                elif kind == kernel.ZEROED and self.snapshot.page(frame) != zero:
                    self.broken("a zeroed frame is not zero", f"frame {frame}")
        free = sum(1 for record in self.snapshot.records() if record.kind in (kernel.FREE, kernel.ZEROED))
        if listed != free:
            self.broken("a free frame is in no list", f"{free} frames are free, {listed} are listed")
        if listed != self.snapshot.frames.free:
            self.broken("the number of free frames is wrong", f"{listed} are listed, and the kernel counts {self.snapshot.frames.free}")
