"""Runs the kernel in QEMU: the command line, the three serial streams, and the status at the end.

Owns one QEMU process from its start to its end. Must never touch another process, a fixed network port, or a file that it was not given.

The guest has four ways out:

    COM1           the terminal, or standard output; both directions
    COM2           standard error, unless that is the terminal
    debug console  what the kernel says (port 0xE9); its last line is "kine: exit status N"
    debug exit     ends QEMU (port 0xf4)

Each stream is a socket pair, or a pipe, whose other end QEMU inherits. One loop moves bytes from the streams to where they belong; it reads no
further while a reader is slow, so QEMU waits and nothing is lost, and it ends only when QEMU has closed every stream.

The guest has a line discipline of its own, so a terminal here becomes a raw one for as long as the machine runs: every key is the guest's. Only
Ctrl-A is kept: followed by x it ends the machine.
"""

import errno
import os
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import termios
import time

import kine_panic

REPO = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

# Bytes held for one slow reader before reading stops, and what is kept of the kernel's own messages.
BUFFER_LIMIT = 1 << 16
DEBUG_KEPT = 1 << 18

# A guest that says nothing for this many seconds gets its input all the same.
INPUT_DELAY = 1.0

# What is typed before a letter for this tool, as in QEMU: Ctrl-A x ends the machine, Ctrl-A Ctrl-A sends a Ctrl-A to the guest.
ESCAPE = 0x01

STATUS_LINE = re.compile(rb".*kine: exit status (\d+)")  # a server may have left the line before it unfinished
KILLED_LINE = re.compile(rb"kine: pid \d+ \(.*\) killed by ")

PACKAGE_HINT = "install what is missing with `make setup`"


class QemuError(Exception):
    """QEMU cannot be started at all."""


# Words for the kernel's command line ---------------------------------------------------------------------------------------

_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.,/:=+@")


def encode_word(word):
    """One argument as one word: what could end a word, or mean something to a boot loader, becomes %XX for init. An empty one is "%00"."""
    raw = os.fsencode(word)
    if not raw:
        return "%00"
    return "".join(chr(byte) if byte in _PLAIN else f"%{byte:02X}" for byte in raw)


COMMAND_LINE_LIMIT = 4095


def kernel_words(append, tty="", stdin="", die="", arguments=(), screen=False):
    """The kernel's command line. `append` is the kernel's and taken as it is; the other words are init's. `screen`: there is a display."""
    words = append.split()
    if "--" in words:
        raise QemuError("--append must not contain '--': the program's arguments follow the program's name")
    options = [("--tty=", tty), ("--stdin=", stdin), ("--die=", die)]
    inits = ["--map"] * screen + [encode_word(name + value) for name, value in options if value] + [encode_word(argument) for argument in arguments]
    line = " ".join(words + (["--"] + inits if inits else []))
    if len(line) > COMMAND_LINE_LIMIT:
        raise QemuError(f"the kernel's command line, which carries the arguments, is {len(line)} bytes long; it may have {COMMAND_LINE_LIMIT}")
    return line


# The command ---------------------------------------------------------------------------------------------------------------


def find_program(name, package):
    path = shutil.which(name)
    if path is None:
        raise QemuError(f"{name} not found (package {package}); {PACKAGE_HINT}")
    return path


def qemu_command(boot, qemu="qemu-system-x86_64", memory="256M", cpu="qemu64", icount=False, display="none", extra=()):
    """QEMU and its flags, without the streams. `boot` is the part that says what is booted. With a display there is a VGA card, too; with "hidden"
    one that nobody sees, for QMP's screendump."""
    shown = "none" if display == "hidden" else display
    command = [find_program(qemu, "qemu-system-x86"), "-accel", "tcg,thread=single", "-machine", "pc", "-cpu", cpu, "-m", memory]
    if icount:
        command += ["-icount", "shift=0,align=off,sleep=off", "-rtc", "base=2026-01-01,clock=vm", "-seed", "1"]
    command += ["-nodefaults", "-display", shown, "-vga", "none" if display == "none" else "std"]
    command += ["-monitor", "none", "-net", "none", "-no-reboot"]
    command += ["-device", "isa-debug-exit,iobase=0xf4,iosize=0x4"]
    if "-kernel" in boot and "-initrd" in boot:
        need_room(memory, *(boot[boot.index(option) + 1] for option in ("-kernel", "-initrd")))
    return command + list(boot) + list(extra)


# QEMU loads the archive as high as it goes below these bytes at the end of memory (hw/i386/x86.c: acpi_data_size), whatever lies there.
ABOVE_ARCHIVE = 0x20000


def need_room(memory, kernel, archive):
    """With too little memory QEMU lays the archive over the kernel, and the machine resets without a word."""
    match = re.fullmatch(r"(\d+)([KMG]?)", memory.upper())
    if match is None:
        return  # (QEMU knows more ways to write it)
    given = int(match.group(1)) << {"K": 10, "": 20, "M": 20, "G": 30}[match.group(2)]
    needed = kernel_end(kernel) + (os.path.getsize(archive) + 4095) // 4096 * 4096 + ABOVE_ARCHIVE
    if given < needed:
        raise QemuError(f"{memory} is too little memory: kernel and archive alone take {-(-needed >> 20)}M (-m)")


def kernel_end(kernel):
    """The first physical address above the kernel's image; 0 if this is no 64-bit ELF file (System V ABI, ELF-64: e_phoff, p_paddr, p_memsz)."""
    try:
        with open(kernel, "rb") as file:
            image = file.read(4096)
        if image[:5] != b"\x7fELF\x02":
            return 0
        (at,), (size, count) = struct.unpack_from("<Q", image, 32), struct.unpack_from("<HH", image, 54)
        headers = [struct.unpack_from("<IIQQQQQQ", image, at + size * i) for i in range(count)]
    except struct.error:
        return 0
    return max((header[4] + header[6] for header in headers if header[0] == 1), default=0)


# The run -------------------------------------------------------------------------------------------------------------------


class Outcome:
    """How a run ended. `status` is None unless the kernel reported one."""

    def __init__(self):
        self.status = None
        self.timed_out = False
        self.signal = 0  # the signal that this tool received
        self.ended = False  # by Ctrl-A x
        self.broken_pipe = False  # nobody reads standard output any more
        self.returncode = None
        self.debug = b""  # the last of the kernel's messages
        self.qemu_says = b""  # the last of what QEMU itself printed
        self.seconds = 0.0


class _Stream:
    """Bytes on their way from QEMU (`source`) to a file descriptor (`sink`, or None to only keep the last of them)."""

    def __init__(self, source, sink, keep=0):
        self.source = source
        self.sink = sink
        self.keep = keep
        self.pending = bytearray()
        self.kept = bytearray()
        self.open = True
        self.seen = False

    def wants_read(self):
        return self.open and len(self.pending) < BUFFER_LIMIT

    def read(self):
        try:
            data = os.read(self.source, BUFFER_LIMIT)
        except OSError as error:
            # A socket whose peer went away with unread input reports that once; its data has been read by then.
            if error.errno in (errno.EAGAIN, errno.EINTR):
                return
            data = b""
        if not data:
            self.open = False
            return
        self.seen = True
        if self.keep:
            self.kept += data
            if len(self.kept) > 2 * self.keep:
                del self.kept[: -self.keep]
        if self.sink is not None:
            self.pending += data

    def write(self):
        # A ready pipe takes this much without blocking.
        try:
            written = os.write(self.sink, self.pending[: select.PIPE_BUF])
        except BlockingIOError:
            return
        del self.pending[:written]


class RawTerminal:
    """A terminal that hands on every byte, from `enter` until `leave`; both may be called at any time, as often as one likes."""

    def __init__(self, descriptor):
        self.descriptor = descriptor
        self.before = None

    def enter(self):
        if self.before is not None:
            return
        try:
            before = termios.tcgetattr(self.descriptor)
            raw = [list(word) if isinstance(word, list) else word for word in before]
            raw[0] &= ~(termios.IGNBRK | termios.BRKINT | termios.PARMRK | termios.ISTRIP | termios.INLCR | termios.IGNCR | termios.ICRNL | termios.IXON)
            raw[1] &= ~termios.OPOST
            raw[3] &= ~(termios.ECHO | termios.ECHONL | termios.ICANON | termios.ISIG | termios.IEXTEN)
            raw[6][termios.VMIN], raw[6][termios.VTIME] = 1, 0
            self.before = before
            # At once, so that what was typed ahead is kept.
            termios.tcsetattr(self.descriptor, termios.TCSANOW, raw)
        except termios.error:
            pass  # it is gone; reading from it will say so

    def leave(self):
        if self.before is None:
            return
        try:
            termios.tcsetattr(self.descriptor, termios.TCSANOW, self.before)
        except termios.error:
            pass
        self.before = None


class Machine:
    """One QEMU with its streams. Use: Machine(command, …).run()."""

    # Signals that end the machine.
    ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)

    def __init__(self, command, stdout=1, stderr=2, terminal=None, debug_log=None, timeout=0, trace=None):
        self.command = command
        self.stdout = stdout
        self.stderr = stderr
        self.terminal = terminal
        self.raw = RawTerminal(terminal) if terminal is not None else None
        self.escaped = False
        self.debug_log = debug_log
        self.trace = trace
        self.timeout = timeout
        self.outcome = Outcome()
        self.process = None
        self.files = []
        self.input = bytearray()

    def full_command(self, descriptors=("COM1", "COM2", "DEBUG")):
        """The command with its streams on the given descriptors (names, when it is only shown)."""
        com1, com2, debug = descriptors
        console = f"socket,id=debug,fd={debug}"
        if self.trace is not None:  # a trace has millions of bytes, each written by itself: straight to the file
            console = f"file,id=debug,path={self.trace.replace(',', ',,')}"
        return self.command + [
            "-chardev", f"socket,id=com1,fd={com1}", "-serial", "chardev:com1",
            "-chardev", f"socket,id=com2,fd={com2}", "-serial", "chardev:com2",
            "-chardev", console, "-device", "isa-debugcon,iobase=0xe9,chardev=debug",
        ]  # fmt: skip

    def run(self):
        self.started = time.monotonic()
        wake_reader, wake_writer = socket.socketpair()
        wake_writer.setblocking(False)
        wake_reader.setblocking(False)
        handlers = {number: signal.signal(number, self._note_signal) for number in self.ENDING}
        if self.raw is not None:
            handlers[signal.SIGTSTP] = signal.signal(signal.SIGTSTP, self._pause)
        old_wakeup = signal.set_wakeup_fd(wake_writer.fileno(), warn_on_full_buffer=False)
        try:
            self._start()
            if self.raw is not None:
                self.raw.enter()
            self._move(wake_reader)
        finally:
            try:
                self._stop()
            finally:
                if self.raw is not None:
                    self.raw.leave()
            signal.set_wakeup_fd(old_wakeup)
            for number, handler in handlers.items():
                signal.signal(number, handler)
            for file in [wake_reader, wake_writer, *self.files]:
                file.close()
        self._judge()
        return self.outcome

    def _note_signal(self, number, _frame):
        self.outcome.signal = number

    def _pause(self, _number, _frame):
        """Somebody stops this tool: meanwhile the terminal is as it was."""
        self.raw.leave()
        os.kill(os.getpid(), signal.SIGSTOP)
        self.raw.enter()

    def _start(self):
        ours, theirs = zip(*(socket.socketpair() for _ in range(3)))
        says, says_end = os.pipe()
        self.files += ours
        self.files.append(os.fdopen(says, "rb", buffering=0))
        log = None
        if self.debug_log is not None:
            try:
                log = os.open(self.debug_log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
            except OSError as error:
                raise QemuError(f"{self.debug_log}: {error.strerror}") from None
            self.files.append(os.fdopen(log, "wb", buffering=0))
        numbers = [end.fileno() for end in theirs]
        command = self.full_command(numbers)
        # Should this tool be killed outright, the kernel of the host ends QEMU too.
        if sys.platform == "linux" and shutil.which("setpriv"):
            command = ["setpriv", "--pdeathsig", "KILL", *command]
        try:
            # A session of its own: ^C reaches this tool alone, which then ends QEMU.
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=says_end, stderr=says_end, pass_fds=numbers, start_new_session=True
            )
        except OSError as error:
            raise QemuError(f"{command[0]}: {error.strerror}") from None
        finally:
            os.close(says_end)
            for end in theirs:
                end.close()
        self.com1 = _Stream(ours[0].fileno(), self.stdout)
        self.debug = _Stream(ours[2].fileno(), log, DEBUG_KEPT)
        self.says = _Stream(says, None, 1 << 14)
        self.streams = [self.com1, _Stream(ours[1].fileno(), self.stderr), self.debug, self.says]

    def _move(self, wake_reader):
        """Moves bytes until every stream is at its end and all of it is written."""
        while any(stream.open or stream.pending for stream in self.streams):
            poll = select.poll()
            interest = {wake_reader.fileno(): select.POLLIN}
            for stream in self.streams:
                if stream.wants_read():
                    interest[stream.source] = interest.get(stream.source, 0) | select.POLLIN
                if stream.pending:
                    interest[stream.sink] = interest.get(stream.sink, 0) | select.POLLOUT
            listens = self._guest_listens()
            if self.terminal is not None and len(self.input) < BUFFER_LIMIT:
                interest[self.terminal] = interest.get(self.terminal, 0) | select.POLLIN
            if self.input and self.com1.open and listens:
                interest[self.com1.source] = interest.get(self.com1.source, 0) | select.POLLOUT
            for descriptor, events in interest.items():
                poll.register(descriptor, events)
            ready = dict(poll.poll(self._patience(listens)))
            if not self._must_end():
                self._handle(ready)
            if self._must_end():
                return

    def _guest_listens(self):
        """Input waits for the guest's first word: a serial port forgets what it received before it was set up."""
        return any(stream.seen for stream in self.streams[:2]) or time.monotonic() - self.started > INPUT_DELAY

    def _patience(self, listens):
        """Milliseconds until the loop has something to do by itself; None: nothing."""
        moments = [self.started + self.timeout] if self.timeout else []
        if self.input and not listens:
            moments.append(self.started + INPUT_DELAY)
        return max(0, min(moments) - time.monotonic()) * 1000 + 1 if moments else None

    def _must_end(self):
        if self.timeout and time.monotonic() - self.started >= self.timeout:
            self.outcome.timed_out = True
        return self.outcome.timed_out or self.outcome.signal or self.outcome.broken_pipe or self.outcome.ended

    def _handle(self, ready):
        readable = select.POLLIN | select.POLLHUP | select.POLLERR
        writable = select.POLLOUT | select.POLLHUP | select.POLLERR
        for stream in self.streams:
            if stream.wants_read() and ready.get(stream.source, 0) & readable:
                stream.read()
        for stream in self.streams:
            if stream.pending and ready.get(stream.sink, 0) & writable:
                try:
                    stream.write()
                except OSError as error:
                    self._lost_sink(stream, error)
        if self.terminal is not None and ready.get(self.terminal, 0) & readable:
            self._read_terminal()
        if self.input and ready.get(self.com1.source, 0) & writable:
            try:
                written = os.write(self.com1.source, self.input[:256])
                del self.input[:written]
            except OSError:
                self.input.clear()

    def _lost_sink(self, stream, error):
        if stream is self.debug:
            stream.sink = None
            stream.pending.clear()
            raise QemuError(f"{self.debug_log}: {error.strerror}")
        if error.errno == errno.EPIPE:
            self.outcome.broken_pipe = True
        else:
            raise QemuError(f"standard output: {error.strerror}")

    def _read_terminal(self):
        try:
            data = os.read(self.terminal, 4096)
        except OSError:
            data = b""
        if not data:
            # A raw terminal that has nothing more to say was hung up.
            self.terminal = None
            self.outcome.signal = signal.SIGHUP
        for byte in data:
            if self.escaped:
                self.escaped = False
                self._escape(byte)
            elif byte == ESCAPE:
                self.escaped = True
            else:
                self.input.append(byte)

    def _escape(self, byte):
        if byte in b"xX":
            self.outcome.ended = True
        elif byte in (ESCAPE, *b"aA"):
            self.input.append(ESCAPE)

    def _stop(self):
        if self.process is None:
            return
        if self.process.poll() is None:
            if any(stream.open for stream in self.streams):
                self.process.kill()
            self.process.wait()
        self.outcome.returncode = self.process.returncode
        self.outcome.seconds = time.monotonic() - self.started
        self._flush_after_end()

    def _flush_after_end(self):
        """After an early end: what QEMU had already written is still worth showing, as far as its reader takes it at once."""
        for stream in self.streams:
            while stream.open:
                if not select.select([stream.source], [], [], 0)[0]:
                    break
                stream.read()
            while stream.pending and not self.outcome.broken_pipe:
                if not select.select([], [stream.sink], [], 0.2)[1]:
                    break
                try:
                    stream.write()
                except OSError:
                    break

    def _judge(self):
        self.outcome.debug = bytes(self.debug.kept) if self.trace is None else self._end_of_trace()
        self.outcome.qemu_says = bytes(self.says.kept)
        if self.outcome.timed_out or self.outcome.signal or self.outcome.broken_pipe or self.outcome.ended:
            return
        lines = self.outcome.debug.split(b"\n")
        last = next((line.strip() for line in reversed(lines) if line.strip()), b"")
        match = STATUS_LINE.fullmatch(last)
        if match and self.outcome.returncode == 1:
            self.outcome.status = int(match.group(1)) & 0xFF


    def _end_of_trace(self):
        """The last of the kernel's messages, without what is traced."""
        try:
            with open(self.trace, "rb") as file:
                file.seek(max(0, os.fstat(file.fileno()).st_size - DEBUG_KEPT))
                return b"\n".join(line for line in file.read().split(b"\n") if not line.startswith(b"{"))
        except OSError:
            return b""


# What the user is told -----------------------------------------------------------------------------------------------------


def tail(data, lines):
    return b"\n".join(data.rstrip(b"\n").split(b"\n")[-lines:])


def killed_report(debug):
    """The kernel's lines about killed processes, each with the indented lines that belong to it."""
    kept = []
    belongs = False
    for line in debug.split(b"\n"):
        belongs = bool(KILLED_LINE.match(line)) or (belongs and line[:1] in (b" ", b"\t"))
        if belongs:
            kept.append(line)
    return b"\n".join(kept[-20:])


def explain(outcome, tool, kernel, timeout=0, build="", added=(), debugger=""):
    """(exit status, text for standard error): the status of the program, or 125 and what is known about the failure. `build` has the programs,
    `added` those of --with, as pairs; `debugger` is a command that runs the same again under GDB."""
    if outcome.broken_pipe:
        return 128 + signal.SIGPIPE, b""
    if outcome.signal:
        return 128 + outcome.signal, b""
    if outcome.ended:
        return 0, b""
    if outcome.status is not None:
        report = killed_report(outcome.debug) if outcome.status > 128 else b""
        return outcome.status, report + b"\n" if report else b""
    panic = kine_panic.from_panic(outcome.debug)
    if outcome.timed_out:
        what = f"no end after {timeout:g} s; QEMU was ended"
    elif panic:
        what = "the kernel panicked"
    elif outcome.returncode == 0:
        what = "the machine reset or powered off without a status (a triple fault?)"
    elif outcome.returncode < 0:
        what = f"QEMU was killed by {signal.Signals(-outcome.returncode).name}"
    else:
        what = f"QEMU ended with {outcome.returncode}, and the kernel reported no status"
    parts = [f"{tool}: {what}".encode()]
    if outcome.qemu_says.strip():
        parts += [b"--- QEMU said:", tail(outcome.qemu_says, 20)]
    if panic:
        parts += [b"--- the end of the debug console:", kine_panic.annotate(panic, kernel, build, added)]
        parts += [f"--- the same again, under GDB; `continue` stops behind this panic:\n{debugger}".encode()] * bool(debugger)
    elif outcome.debug.strip():
        parts += [b"--- the end of the debug console:", tail(outcome.debug, 60)]
    else:
        parts.append(b"--- the debug console is empty")
    return 125, b"\n".join(parts) + b"\n"


# The GRUB image ------------------------------------------------------------------------------------------------------------

_MKRESCUE = ("grub-mkrescue", "grub2-mkrescue", "i686-elf-grub-mkrescue", "x86_64-elf-grub-mkrescue")
_GRUB_MODULES = "multiboot2 normal configfile iso9660 biosdisk part_msdos"


def make_iso(out, kernel, archive, words, folder):
    """A CD image that GRUB boots on a BIOS machine: kernel by multiboot2, archive as its module. `folder` is an empty work folder."""
    maker = next((path for path in map(shutil.which, _MKRESCUE) if path), None)
    if maker is None:
        raise QemuError(f"grub-mkrescue not found (packages grub-common, grub-pc-bin); {PACKAGE_HINT}")
    if shutil.which("xorriso") is None:
        raise QemuError(f"xorriso not found (package xorriso); {PACKAGE_HINT}")
    os.makedirs(os.path.join(folder, "boot/grub"))
    shutil.copy(kernel, os.path.join(folder, "boot/kernel.elf"))
    shutil.copy(archive, os.path.join(folder, "boot/kine.cpio"))
    with open(os.path.join(folder, "boot/grub/grub.cfg"), "w", encoding="ascii") as config:
        config.write(
            "set timeout=0\nset default=0\n"
            "menuentry 'Kine' {\n"
            f"  multiboot2 /boot/kernel.elf {words}\n"
            "  module2 /boot/kine.cpio\n"
            "  boot\n"
            "}\n"
        )
    command = [maker, "-o", out, f"--install-modules={_GRUB_MODULES}", "--locales=", "--fonts=", "--themes=", "--compress=no"]
    i386 = os.path.join(os.path.dirname(maker), "../lib/grub/i386-pc")
    if os.path.isdir(i386):
        command += ["-d", os.path.normpath(i386)]
    done = subprocess.run(command + [folder], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode != 0 or not os.path.exists(out):
        text = done.stdout.decode(errors="replace").strip()
        hint = "\n(mformat is missing: package mtools)" if "mformat" in text else ""
        raise QemuError(f"{maker} failed with {done.returncode}:\n{text}{hint}")
