"""A program of a lab's tests as its ELF file has it: symbols, code, and where it stops the machine."""

import os
import struct
import subprocess

STOP = b"\xee\x0f\x1f\x80lab\0"  # checkpoint() of lab.h: outb %al, %dx and a nop that nothing else has
LOAD, EXECUTABLE = 1, 1  # PT_LOAD, PF_X (System V ABI, chapter 5)


def symbols_of(path):
    """{name: address} of a program's symbols."""
    done = subprocess.run(["nm", path], stdin=subprocess.DEVNULL, capture_output=True, check=True)
    rows = (line.split() for line in done.stdout.decode().splitlines())
    return {row[2]: int(row[0], 16) for row in rows if len(row) == 3}


class Program:
    def __init__(self, path):
        self.name, self.symbols = os.path.basename(path), symbols_of(path)
        with open(path, "rb") as file:
            data = file.read()
        first, size, count = struct.unpack_from("<Q", data, 32)[0], *struct.unpack_from("<HH", data, 54)
        headers = [struct.unpack_from("<IIQQQQ", data, first + i * size) for i in range(count)]
        self.code = [(address, data[offset : offset + bytes]) for kind, flags, offset, address, _, bytes in headers if kind == LOAD and flags & EXECUTABLE]
        self.stops = set()  # where it stands after it has stopped the machine
        for address, text in self.code:
            at = text.find(STOP)
            while at >= 0:
                self.stops.add(address + at + 1)
                at = text.find(STOP, at + 1)

    def is_run_by(self, moment, process):
        """Whether the process has this program's code, byte for byte, as far as its pages are there."""
        size = moment.layout.page_size
        for address, text in self.code:
            for at in range(0, len(text), size):
                frame = moment.frame_at(process, address + at)
                if frame is not None and moment.page(frame)[: len(text) - at] != text[at : at + size]:
                    return False
        return True


def programs_of(folder, first):
    """The programs of a lab, the one called `first` first."""
    names = sorted(name for name in os.listdir(folder) if os.path.isfile(os.path.join(folder, name)) and "." not in name)
    return [Program(os.path.join(folder, name)) for name in sorted(names, key=lambda name: name != first)]
