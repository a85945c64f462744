"""The boot archive: a cpio file ("newc") whose file contents begin on page boundaries.

Owns the format. Must never depend on the machine that builds it: the same files give the same bytes.

An entry is a header of 110 bytes, the name, and the contents:

    offset H (a multiple of 4)       H + 110                          a multiple of 4096
    | "070701" 13 numbers, 8 hex each | name NUL NUL NUL ... NUL NUL | contents | zeros to the end of the page |

The name's length counts the NUL bytes behind it, so every cpio reader finds the contents where they are. Readers skip the zeros
between entries. The kernel can map such a file page by page, and what lies behind its end in its last page is zero.
"""

import os
import stat

PAGE = 4096
HEADER = 110
MAGIC = b"070701"
TRAILER = "TRAILER!!!"


class ArchiveError(Exception):
    """A file that cannot be read, or is no archive of this kind."""


def _header(ino, mode, size, name_size):
    fields = (ino, mode, 0, 0, 1, 0, size, 0, 0, 0, 0, name_size, 0)
    return MAGIC + b"".join(b"%08x" % field for field in fields)


def guest_name(path):
    """The archive's name of a path in the guest: "/bin/init" and "bin/init" are the same file."""
    name = os.path.normpath("/" + path).lstrip("/")
    if not name or "\0" in name or path.endswith("/"):
        raise ArchiveError(f"'{path}' is no path of a file in the guest")
    if name == TRAILER:
        raise ArchiveError(f"'{name}' is the mark at an archive's end")
    return name


class Archive:
    """Files by name, each with its mode and its contents."""

    def __init__(self):
        self.files = {}

    def add_bytes(self, path, data, mode=0o644):
        self.files[guest_name(path)] = (mode, data)

    def add_file(self, host_path, path):
        try:
            with open(host_path, "rb") as file:
                mode = os.fstat(file.fileno()).st_mode
                if not stat.S_ISREG(mode):
                    raise ArchiveError(f"{host_path}: not an ordinary file")
                data = file.read()
        except OSError as error:
            raise ArchiveError(f"{host_path}: {error.strerror}") from None
        self.add_bytes(path, data, 0o755 if mode & 0o111 else 0o644)

    def add_tree(self, root):
        """Every ordinary file below `root`, under its path relative to `root`. Symbolic links to files are followed."""
        if not os.path.isdir(root):
            raise ArchiveError(f"{root}: no such folder")
        for folder, folders, names in os.walk(root):
            folders.sort()
            for name in sorted(names):
                path = os.path.join(folder, name)
                self.add_file(path, os.path.relpath(path, root))

    def read(self, path):
        """Adds the files of an archive that this module, or any "newc" writer, made."""
        try:
            with open(path, "rb") as file:
                data = file.read()
        except OSError as error:
            raise ArchiveError(f"{path}: {error.strerror}") from None
        at = 0
        while at + HEADER <= len(data):
            if data[at : at + 4] == b"\0\0\0\0":
                at += 4
                continue
            if data[at : at + 6] != MAGIC:
                break
            field = lambda index: int(data[at + 6 + 8 * index : at + 14 + 8 * index], 16)
            mode, size, name_size = field(1), field(6), field(11)
            name = os.fsdecode(data[at + HEADER : at + HEADER + name_size].split(b"\0", 1)[0])
            if name == TRAILER:
                return
            start = (at + HEADER + name_size + 3) & ~3
            if stat.S_ISREG(mode):
                self.files[guest_name(name)] = (mode & 0o777, data[start : start + size])
            at = (start + size + 3) & ~3
        raise ArchiveError(f"{path}: no cpio archive, or cut short at byte {at}")

    def to_bytes(self):
        parts = []
        at = 0
        for ino, name in enumerate(sorted(self.files), start=1):
            mode, data = self.files[name]
            raw = os.fsencode(name) + b"\0"
            raw += b"\0" * (-(at + HEADER + len(raw)) % PAGE)
            end = b"\0" * (-len(data) % PAGE)
            parts += (_header(ino, stat.S_IFREG | mode, len(data), len(raw)), raw, data, end)
            at += HEADER + len(raw) + len(data) + len(end)
        raw = TRAILER.encode() + b"\0"
        parts += (_header(0, 0, 0, len(raw)), raw, b"\0" * (-(HEADER + len(raw)) % 512))
        return b"".join(parts)

    def write(self, path):
        """Replaces `path` in one step, so that nobody ever sees half an archive."""
        temporary = f"{path}.{os.getpid()}"
        try:
            with open(temporary, "wb") as file:
                file.write(self.to_bytes())
            os.replace(temporary, path)
        except OSError as error:
            raise ArchiveError(f"{path}: {error.strerror}") from None
        finally:
            if os.path.exists(temporary):
                os.unlink(temporary)


def split_pair(text):
    """HOSTFILE:GUESTPATH, divided at the last colon."""
    host, colon, guest = text.rpartition(":")
    if not colon or not host or not guest:
        raise ArchiveError(f"'{text}' is not HOSTFILE:GUESTPATH")
    return host, guest
