"""Linux as the oracle: the same file runs here and on Kine, and prints the same."""

import os
import platform
import shlex
import sys

from suite import cases, guest
from suite.core import Job, Result, difference, kine, relative, run_process, show


# Before a program: every signal does what it does by default, whatever the shell that started the tests ignores, and a death leaves no core file.
# Arguments: the program, and all that it is told, its name first.
PLAINLY = """import os, resource, signal, sys
for number in set(signal.valid_signals()) - {signal.SIGKILL, signal.SIGSTOP}: signal.signal(number, signal.SIG_DFL)
os.environ.pop("LC_CTYPE", None)  # Python's own
resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
os.execv(sys.argv[1], sys.argv[2:])"""


def on_linux():
    return sys.platform == "linux" and platform.machine() == "x86_64"


def lines(data):
    return b"\n".join(sorted(data.split(b"\n")))


def guest_path(program):
    """Where the test archive has a program of the build folder (tests/build.mk puts it there)."""
    folder, name = os.path.split(program)
    return {"user/bin": "/bin/", "tests/guest": "/test/", "oracle": "/oracle/"}[folder] + name


def compare(context, name, oracle):
    path = context.path(oracle.program)
    if not os.path.exists(path):
        yield Result(name, False, f"expected: {path}\nseen:     no such file; build it with make test-programs")
        return
    inside = guest_path(oracle.program)
    words = [oracle.argv0 or path, *oracle.args]
    command = [sys.executable, "-c", PLAINLY, path, *words]
    here = run_process(context, command, shlex.join(map(relative, words)), oracle.stdin, 60, {"PATH": "/bin"})
    there = kine(context, ["--test", inside, *oracle.args], stdin=oracle.stdin, name=name)
    seen, expected = there.stdout, here.stdout
    if oracle.any_order:
        seen, expected = lines(seen), lines(expected)
    if there.status != here.status or seen != expected:
        what = f"status {there.status}\n{difference(expected, seen)}"
        yield Result(name, False, there.failure(f"as on Linux: status {here.status}, {len(expected)} bytes", what) + f"\non Linux: {here.again}")
        return
    yield Result(name, True)
    if oracle.tests:
        failed = [line for line in here.stdout.split(b"\n") if line.startswith(b"FAIL ")]
        yield Result(f"{name}/on-linux", not failed and here.status == 0, here.failure("every test passes on Linux", show(b"\n".join(failed))))


def jobs(context):
    if not on_linux():
        return
    tests = [cases.Oracle(f"tests/{program}", f"tests/guest/{program}", tests=True) for program in guest.programs() if program.startswith(cases.ON_LINUX)]
    for oracle in cases.ORACLES + tests:
        name = f"oracle/{oracle.name}"
        if context.matches(name):
            yield Job(name, lambda name=name, oracle=oracle: compare(context, name, oracle), weight=1)
