"""The fuzz targets of tests/fuzz on the inputs that were kept: each input counts as one test. And that a seed of the system-call fuzzer names one
sequence of calls. (It runs in full in group guest: hostile_messages.)"""

import os
import re

from kine_qemu import REPO
from suite import cases, guest
from suite.core import Job, Result, debug_of, indent, kine, relative, run_process, show
from suite.host import environment

FOLDER = os.path.join(REPO, "tests/fuzz/corpus")
TIMEOUT = 600
STRATEGIES = ([], ["--append", "fork=pages"], ["--append", "fork=eager"])


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


def digest(context, name, seed):
    """What the fuzzer says of a short run: (the failure, or None; its digest)."""
    (result,) = guest.run_case(context, name, cases.fuzz(name, seed, 30000))
    found = re.search(rb"digest ([0-9a-f]{16})", debug_of(context, name))
    return None if result.passed else result.detail, found.group(1).decode() if found else ""


def repeats(context, name):
    """The same seed twice, and another one. How fast the host reads the serial ports is part of a machine's history, so on a busy one a run may
    differ from the others: two equal ones among four show that the seed decides."""
    runs = [digest(context, f"{name}-{at}", seed) for at, seed in enumerate((8, 7, 7))]
    while len(runs) < 5 and len({sum_ for _, sum_ in runs[1:]}) == len(runs) - 1:
        runs.append(digest(context, f"{name}-{len(runs)}", 7))
    failed = next((why for why, _ in runs if why), None)
    other, *same = (sum_ for _, sum_ in runs)
    right = not failed and len(set(same)) < len(same) and other not in same
    yield Result(name, right, failed or f"expected: seed 7 gives the same digest twice, seed 8 another\nseen:     {same}; {other}")


def shadow_on_every_strategy(context, name):
    """Memory operations over forks: what `oracle` compares with Linux for one strategy of fork, the others do alike."""
    program = relative(context.path("tests/guest/shadow_memory"))
    options = ["--with", f"{program}:/test/shadow_memory", "-n"]
    for seed in (4, 5):
        runs = [kine(context, [*options, *more, "/test/shadow_memory", seed, 8000], name=name) for more in STRATEGIES]
        right = all(run.status == 0 and run.stdout == runs[0].stdout for run in runs) and b"digest" in runs[0].stdout
        seen = "\n".join(f"{show(run.stdout)} (status {run.status}; {run.again})" for run in runs)
        yield Result(f"{name}/{seed}", right, f"expected: three equal digests, status 0\nseen:\n{indent(seen)}")


def jobs(context):
    for target in sorted(os.listdir(FOLDER)):
        name = f"fuzz/{target}"
        if context.matches(name):
            yield Job(name, lambda name=name, target=target: replay(context, name, target), weight=10)
    for name, run in (("fuzz/guest-repeats", repeats), ("fuzz/shadow_memory", shadow_on_every_strategy)):
        if context.matches(name):
            yield Job(name, lambda name=name, run=run: run(context, name), weight=10)
