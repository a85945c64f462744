"""Thousands of processes, tens of thousands of forks: tests/guest/scale.c. `--full` does all 100,000 forks, otherwise a tenth of them."""

from suite import guest
from suite.core import Job, kine, relative

# A parent of 1 GiB and its children.
MEMORY = "1536M"
CHILDREN, FORKS, GENERATIONS, TALKERS = 10000, 100000, 1000, 2000


def run(context, name):
    program = f"{relative(context.path('tests/guest/scale'))}:/test/scale"
    forks = FORKS if context.full else FORKS // 10
    numbers = [CHILDREN, forks, GENERATIONS, TALKERS]
    done = kine(context, ["-n", "-m", MEMORY, "--with", program, "/test/scale", *numbers], name=name, timeout=900)
    yield from guest.verdicts(name, done)


def jobs(context):
    if context.matches("scale/scale"):
        yield Job("scale/scale", lambda: run(context, "scale/scale"), weight=30)
