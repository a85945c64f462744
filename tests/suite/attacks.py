"""Attacks, replayed: the test programs of tests/guest whose names begin with attack_, and that docs/hardening.md says which test shows what."""

import os
import re

from kine_qemu import REPO
from suite import guest
from suite.core import Job, Result

PREFIX = "attack_"
PAPER = "docs/hardening.md"
# In the table's last column: a test's name as a failure would print it, without the group and the way in which it runs.
NAMED = re.compile(r"`([\w./-]+)`")
GUEST_TEST = re.compile(r"^TEST\((\w+),", re.MULTILINE)
HOST_TEST = re.compile(r"^TEST(?:_F|_P)?\((\w+),\s*(\w+)\)", re.MULTILINE)


def read(path):
    with open(os.path.join(REPO, path), encoding="utf-8") as file:
        return file.read()


def tests_of_the_guest():
    return {f"{program}/{name}" for program in guest.programs() for name in GUEST_TEST.findall(read(f"tests/guest/{program}.c"))}


def tests_of_the_host():
    found = set()
    for folder, _, names in os.walk(os.path.join(REPO, "tests/host")):
        for name in names:
            if name.endswith("_test.cc"):
                found |= {".".join(pair) for pair in HOST_TEST.findall(read(os.path.join(folder, name)))}
    return found


def tests_in_the_paper():
    """The names in the last column of each table."""
    rows = [line.strip().strip("|").split("|") for line in read(PAPER).splitlines() if line.startswith("|")]
    return {name for row in rows for name in NAMED.findall(row[-1])}


def table(_context, name):
    """Every test that the paper names exists, and every attack is in it."""
    named, guests = tests_in_the_paper(), tests_of_the_guest()
    attacks = {test for test in guests if test.startswith(PREFIX)}
    wrong = [f"{PAPER} names {test}, which is no test" for test in sorted(named - guests - tests_of_the_host())]
    wrong += [f"{PAPER} does not name {test}" for test in sorted(attacks - named)]
    yield Result(name, not wrong, "expected: each attack in the table, and each test of the table in tests/\nseen:     " + "\n          ".join(wrong))


def jobs(context):
    if context.matches("attacks/table"):
        yield Job("attacks/table", lambda: table(context, "attacks/table"))
    yield from guest.program_jobs(context, "attacks", [program for program in guest.programs() if program.startswith(PREFIX)])
