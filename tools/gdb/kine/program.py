"""User programs: which file a process runs, its symbols, and its stack.

Nearly all programs lie at the same addresses, so the symbols of two at a time would only mislead: GDB has those of the process that it stopped in,
and of no other. They change by themselves at each stop.
"""

import bisect
import functools
import os
import struct
from collections import namedtuple

import gdb
from kine import kernel, replay
from kine.model import snapshot

REPO = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
BUILD = os.environ.get("KINE_BUILD") or os.path.join(REPO, "build")

# Where the build leaves the archive's programs (user/build.mk, tests/build.mk).
FOLDERS = ("user/bin", "user/servers", "tests/guest", "oracle")
# Files of this machine that were added to the archive: tools/gdb/start names them, as HOST:GUEST lines.
ADDED = dict(reversed(pair.rsplit(":", 1)) for pair in os.environ.get("KINE_GDB_WITH", "").splitlines())


# Which file ---------------------------------------------------------------------------------------------------------------


def candidates(name):
    """Host files that a program of this name may be."""
    yield from (host for guest, host in ADDED.items() if guest.rpartition("/")[2] == name)
    yield from (os.path.join(BUILD, folder, name) for folder in FOLDERS)


def find(name):
    """The host file of a program. Raises gdb.GdbError."""
    for path in candidates(name):
        if os.path.isfile(path):
            return path
    raise gdb.GdbError(f"no program {name} in {BUILD}")


def programs():
    """The names of all programs, for completion."""
    names = {guest.rpartition("/")[2] for guest in ADDED}
    for folder in FOLDERS:
        try:
            names.update(entry.name for entry in os.scandir(os.path.join(BUILD, folder)) if entry.is_file() and os.access(entry.path, os.X_OK))
        except OSError:
            pass
    return sorted(names)


# ELF (System V ABI, chapters 4 and 5).
DYNAMIC, LOAD, SYMBOLS, EXECUTABLE = 3, 1, 2, 4  # a file's, a program header's and a section's type, a section's flag
UNTYPED, FUNCTION = 0, 2  # a symbol's type


class Program:
    """What a program's file says: where it lies in memory, and its functions."""

    def __init__(self, path):
        self.path = path
        with open(path, "rb") as file:
            self.data = file.read()
        if self.data[:4] != b"\x7fELF":
            raise gdb.GdbError(f"{path} is no program")
        kind, entry, headers, sections = struct.unpack_from("<H6xQQQ", self.data, 16)
        self.offset = kernel.pie_base() if kind == DYNAMIC else 0  # what was added to its addresses
        self.entry = entry + self.offset
        self.functions = sorted(self._functions(sections))  # (begin, end, name)
        self.base = self._base(headers)

    def _base(self, headers):
        """Where the file's first page is in memory; None if it is not."""
        size, count = struct.unpack_from("<HH", self.data, 54)
        for i in range(count):
            kind, _flags, offset, address = struct.unpack_from("<IIQQ", self.data, headers + i * size)
            if kind == LOAD and offset == 0:
                return address + self.offset
        return None

    def _functions(self, sections):
        size, count = struct.unpack_from("<HH", self.data, 58)
        rows = [struct.unpack_from("<IIQQQQIIQQ", self.data, sections + i * size) for i in range(count)]
        for row in rows:
            if row[1] != SYMBOLS:
                continue
            names = rows[row[6]][4]
            for at in range(row[4], row[4] + row[5], 24):
                name, info, _, section, value, length = struct.unpack_from("<IBBHQQ", self.data, at)
                executable = 0 < section < count and rows[section][2] & EXECUTABLE
                if executable and info & 15 in (UNTYPED, FUNCTION):  # assembly gives its labels no type
                    begin = value + self.offset
                    text = self.data[names + name : self.data.index(b"\0", names + name)].decode(errors="replace")
                    yield begin, begin + length, text

    def function_at(self, pc):
        """(begin, name) of the function that an address lies in; None. One in assembly has no length, and goes on to the next."""
        at = bisect.bisect(self.functions, (pc, 1 << 64, "")) - 1
        if at < 0:
            return None
        begin, end, name = self.functions[at]
        return (begin, name) if pc < end or begin == end else None

    def begins_of(self, name):
        return [begin for begin, _, each in self.functions if each == name]


@functools.lru_cache(maxsize=64)
def _program(path, _changed):
    return Program(path)


def program(path):
    return _program(path, os.stat(path).st_mtime_ns)


ELF_HEADER = 64  # its bytes hold where the sections are, so they differ from build to build


def file_of(machine, process):
    """The host file that a process runs: by its name, and because its first bytes are what lies in memory; None if there is none."""
    whole = len(process.name) < kernel.name_limit()
    names = [process.name] if whole else [name for name in programs() if name.startswith(process.name)]
    for path in (path for name in names for path in candidates(name) if os.path.isfile(path)):
        try:
            found = program(path)
        except (OSError, gdb.GdbError):
            continue
        if found.base is not None and machine.user_bytes(process, found.base, ELF_HEADER) == found.data[:ELF_HEADER]:
            return path
    return None


# Symbols ------------------------------------------------------------------------------------------------------------------


class Symbols:
    """The symbols of at most one program."""

    def __init__(self):
        self.path = None

    def load(self, path):
        """Those of this file, and no other; None: of none."""
        if path == self.path:
            return
        if self.path is not None:
            gdb.execute(f"remove-symbol-file -a {program(self.path).entry:#x}", to_string=True)
        self.path = path
        if path is not None:
            offset = program(path).offset
            gdb.execute(f"add-symbol-file {quoted(path)}" + (f" -o {offset:#x}" if offset else ""), to_string=True)


def quoted(path):
    return '"' + path.replace("\\", "\\\\").replace('"', '\\"') + '"'


symbols = Symbols()


def follow(machine, process):
    """Loads the symbols of the process's program."""
    symbols.load(file_of(machine, process) if process is not None and not process.zombie else None)


def follow_current():
    try:
        machine = snapshot()
        follow(machine, machine.current())
    except (gdb.error, gdb.GdbError):
        pass  # before the kernel has processes, there is nothing to follow


def at_stop(_event):
    """GDB has said where it stopped already: if that was in a program whose symbols it did not have, it says so again."""
    if replay.recording and replay.recording.moving:
        return
    before = symbols.path
    follow_current()
    if symbols.path not in (before, None) and gdb.newest_frame().pc() < kernel.user_end():
        gdb.execute("frame 0")


def addresses_of(path, where):
    """The addresses of a place in a program: of a function, of each copy of it that was compiled into others, of a FILE:LINE."""
    symbols.load(path)
    found = program(path).begins_of(where)
    if not found:
        try:
            _, places = gdb.decode_line(where)
        except gdb.error:
            places = ()
        found = sorted({place.pc for place in places or () if place.symtab and place.symtab.objfile.filename == path and place.pc})
    if not found:
        raise gdb.GdbError(f"{os.path.basename(path)} has no function {where}")
    return [behind_prologue(path, each) for each in found]


def behind_prologue(path, start):
    """If a function begins there, the address behind its first instructions, which save registers and make its frame: its second line's."""
    end = next((end for begin, end, _ in program(path).functions if begin == start), start)
    first = gdb.find_pc_line(start)
    if not first.symtab:
        return start
    return min((line.pc for line in first.symtab.linetable() if start < line.pc < end), default=start)


# Stacks -------------------------------------------------------------------------------------------------------------------

Caller = namedtuple("Caller", "pc name line")

PUSH_RBP = 0x55


def stack_of(machine, process, limit=64):
    """A process's user stack, from the registers that it came into the kernel with; the innermost function first: a Caller each. Needs its symbols
    (follow)."""
    path = file_of(machine, process)
    found = program(path) if path else None
    pc, sp, frame = (process.registers[name] for name in ("rip", "rsp", "rbp"))
    for depth in range(limit):
        look = pc if depth == 0 else pc - 1  # a return address lies behind its call, perhaps in the next function
        function = found.function_at(look) if found else None
        yield Caller(pc, name_at(look, function), line_of(look))
        back = _return_address(machine, process, function[0], pc, sp) if depth == 0 and function else None
        if back is not None:
            pc, sp = word(machine, process, back), back + 8
        else:
            pc, sp, frame = word(machine, process, frame + 8), frame + 16, word(machine, process, frame)
        if not pc or frame is None:
            return


def _return_address(machine, process, start, pc, sp):
    """Where the innermost function's return address is if it has not made a frame yet, or, in assembly, never does; None if it has."""
    begin = machine.user_bytes(process, start, 1)
    if begin is None or pc == start or begin[0] != PUSH_RBP:
        return sp
    return sp + 8 if pc == start + 1 else None


def word(machine, process, address):
    data = machine.user_bytes(process, address & (1 << 64) - 1, 8)
    return struct.unpack("<Q", data)[0] if data else None


def name_at(pc, function):
    """The function, and before it those that the compiler has put into it there."""
    names, block = [], gdb.block_for_pc(pc)
    while block is not None and not block.is_static and not block.is_global:
        if block.function is not None:
            names.append(block.function.name)
        block = block.superblock
    return ", in ".join(names) or (function[1] if function else "??")


def line_of(pc):
    place = gdb.find_pc_line(pc)
    return place_of(place.symtab, place.line)


def place_of(symtab, line):
    """" at FILE:LINE", the file as one would type it in the repository's root; empty if it is not known."""
    if symtab is None or not line:
        return ""
    path = symtab.fullname()
    return f" at {os.path.relpath(path, REPO) if path.startswith(REPO + os.sep) else path}:{line}"


gdb.events.stop.connect(at_stop)
