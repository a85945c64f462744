"""One QEMU with a lab's program as process 1: it runs to a checkpoint, stops, and its memory lies here to be read.

A checkpoint is a write to the port of QEMU's pvpanic device, which stops the machine on the spot. The program's registers say which
checkpoint it is; the memory of the guest is a file that this process has mapped. Time is the guest's: a counted number of instructions, so
a slow host changes nothing.

Owns one QEMU process, one socket pair and one memory file from start to end. Must never touch anything else.
"""

import json
import mmap
import os
import re
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import time

import kine_panic
from kine_qemu import find_program, tail
from lab.state import Moment

# 16 ns an instruction: about the speed that TCG reaches, so that a second of the guest's is about a second here.
CLOCK = ["-icount", "shift=4,align=off,sleep=off", "-rtc", "base=2026-01-01,clock=vm", "-seed", "1"]
GUEST_SECONDS = 3  # 190 million instructions between two checkpoints: nothing needs a tenth of it
HOST_SECONDS = 180  # without a tick of the guest's clock: a machine that does not even count instructions
LAST_SECONDS = (GUEST_SECONDS + 2) * HOST_SECONDS  # a kernel can set the machine's clock back for ever: so many ticks, each as late as it may be
LOOK_SECONDS = 0.2  # how often the guest's clock is looked at while it runs

CHECKPOINT_PORT = 0x505

# Should a kernel find a way out of the machine: QEMU starts no program and gets no right that it has not.
SANDBOX = ["-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"] if sys.platform == "linux" else []


# What the guest can make QEMU write: its memory, the debug console, the record of traps. A kernel in a loop writes no more than that.
# (Python ignores SIGXFSZ, and so does QEMU then: a write beyond the limit fails, and is lost.)
FILE_LIMIT = 192 << 20


class Stopped(Exception):
    """The guest did not reach the checkpoint; the text says what it did instead."""

    def __init__(self, what, by_host=False):
        super().__init__(what)
        self.by_host = by_host


class Registers:
    def __init__(self, text):
        self.words = {name.lower(): int(value, 16) for name, value in re.findall(r"\b([A-Z][A-Z0-9]{1,3}) ?=([0-9a-f]+)", text)}

    def __getitem__(self, name):
        return self.words[name]


class Guest:
    """Use: with Guest(kernel, archive, layout, words, …) as guest: moment = guest.checkpoint()."""

    def __init__(self, kernel, archive, layout, words, memory=16, programs=()):
        """`programs`: [(ELF file, path in the guest)], for what the kernel says of them."""
        self.kernel, self.layout, self.programs = kernel, layout, programs
        qemu = find_program("qemu-system-x86_64", "qemu-system-x86")
        self.folder = tempfile.mkdtemp(prefix="kine-lab-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)
        self.process, self.map, self.file = None, None, None
        self.events, self.buffer = [], b""
        path = os.path.join(self.folder, "memory")
        command = [
            qemu, "-accel", "tcg,thread=single", "-machine", "pc,memory-backend=ram",
            "-object", f"memory-backend-file,id=ram,size={memory}M,mem-path={path},share=on", "-m", f"{memory}M", "-cpu", "qemu64", *CLOCK,
            "-nodefaults", "-display", "none", "-vga", "none", "-net", "none", "-no-reboot", "-S", "-device", "isa-debug-exit,iobase=0xf4,iosize=0x4",
            "-device", f"pvpanic,ioport={CHECKPOINT_PORT:#x}", "-action", "panic=pause", "-debugcon", f"file:{self.folder}/debug",
            "-D", f"{self.folder}/traps", *SANDBOX, "-kernel", kernel, "-initrd", archive, "-append", words,
        ]  # fmt: skip
        ours, theirs = socket.socketpair()
        try:
            command += ["-chardev", f"socket,id=qmp,fd={theirs.fileno()}", "-mon", "chardev=qmp,mode=control"]
            if sys.platform == "linux" and shutil.which("setpriv"):
                command = ["setpriv", "--pdeathsig", "KILL", *command]
            if shutil.which("prlimit"):
                command = ["prlimit", f"--fsize={FILE_LIMIT}", *command]
            with open(os.path.join(self.folder, "qemu"), "wb") as says:
                self.process = subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=says, stderr=says, pass_fds=[theirs.fileno()], start_new_session=True,
                    restore_signals=False,
                )  # fmt: skip
            self.qmp = ours
            theirs.close()
            self._receive(time.monotonic() + HOST_SECONDS)  # the greeting
            self._command("qmp_capabilities")
            self.file = open(path, "r+b")
            self.map = mmap.mmap(self.file.fileno(), 0)
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        if self.process is not None:
            if self.process.poll() is None:
                self.process.kill()
            self.process.wait()
            self.qmp.close()
        if self.map is not None:
            self.map.close()
        if self.file is not None:
            self.file.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    # --- QMP ---

    def _receive(self, deadline):
        """The next message, or None when the time is over."""
        while b"\n" not in self.buffer:
            wait = deadline - time.monotonic()
            if wait <= 0 or not select.select([self.qmp], [], [], wait)[0]:
                return None
            try:
                data = self.qmp.recv(65536)
            except OSError:
                data = b""
            if not data:
                raise Stopped(self._ending())
            self.buffer += data
        line, _, self.buffer = self.buffer.partition(b"\n")
        return json.loads(line)

    def _command(self, name, **arguments):
        message = {"execute": name}
        if arguments:
            message["arguments"] = arguments
        try:
            self.qmp.sendall(json.dumps(message).encode() + b"\n")
        except OSError:
            raise Stopped(self._ending()) from None
        deadline = time.monotonic() + HOST_SECONDS
        while True:
            answer = self._receive(deadline)
            if answer is None:
                raise Stopped(f"QEMU did not answer within {HOST_SECONDS} s", by_host=True)
            if "event" in answer:
                self.events.append(answer["event"])
            elif "error" in answer:
                raise Stopped(f"QEMU: {answer['error'].get('desc', '')}", by_host=True)
            else:
                return answer["return"]

    def _monitor(self, line):
        return self._command("human-monitor-command", **{"command-line": line})

    def guest_seconds(self):
        clock = self._command("qom-get", path="/machine", property="rtc-time")
        return (clock["tm_mday"] * 24 + clock["tm_hour"]) * 3600 + clock["tm_min"] * 60 + clock["tm_sec"]

    # --- running ---

    def debug_text(self):
        """What the kernel said: a panic's report, with lines of source; else the end."""
        try:
            with open(os.path.join(self.folder, "debug"), "rb") as file:
                said = file.read()[-(1 << 16) :]
        except OSError:
            return ""
        panic = kine_panic.from_panic(said)
        text = kine_panic.annotate(panic, self.kernel, os.path.dirname(self.kernel), self.programs) if panic else tail(said, 12)
        return text.decode(errors="replace")

    def _ending(self):
        self.process.wait()
        text = self.debug_text()
        if "panic:" in text:
            return "the kernel panicked"
        ended = re.search(r"exit status (\d+)", text)
        if ended:
            return f"the test's program ended with status {ended.group(1)}"
        with open(os.path.join(self.folder, "qemu"), encoding="utf-8", errors="replace") as file:
            says = file.read().strip()
        return "the machine reset (a triple fault)" if not says else f"QEMU ended: {says[-500:]}"

    def checkpoint(self):
        """Runs on to the next checkpoint; returns (registers, Moment) there."""
        started = last = None
        end = time.monotonic() + LAST_SECONDS
        self._command("cont")
        while "STOP" not in self.events:
            answer = self._receive(time.monotonic() + LOOK_SECONDS)
            if answer is not None:
                if "event" in answer:
                    self.events.append(answer["event"])
                continue
            now = self.guest_seconds()
            if now != last:
                last, backstop = now, time.monotonic() + HOST_SECONDS
            started = now if started is None else started
            if now - started > GUEST_SECONDS:
                raise Stopped(f"no progress: no checkpoint within {GUEST_SECONDS} s of the guest's time")
            if time.monotonic() > end:
                raise Stopped(f"no checkpoint within {LAST_SECONDS} s of this machine's time, though the guest's clock is at most {GUEST_SECONDS} s on", by_host=True)
            if time.monotonic() > backstop:
                raise Stopped(f"the guest's clock did not advance for {HOST_SECONDS} s", by_host=True)
        panicked = "GUEST_PANICKED" in self.events
        self.events = []
        if not panicked:
            raise Stopped("the machine stopped by itself", by_host=True)
        registers = Registers(self._monitor("info registers"))
        return registers, Moment(self.layout, self.map, registers["cr3"] >> self.layout.page_bits)

    def log_traps(self, on):
        """QEMU itself writes down every trap from here on: what it counts no kernel can count differently."""
        self._monitor("log int" if on else "log none")

    def page_faults(self):
        """The page faults of user mode that were written down, in order: [(address, error code)]."""
        try:
            with open(os.path.join(self.folder, "traps"), encoding="utf-8", errors="replace") as file:
                text = file.read()
        except OSError:
            return []
        return [(int(cr2, 16), int(error, 16)) for error, cr2 in re.findall(r"v=0e e=([0-9a-f]+) .*?CR2=([0-9a-f]+)", text, re.DOTALL)]

    # --- writing ---

    def write(self, physical, data):
        self.map[physical : physical + len(data)] = data
