"""Programs that run inside QEMU: the test programs of tests/guest, and the cases of cases.py.

A test program prints `ok NAME` or `FAIL NAME: why` for each of its tests, and `N passed, N failed` at the end; each counts here as one.
"""

import os
import re

from kine_qemu import REPO
from suite import cases
from suite.core import Job, Result, check_output, debug_of, indent, kine, relative, show

FOLDER = os.path.join(REPO, "tests/guest")
OTHER_GROUPS = ("attack_", "oom_")  # programs that another group runs
LAST_LINE = re.compile(rb"(\d+) passed, (\d+) failed")


def includes():
    """{source or header of the test programs: the names that it includes}"""
    found = {}
    for entry in sorted(os.listdir(FOLDER)):
        if entry.endswith((".c", ".cc", ".h")):
            with open(os.path.join(FOLDER, entry), encoding="utf-8") as file:
                found[entry] = re.findall(r'^#include "([^"]+)"', file.read(), re.MULTILINE)
    return found


def programs():
    """The test programs by name: sources that use the harness, test.h, or a header that does. The others are what they execute."""
    found = includes()
    harness = {"test.h"}
    while more := {name for name in found if name.endswith(".h") and name not in harness and harness & set(found[name])}:
        harness |= more
    return [os.path.splitext(name)[0] for name in found if not name.endswith(".h") and harness & set(found[name])]


def machine_options(memory="", cpu="", icount=False, append=""):
    options = []
    if memory:
        options += ["-m", memory]
    if cpu:
        options += ["--cpu", cpu]
    if icount:
        options.append("--icount")
    if append:
        options += ["--append", append]
    return options


def verdicts(name, done):
    """One result for each test that a test program reports, and one more if the report does not add up."""
    passed, failures = [], {}
    for line in done.stdout.decode(errors="replace").splitlines():
        if line.startswith("ok "):
            passed.append(line[3:].strip())
        elif line.startswith("FAIL "):
            test, _, why = line[5:].partition(":")
            failures.setdefault(test, []).append(why.strip())
    for test in passed:
        yield Result(f"{name}/{test}", True)
    for test, why in failures.items():
        yield Result(f"{name}/{test}", False, "\n".join(why) + f"\nagain:    {done.again}")
    last = LAST_LINE.fullmatch(done.stdout.rstrip().split(b"\n")[-1].strip())
    seen = (int(last.group(1)), int(last.group(2)), done.status) if last else None
    expected = (len(passed), len(failures), 1 if failures else 0)
    if seen != expected or not passed + list(failures):
        report = f"'{expected[0]} passed, {expected[1]} failed' at the end, and status {expected[2]}"
        yield Result(f"{name}/end", False, done.failure(report, f"status {done.status}; the output ends in\n{indent(show(done.stdout[-600:]))}"))


def run_program(context, name, program, variant):
    archive = ["--test"]
    if variant.memory:  # the archive of all test programs may be larger than that; this one needs no other
        archive = ["--with", f"{relative(context.path('tests/guest', program))}:/test/{program}"]
    options = machine_options(variant.memory, variant.cpu, variant.icount, variant.append)
    arguments = [*archive, "-n", *options, f"/test/{program}", *variant.args]
    done = kine(context, arguments, name=name, timeout=variant.timeout)
    yield from verdicts(name, done)


def run_case(context, name, case):
    options = machine_options(case.memory, case.cpu, case.icount, case.append)
    done = kine(context, ["--test", *options, *case.options, *case.args], stdin=case.stdin, name=name, timeout=case.timeout)
    result = check_output(done, name, case.stdout, case.status, case.stderr, case.stdout_regex)
    if result.passed and case.debug:
        debug = debug_of(context, name)
        if not re.search(case.debug, debug):
            result = Result(name, False, done.failure(f"a line like {case.debug!r} on the debug console", show(debug[-2000:])))
    if result.passed and case.check:
        why = case.check(done, debug_of(context, name))
        result = Result(name, not why, f"{why}\nagain:    {done.again}")
    yield result


def program_jobs(context, group, chosen):
    for program in chosen:
        for variant in cases.variants_of(program):
            name = f"{group}/{program}" + (f"[{variant.name}]" if variant.name else "")
            if context.matches(name):
                yield Job(name, lambda name=name, program=program, variant=variant: run_program(context, name, program, variant), weight=2)


def jobs(context):
    yield from program_jobs(context, "guest", [program for program in programs() if not program.startswith(OTHER_GROUPS)])
    for case in cases.CASES:
        name = f"guest/{case.name}"
        if context.matches(name):
            yield Job(name, lambda name=name, case=case: run_case(context, name, case), weight=2)
