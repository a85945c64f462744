"""Costs in instructions, against the goals that bench itself carries. Under --icount they repeat exactly, however busy this machine is."""

from suite.core import Job, Result, kine

# Room for a parent of 262,144 touched pages (1 GiB) and what its children write.
MEMORY = "3G"


def goals(context, name):
    """One test for each row that has a goal: key, median, least, most, must, aims."""
    done = kine(context, ["-n", "--icount", "-m", MEMORY, "bench", "--tsv"], name=name, timeout=240)
    rows = [line.split("\t") for line in done.stdout.decode(errors="replace").splitlines()]
    if done.status != 0 or not rows or any(len(row) != 6 for row in rows):
        yield Result(f"{name}/end", False, done.failure("rows of six columns, status 0", f"status {done.status}\n{done.stdout!r}"))
        return
    for key, median, least, most, must, _ in rows:
        if int(must) > 0:
            seen = f"median {median} (from {least} to {most})"
            yield Result(f"{name}/{key}", 0 < int(median) <= int(must), done.failure(f"at most {must} instructions", seen))


def repeats(context, name):
    """Two runs of the same machine print the same bytes."""
    runs = [kine(context, ["-n", "--icount", "bench", "--tsv", "0"], name=name, timeout=240) for _ in range(2)]
    same = runs[0].stdout == runs[1].stdout and runs[0].status == runs[1].status == 0
    yield Result(name, same, runs[1].failure(runs[0].stdout.decode(), runs[1].stdout.decode()))


def many_children(context, name):
    done = kine(context, ["-n", "--test", "-m", "1536M", "/test/many"], name=name, timeout=240)
    yield Result(name, done.status == 0, done.failure("5,000 live children of a parent with 1 GiB", f"status {done.status}, {done.stdout!r}"))


def jobs(context):
    for name, run in (("bench/goals", goals), ("bench/repeats", repeats), ("bench/many-children", many_children)):
        if context.matches(name):
            yield Job(name, lambda run=run, name=name: run(context, name), weight=8)
