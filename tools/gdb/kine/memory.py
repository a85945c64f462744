"""Guest memory, read through the kernel's half of the address space, which is the same in every process. So nothing here touches CR3, and what
is read of a process is what its own tables say, whoever runs.

What was read is kept, because each question to QEMU takes longer than a thousand answers from here. Whoever lets the guest go on makes a new
Memory.
"""

import gdb

# Two runs of pages this close are read as one: a page costs less than a question.
NEAR_PAGES = 4
AT_ONCE = 1 << 20


class Memory:
    def __init__(self, page_size):
        self.page_size = page_size
        self.pages = {}

    def fetch(self, numbers):
        """Reads these pages (numbers of virtual pages), those that are not here yet, in as few questions as it takes."""
        missing = sorted(number for number in set(numbers) if number not in self.pages)
        begin = 0
        while begin < len(missing):
            end = begin + 1
            while end < len(missing) and missing[end] - missing[end - 1] <= NEAR_PAGES and (missing[end] - missing[begin]) * self.page_size < AT_ONCE:
                end += 1
            self._read(missing[begin], missing[end - 1] - missing[begin] + 1)
            begin = end

    def _read(self, first, count):
        try:
            data = bytes(gdb.selected_inferior().read_memory(first * self.page_size, count * self.page_size))
        except gdb.MemoryError:
            if count == 1:
                raise gdb.GdbError(f"the kernel cannot reach memory at {first * self.page_size:#x}") from None
            for number in range(first, first + count):  # perhaps only what lies between
                try:
                    self._read(number, 1)
                except gdb.GdbError:
                    pass
            return
        for i in range(count):
            self.pages[first + i] = data[i * self.page_size : (i + 1) * self.page_size]

    def bytes(self, address, size):
        """`size` bytes at a kernel address."""
        first, last = address // self.page_size, (address + size - 1) // self.page_size
        self.fetch(range(first, last + 1))
        try:
            data = self.pages[first] if first == last else b"".join(self.pages[number] for number in range(first, last + 1))
        except KeyError:
            raise gdb.GdbError(f"the kernel cannot reach memory at {address:#x}") from None
        start = address - first * self.page_size
        return data[start : start + size]

    def value(self, address, kind):
        """A gdb.Value of a type, of what lies at a kernel address."""
        return gdb.Value(self.bytes(address, kind.sizeof), kind)
