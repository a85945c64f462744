"""The fuzz targets of tests/fuzz on the inputs that were kept: each input counts as one test."""

import os
import re

from kine_qemu import REPO
from suite.core import Job, Result, indent, relative, run_process, show
from suite.host import environment

FOLDER = os.path.join(REPO, "tests/fuzz/corpus")
TIMEOUT = 600


def replay(context, name, target):
    program = context.path("tests/fuzz", target)
    paths = sorted(entry.path for entry in os.scandir(os.path.join(FOLDER, target)))
    if not os.path.exists(program) or not paths:
        yield Result(name, False, f"expected: {relative(program)}, built by make fuzz-targets, and inputs in {relative(FOLDER)}/{target}")
        return
    done = run_process(context, [program, *paths], f"{relative(program)} {relative(FOLDER)}/{target}/*", timeout=TIMEOUT, environment=environment())
    finished = {path.decode() for path in re.findall(rb"^Executed (\S+) in ", done.stderr, re.MULTILINE)}
    last = next((path for path in paths if path not in finished), None)  # it died on this one; the others were not tried
    for path in paths:
        again = f"again:    {relative(program)} {relative(path)}"
        why = indent(show(done.stderr[-3000:])) if path == last else "not run: another input has failed before"
        yield Result(f"{name}/{os.path.basename(path)[:12]}", path in finished, f"expected: no rule is broken\nseen:\n{why}\n{again}")
    if not last and done.status != 0:
        yield Result(f"{name}/end", False, done.failure("status 0 at the end", f"status {done.status}"))


def jobs(context):
    for target in sorted(os.listdir(FOLDER)):
        name = f"fuzz/{target}"
        if context.matches(name):
            yield Job(name, lambda name=name, target=target: replay(context, name, target), weight=10)
