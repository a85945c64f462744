"""A recorded run: QEMU replays it, and goes to any moment of it. Moments are counts of instructions since the machine was switched on.

QEMU's own reverse-continue may hang (7.2: its threads wait for each other), so nothing here uses it. A seek loads the snapshot of the beginning
and runs forward to the moment; meanwhile GDB is not connected, because it would take QEMU's report of the stop for an answer.
"""

import contextlib
import json
import os
import socket
import time

import gdb

FOLDER = os.environ.get("KINE_GDB_REPLAY", "")
PATIENCE = 60  # seconds for a seek


class Recording:
    def __init__(self, folder):
        self.folder = folder
        self.moving = False  # the stops on the way are not the user's
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(os.path.join(folder, "qmp"))
        self.stream = self.socket.makefile("rw")
        self.stream.readline()  # the greeting
        self.ask("qmp_capabilities")
        with open(os.path.join(folder, "end"), encoding="ascii") as file:
            self.end = int(file.read())  # behind the last instruction: QEMU ends when it comes there

    def ask(self, command, **arguments):
        self.stream.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self.stream.flush()
        while True:
            answer = json.loads(self.stream.readline())
            if "error" in answer:
                raise gdb.GdbError(f"QEMU: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]

    def position(self):
        return self.ask("query-replay")["icount"]

    def seek(self, moment):
        """The machine is there afterwards, stopped."""
        if moment < 0:
            raise gdb.GdbError("the recording begins with moment 0")
        if moment >= self.end:
            raise gdb.GdbError(f"the recording ends with moment {self.end - 1}")
        with self.on_the_way():
            gdb.execute("disconnect", to_string=True)
            try:
                self.ask("replay-seek", icount=moment)
                end = time.monotonic() + PATIENCE
                while (self.ask("query-status")["running"] or self.position() != moment) and time.monotonic() < end:
                    time.sleep(0.001)
            finally:
                gdb.execute(f"target remote {self.folder}/gdb", to_string=True)
        if self.position() != moment:
            raise gdb.GdbError(f"the recording has no moment {moment}; here is {self.position()}")

    def run_to(self, moment=None):
        """Ahead, without a moment as far as a hidden breakpoint stops. The breakpoints of whoever sits here do not stop it; hidden ones see
        what they wait for."""
        theirs = [each for each in gdb.breakpoints() if each.visible and each.enabled]
        with self.on_the_way():
            for each in theirs:
                each.enabled = False
            try:
                if moment is not None:
                    self.ask("replay-break", icount=moment)
                gdb.execute("continue", to_string=True)
            finally:
                for each in theirs:
                    each.enabled = True

    def step(self):
        """One instruction ahead."""
        with self.on_the_way():
            gdb.execute("stepi", to_string=True)

    @contextlib.contextmanager
    def on_the_way(self):
        """Meanwhile GDB's output goes nowhere: it tells of each stop and each signal, whatever it was asked."""
        gdb.flush()
        self.moving, kept, nowhere = True, os.dup(1), os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        try:
            yield
        finally:
            gdb.flush()
            os.dup2(kept, 1)
            os.close(kept)
            os.close(nowhere)
            self.moving = False


recording = Recording(FOLDER) if FOLDER else None


def need():
    if recording is None:
        raise gdb.GdbError("this run is not recorded: begin with `make gdb-replay`")
    return recording
