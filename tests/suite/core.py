"""What every kind of test uses: jobs, results, and a way to run a program that also says how to run it again.

A job is the unit that runs in parallel (one process, one boot); it yields one result for each test that it ran.
"""

import os
import re
import shlex
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field

from kine_qemu import REPO

# Generous: a limit says "no progress", it does not measure speed. The machine may be shared.
TIMEOUT = 120


@dataclass
class Result:
    name: str
    passed: bool
    detail: str = ""


@dataclass
class Job:
    name: str
    run: object  # () -> iterable of Result
    weight: float = 1.0  # seconds, as a first guess; the last run's time replaces it


@dataclass
class Context:
    """Where things are and what was asked for."""

    build: str
    pattern: str = ""
    verbose: bool = False
    full: bool = False  # the long forms of groups that have one
    seed: int = 0  # for what is chosen by chance; 0: always the same
    children: set = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)
    stopping: bool = False

    def matches(self, name):
        return not self.pattern or re.search(self.pattern, name, re.IGNORECASE) is not None

    def path(self, *parts):
        return os.path.join(self.build, *parts)

    def scratch(self, *parts):
        path = self.path("tests", "scratch", *parts)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return path


@dataclass
class Done:
    """A finished process."""

    status: int
    stdout: bytes
    stderr: bytes
    seconds: float
    again: str  # the command that runs it again
    timed_out: bool = False

    def failure(self, expected, seen):
        text = f"expected: {expected}\nseen:     {seen}\n"
        if self.stderr.strip():
            text += "standard error:\n" + indent(show(self.stderr, 3000)) + "\n"
        return text + f"again:    {self.again}"


def show(data, limit=2000):
    """Bytes for a human being."""
    text = data.decode("utf-8", "backslashreplace") if isinstance(data, bytes) else str(data)
    return text if len(text) <= limit else text[: limit // 2] + f"\n[... {len(text) - limit} characters ...]\n" + text[-limit // 2 :]


def indent(text):
    return "\n".join("  " + line for line in text.rstrip("\n").split("\n"))


def relative(path):
    """A path as one would type it in the repository's root folder; other words stay."""
    if not os.path.isabs(path):
        return path
    short = os.path.relpath(path, REPO)
    return path if short.startswith("..") else short


def run_process(context, command, again=None, stdin=b"", timeout=TIMEOUT, environment=None, folder=REPO):
    """Runs a command to its end, or kills it after `timeout` seconds."""
    started = time.monotonic()
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        cwd=folder,
        start_new_session=True,
    )
    with context.lock:
        context.children.add(process)
        if context.stopping:
            process.terminate()
    timed_out = False
    try:
        stdout, stderr = process.communicate(stdin, timeout)
    except subprocess.TimeoutExpired:
        # All of its group: a child that it left behind would keep the output open.
        timed_out = True
        os.killpg(process.pid, signal.SIGTERM)
        try:
            stdout, stderr = process.communicate(timeout=5)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            stdout, stderr = process.communicate()
    finally:
        with context.lock:
            context.children.discard(process)
    shown = command[1:] if command[0] == sys.executable else command
    status = process.returncode if process.returncode >= 0 else 128 - process.returncode
    return Done(status, stdout, stderr, time.monotonic() - started, again or shlex.join(map(relative, shown)), timed_out)


def kine(context, arguments, stdin=b"", timeout=TIMEOUT, name=None, build=None):
    """Runs tools/run with these arguments. With a name, the debug console goes to a file of that name; see debug_of()."""
    build = build or context.build
    words = [] if build == os.path.join(REPO, "build") else ["--build", relative(build)]
    words += ["--timeout", str(timeout), *map(str, arguments)]
    again = shlex.join(["tools/run", *words])
    if stdin:
        path = context.scratch("stdin", (name or "input").replace("/", "_"))
        with open(path, "wb") as file:
            file.write(stdin)
        again += f" < {shlex.quote(relative(path))}"
    else:
        again += " < /dev/null"
    log = ["--debug-log", debug_log(context, name)] if name else []
    command = [sys.executable, os.path.join(REPO, "tools/run"), *log, *words]
    return run_process(context, command, again, stdin, timeout + 30)


def debug_log(context, name):
    return context.scratch("debug", name.replace("/", "_") + ".log")


def debug_of(context, name):
    try:
        with open(debug_log(context, name), "rb") as file:
            return file.read()
    except OSError:
        return b""


def difference(expected, seen):
    """The first place where two byte strings differ, in words."""
    if expected == seen:
        return ""
    at = next((i for i, (left, right) in enumerate(zip(expected, seen)) if left != right), min(len(expected), len(seen)))
    start = max(0, at - 40)
    return (
        f"first difference at byte {at} (line {expected[:at].count(10) + 1}); lengths {len(expected)} and {len(seen)}\n"
        f"  expected there: {expected[start : at + 80]!r}\n  seen there:     {seen[start : at + 80]!r}"
    )


def check_output(done, name, stdout=None, status=0, stderr=None, stdout_regex=None):
    """One result: status, standard output (bytes, exactly) and standard error (a pattern; None: must be empty) are as expected."""
    if done.status != status:
        seen = f"exit status {done.status}" + (" after the time limit" if done.timed_out else "")
        return Result(name, False, done.failure(f"exit status {status}", seen + "\nstandard output:\n" + indent(show(done.stdout))))
    if stdout is not None and done.stdout != stdout:
        return Result(name, False, done.failure(show(stdout), show(done.stdout) + "\n" + difference(stdout, done.stdout)))
    if stdout_regex is not None and not re.search(stdout_regex, done.stdout):
        return Result(name, False, done.failure(f"standard output like {stdout_regex!r}", show(done.stdout)))
    if stderr is None and done.stderr:
        return Result(name, False, done.failure("nothing on standard error", show(done.stderr)))
    if stderr is not None and not re.search(stderr, done.stderr, re.DOTALL):
        return Result(name, False, done.failure(f"standard error like {stderr!r}", show(done.stderr)))
    return Result(name, True)
