"""tools/run, tools/mkarchive and tools/setup: what they promise, tried on the machine itself.

show_args and the test programs are the guests here; echo_input copies descriptor 0 to descriptor 1, fill writes a known pattern.
"""

import os
import pty
import shutil
import signal
import subprocess
import sys
import threading
import time
import tty

from kine_archive import PAGE, Archive
from kine_qemu import REPO
from suite.core import Job, Result, check_output, difference, indent, kine, run_process, show

RUN = os.path.join(REPO, "tools/run")
ECHO, FILL, ENDING = "/test/echo_input", "/test/fill", "/test/ending"
MEGABYTE = 1 << 20


def pattern(size):
    """What /test/fill writes: byte i is (7 i + i / 251) mod 256, so that a lost or a doubled byte shifts all that follow."""
    return bytes((i * 7 + i // 251) & 255 for i in range(size))


def statuses(context, name):
    for arguments, status, stderr in (
        ((ENDING, "exit", "0"), 0, None),
        ((ENDING, "exit", "1"), 1, None),
        ((ENDING, "exit", "127"), 127, None),
        ((ENDING, "exit", "255"), 255, None),
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
    yield live(context, f"{name}/live")


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


def terminal(context, name):
    """A pseudo-terminal as the program's terminal: lines reach it one by one, and ^D is the end of its input."""
    ours, theirs = pty.openpty()
    process = start(context, ["--test", ECHO], stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    seen = bytearray()

    def collect():
        try:
            while part := os.read(ours, 4096):
                seen.extend(part)
        except OSError:
            pass  # how Linux says that the other side is gone

    reader = threading.Thread(target=collect)
    reader.start()
    for line in (b"one\n", b"two\n", b"\x04"):
        os.write(ours, line)
        time.sleep(0.3)
    try:
        status = process.wait(60)
    except subprocess.TimeoutExpired:
        process.terminate()
        status = process.wait()
    reader.join(5)
    os.close(ours)
    # The terminal echoes what is typed and turns \n into \r\n, so each line is there twice.
    text = bytes(seen).replace(b"\r\n", b"\n")
    fits = status == 0 and text.count(b"one\n") == 2 and text.count(b"two\n") == 2
    yield Result(name, fits, f"expected: status 0, and each line twice (typed, and printed by the program)\nseen:     status {status}, {text!r}")


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
    fits = process.returncode == 0 and out == lines
    yield Result(name, fits, f"expected: status 0 and the {len(lines)} bytes typed\nseen:     status {process.returncode}, {len(out)} bytes; {err!r}")


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
        ("no-program", [], rb"no PROGRAM"),
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
    seen = {path: data for path, (_, data) in back.files.items()}
    yield Result(f"{name}/reads-back", seen == files, f"expected: {sorted(files)}\nseen:     {sorted(seen)}, or other contents")
    yield Result(f"{name}/modes", back.files["bin/a"][0] == 0o755 and back.files["etc/page"][0] == 0o644, "expected: 755 and 644")
    unaligned = [path for path, data in files.items() if data and not any(raw[at : at + len(data)] == data for at in range(0, len(raw), PAGE))]
    yield Result(f"{name}/aligned", not unaligned, f"expected: every file's contents at a multiple of {PAGE}\nseen:     not {unaligned}")
    if shutil.which("cpio"):
        with open(outs[0], "rb") as file:
            done = run_process(context, ["cpio", "-t", "--quiet"], stdin=file.read())
        yield Result(f"{name}/cpio", sorted(done.stdout.decode().split()) == sorted(files), done.failure(sorted(files), show(done.stdout)))


def setup(context, name):
    """Where everything is there, setup names the tools and installs nothing: no package manager is called."""
    done = run_process(context, ["sh", os.path.join(REPO, "tools/setup"), "--check"])
    yield Result(name, done.status == 0 and b"Nothing to install." in done.stdout, done.failure("every tool is there", indent(show(done.stdout))))


JOBS = [
    ("status", statuses, 4),
    ("arguments", arguments, 2),
    ("output", output, 12),
    ("stdin", stdin, 4),
    ("terminal", terminal, 2),
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
