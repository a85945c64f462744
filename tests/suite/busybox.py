"""Debian's busybox and bash, unmodified: each script of tests/scripts/busybox and tests/scripts/bash prints on Kine what it prints on Linux, byte for
byte, and ends with the same status.

One boot runs many scripts, each in a folder of its own (tests/scripts/driver/run.sh); each counts as one test. Linux runs them by the same driver.
"""

import os
import re
import secrets
import shutil
import sys
import threading
from dataclasses import dataclass

from kine_qemu import REPO
from suite.core import Job, Result, difference, indent, kine, run_process, show
from suite.oracle import PLAINLY, on_linux

DRIVER = os.path.join(REPO, "tests/scripts/driver/run.sh")
TIMEOUT = 600

_lock = threading.Lock()


@dataclass(frozen=True)
class Shell:
    """A program from a package, and the scripts that it runs; where a script calls others, these are busybox's."""

    name: str
    package: str
    program: str  # in the package
    boots: int

    @property
    def scripts(self):
        return os.path.join(REPO, "tests/scripts", self.name)


BUSYBOX = Shell("busybox", "busybox-static", "bin/busybox", 3)
BASH = Shell("bash", "bash-static", "bin/bash-static", 1)


def names(shell=BUSYBOX):
    return sorted(entry[:-3] for entry in os.listdir(shell.scripts) if entry.endswith(".sh"))


def fetch(context, shell):
    """(path of the program, "") or (None, why it is not there)."""
    with _lock:
        done = run_process(context, ["sh", os.path.join(REPO, "tools/fetch-package"), shell.package, context.path("packages", shell.package)])
    if done.status != 0:
        return None, done.failure(f"Debian's package {shell.package}", f"status {done.status}")
    return os.path.join(done.stdout.decode().strip(), shell.program), ""


def on_this_machine(context, shell, programs, name, mark, chosen):
    folder = context.scratch("scripts", name.replace("/", "_"))
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(shell.scripts, os.path.join(folder, "scripts"))
    words = [sys.executable, "-c", PLAINLY, programs[BUSYBOX], "busybox", "sh", DRIVER, folder, mark, programs[shell], *chosen]
    done = run_process(context, words, again=f"busybox sh {os.path.relpath(DRIVER, REPO)} …", timeout=TIMEOUT, environment={})
    shutil.rmtree(folder, ignore_errors=True)
    return done


def on_kine(context, shell, programs, name, mark, chosen):
    added = [f"{program}:/bin/{each.name}" for each, program in programs.items()] + [f"{shell.scripts}:/suite/scripts", f"{DRIVER}:/suite/run.sh"]
    options = [word for pair in added for word in ("--with", pair)]
    words = ["busybox", "sh", "/suite/run.sh", "/suite", mark, f"/bin/{shell.name}", *chosen]
    return kine(context, ["-n", *options, *words], name=name, timeout=TIMEOUT)


def outputs(done, mark):
    """{script: (output, status)} of what the driver printed."""
    pattern = re.compile(rb"^%s begin (\S+)\n(.*?)\n%s end (\d+)\n" % (mark.encode(), mark.encode()), re.MULTILINE | re.DOTALL)
    return {match[1].decode(): (match[2], int(match[3])) for match in pattern.finditer(done.stdout)}


def compare(context, shell, name, chosen):
    programs = {}
    for each in {BUSYBOX, shell}:
        programs[each], why = fetch(context, each)
        if why:
            yield Result(name, False, why)
            return
    mark = "mark-" + secrets.token_hex(8)
    here = on_this_machine(context, shell, programs, name, mark, chosen)
    there = on_kine(context, shell, programs, name, mark, chosen)
    expected, seen = outputs(here, mark), outputs(there, mark)
    for script in chosen:
        again = f"again:    tests/run -k '{shell.name}/{script}$'"
        if script not in expected:
            yield Result(f"{shell.name}/{script}", False, here.failure("the script's output on Linux", f"status {here.status}\n{show(here.stdout[-1000:])}"))
        elif script not in seen:
            yield Result(f"{shell.name}/{script}", False, there.failure("the script's output", f"status {there.status}; the output ends in\n{indent(show(there.stdout[-600:]))}"))
        else:
            same = expected[script] == seen[script]
            text = f"status {seen[script][1]}\n{difference(expected[script][0], seen[script][0])}"
            yield Result(f"{shell.name}/{script}", same, f"expected: as on Linux: status {expected[script][1]}\nseen:     {text}\n{again}")
    if here.status != 0 or there.status != 0 or there.stderr:
        yield Result(f"{name}/end", False, there.failure("status 0 and nothing on standard error", f"status {there.status}, on Linux {here.status}"))


def jobs(context):
    for shell in (BUSYBOX, BASH) if on_linux() else ():
        chosen = [name for name in names(shell) if context.matches(f"{shell.name}/{name}")]
        boots = min(shell.boots, (len(chosen) + 7) // 8)
        for at in range(boots):
            name = f"{shell.name}/boot-{at + 1}"
            yield Job(name, lambda shell=shell, name=name, part=chosen[at::boots]: compare(context, shell, name, part), weight=60)


# What the scripts use --------------------------------------------------------------------------------------------------------

# Where a command's name stands: at the beginning of a line, after what separates commands, or as the argument of what runs commands.
_BEFORE = r"(?:^|[|;&(`{!]|\b(?:do|then|else|if|while|until|exec|command)\b|-exec|\bxargs(?: -\w+(?: (?:\d+|\{\}))?)*|\btimeout [\d.]+|\benv(?: -i)?(?: \w+=\w*)*|\bsetsid)"
_COMMAND = re.compile(_BEFORE + r"[ \t]*(\[|[a-z0-9-]+)(?=[ \t\n;|&)`]|$)", re.MULTILINE)


def applets(listed):
    """The applets, of those `listed`, that the scripts call."""
    used = set()
    for name in names():
        with open(os.path.join(BUSYBOX.scripts, name + ".sh"), encoding="utf-8") as file:
            text = re.sub(r"(?m)^#.*$", "", file.read())
        # Overlapping matches: what follows one command's name may come before another's.
        at = 0
        while match := _COMMAND.search(text, at):
            used.add(match[1])
            at = max(at + 1, match.start(1))
    return sorted((used & set(listed)) - {"w"})  # a name that programs in awk use
