"""The machine's screen, as QEMU's monitor shows it: a picture's pixels, and PNG files.

A Monitor talks to one QEMU that was started with `-qmp unix:PATH,server=on,wait=off`, and ends nothing; a Screen starts one, and ends it.
"""

import json
import os
import pty
import re
import select
import socket
import struct
import subprocess
import sys
import time
import tty
import zlib

PATIENCE = 60  # seconds for QEMU to open its socket, or to answer, or for the terminal to show what is waited for


class Monitor:
    """QMP (QEMU's docs/interop/qmp-spec.txt)."""

    def __init__(self, path):
        end = time.monotonic() + PATIENCE
        while True:
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.settimeout(PATIENCE)
            try:
                self.socket.connect(path)
                break
            except OSError:
                self.socket.close()
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)
        self.file = self.socket.makefile("rw", encoding="utf-8")
        self.file.readline()
        self.call("qmp_capabilities")

    def call(self, command, **arguments):
        self.file.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self.file.flush()
        while line := self.file.readline():
            answer = json.loads(line)
            if "return" in answer:
                return answer["return"]
            if "error" in answer:
                raise OSError(f"QEMU: {command}: {answer['error']['desc']}")
        raise OSError(f"QEMU ended before it answered {command}")

    def picture(self, folder):
        """What the screen shows."""
        path = os.path.join(folder, "screen.ppm")
        self.call("screendump", filename=path)
        with open(path, "rb") as file:
            return Picture.of_ppm(file.read())

    def close(self):
        self.file.close()
        self.socket.close()


class Screen:
    """tools/run on a terminal of its own, with a screen that nobody sees, and the monitor of its QEMU. `folder` is an empty work folder."""

    def __init__(self, folder, words):
        path = os.path.join(folder, "qmp")
        self.command = ["-m", "128M", "--display", "hidden", "--qemu-arg=-qmp", f"--qemu-arg=unix:{path},server=on,wait=off", *words]
        self.terminal, slave = pty.openpty()
        tty.setraw(slave)
        command = [sys.executable, os.path.join(os.path.dirname(os.path.abspath(__file__)), "run"), *self.command]
        self.process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, start_new_session=True)
        os.close(slave)
        self.folder, self.printed = folder, ""
        try:
            self.monitor = Monitor(path)
        except OSError:
            self.process.terminate()
            raise

    def wait_for(self, pattern):
        """The match, once the terminal has shown it; None if it does not."""
        end = time.monotonic() + PATIENCE
        while not (match := re.search(pattern, self.printed)) and time.monotonic() < end:
            if select.select([self.terminal], [], [], 0.2)[0]:
                try:
                    self.printed += os.read(self.terminal, 4096).decode(errors="replace")
                except OSError:  # EIO: tools/run has ended
                    return None
        return match

    def type(self, text):
        os.write(self.terminal, text.encode())

    def picture(self):
        return self.monitor.picture(self.folder)

    def close(self):
        self.monitor.close()
        self.process.terminate()
        self.process.wait()
        os.close(self.terminal)


class Picture:
    """Pixels as 0xRRGGBB."""

    def __init__(self, width, height, data):
        self.width, self.height, self.data = width, height, data

    @classmethod
    def of_ppm(cls, text):
        """PPM, binary (P6), 8 bits a colour: what `screendump` writes."""
        magic, width, height, most, data = text.split(maxsplit=4) if text[:2] == b"P6" else (b"", 0, 0, 0, b"")
        header = text.index(most, text.index(height)) + len(most) + 1 if magic else 0
        if magic != b"P6" or most != b"255":
            raise OSError("the screen is no PPM picture of 8 bits a colour")
        return cls(int(width), int(height), text[header:])

    def pixel(self, x, y):
        at = 3 * (y * self.width + x)
        return int.from_bytes(self.data[at : at + 3], "big")

    def write_png(self, path):
        """PNG (RFC 2083), with a palette if it has few colours."""
        colours = sorted({self.data[at : at + 3] for at in range(0, len(self.data), 3)})
        if len(colours) > 256:
            depth_and_type, palette = (8, 2), b""
            rows = [self.data[3 * y * self.width : 3 * (y + 1) * self.width] for y in range(self.height)]
        else:
            depth_and_type, palette = (8, 3), b"".join(colours)
            index = {colour: number for number, colour in enumerate(colours)}
            rows = [
                bytes(index[self.data[at : at + 3]] for at in range(3 * y * self.width, 3 * (y + 1) * self.width, 3)) for y in range(self.height)
            ]

        def chunk(kind, data):
            return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

        with open(path, "wb") as file:
            file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", self.width, self.height, *depth_and_type, 0, 0, 0)))
            file.write(chunk(b"PLTE", palette) if palette else b"")
            file.write(chunk(b"IDAT", zlib.compress(b"".join(b"\0" + row for row in rows), 9)) + chunk(b"IEND", b""))
