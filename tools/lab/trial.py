"""What a lab is, and what its tests are written with: Lab, Trial, and the checks that fail with an explanation.

A test is a program (labs/NAME/tests/PROGRAM.c) and a function here on the host that runs it from checkpoint to checkpoint and looks at its memory:

    @LAB.test(points=2, rule="what the kernel must do, in one sentence")
    def child_writes(t):
        moment = t.reach(1)
        t.same("the child's page", t.pattern(3), moment.page_at(t.process(2), t.REGION))

The audit of all memory is run at each checkpoint.
"""

import importlib.util
import os
import random
import struct
import sys
import tempfile
from dataclasses import dataclass, field

from kine_archive import Archive, guest_name
from lab.guest import Guest, Stopped
from lab.program import programs_of, symbols_of
from lab.state import Moment, Unreadable

# The order in which a course takes the labs.
COURSE = ["frames", "tables", "fork", "fault", "cow", "exec", "message", "tree"]

MASK = (1 << 64) - 1
PAGE = 4096
KILLED = 1000  # lab.h: 1000 + the signal that killed a child
SIGKILL, SIGSEGV = 9, 11
ENOMEM, EFAULT = 12, 14


class Failed(Exception):
    """One check did not hold. `audit`: the rule is one of memory's, and not the test's own."""

    def __init__(self, rule, expected, seen, by_host=False):
        super().__init__(rule)
        self.rule, self.expected, self.seen, self.by_host = rule, str(expected), str(seen), by_host


@dataclass
class Test:
    name: str
    points: float
    rule: str
    run: object
    program: str
    visibility: str = "visible"  # as Gradescope says it: visible, hidden, after_due_date, after_published
    words: str = ""  # for the kernel's command line
    memory: int = 16  # MiB


@dataclass
class Lab:
    title: str
    points: int
    files: list  # those that the student hands in
    needs: list = field(default_factory=list)  # labs that its tests build on
    uses: list = field(default_factory=list)  # later labs, of which its tests use the parts that its own handout has complete
    programs: list = field(default_factory=list)  # of user/, that the student hands in too: they lie beside those of the tests
    words: str = ""
    fresh: float = 0  # what a fresh handout scores
    tests: list = field(default_factory=list)
    name: str = ""
    folder: str = ""

    def test(self, points, rule, program=None, visibility="visible", words=None, memory=16):
        def add(run):
            name = run.__name__
            self.tests.append(Test(name, points, rule, run, program or name, visibility, self.words if words is None else words, memory))
            return run

        return add


def dependents(labs, name):
    """The labs whose tests may fail while this one is not done: itself, those that need it, directly or not, and those whose tests use one of these."""
    found, more = set(), {name}
    while more != found:
        found = more
        more = found | {lab.name for lab in labs if found & set(lab.needs)}
    return found | {lab.name for lab in labs if found & set(lab.uses)}


def load_module(path, name):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def load_lab(top, name):
    """The lab of labs/NAME/lab.py, and of each pack that was laid beside it: labs/NAME/lab_*.py, whose add(LAB) adds tests."""
    folder = os.path.join(top, "labs", name)
    path = os.path.join(folder, "lab.py")
    if not os.path.exists(path):
        raise FileNotFoundError(f"there is no lab {name}; there are {', '.join(lab_names(top))}")
    sys.dont_write_bytecode = True
    lab = load_module(path, f"lab_{name}").LAB
    lab.name, lab.folder = name, folder
    for each in sorted(os.listdir(folder)):
        if each.startswith("lab_") and each.endswith(".py"):
            load_module(os.path.join(folder, each), f"{name}_{each[:-3]}").add(lab)
    return lab


def lab_names(top):
    """Those that there are, in the order in which a course takes them."""
    folder = os.path.join(top, "labs")
    found = [name for name in sorted(os.listdir(folder)) if os.path.exists(os.path.join(folder, name, "lab.py"))]
    return sorted(found, key=lambda name: COURSE.index(name) if name in COURSE else len(COURSE))


def page_of_words(words):
    return struct.pack(f"<{len(words)}Q", *words)


def first_difference(expected, seen):
    at = next((i for i, (left, right) in enumerate(zip(expected, seen)) if left != right), min(len(expected), len(seen)))
    word = at & -8
    return at, expected[word : word + 8].hex(" "), seen[word : word + 8].hex(" ")


class Trial:
    """One run of one test. Each check that does not hold ends it, as Failed."""

    REGION = 0x600000000000  # LAB_REGION of lab.h

    def __init__(self, build, lab, test, layout, nonce, kernel):
        self.build, self.lab, self.test, self.layout, self.nonce, self.kernel = build, lab, test, layout, nonce, kernel
        self.debug = ""
        self.guest = self.moment = self.registers = None
        self.symbols = {}
        self.programs = []
        self.random = random.Random(nonce)  # so that the same nonce makes the same run again
        self.written = {}  # {frame of a program's lab_step: the word that was written to it last}

    def run(self):
        """None, or the Failed. `debug` keeps what the kernel said."""
        try:
            folder = os.path.join(self.build, "labs", self.lab.name)
            program = os.path.join(folder, self.test.program)
            self.programs = programs_of(folder, first=self.test.program)
            self.symbols = self.programs[0].symbols
            words = f"{self.test.words} init=/{self.test.program} -- {self.nonce:016x}".strip()
            with tempfile.TemporaryDirectory(prefix="kine-lab-") as folder:
                programs = {program: f"/{self.test.program}", **{path: f"/{name}" for name, path in self.handed_in().items()}}
                self.guest = Guest(self.kernel, self.archive(folder), self.layout, words, self.test.memory, list(programs.items()))
            try:
                self.test.run(self)
            finally:
                self.debug = self.guest.debug_text()
                self.guest.close()
        except Failed as failed:
            return failed
        except Stopped as stopped:
            return Failed(self.test.rule, "the next checkpoint of the test's program", str(stopped), stopped.by_host)
        except Unreadable as unreadable:
            return Failed("the kernel's structures lead to memory that is there", "a tree of page tables", str(unreadable))
        return None

    def handed_in(self):
        """{name: path} of the programs that the student hands in; they are built beside the kernel."""
        return {name: os.path.join(os.path.dirname(self.kernel), "user/bin", name) for name in self.lab.programs}

    def archive(self, folder):
        """The file with the lab's programs and those handed in; without those of other tests that students do not see, since a kernel can print what lies
        there."""
        path = os.path.join(self.build, "labs", f"{self.lab.name}.cpio")
        seen = {test.program for test in self.lab.tests if test.visibility == "visible"} | {self.test.program}
        unseen = {test.program for test in self.lab.tests} - seen
        if not unseen and not self.lab.programs:
            return path
        files = Archive()
        files.read(path)
        for program in unseen:
            del files.files[guest_name(f"/{program}")]
        for name, host_path in self.handed_in().items():
            files.add_file(host_path, f"/{name}")
        path = os.path.join(folder, "archive.cpio")
        files.write(path)
        return path

    # --- going on ---

    def reach(self, number, audit=True):
        """Runs to the next checkpoint, which must be this one; audits all memory; returns the Moment."""
        self.registers, self.moment = self.guest.checkpoint()
        if not self.registers["cs"] & 3:
            raise Failed("only the test's program, in user mode, stops the machine", "user mode", "the kernel wrote to the checkpoint's port")
        if self.moment.current is None:
            raise Failed("the processor translates through the root of a process", "a root of a process", f"frame {self.moment.loaded_root}")
        self.check_who_stopped()
        if self.registers["rbx"] != number:
            raise Failed(self.test.rule, f"checkpoint {number} of {self.test.program}.c", f"checkpoint {self.registers['rbx']}")
        if audit:
            self.audit()
        return self.moment

    def check_who_stopped(self):
        """It was the code of a program of this lab that stopped the machine, in its checkpoint(), and it knows what was written at the last one. Writes
        another word for the next."""
        current, rip = self.moment.current, self.registers["rip"]
        program = next((each for each in self.programs if rip in each.stops and each.is_run_by(self.moment, current)), None)
        if program is None:
            raise Failed("the test's program stops the machine itself", "the code of its checkpoint()", f"{current} at {rip:#x}, where no program of this lab does that")
        page = self.moment.word_at(current, program.symbols["lab_step"])
        frame = page and self.moment.frame_at(current, page)
        if not frame:
            raise Failed(self.test.rule, "the page of lab_step, mapped MAP_SHARED", "it is not there")
        word = self.moment.word_at(current, page + PAGE - 8)
        # (A kernel that copies the page where it should share it has an older one there; that is another rule's business.)
        known = {self.written[frame]} if frame in self.written else {0, *self.written.values()}
        answer = self.word(word, self.registers["rbx"])
        if word not in known or self.registers["rcx"] != answer:
            raise Failed("the test's program stops the machine itself", f"{answer:#x} in rcx, from what was written to its memory", f"{self.registers['rcx']:#x}")
        self.written[frame] = self.random.getrandbits(64)
        self.guest.write(frame * PAGE + PAGE - 8, self.written[frame].to_bytes(8, "little"))

    def look_again(self, audit=True):
        """Reads the stopped machine's memory anew, after it was changed from here."""
        self.moment = Moment(self.layout, self.guest.map, self.moment.loaded_root)
        if audit:
            self.audit()
        return self.moment

    def audit(self):
        findings = self.moment.audit(self.registers["cr0"], self.registers["efer"])
        if findings:
            more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
            raise Failed(findings[0].rule, "a clean audit of all memory", findings[0].where + more)

    # --- looking ---

    def process(self, pid):
        found = self.moment.process(pid)
        if found is None or found.zombie:
            raise Failed(self.test.rule, f"process {pid}, alive", "it has ended" if found else "there is no such process")
        return found

    def reported(self, index, process=None):
        """lab_report[index] of a process (the one that runs), as a signed number."""
        word = self.moment.word_at(process or self.moment.current, self.symbols["lab_report"] + 8 * index)
        if word is None:
            raise Failed(self.test.rule, "the program's own variables", "the page of lab_report is not there")
        return word - (1 << 64) if word >> 63 else word

    def shared(self, index):
        """lab_step[index], which all processes have."""
        pointer = self.moment.word_at(self.moment.current, self.symbols["lab_step"])
        word = pointer and self.moment.word_at(self.moment.current, pointer + 4 * index & -8)
        if word is None:
            raise Failed(self.test.rule, "the page of lab_step, mapped MAP_SHARED", "it is not there")
        value = word >> 32 * (index % 2) & 0xFFFFFFFF
        return value - (1 << 32) if value >> 31 else value

    def symbol(self, name):
        return self.symbols[name]

    def symbols_of(self, program):
        """{name: address} of another program of this lab."""
        return symbols_of(os.path.join(self.build, "labs", self.lab.name, program))

    def pattern(self, tag):
        """The page that lab_fill(page, tag) makes."""
        seed = self.nonce ^ tag * 0x9E3779B97F4A7C15 & MASK
        return page_of_words([(seed + i) * 0xD1342543DE82EF95 & MASK for i in range(PAGE // 8)])

    def word(self, tag, i):
        return ((self.nonce ^ tag * 0x9E3779B97F4A7C15 & MASK) + i) * 0xD1342543DE82EF95 & MASK

    def frame(self, process, address):
        """The frame of a page of a process, which must have one."""
        found = self.moment.frame_at(process, address)
        if found is None:
            raise Failed(self.test.rule, f"a page of {process} at {address:#x}", "no page is mapped there")
        return found

    def tables_of(self, process):
        """The tables that a process leads to, its root included."""
        found, waiting = set(), [(process.root, self.layout.root_level)]
        while waiting:
            table, level = waiting.pop()
            found.add(table)
            if level > 0:
                waiting += [(entry.frame, level - 1) for _, entry in self.moment.used(table, level) if entry.present]
        return found

    # --- checks ---

    def equal(self, what, expected, seen, rule=None):
        if expected != seen:
            raise Failed(rule or self.test.rule, f"{what}: {expected}", seen)

    def true(self, what, holds, seen, rule=None):
        if not holds:
            raise Failed(rule or self.test.rule, what, seen)

    def page(self, what, expected, process, address, rule=None):
        """All 4,096 bytes of a page of a process."""
        seen = self.moment.page_at(process, address)
        if seen is None:
            raise Failed(rule or self.test.rule, f"{what}: a page at {address:#x} of {process}", "nothing is mapped there")
        if seen != expected:
            at, left, right = first_difference(expected, seen)
            raise Failed(rule or self.test.rule, f"{what}: byte {at} of the page at {address:#x} of {process} begins {left}", right)

    # --- making memory scarce ---

    def leave_free(self, wanted, ordinary=False):
        """Takes free frames away, in the stopped machine's memory, until just `wanted` are left. give_back() undoes it. Process 1, and the children that
        it forks, may use the reserve; for others (`ordinary`) what is reserved is left besides."""
        moment, layout = self.moment, self.layout
        keep = wanted + (moment.frames_member("reserve") if ordinary else 0)
        self.hidden = []
        for name in ("zeroed_", "free_"):
            frames = list(moment.listed(name))
            kept, gone = frames[:keep], frames[keep:]
            keep -= len(kept)
            if not gone:
                continue
            self.hidden.append((name, gone, moment.record(gone[0]).kind))
            if kept:
                self._write_record(kept[-1], "count", 0)
            else:
                self._write_frames(name, 0)
            absent = next(value for value, kind in layout.kinds.items() if kind == "kAbsent")
            for frame in gone:
                self._write_record(frame, "kind", absent)
        if keep > 0:
            raise Failed(self.test.rule, f"{wanted} free frames", f"{keep} less")
        self._write_frames("free_count_", moment.frames_member("free_count_") - sum(len(gone) for _, gone, _ in self.hidden))

    def give_back(self):
        """What leave_free took is free again."""
        count = 0
        for name, gone, kind in self.hidden:
            value = next(value for value, each in self.layout.kinds.items() if each == kind)
            for frame in gone:
                self._write_record(frame, "kind", value)
            self._write_record(gone[-1], "count", self.moment.frames_member(name))
            self._write_frames(name, gone[0])
            count += len(gone)
        self.hidden = []
        self._write_frames("free_count_", self.moment.frames_member("free_count_") + count)

    def _write_record(self, frame, member, value):
        offset, size = self.layout.members["FrameRecord"][member]
        self.guest.write(self.moment.physical(self.moment.record_address(frame)) + offset, value.to_bytes(size, "little"))

    def _write_frames(self, member, value):
        offset, size = self.layout.members["Frames"][member]
        self.guest.write(self.moment.physical(self.layout.frames) + offset, value.to_bytes(size, "little"))
