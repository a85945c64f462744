"""Entries, rights, addresses and sizes in words."""

import os
import re

from kine import kernel
from kine.model import LARGE

# What the kernel's own half uses besides (Intel SDM vol. 3A, table 4-20): kept over loads of CR3.
GLOBAL = 1 << 8

WAITS = {
    kernel.NOTHING: "ready",
    kernel.CHILD: "waits for a child",
    kernel.TIME: "sleeps",
    kernel.LOAN: "waits for its memory back",
    kernel.REPLY: "waits for an answer",
    kernel.MESSAGE: "waits for a message",
    kernel.READY: "polls",
    kernel.SIGNAL: "waits for a signal",
    kernel.CONTINUE: "stopped",
}


def level_name(level):
    """As this kernel counts, and as Intel's manual calls it."""
    intel = ("PTE", "PDE", "PDPTE", "PML4E")
    return ("root" if level == kernel.root_level() else f"level {level}") + (f" ({intel[level]})" if level < len(intel) else "")


def rights(entry):
    return "".join(letter if granted else "-" for letter, granted in zip("rwx", entry.rights()))


def entry(word, level, kernel_half=False):
    """Every bit of an entry, in words."""
    bits = kernel.entry_bits()
    if word.empty:
        return "empty: nothing is mapped here"
    if word.promise:
        readable = ", ".join(name for name, granted in zip(("read", "write", "execute"), word.rights()) if granted)
        return f"promise of zeroed memory, {'may ' + readable if readable else 'no rights'}"
    if not word.present:
        return "not present, and not a promise: no kernel code writes such an entry"
    leaf = level == 0 or (kernel_half and word.has(LARGE) and level < kernel.root_level())
    parts = ["present", "R/W=1" if word.writable else "R/W=0", "user" if word.has(bits.user) else "supervisor"]
    if leaf and not kernel_half:
        parts.append("mapping grants " + (rights(word) if any(word.rights()) else "nothing"))
    parts.append("accessed" if word.has(bits.accessed) else "not accessed")
    if leaf:
        parts.append("dirty" if word.has(bits.dirty) else "clean")
    if word.has(bits.no_execute):
        parts.append("NX")
    if word.shared and not kernel_half:
        parts.append("MAP_SHARED")
    if kernel_half:
        parts += ["large page"] * (leaf and level > 0) + ["global"] * word.has(GLOBAL)
    return ", ".join(parts)


def record(found):
    """A frame's record: what it is, and how many references it has."""
    kinds = {
        kernel.ABSENT: "not managed",
        kernel.FREE: "free",
        kernel.ZEROED: "free, zeroed",
        kernel.PAGE: "page",
        kernel.TABLE: "table",
        kernel.ROOT: "root",
        kernel.OBJECT: "kernel object",
    }
    kind = kinds.get(found.kind, found.kind)
    return kind if found.kind in kernel.FREE_KINDS else f"{kind}, count {found.count}"


def many(count, what):
    """How many of what: "1 page", "2 pages"."""
    return f"{count:,} {what}" + ("" if count == 1 else "s")


def span(count):
    """A number of bytes."""
    for shift, unit in ((40, "TiB"), (30, "GiB"), (20, "MiB"), (10, "KiB")):
        if count >= 1 << shift and count % (1 << shift) == 0:
            return f"{count >> shift} {unit}"
    return f"{count} bytes"


def pids(numbers, limit=8):
    shown = [str(number) for number in numbers[:limit]]
    return ("process " if len(numbers) == 1 else "processes ") + ", ".join(shown) + (", …" if len(numbers) > limit else "")


def error_code(error):
    """A page fault's error code (Intel SDM vol. 3A, 4.7), bit by bit."""
    names = (
        (0, "the page was present: a right is missing", "no page was present"),
        (1, "a write", ""),
        (2, "in user mode", "in kernel mode"),
        (3, "a reserved bit was set", ""),
        (4, "an instruction fetch", ""),
    )
    told = [yes if error >> bit & 1 else no for bit, yes, no in names]
    if not error >> 1 & 1 and not error >> 4 & 1:
        told[1] = "a read"
    return ", ".join(part for part in told if part)


def access_of(error):
    return "write" if error >> 1 & 1 else "fetch" if error >> 4 & 1 else "read"


def area(address):
    """What lies where an address is."""
    return next((what for begin, end, what in kernel.areas() if begin <= address < end), "")


def table(rows, right=()):
    """Lines of columns, as wide as they must be; those in `right` lean to the right."""
    widths = [max(len(str(row[i])) for row in rows) for i in range(len(rows[0]))]

    def cell(row, i):
        text = str(row[i])
        return text.rjust(widths[i]) if i in right else text.ljust(widths[i])

    return "\n".join("  ".join(cell(row, i) for i in range(len(row))).rstrip() for row in rows)


# System calls by number, as the C library's header has them.
_CALLS = {}


def call_name(number):
    if not _CALLS:
        path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../libc/include/sys/syscall.h")
        with open(path, encoding="utf-8") as file:
            _CALLS.update((int(value), name) for name, value in re.findall(r"^#define SYS_(\w+) (\d+)", file.read(), re.MULTILINE))
    return _CALLS.get(number, f"call {number}")


def call(made):
    """A message's call: its name and its words, as the server gets them."""
    return f"{call_name(made.number)}({', '.join(f'{word:#x}' if word > 4095 else str(word) for word in made.words)})"
