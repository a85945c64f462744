"""tools/run, tools/mkarchive and tools/setup: what they promise, tried on the machine itself.

show_args and the test programs are the guests here; echo_input copies descriptor 0 to descriptor 1, fill writes a known pattern.
"""

import fcntl
import os
import pty
import shutil
import signal
import socket
import stat
import struct
import subprocess
import sys
import termios
import threading
import time
import tty

from kine_archive import PAGE, Archive
from kine_qemu import REPO, Machine, kernel_words, qemu_command
from suite.core import Job, Result, check_output, difference, indent, kine, run_process, show

RUN = os.path.join(REPO, "tools/run")
ECHO, FILL, ENDING = "/test/echo_input", "/test/fill", "/test/ending"
MEGABYTE = 1 << 20
LATE = 0.5  # seconds: a machine that has written all ends within them
NOTICE = b"Ctrl-A x ends the machine"


def pattern(size):
    """What /test/fill writes: byte i is (7 i + i / 251) mod 256, so that a lost or a doubled byte shifts all that follow."""
    return bytes((i * 7 + i // 251) & 255 for i in range(size))


def statuses(context, name):
    for arguments, status, stderr in (
        ((ENDING, "exit", "0"), 0, None),
        ((ENDING, "exit", "1"), 1, None),
        ((ENDING, "exit", "127"), 127, None),
        ((ENDING, "exit", "255"), 255, None),
        ((ENDING, "mutter", "77"), 77, None),
        ((ENDING, "segv"), 128 + signal.SIGSEGV, rb"kine: pid \d+ \(.*ending.*\) killed by SIGSEGV"),
        ((ENDING, "ill"), 128 + signal.SIGILL, rb"kine: pid \d+ \(.*ending.*\) killed by SIGILL"),
        (("no_such_program",), 127, rb"init: no_such_program: No such file or directory"),
        (("/etc/data",), 126, rb"init: /etc/data: "),
    ):
        each = f"{name}/{'-'.join(arguments[-2:] if len(arguments) > 2 else arguments[-1:]).replace('/', '_')}"
        extra = ["--with", f"{os.path.join(REPO, 'LICENSE')}:/etc/data"]
        done = kine(context, ["--test", "-n", *extra, *arguments])
        yield check_output(done, each, b"", status, stderr)


def arguments(context, name):
    words = ["a b", "", "ü漢字", "100%", "%41", "x\ny", "\t", "'\"$`\\", "-m", "--", "a=b,c", "\x7f", " "]
    expected = "".join(f"  argv[{i}] = {word}\n" for i, word in enumerate(["/bin/show_args", *words])).encode()
    done = kine(context, ["-n", "show_args", *words])
    result = check_output(done, f"{name}/direct", None, len(words) + 1)
    if result.passed and not done.stdout.startswith(expected):
        result = Result(result.name, False, done.failure(show(expected), show(done.stdout) + "\n" + difference(expected, done.stdout)))
    yield result
    grub = kine(context, ["-n", "--grub", "show_args", *words])
    same = (grub.status, grub.stdout) == (done.status, done.stdout)
    yield Result(f"{name}/grub", same, grub.failure("the same as without GRUB\n" + show(done.stdout), show(grub.stdout)))


def output(context, name):
    expected = pattern(MEGABYTE)
    done = kine(context, ["--test", "-n", FILL, "1", MEGABYTE])
    yield check_output(done, f"{name}/megabyte", expected)
    done = kine(context, ["--test", "-n", FILL, "2", MEGABYTE // 8])
    fits = done.stderr == expected[: MEGABYTE // 8] and done.stdout == b"" and done.status == 0
    yield Result(f"{name}/standard-error", fits, f"expected: {MEGABYTE // 8} bytes on standard error alone\nseen:     {len(done.stderr)} there, {len(done.stdout)} on standard output\n{difference(expected[: MEGABYTE // 8], done.stderr)}\nagain:    {done.again}")
    yield slow_reader(context, f"{name}/slow-reader")
    yield closed_reader(context, f"{name}/closed-reader")
    yield last_byte(context, f"{name}/last-byte")
    yield live(context, f"{name}/live")


def last_byte(context, name):
    """The program ends, and the machine with it, while nobody has read yet and the socket is so full that the last byte, or the last two, still
    lie in the UART: they come once somebody reads. Each number of bytes around the socket's size is tried, on both serial ports."""
    wrong = []
    room = room_of_small_socket()
    for descriptor in ("1", "2"):
        for size in range(room - 1, room + 4):
            seen = read_after_end(context, descriptor, size, room)
            if seen != pattern(size):
                wrong.append(f"descriptor {descriptor}: {len(seen)} of {size} bytes")
    return Result(name, not wrong, "expected: every byte that the program wrote\nseen:     " + "; ".join(wrong))


def small_socket():
    ours, theirs = socket.socketpair()
    theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
    return ours, theirs


def room_of_small_socket():
    """How many bytes such a socket holds, sent one by one as QEMU does."""
    ours, theirs = small_socket()
    theirs.setblocking(False)
    sent = 0
    with ours, theirs:
        try:
            while True:
                sent += theirs.send(b"x")
        except BlockingIOError:
            return sent


def waiting_bytes(reader):
    return struct.unpack("i", fcntl.ioctl(reader, termios.FIONREAD, bytes(4)))[0]


def read_after_end(context, descriptor, size, room):
    """What /test/fill has written, read when the program has long ended."""
    words = kernel_words("", arguments=[FILL, descriptor, str(size)])
    boot = ["-kernel", context.path("kernel.elf"), "-initrd", context.path("test.cpio"), "-append", words]
    pairs = {name: small_socket() for name in ("1", "2")}
    pairs["debug"] = socket.socketpair()
    ends = [theirs.fileno() for _, theirs in pairs.values()]
    command = Machine(qemu_command(boot)).full_command(ends)
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, pass_fds=ends)
    with context.lock:
        context.children.add(process)
    for _, theirs in pairs.values():
        theirs.close()
    reader, seen, started = pairs[descriptor][0], b"", time.monotonic()
    while waiting_bytes(reader) < min(size, room) and time.monotonic() < started + 60:
        time.sleep(0.01)
    try:
        process.wait(LATE)
    except subprocess.TimeoutExpired:
        pass
    reader.settimeout(60)
    try:
        while part := reader.recv(4096):
            seen += part
    except OSError:
        process.kill()
    process.wait()
    for ours, _ in pairs.values():
        ours.close()
    return seen


def start(context, arguments, **more):
    command = [sys.executable, RUN, "--build", context.build, "--timeout", "100", *arguments]
    process = subprocess.Popen(command, cwd=REPO, start_new_session=True, **more)
    with context.lock:
        context.children.add(process)
    return process


def slow_reader(context, name):
    """The reader sleeps first, and then takes little at a time: the end of the output must not be lost with the machine."""
    size = MEGABYTE // 2
    process = start(context, ["--test", "-n", FILL, "1", str(size)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    time.sleep(2)
    parts = []
    while part := os.read(process.stdout.fileno(), 8192):
        parts.append(part)
        time.sleep(0.005)
    process.stdout.close()
    status = process.wait()
    seen = b"".join(parts)
    fits = status == 0 and seen == pattern(size)
    return Result(name, fits, f"expected: status 0 and {size} bytes\nseen:     status {status} and {len(seen)} bytes\n{difference(pattern(size), seen)}")


def closed_reader(context, name):
    """`tools/run … | head -c 10`: the tool ends as a program that gets SIGPIPE, and takes QEMU along."""
    process = start(context, ["--test", "-n", FILL, "1", str(4 * MEGABYTE)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    head = os.read(process.stdout.fileno(), 10)
    process.stdout.close()
    stderr = process.stderr.read()
    status = process.wait()
    fits = status == 128 + signal.SIGPIPE and stderr == b"" and pattern(10).startswith(head)
    return Result(name, fits, f"expected: status 141, nothing on standard error\nseen:     status {status}, {show(stderr)}")


def live(context, name):
    """Output appears when it is written, not at the end: the program below prints a line and goes on for ever."""
    process = start(context, ["--test", "-n", ENDING, "loop"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    line = process.stdout.readline()
    process.terminate()
    status = process.wait()
    process.stdout.close()
    fits = line == b"looping\n" and status == 128 + signal.SIGTERM
    return Result(name, fits, f"expected: the line 'looping' at once, and status 143 after SIGTERM\nseen:     {line!r}, status {status}")


def stdin(context, name):
    binary = bytes(range(256)) * 400 + b"the end, without a line break"
    for each, data in (("binary", binary), ("one-byte", b"x"), ("page", b"p" * PAGE), ("empty", b"")):
        done = kine(context, ["--test", ECHO], stdin=data, name=f"{name}/{each}")
        yield check_output(done, f"{name}/{each}", data)
    done = kine(context, ["--test", "-n", ECHO], stdin=b"ignored")
    yield check_output(done, f"{name}/no-input", b"")
    yield redirected(context, f"{name}/file")


def redirected(context, name):
    """A file that is already read in part: the program sees the rest."""
    path = context.scratch("half-read.txt")
    with open(path, "wb") as file:
        file.write(b"first line\nsecond line\n")
    script = f'(read line; exec "$0" "{RUN}" --build "{context.build}" --timeout 60 --test {ECHO}) < "{path}"'
    return check_output(run_process(context, ["sh", "-c", script, sys.executable]), name, b"second line\n")


class Terminal:
    """A pseudo-terminal with tools/run on it: what it prints is collected, and its state before the run is known."""

    def __init__(self, context, arguments, **more):
        self.ours, theirs = pty.openpty()
        self.before = termios.tcgetattr(self.ours)
        more = {"stdin": theirs, "stdout": theirs, "stderr": theirs, **more}
        self.process = start(context, arguments, **more)
        os.close(theirs)
        self.seen = bytearray()
        self.reader = threading.Thread(target=self.collect)
        self.reader.start()
        # From here on nothing that is typed is echoed by this machine.
        self.wait(lambda: not termios.tcgetattr(self.ours)[3] & termios.ECHO)

    def collect(self):
        try:
            while part := os.read(self.ours, 4096):
                self.seen.extend(part)
        except OSError:
            pass  # how Linux says that the other side is gone

    def wait(self, condition, seconds=60):
        end = time.monotonic() + seconds
        while not condition() and self.process.poll() is None and time.monotonic() < end:
            time.sleep(0.02)

    def wait_for(self, text):
        self.wait(lambda: text in self.seen)

    def type(self, text):
        os.write(self.ours, text)

    def end(self):
        """(status, all that was printed with plain line ends, whether the terminal is as it was)"""
        try:
            status = self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.terminate()
            status = self.process.wait()
        restored = termios.tcgetattr(self.ours) == self.before
        self.reader.join(5)
        os.close(self.ours)
        return status, bytes(self.seen).replace(b"\r\n", b"\n"), restored


def terminal(context, name):
    """Lines reach the program one by one, and ^D is the end of its input; afterwards the terminal is as before."""
    on = Terminal(context, ["--test", ECHO])
    for line, answer in ((b"one\n", b"one\r\none\r\n"), (b"twx\x7fo\n", b"two\r\n")):
        on.type(line)
        on.wait_for(answer)
    on.type(b"\x04")
    status, text, restored = on.end()
    # Kine's terminal echoes what is typed, so each line is there twice; the erased letter is taken back by a backspace.
    fits = status == 0 and restored and text.count(b"one\n") == 2 and text.count(b"two\n") == 1 and b"twx\b \bo\n" in text
    yield Result(f"{name}/lines", fits, f"expected: status 0, each line twice (typed, and printed by the program)\nseen:     status {status}, {text!r}, restored: {restored}")
    yield keys(context, f"{name}/interrupt", b"\x03", 128 + signal.SIGINT)
    yield keys(context, f"{name}/quit", b"\x1c", 128 + signal.SIGQUIT)
    yield keys(context, f"{name}/escape", b"\x01x", 0)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
        yield keys(context, f"{name}/{number.name}", number, 128 + number)
    yield paused(context, f"{name}/paused")


def keys(context, name, typed, expected):
    """A program that runs for ever, a key or a signal to tools/run that ends it, and the terminal as it was."""
    on = Terminal(context, ["--test", ENDING, "loop"])
    on.wait_for(b"looping")
    if isinstance(typed, bytes):
        on.type(typed)
    else:
        on.process.send_signal(typed)
    status, text, restored = on.end()
    told = text.count(NOTICE) == 1
    fits = status == expected and restored and told
    return Result(name, fits, f"expected: status {expected}, the terminal as before, and the way out told\nseen:     status {status}, restored: {restored}, {text!r}")


def paused(context, name):
    """Stopped from outside, tools/run gives the terminal back for as long."""
    on = Terminal(context, ["--test", ENDING, "loop"])
    on.wait_for(b"looping")
    on.process.send_signal(signal.SIGTSTP)
    on.wait(lambda: termios.tcgetattr(on.ours) == on.before)
    meanwhile = termios.tcgetattr(on.ours) == on.before
    on.process.send_signal(signal.SIGCONT)
    on.wait(lambda: not termios.tcgetattr(on.ours)[3] & termios.ECHO)
    again = not termios.tcgetattr(on.ours)[3] & termios.ECHO
    on.type(b"\x01\x01\x01x")
    status, _, restored = on.end()
    fits = meanwhile and again and restored and status == 0
    return Result(name, fits, f"expected: the terminal as before while stopped, raw after that\nseen:     {meanwhile}, {again}; at the end status {status}, restored: {restored}")


def typed_ahead(context, name):
    """More is typed than the guest's buffer holds before the program reads the first byte: nothing is lost, and nothing stops."""
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    process = start(context, ["--test", "/test/reads_late"], stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    os.close(theirs)
    lines = b"".join(b"%099d\n" % i for i in range(90))
    for at in range(0, len(lines), 1000):
        os.write(ours, lines[at : at + 1000])
        time.sleep(0.02)
    try:
        out, err = process.communicate(timeout=90)
    except subprocess.TimeoutExpired:
        process.terminate()
        out, err = process.communicate()
    os.close(ours)
    # The program writes to standard error; what comes on the terminal's line is its echo.
    err = err.replace(b"tools/run: " + NOTICE + b"\n", b"")
    fits = process.returncode == 0 and err == lines and out == lines.replace(b"\n", b"\r\n")
    yield Result(name, fits, f"expected: status 0 and the {len(lines)} bytes typed, also echoed\nseen:     status {process.returncode}, {len(err)} bytes and {len(out)} echoed; {err[:200]!r}")


def endings(context, name):
    done = kine(context, ["--test", "-n", ENDING, "loop"], timeout=3)
    yield check_output(done, f"{name}/timeout", b"looping\n", 125, rb"no end after 3 s")
    for number in (signal.SIGINT, signal.SIGTERM):
        process = start(context, ["--test", "-n", ENDING, "loop"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        process.stdout.readline()
        process.send_signal(number)
        status = process.wait()
        process.stdout.close()
        each = f"{name}/{signal.Signals(number).name}"
        yield Result(each, status == 128 + number, f"expected: status {128 + number}\nseen:     {status}")
    yield only_its_own(context, f"{name}/only-its-own")


def only_its_own(context, name):
    """Two at once: ending one leaves the other alone."""
    first = start(context, ["--test", "-n", ENDING, "loop"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    second = start(context, ["--test", "-n", FILL, "1", str(MEGABYTE // 4)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    first.stdout.readline()
    first.send_signal(signal.SIGINT)
    seen = second.stdout.read()
    results = first.wait(), second.wait()
    first.stdout.close()
    second.stdout.close()
    fits = results == (130, 0) and seen == pattern(MEGABYTE // 4)
    return Result(name, fits, f"expected: statuses 130 and 0, and all output of the second\nseen:     {results}, {len(seen)} bytes")


def mistakes(context, name):
    """What goes wrong before the machine starts is said in one line that names the way out."""
    for each, words, stderr in (
        ("unknown-option", ["--frob"], rb"unknown option --frob"),
        ("no-value", ["-m"], rb"-m needs a value"),
        ("bad-timeout", ["--timeout", "soon", "x"], rb"--timeout wants seconds"),
        ("no-kernel", ["--kernel", "/no/kernel.elf", "x"], rb"/no/kernel\.elf does not exist; build it with `make all`"),
        ("no-with-file", ["--with", "/no/file:/x", "x"], rb"/no/file: No such file"),
        ("no-with-pair", ["--with", "file", "x"], rb"is not HOSTFILE:GUESTPATH"),
        ("no-qemu", ["--qemu", "no-such-qemu", "x"], rb"no-such-qemu not found \(package qemu-system-x86\)"),
        ("bad-cpu", ["--cpu", "nonsense", "x"], rb"(?s)QEMU said.*nonsense"),
        ("bad-append", ["--append", "a -- b", "x"], rb"must not contain '--'"),
    ):
        done = run_process(context, [sys.executable, RUN, "--build", context.build, *words])
        yield check_output(done, f"{name}/{each}", b"", 125, stderr)
    done = run_process(context, [sys.executable, RUN, "--help"])
    yield check_output(done, f"{name}/help", stdout_regex=rb"usage: tools/run")


def archive(context, name):
    """The archive's promises: contents on page boundaries, the same bytes each time, readable by cpio."""
    folder = context.scratch("archive", "tree", "bin", "x")
    root = os.path.dirname(os.path.dirname(folder))
    files = {"bin/a": b"a" * 5000, "bin/empty": b"", "etc/page": b"p" * PAGE, "etc/ü": "ü\n".encode()}
    for path, data in files.items():
        os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
        with open(os.path.join(root, path), "wb") as file:
            file.write(data)
    os.chmod(os.path.join(root, "bin/a"), 0o755)
    os.makedirs(os.path.join(root, "empty"), exist_ok=True)
    if not os.path.islink(os.path.join(root, "etc/link")):
        os.symlink("../bin/a", os.path.join(root, "etc/link"))
    outs = [context.scratch("archive", f"{i}.cpio") for i in range(2)]
    for i, out in enumerate(outs):
        os.utime(os.path.join(root, "bin/a"), (i, i))
        done = run_process(context, [sys.executable, os.path.join(REPO, "tools/mkarchive"), "-o", out, "--root", root])
        yield check_output(done, f"{name}/make-{i}", b"")
    with open(outs[0], "rb") as one, open(outs[1], "rb") as two:
        raw = one.read()
        yield Result(f"{name}/deterministic", raw == two.read(), "expected: the same bytes, whenever it is made\nseen:     different ones")
    back = Archive()
    back.read(outs[0])
    seen = {path: data for path, (mode, data) in back.files.items() if stat.S_ISREG(mode)}
    yield Result(f"{name}/reads-back", seen == files, f"expected: {sorted(files)}\nseen:     {sorted(seen)}, or other contents")
    modes = {path: oct(back.files[path][0]) for path in ("bin/a", "etc/page", "bin", "empty", "etc/link")}
    wanted = {"bin/a": "0o100755", "etc/page": "0o100644", "bin": "0o40755", "empty": "0o40755", "etc/link": "0o120777"}
    yield Result(f"{name}/modes", modes == wanted, f"expected: {wanted}\nseen:     {modes}")
    target = back.files["etc/link"][1]
    yield Result(f"{name}/link", target == b"../bin/a", f"expected: a link to ../bin/a\nseen:     {target!r}")
    unaligned = [path for path, data in files.items() if data and not any(raw[at : at + len(data)] == data for at in range(0, len(raw), PAGE))]
    yield Result(f"{name}/aligned", not unaligned, f"expected: every file's contents at a multiple of {PAGE}\nseen:     not {unaligned}")
    if shutil.which("cpio"):
        with open(outs[0], "rb") as file:
            done = run_process(context, ["cpio", "-t", "--quiet"], stdin=file.read())
        every = sorted([*files, "bin", "etc", "empty", "etc/link"])
        yield Result(f"{name}/cpio", sorted(done.stdout.decode().split()) == every, done.failure(every, show(done.stdout)))


def setup(context, name):
    """Where everything is there, setup names the tools and installs nothing: no package manager is called."""
    done = run_process(context, ["sh", os.path.join(REPO, "tools/setup"), "--check"])
    yield Result(name, done.status == 0 and b"Nothing to install." in done.stdout, done.failure("every tool is there", indent(show(done.stdout))))


JOBS = [
    ("status", statuses, 4),
    ("arguments", arguments, 2),
    ("output", output, 12),
    ("stdin", stdin, 4),
    ("terminal", terminal, 12),
    ("typed-ahead", typed_ahead, 4),
    ("endings", endings, 6),
    ("mistakes", mistakes, 2),
    ("archive", archive, 0.5),
    ("setup", setup, 1),
]


def jobs(context):
    for name, run, weight in JOBS:
        name = f"tool/{name}"
        if context.matches(name):
            yield Job(name, lambda run=run, name=name: run(context, name), weight)
