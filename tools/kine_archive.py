"""The boot archive: a cpio file ("newc") whose file contents begin on page boundaries.

Owns the format. Must never depend on the machine that builds it: the same files give the same bytes.

An entry is a header of 110 bytes, the name, and the contents:

    offset H (a multiple of 4)       H + 110                          a multiple of 4096
    | "070701" 13 numbers, 8 hex each | name NUL NUL NUL ... NUL NUL | contents | zeros to the end of the page |

The name's length counts the NUL bytes behind it, so every cpio reader finds the contents where they are. Readers skip the zeros
between entries. The kernel can map such a file page by page, and what lies behind its end in its last page is zero.

A folder has no contents; those of a symbolic link are what it points to. A folder that nobody names, but which holds a file, is not in the
archive: who unpacks it makes it.
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
    """Files, folders and symbolic links by name, each with its mode (as in st_mode) and its contents."""

    def __init__(self):
        self.files = {}

    def add_bytes(self, path, data, mode=0o644):
        self._add(path, stat.S_IFREG | mode, data)

    def add_folder(self, path, mode=0o755):
        self._add(path, stat.S_IFDIR | mode, b"")

    def add_link(self, path, target):
        """A symbolic link; nobody looks whether `target` is there."""
        if not target:
            raise ArchiveError(f"'{path}': a symbolic link to nothing")
        self._add(path, stat.S_IFLNK | 0o777, os.fsencode(target))

    def _add(self, path, mode, data):
        name = guest_name(path)
        if name in self.files and stat.S_ISDIR(self.files[name][0]) != stat.S_ISDIR(mode):
            raise ArchiveError(f"'{name}' would be a folder and a file")
        self.files[name] = (mode, data)

    def add_file(self, host_path, path):
        """An ordinary file; a symbolic link is followed. Only "may be executed" remains of its mode."""
        try:
            # What is no ordinary file may make open() wait (a named pipe), so look first.
            if not stat.S_ISREG(os.stat(host_path).st_mode):
                raise ArchiveError(f"{host_path}: not an ordinary file")
            with open(host_path, "rb") as file:
                mode = os.fstat(file.fileno()).st_mode
                data = file.read()
        except OSError as error:
            raise ArchiveError(f"{host_path}: {error.strerror}") from None
        self.add_bytes(path, data, 0o755 if mode & 0o111 else 0o644)

    def add_tree(self, root, path="/"):
        """Everything below `root`, below `path`: files, folders, and symbolic links as they are."""
        if not os.path.isdir(root):
            raise ArchiveError(f"{root}: no such folder")
        if os.path.normpath("/" + path).strip("/"):
            self.add_folder(path.rstrip("/"))
        for folder, folders, names in os.walk(root):
            folders.sort()
            for name in sorted(folders + names):
                host_path = os.path.join(folder, name)
                guest_path = os.path.join(path, os.path.relpath(host_path, root))
                if os.path.islink(host_path):
                    self.add_link(guest_path, os.readlink(host_path))
                elif name in folders:
                    self.add_folder(guest_path)
                else:
                    self.add_file(host_path, guest_path)

    def add(self, host_path, path):
        """A file, or a folder with everything below it."""
        if os.path.isdir(host_path):
            self.add_tree(host_path, path)
        else:
            self.add_file(host_path, path)

    def read(self, path):
        """Adds what is in an archive that this module, or any "newc" writer, made; devices and the like are passed over."""
        try:
            with open(path, "rb") as file:
                data = file.read()
        except OSError as error:
            raise ArchiveError(f"{path}: {error.strerror}") from None
        for name, mode, start, size in entries(data, path):
            if stat.S_IFMT(mode) in (stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK) and name != ".":
                self._add(name, mode & 0o177777, data[start : start + size])

    def to_bytes(self):
        parts = []
        at = 0
        for ino, name in enumerate(sorted(self.files), start=1):
            mode, data = self.files[name]
            raw = os.fsencode(name) + b"\0"
            raw += b"\0" * (-(at + HEADER + len(raw)) % PAGE)
            end = b"\0" * (-len(data) % PAGE)
            parts += (_header(ino, mode, len(data), len(raw)), raw, data, end)
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


def entries(data, path):
    """(name, mode, offset of the contents, size) of each entry of an archive, in order."""
    at = 0
    while at + HEADER <= len(data):
        if data[at : at + 4] == b"\0\0\0\0":
            at += 4
            continue
        if data[at : at + 6] != MAGIC:
            break
        try:
            mode, size, name_size = (int(data[at + 6 + 8 * index : at + 14 + 8 * index], 16) for index in (1, 6, 11))
        except ValueError:
            break
        start = (at + HEADER + name_size + 3) & ~3
        if start + size > len(data):
            break
        name = os.fsdecode(data[at + HEADER : at + HEADER + name_size].split(b"\0", 1)[0])
        if name == TRAILER:
            return
        yield name, mode, start, size
        at = (start + size + 3) & ~3
    raise ArchiveError(f"{path}: no cpio archive, or cut short at byte {at}")


def split_pair(text):
    """HOSTFILE:GUESTPATH, divided at the last colon."""
    host, colon, guest = text.rpartition(":")
    if not colon or not host or not guest:
        raise ArchiveError(f"'{text}' is not HOSTFILE:GUESTPATH")
    return host, guest
