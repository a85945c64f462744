"""Runs inside GDB, on one object file of a kernel: writes how everything is laid out that the grader reads, as JSON.

    gdb -nx -batch -x layout_gdb.py OBJECT        (the last line that it prints)

The names are those of tools/gdb/kine/kernel.py and of the classes it speaks of; offsets and values come from the object's debug information, so a
kernel whose structures have other members, or members in another order, is read just the same.
"""

import json
import os
import sys

import gdb

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../gdb"))
from kine import kernel


def find(kind, name):
    """(offset, type) of a member, of a base class too; None if there is none."""
    for field in kind.strip_typedefs().fields():
        if field.name == name:
            return field.bitpos // 8, field.type
        if field.is_base_class:
            found = find(field.type, name)
            if found:
                return field.bitpos // 8 + found[0], found[1]
    return None


def place(owner, *path):
    """[offset, size] of a member of a member … of a type."""
    kind, offset = kernel.type_of(owner), 0
    for name in path:
        found = find(kind, name)
        if found is None:
            raise kernel.Missing(f"this kernel's {owner} has no {'.'.join(path)}")
        offset, kind = offset + found[0], found[1]
    return [offset, kind.sizeof]


members = {
    "FrameRecord": {name: place("FrameRecord", name) for name in kernel.RECORD_MEMBERS},
    "Frames": {name: place("Frames", name) for name in ("records_", "count_", "total_", "free_count_", "free_", "zeroed_", "condemned_")},
    "Process": {
        "pid": place("Process", "pid"),
        "name": place("Process", "name"),
        "frame": place("Process", "frame"),
        "zombie": place("Process", "zombie"),
        "root": place("Process", "own_space", "root_"),
        "parent": place("Process", "parent"),
        "descriptors": place("Process", "descriptors", "table_", "frame_"),
        "signals": place("Process", "signals", "actions_", "frame_"),
    },
    "Slab": {"next": place("Pool::Slab", "link", "next"), "frame": place("Pool::Slab", "frame")},
}
members["Frames"]["reserve"] = [place("Frames", "held_back_")[0], 4]  # its first element: what ordinary claims leave
entry = kernel.entry_bits()
slots = kernel.type_of("ProcessTable")["slots_"]
result = {
    "members": members,
    "sizes": {"FrameRecord": kernel.record_size(), "Process": kernel.process_type().sizeof, "Slab": kernel.type_of("Pool::Slab").sizeof},
    "kinds": kernel.enumerators("FrameKind"),
    "entry": entry._asdict(),
    "page_bits": kernel.page_bits(),
    "index_bits": kernel.index_bits(),
    "root_level": kernel.root_level(),
    "user_root_entries": kernel.user_root_entries(),
    "group_entries": kernel.group_entries(),
    "kernel_pages": [0, kernel.type_of("FrameRange").sizeof, 2],
    "slots": [place("ProcessTable", "slots_")[0], slots.type.range()[1] + 1],
    "slabs": place("Pool", "slabs_", "first_")[0],
}
print(json.dumps(result))
