#!/usr/bin/env python3
"""Makes a corpus of damaged ELF files, and a C header that lists them, for exec_elf.c.

usage: make_bad_elfs.py FOLDER HEADER

Each file is a small program with one thing wrong. What a kernel must do with it is one of:

    REFUSE   execve answers an error (Linux, which looks less closely, runs or kills some of these)
    RUN      the damage is in a place that does not matter: the program ends with status 42
    EITHER   an error, or any end of the program, so long as the kernel and everybody else are well

The same call always gives the same bytes.
"""

import os
import random
import struct
import sys

PAGE = 4096
BASE = 0x400000
CODE, DATA, FILE_END, MEMORY_END = 0x100, 0x180, 0x1C0, 0x2180  # where things lie, from the start of the file and of the image
LOAD, INTERP, NOTE, PHDR, TLS, GNU_STACK = 1, 3, 4, 6, 7, 0x6474E551
R, W, X = 4, 2, 1
TOP = 1 << 64

# Offsets of the fields: (offset, size)
HEADER_FIELDS = {
    "type": (16, 2), "machine": (18, 2), "version": (20, 4), "entry": (24, 8), "phoff": (32, 8), "shoff": (40, 8), "flags": (48, 4),
    "ehsize": (52, 2), "phentsize": (54, 2), "phnum": (56, 2), "shentsize": (58, 2), "shnum": (60, 2), "shstrndx": (62, 2),
}  # fmt: skip
SEGMENT_FIELDS = {
    "type": (0, 4), "flags": (4, 4), "offset": (8, 8), "vaddr": (16, 8), "paddr": (24, 8), "filesz": (32, 8), "memsz": (40, 8),
    "align": (48, 8),
}  # fmt: skip


def code():
    """Checks a word of the data and one of the bss, writes to both, and ends with 42; or with 1."""
    at = 0
    out = b""

    def emit(data):
        nonlocal out, at
        out += data
        at += len(data)

    def relative(target, length):  # to `target`, from behind an instruction of `length` bytes
        return struct.pack("<i", target - (CODE + at + length))

    data, bss = PAGE + DATA, PAGE + FILE_END + 0x1000
    emit(b"\x8b\x05" + relative(data, 6))  # mov eax, [data]
    emit(b"\x2d\x78\x56\x34\x12")  # sub eax, 0x12345678
    emit(b"\x0b\x05" + relative(bss, 6))  # or eax, [bss]
    emit(b"\x75\x18")  # jnz 1f
    emit(b"\xff\x05" + relative(data, 6))  # inc dword [data]
    emit(b"\xff\x05" + relative(bss, 6))  # inc dword [bss]
    emit(b"\xbf\x2a\x00\x00\x00")  # mov edi, 42
    emit(b"\xb8\xe7\x00\x00\x00\x0f\x05")  # mov eax, 231; syscall
    emit(b"\xbf\x01\x00\x00\x00")  # 1: mov edi, 1
    emit(b"\xb8\xe7\x00\x00\x00\x0f\x05")  # mov eax, 231; syscall
    return out


def segment(kind, flags, offset, vaddr, filesz, memsz, align=PAGE):
    return bytearray(struct.pack("<IIQQQQQQ", kind, flags, offset, vaddr, vaddr, filesz, memsz, align))


class Elf:
    """A sound program, to be damaged. `pie`: position-independent."""

    def __init__(self, pie=False):
        self.base = 0 if pie else BASE
        self.header = bytearray(
            b"\x7fELF\x02\x01\x01" + bytes(9)
            + struct.pack("<HHIQQQIHHHHHH", 3 if pie else 2, 62, 1, self.base + CODE, 64, 0, 0, 64, 56, 0, 64, 0, 0)
        )  # fmt: skip
        self.segments = [
            segment(LOAD, R | X, 0, self.base, DATA, DATA),
            segment(LOAD, R | W, DATA, self.base + PAGE + DATA, FILE_END - DATA, MEMORY_END - DATA),
            segment(GNU_STACK, R | W, 0, 0, 0, 0, 16),
        ]
        self.count = None  # of segments, when it lies

    def set(self, **fields):
        for name, value in fields.items():
            offset, size = HEADER_FIELDS[name]
            self.header[offset : offset + size] = (value % (1 << 8 * size)).to_bytes(size, "little")
            if name == "phnum":
                self.count = value
        return self

    def segment(self, index, **fields):
        for name, value in fields.items():
            offset, size = SEGMENT_FIELDS[name]
            self.segments[index][offset : offset + size] = (value % (1 << 8 * size)).to_bytes(size, "little")
        return self

    def add(self, *segments):
        """More segments. They take the place of the code's distance to the headers, so the table moves behind the file's contents."""
        self.segments += segments
        return self

    def bytes(self):
        moved = len(self.segments) > 3
        if self.count is None:
            self.set(phnum=len(self.segments))
            self.count = None
        if moved:
            self.set(phoff=FILE_END)
        table = b"".join(self.segments)
        out = bytes(self.header) + (bytes(CODE - 64) if moved else table.ljust(CODE - 64, b"\0")) + code()
        out = out.ljust(DATA, b"\x90") + struct.pack("<I", 0x12345678)
        out = out.ljust(FILE_END, b"\0")
        return out + table if moved else out


files = []


def put(name, elf, verdict):
    files.append((name, elf if isinstance(elf, bytes) else elf.bytes(), verdict))


def sound():
    put("sound", Elf(), "RUN")
    put("sound_pie", Elf(pie=True), "RUN")
    put("shoff", Elf().set(shoff=TOP - 1, shnum=0xFFFF, shentsize=1, shstrndx=0xFFFF), "RUN")
    put("header_flags", Elf().set(flags=0xFFFFFFFF), "RUN")
    put("paddr", Elf().segment(0, paddr=TOP - 1).segment(1, paddr=1 << 63), "RUN")
    put("behind_the_end", Elf().bytes() + b"\xaa" * 3000, "RUN")
    for count, verdict in ((8, "RUN"), (60, "EITHER"), (1000, "EITHER")):  # Kine has room for 16, real files have 4
        more = [segment(LOAD, R, 0, BASE + 0x10000 + i * PAGE, 16, 16) for i in range(count)]
        put(f"segments_{count}", Elf().add(*more), verdict)
    put("odd_types", Elf().add(segment(NOTE, R, TOP - 5, 5, TOP - 1, 1), segment(0x12345678, 7, 1 << 63, 1 << 63, 1, 0)), "RUN")
    put("stack_size", Elf().segment(2, memsz=1 << 62), "RUN")


def no_programs():
    put("empty", b"", "REFUSE")
    put("short", b"\x7fELF", "REFUSE")
    put("text", b"hello, this is a text and no program\n", "REFUSE")
    put("zeros", bytes(PAGE), "REFUSE")
    put("ones", b"\xff" * PAGE, "REFUSE")
    whole = Elf().bytes()
    for length in range(1, 64):
        put(f"cut_header_{length}", whole[:length], "REFUSE")
    for length in list(range(64, 64 + 3 * 56, 8)) + [119, 121, 175, 177, 231]:
        put(f"cut_table_{length}", whole[:length], "REFUSE")
    for length in (CODE - 1, CODE, CODE + 20, DATA - 1, DATA, DATA + 1, FILE_END - 1):
        put(f"cut_contents_{length}", whole[:length], "REFUSE")


def wrong_headers():
    for i in range(4):
        broken = bytearray(Elf().bytes())
        broken[i] ^= 0x20
        put(f"magic_{i}", bytes(broken), "REFUSE")
    for i in range(4, 16):
        broken = bytearray(Elf().bytes())
        broken[i] = 0xFF
        put(f"ident_{i}", bytes(broken), "EITHER")
    for value in (0, 1, 4, 5, 0xFE00, 0xFFFF):
        put(f"type_{value}", Elf().set(type=value), "REFUSE")
    for value in (0, 3, 40, 183, 243, 0xFFFF):
        put(f"machine_{value}", Elf().set(machine=value), "REFUSE")
    for value in (0, 1, 32, 55, 57, 112, 0xFFFF):
        put(f"phentsize_{value}", Elf().set(phentsize=value), "REFUSE")
    for value in (0, 9000, 0x7FFF, 0xFFFE, 0xFFFF):
        put(f"phnum_{value}", Elf().set(phnum=value), "REFUSE")
    for value in (FILE_END, PAGE, 1 << 31, 1 << 32, 1 << 47, 1 << 63, TOP - 1, TOP - 56, TOP - 168, TOP - PAGE, 0):
        put(f"phoff_{value:x}", Elf().set(phoff=value), "REFUSE")
    put("no_load", Elf().segment(0, type=0).segment(1, type=0), "REFUSE")


def wrong_entries():
    for name, pie in (("", False), ("_pie", True)):
        for value in (0xFFFFFFFF, 1 << 46, (1 << 47) - PAGE, (1 << 47) - 1, 1 << 47, 0x4141414141414141, TOP - (1 << 47), TOP - (1 << 31), TOP - 1):
            put(f"entry{name}_{value:x}", Elf(pie).set(entry=value), "REFUSE")
    put("entry_0", Elf().set(entry=0), "REFUSE")
    put("entry_before", Elf().set(entry=BASE - 1), "REFUSE")
    put("entry_behind", Elf().set(entry=BASE + 0x10000), "REFUSE")
    put("entry_in_data", Elf().set(entry=BASE + PAGE + DATA), "EITHER")
    put("entry_at_end_of_text", Elf().set(entry=BASE + DATA), "EITHER")


def wrong_segments():
    places = (1 << 47, (1 << 47) - PAGE, 0x4141414141414000, TOP - (1 << 47), TOP - (1 << 31), TOP - PAGE)
    for index in (0, 1):
        within = DATA if index else 0
        for place in places:
            put(f"vaddr{index}_{place:x}", Elf().segment(index, vaddr=place + within), "REFUSE")
        for size in (1 << 47, 1 << 48, 1 << 62, 1 << 63, TOP - PAGE, TOP - BASE, TOP - 1):
            put(f"memsz{index}_{size:x}", Elf().segment(index, memsz=size), "REFUSE")
        for size in (0, 1, 0x3F):
            put(f"memsz_below_filesz{index}_{size}", Elf().segment(index, memsz=size), "REFUSE")
        for size in (FILE_END + 1, PAGE, 1 << 31, 1 << 47, 1 << 63, TOP - 1, TOP - DATA, TOP - DATA + 1):
            put(f"filesz{index}_{size:x}", Elf().segment(index, filesz=size, memsz=max(size, PAGE)), "REFUSE")
            put(f"filesz_alone{index}_{size:x}", Elf().segment(index, filesz=size), "REFUSE")
        for offset in (PAGE, 1 << 31, 1 << 47, 1 << 63, TOP - PAGE, TOP - 0x20, TOP - 1):
            put(f"offset{index}_{offset:x}", Elf().segment(index, offset=offset + within), "REFUSE" if offset % PAGE == 0 else "EITHER")
        for align in (0, 1, 2, 3, 48, 1 << 21, 1 << 63, TOP - 1):
            put(f"align{index}_{align:x}", Elf().segment(index, align=align), "EITHER")
        for flags in (0, 1, 2, 3, 4, 5, 6, 7, 0xFFFFFFFF):
            put(f"flags{index}_{flags:x}", Elf().segment(index, flags=flags), "EITHER")
        put(f"crooked{index}", Elf().segment(index, vaddr=BASE + index * PAGE + within + 8), "EITHER")
    put("wraps_over_base_pie", Elf(pie=True).segment(0, vaddr=TOP - 0x555555554000), "REFUSE")
    put("wraps_to_kernel_pie", Elf(pie=True).segment(1, vaddr=0xFFFF800000000000 - 0x555555554000 + DATA), "REFUSE")
    put("large_bss", Elf().segment(1, memsz=1 << 36), "EITHER")
    put("huge_bss", Elf().segment(1, memsz=1 << 44), "EITHER")
    put("at_zero", Elf().add(segment(LOAD, R, 0, 0, 16, 16)), "EITHER")
    put("on_the_stack", Elf().add(segment(LOAD, R | W, 0, 0x7FFFFFFEF000, 16, 16)), "EITHER")
    put("where_mmap_begins", Elf().add(segment(LOAD, R | W, 0, 0x7E0000000000, 16, 16)), "EITHER")
    put("on_the_break", Elf().add(segment(LOAD, R | W, 0, 0x10000000000, 16, 16)), "EITHER")
    put("nothing_at_all", Elf().add(segment(LOAD, R, 0, BASE + 0x10000, 0, 0)), "EITHER")
    put("nothing_in_the_kernel", Elf().add(segment(LOAD, R, 0, 0xFFFF800000000000, 0, 0)), "EITHER")


def overlaps():
    put("same_place", Elf().segment(1, offset=0, vaddr=BASE), "REFUSE")
    put("same_segment_twice", Elf().add(segment(LOAD, R | X, 0, BASE, DATA, DATA)), "REFUSE")
    put("text_under_bss", Elf().segment(0, memsz=2 * PAGE), "REFUSE")
    put("data_over_text", Elf().segment(1, vaddr=BASE + 0x80, offset=0x80), "REFUSE")
    put("one_inside", Elf().add(segment(LOAD, R, 0, BASE + 2 * PAGE, 16, 16)), "REFUSE")
    put("one_around", Elf().add(segment(LOAD, R, 0, BASE - PAGE, 16, 8 * PAGE)), "REFUSE")
    put("same_page", Elf().segment(1, vaddr=BASE + DATA), "EITHER")  # no byte in common, but the page
    turned = Elf()
    turned.segments[0], turned.segments[1] = turned.segments[1], turned.segments[0]
    put("downwards", turned, "EITHER")


def interpreters():
    for name, elf in (("", Elf()), ("_pie", Elf(pie=True))):
        put(f"interpreter{name}", elf.add(segment(INTERP, R, CODE, BASE + CODE, 8, 8)), "REFUSE")
    put("interpreter_far", Elf().add(segment(INTERP, R, TOP - 4, 0, 16, 16)), "REFUSE")
    put("interpreter_empty", Elf().add(segment(INTERP, R, 0, 0, 0, 0)), "REFUSE")
    put("interpreter_huge", Elf().add(segment(INTERP, R, 0, 0, 1 << 40, 1 << 40)), "REFUSE")
    put("phdr_wrong", Elf().add(segment(PHDR, R, 1 << 50, 0xFFFF800000000000, 1 << 50, 1 << 50)), "EITHER")
    put("tls_wrong", Elf().add(segment(TLS, R, TOP - 1, TOP - 1, TOP - 1, 1, 3)), "EITHER")


def every_field():
    values = (0, 1, 0xFFF, PAGE, (1 << 31) - 1, 1 << 32, (1 << 47) - PAGE, 1 << 47, (1 << 63) - 1, 1 << 63, TOP - PAGE, TOP - 1)
    for value in values:
        for name in ("entry", "phoff"):
            put(f"field_{name}_{value:x}", Elf().set(**{name: value}), "EITHER")
        for index in (0, 1):
            for name in ("offset", "vaddr", "filesz", "memsz", "align"):
                put(f"field_{name}{index}_{value:x}", Elf().segment(index, **{name: value}), "EITHER")
                put(f"field_{name}{index}_{value:x}_pie", Elf(pie=True).segment(index, **{name: value}), "EITHER")


def bit_flips(count):
    dice = random.Random(20260101)
    for i in range(count):
        broken = bytearray(Elf(pie=i % 3 == 0).bytes())
        for _ in range(dice.choice((1, 1, 1, 2, 4))):
            at = dice.randrange(64 + 2 * 56)  # headers only: damaged code could run for ever
            broken[at] ^= 1 << dice.randrange(8)
        put(f"flip_{i}", bytes(broken), "EITHER")


def main(folder, header):
    for part in (sound, no_programs, wrong_headers, wrong_entries, wrong_segments, overlaps, interpreters, every_field):
        part()
    bit_flips(200)
    os.makedirs(folder, exist_ok=True)
    for name in os.listdir(folder):
        os.remove(os.path.join(folder, name))
    for name, contents, _ in files:
        path = os.path.join(folder, name)
        with open(path, "wb") as file:
            file.write(contents)
        os.chmod(path, 0o755)
    lines = [f'BAD_ELF("{name}", {verdict})' for name, _, verdict in files]
    assert len(set(lines)) == len(lines)
    os.makedirs(os.path.dirname(header), exist_ok=True)
    with open(header, "w", encoding="utf-8") as file:
        file.write("/* Made by make_bad_elfs.py. */\n" + "\n".join(lines) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
