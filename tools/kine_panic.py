"""What a panic's report says, with the lines of source behind its addresses.

The kernel prints names and offsets of its own functions, and the bare addresses of the user program that it was entered from. The debug
information of both lies in the build folder, and addr2line (binutils) reads it. Without either the report stays as it is.
"""

import glob
import os
import re
import shutil
import subprocess

REPO = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

# As kernel/debug/panic.cc and arch/x86_64/report.cc print them.
PANIC = re.compile(rb"^kine: PANIC: ")
PROCESS = re.compile(rb"^kine:   in process \d+ \((.*)\)$")
TRAPPED = re.compile(rb"^kine:   rip=0x")
CALLERS = b"kine:   called from:"
CALLER = re.compile(rb"^kine:     0x([0-9a-f]+)( (?:.*))?$")
TRAP_ENTRIES = (b" kernel_trap+", b" kernel_mode_trap+")

NAME_LIMIT = 15  # of a process
LINES_BEFORE = 10  # of the log, above the panic


def program_file(build, name, added=()):
    """The ELF file that a process of this name runs, or None. `added`: [(file of this machine, path in the guest)]."""
    for path, guest in added:
        if os.path.basename(guest)[:NAME_LIMIT] == name:
            return path
    for folder in ("user/bin", "user/servers", "tests/guest", "oracle"):
        for path in sorted(glob.glob(os.path.join(build, folder, glob.escape(name) + "*"))):
            base = os.path.basename(path)
            if os.path.isfile(path) and base[:NAME_LIMIT] == name and not path.endswith((".o", ".d")):
                return path
    return None


def short(path):
    """A source's path as the repository has it, wherever the copy lies that was built."""
    parts = path.split("/")
    for at in range(len(parts) - 1, 0, -1):
        candidate = "/".join(parts[at:])
        if os.path.isfile(os.path.join(REPO, candidate)):
            return candidate
    return path


def places(elf, addresses, names):
    """{address: "FUNCTION at FILE:LINE, in …"} from the debug information; an inlined function comes before the one that it is part of."""
    if not addresses or elf is None or not os.path.exists(elf) or not shutil.which("addr2line"):
        return {}
    words = [f"{address:#x}" for address in addresses]
    done = subprocess.run(["addr2line", "-afiCe", elf, *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    found = {}
    for part in re.split(r"^0x", done.stdout.decode(errors="replace"), flags=re.MULTILINE)[1:]:
        address, *rest = part.splitlines()
        known = []
        for function, place in zip(rest[::2], rest[1::2]):
            file, _, line = re.sub(r" \(discriminator \d+\)$", "", place).rpartition(":")
            if file not in ("", "??") and line not in ("", "?", "0") and (function != "??" or not names):
                known.append((f"{function} at " if names else "") + f"{short(file)}:{line}")
        if known:
            found[int(address, 16)] = ", in ".join(known)
    return found


def annotate(report, kernel, build, added=()):
    """The report with "[FILE:LINE]" behind each address of its back-trace, and the user program's functions too."""
    lines = report.split(b"\n")
    program, callers, exact, within = None, {}, False, False
    for number, line in enumerate(lines):
        if PANIC.match(line):
            exact = within = False
        elif match := PROCESS.match(line):
            program = program_file(build, match.group(1).decode(errors="replace"), added)
        elif TRAPPED.match(line) and not within:
            exact = True
        elif line == CALLERS:
            within = True
        elif within and (match := CALLER.match(line)):
            # A return address is behind the call that it is about, which may have been a function's last instruction.
            callers[number] = int(match.group(1), 16) - (not exact)
            exact = any(entry in line for entry in TRAP_ENTRIES)
        else:
            within = False
    high = 1 << 63
    known = places(kernel, sorted({address for address in callers.values() if address >= high}), False)
    known.update(places(program, sorted({address for address in callers.values() if address < high}), True))
    for number, address in callers.items():
        if address in known:
            lines[number] += b"  [" + known[address].encode() + b"]"
    return b"\n".join(lines)


def from_panic(debug):
    """The panic's part of the debug console, and a little of what came before. b"" if there was none."""
    lines = debug.rstrip(b"\n").split(b"\n")
    for number, line in enumerate(lines):
        if PANIC.match(line):
            return b"\n".join(lines[max(0, number - LINES_BEFORE) :])
    return b""
