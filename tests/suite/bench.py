"""Costs in instructions, against the goals that bench carries and the counts in tests/budget.json. Under --icount they repeat exactly,
however busy this machine is; another compiler gives others."""

import json
import os
import sys

import kine_bench
from kine_bench import BUDGET, KINE, LINUX, BenchError
from kine_qemu import REPO
from suite.core import Job, Result, difference, kine, run_process, show
from suite.oracle import on_linux

MEMORY = kine_bench.MEMORY
SMALL = 4096  # touched pages, at most, where a run with a GiB of them takes too long

# Per cent that a row may differ from the committed count: Kine's; Linux's, of the same version and of another one (its memory is laid out by
# the size of the programs, and updates come).
KINE_SLACK, LINUX_SLACK, OTHER_SLACK = 2, 10, 40
UPDATE = "`tools/bench --update` measures all, and writes tests/budget.json and docs/numbers.md"


def budget():
    with open(BUDGET, encoding="utf-8") as file:
        return json.load(file)


def measure_kine(context, name, run, max_pages):
    words = ["-n", "--icount", "-m", MEMORY, "--append", KINE[run], "bench", "--tsv", max_pages]
    done = kine(context, words, name=name, timeout=600)
    if done.status != 0:
        raise BenchError(done.failure("status 0", f"status {done.status}"))
    return (*kine_bench.parse_rows(done.stdout.decode(errors="replace"), run), done)


def against_budget(name, run, rows, slack, again):
    """One test a row: it is as it was committed. One that became cheaper fails too: the document would be wrong."""
    committed = budget()["runs"][run]
    missing = [key for key in rows if key not in committed]
    yield Result(f"{name}/rows", not missing, f"expected: every row in tests/budget.json\nseen:     not there: {missing}\n{UPDATE}")
    for key, row in rows.items():
        old, new = committed.get(key, {}).get("median", 0), row["median"]
        fits = abs(new - old) <= max(old * slack / 100, 2)
        why = f"expected: {old} instructions, {slack} % more or less (tests/budget.json)\nseen:     {new} ({(new - old) * 100 / max(old, 1):+.1f} %)"
        yield Result(f"{name}/{key}", fits, f"{why}\nIf that is meant: {UPDATE}\nagain:    {again}")


def kine_rows(context, name):
    """The goals, the budget, and that a second run prints the same bytes (as far as it goes)."""
    rows, about, done = measure_kine(context, name, "kine", kine_bench.MAX_PAGES)
    for key, (_, (must, _)) in about.items():
        if must > 0:
            seen = f"median {rows[key]['median']} (from {rows[key]['least']} to {rows[key]['most']})"
            yield Result(f"{name}/goal/{key}", 0 < rows[key]["median"] <= must, done.failure(f"at most {must} instructions", seen))
    yield from against_budget(f"{name}/budget", "kine", rows, KINE_SLACK, done.again)
    changed = [key for key, row in rows.items() if row["events"] != budget()["runs"]["kine"].get(key, {}).get("events")]
    seen = ", ".join(f"{key}: {rows[key]['events']}" for key in changed)
    yield Result(f"{name}/events", not changed, done.failure("the events of tests/budget.json", f"{seen}\n{UPDATE}"))


def strategies(context, name):
    for run in ("kine-pages", "kine-eager"):
        rows, _, done = measure_kine(context, name, run, SMALL)
        yield from against_budget(f"{name}/{run}", run, rows, KINE_SLACK, done.again)


def repeats(context, name):
    """Two runs of the same machine print the same bytes."""
    runs = [kine(context, ["-n", "--icount", "bench", "--tsv", "0"], name=name, timeout=240) for _ in range(2)]
    same = runs[0].stdout == runs[1].stdout and runs[0].status == runs[1].status == 0
    yield Result(name, same, runs[1].failure(runs[0].stdout.decode(), runs[1].stdout.decode()))


def linux(context, name):
    """Linux, booted twice with the same two programs: the same bytes, and what docs/numbers.md says."""
    kernel, why = kine_bench.find_linux()
    if kernel is None:
        yield Result(name, False, f"expected: a Linux kernel to compare with\nseen:     {why}")
        return
    runs = [kine_bench.run_linux(context.build, kernel, LINUX["linux"], SMALL) for _ in range(2)]
    again = f"again:    LINUX={kernel} tools/bench --max-pages {SMALL}"
    yield Result(f"{name}/repeats", runs[0] == runs[1], f"expected: the same bytes\n{difference(*(run.encode() for run in runs))}\n{again}")
    rows, _ = kine_bench.parse_rows(runs[0], "linux")
    slack = LINUX_SLACK if kine_bench.linux_version(kernel) == budget()["linux"] else OTHER_SLACK
    yield from against_budget(name, "linux", rows, slack, again)


def document(context, name):
    """docs/numbers.md shows the committed result; so does the picture beside it."""
    with open(kine_bench.NUMBERS, encoding="utf-8") as file:
        text = file.read()
    wanted = kine_bench.with_tables(text, budget())
    yield Result(f"{name}/tables", text == wanted, f"expected: the tables of tests/budget.json in docs/numbers.md\n{difference(wanted.encode(), text.encode())}\n{UPDATE}")
    out = context.scratch("bench", "fork-cost.svg")
    try:
        kine_bench.plot(BUDGET, out)
        with open(out, "rb") as new, open(kine_bench.PLOT, "rb") as old:
            seen = difference(old.read(), new.read())
    except (BenchError, OSError) as error:
        seen = str(error)
    yield Result(f"{name}/plot", not seen, f"expected: docs/fork-cost.svg drawn from tests/budget.json\nseen:     {seen}\n{UPDATE}")


def mistakes(context, name):
    """What tools/bench says when it cannot measure."""
    without = {**budget(), "linux": None, "no_linux": "there is none"}
    without["runs"] = {run: rows for run, rows in without["runs"].items() if run not in LINUX}
    text = kine_bench.markdown(without)
    fits = "No column for Linux: there is none." in text and "| – | – |" in text
    yield Result(f"{name}/no-linux", fits, f"expected: a table without numbers of Linux, and a line that says so\nseen:\n{show(text)}")
    tool = os.path.join(REPO, "tools/bench")
    done = run_process(context, [sys.executable, tool, "--build", context.build, "--linux", os.path.join(REPO, "Makefile")])
    fits = done.status == 1 and b"not a Linux kernel" in done.stderr
    yield Result(f"{name}/no-kernel", fits, done.failure("status 1: not a Linux kernel", f"status {done.status}"))
    table = "key\twhat\tmedian\tleast\tmost\tmust\taims\toperations\tfaults\ncalibration\tloop\t2000002\t1\t1\t0\t0\t1\t-\n"
    try:
        seen = kine_bench.parse_rows(table, "a run")
    except BenchError as error:
        seen = str(error)
    yield Result(f"{name}/unit", "a tick is not an instruction" in str(seen), f"expected: a refusal, since the loop took twice its length\nseen:     {seen}")


def profile(context, name):
    """tools/profile counts as many instructions as bench's clock, and knows whose they are."""
    for key, who in (("getppid", "kernel_syscall"), ("pipe", "pipes")):
        tool = os.path.join(REPO, "tools/profile")
        done = run_process(context, [sys.executable, tool, "--build", context.build, "bench", "--only", key, "1"], timeout=300)
        text = done.stdout.decode(errors="replace")
        total, wanted = int(text.split(" ")[0].replace(",", "") or 0), budget()["runs"]["kine"][key]["median"]
        fits = done.status == 0 and abs(total - wanted) <= max(wanted * KINE_SLACK / 100, 4) and who in text
        yield Result(f"{name}/{key}", fits, done.failure(f"about {wanted} instructions, some in {who}", f"status {done.status}\n{text}"))


def many_children(context, name):
    done = kine(context, ["-n", "--test", "-m", "1536M", "/test/many"], name=name, timeout=240)
    yield Result(name, done.status == 0, done.failure("5,000 live children of a parent with 1 GiB", f"status {done.status}, {done.stdout!r}"))


def jobs(context):
    tests = {"kine": kine_rows, "strategies": strategies, "repeats": repeats, "document": document, "mistakes": mistakes, "profile": profile, "many-children": many_children}
    if on_linux():
        tests["linux"] = linux
    for word, run in tests.items():
        name = f"bench/{word}"
        if context.matches(name):
            yield Job(name, lambda run=run, name=name: run(context, name), weight=40 if word == "linux" else 8)
