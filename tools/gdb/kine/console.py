"""The guest's terminal, in GDB's own: what the guest prints while it runs appears here, and `kine type` types to it.

What it printed before it stopped is shown before GDB says why it stopped, so that a transcript is the same each time. The kernel's own messages come
the same way. Without the sockets of tools/gdb/start there is no console here.

A thread shows what comes while the guest runs, and never while GDB itself may be in the middle of a line. It calls nothing of GDB's, which only GDB's
own thread may.
"""

import os
import select
import socket
import threading

import gdb
from kine import kernel

FOLDER = os.environ.get("KINE_GDB_FOLDER", "")
SETTLED = 0.02  # seconds in which nothing more comes from QEMU, which is a little behind the guest


def show(data):
    while data:
        data = data[os.write(1, data) :]


class Console:
    def __init__(self, folder):
        self.sockets = []
        self.terminal = self._connect(os.path.join(folder, "console"))
        self._connect(os.path.join(folder, "log"))
        self.lock = threading.Lock()
        self.runs = threading.Event()  # the guest does
        threading.Thread(target=self._watch, daemon=True).start()
        gdb.events.cont.connect(lambda _event: self.runs.set())
        gdb.events.before_prompt.connect(self.drain)
        gdb.events.stop.connect(lambda _event: self.stopped())
        gdb.events.exited.connect(lambda _event: self.stopped())
        gdb.events.gdb_exiting.connect(lambda _event: self.end())

    def _connect(self, path):
        stream = socket.socket(socket.AF_UNIX)
        stream.connect(path)
        stream.setblocking(False)
        self.sockets.append(stream)
        return stream

    def _watch(self):
        while sockets := list(self.sockets):
            self.runs.wait()
            select.select(sockets, [], [])
            with self.lock:
                if self.runs.is_set():
                    self._show()

    def stopped(self):
        gdb.flush()
        self.runs.clear()
        self.drain()
        while select.select(self.sockets, [], [], SETTLED)[0]:
            self.drain()

    def drain(self):
        """Shows all that was written so far."""
        with self.lock:
            self._show()

    def _show(self):
        for stream in list(self.sockets):
            try:
                while data := stream.recv(1 << 16):
                    show(data.replace(b"\r\n", b"\n"))
                self.sockets.remove(stream)  # QEMU has ended
            except BlockingIOError:
                pass
            except OSError:
                self.sockets.remove(stream)

    def end(self):
        """This QEMU is GDB's alone: it does not go on without it."""
        try:
            if gdb.selected_inferior().threads():
                gdb.execute("kill", to_string=True)
        except gdb.error:
            pass  # it has ended already
        self.drain()

    def type(self, text):
        self.terminal.sendall(text.encode())


class AtEnd(gdb.Breakpoint):
    """Stops before the machine is powered off, in order or after a panic: what led there can still be looked at."""

    def __init__(self):
        super().__init__(f"*{kernel.function_start(kernel.END_FUNCTION):#x}", internal=True)
        self.silent = True

    def stop(self):
        console.stopped()
        gdb.write("The machine is about to end. Look around; `quit` leaves.\n")
        return True


console = Console(FOLDER) if FOLDER else None
if console:
    AtEnd()
