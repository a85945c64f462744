"""The trace: what the kernel that traces tells must add up to what it counted, for all three kinds of fork and every kind of fault."""

import os
import re
import sys

from kine_qemu import REPO
from suite.core import Job, Result, indent, kine, run_process, show

sys.path.insert(0, os.path.join(REPO, "tools/trace"))
import kine_trace
from suite import trace_page

LEVELS = ["--with", "build/tests/guest/trace_levels:/bin/trace_levels", "trace_levels"]
# Name, options and program: what is traced and compared. A program of the tests goes into the small archive: init maps all of it, page by page.
PROGRAMS = {
    "cow_example": ["-m", "64M", "cow_example"],
    "levels": LEVELS,
    "pages": ["--append", "fork=pages", *LEVELS],
    "eager": ["-m", "64M", "--append", "fork=eager", "fork_example"],
    "shell": ["sh", "-c", "for i in 1 2; do ls /bin | grep c | wc -l; done; (cat /proc/1/cow; exit 3) > /tmp/x & wait; kill -9 $$"],
    "vfork": ["--with", "build/tests/guest/proc_vfork:/bin/proc_vfork", "proc_vfork"],
    "ranges": ["--with", "build/tests/guest/sys_mremap:/bin/sys_mremap", "sys_mremap"],
    "servers": ["--with", "build/tests/guest/msg_memory:/bin/msg_memory", "msg_memory"],
}


def record(context, name, options):
    """(the finished run, the path of its trace)"""
    path = context.scratch("trace", name + ".jsonl")
    if os.path.exists(path):
        os.unlink(path)
    options = [word.replace("build/tests/", context.path("tests") + "/") if word.startswith("build/tests/") else word for word in options]
    return kine(context, ["-n", "--icount", "--trace", path, *options], timeout=600), path


def failure(done, problem):
    return f"{problem}\nagain:    {done.again}"


def adds_up(context, name):
    done, path = record(context, name, PROGRAMS[name])
    try:
        wrong = kine_trace.replay(kine_trace.read_file(path)).differences()
    except (OSError, kine_trace.TraceError) as error:
        wrong = [str(error), show(done.stderr)]
    problem = f"expected: the trace adds up to what the kernel counted\nseen:     {indent(chr(10).join(wrong[:10])).strip()}"
    yield Result(f"trace/adds-up/{name}", not wrong, failure(done, problem))


# What a fault at each level does: marks of tests/tool/trace_levels.c, and how many tables it splits, copies and takes back, copies of pages
# included.
EXPECTED = {
    "split: root": ("zeroed", 3, 0, 0, 0), "split: level 2": ("zeroed", 2, 0, 0, 0), "split: level 1": ("zeroed", 1, 0, 0, 0), "split: level 0": ("zeroed", 0, 0, 0, 0),
    "copy: root": ("copied", 0, 3, 0, 1), "copy: level 2": ("copied", 0, 2, 0, 1), "copy: level 1": ("copied", 0, 1, 0, 1), "copy: level 0": ("copied", 0, 0, 0, 1),
    "reuse: root": ("reused", 0, 0, 3, 0), "reuse: level 2": ("reused", 0, 0, 2, 0), "reuse: level 1": ("reused", 0, 0, 1, 0), "reuse: level 0": ("reused", 0, 0, 0, 0),
    "read: a promise beside the page": ("zeroed", 0, 0, 0, 0), "bad: a write where only reading is allowed": ("bad", 0, 0, 0, 0),
}  # fmt: skip


def faults_behind_marks(path):
    """{mark: (verdict, tables split, copied, taken back, pages copied) of the first fault behind it}, and all marks."""
    model, found, marks, mark = kine_trace.Model(), {}, [], None
    names = ("tables_split", "tables_copied", "tables_reused", "pages_copied")
    for event in kine_trace.read_file(path):
        before = dict(model.counters)
        model.apply(event)
        if event.kind == "mark":
            mark = event.fields["text"]
            marks.append(mark)
        elif event.kind == "fault" and mark is not None:
            verdict = next(words[0] for what, words in event.changes if what == "verdict")
            found.setdefault(mark, (verdict, *(model.counters[name] - before[name] for name in names)))
            mark = None
    return found, marks


def levels(context, name):
    done, path = record(context, "each-level", LEVELS)
    if done.status != 0:
        yield Result(name, False, done.failure("status 0", f"status {done.status}"))
        return
    found, marks = faults_behind_marks(path)
    for mark, expected in EXPECTED.items():
        problem = f"expected: verdict, tables split, copied, taken back, pages copied: {expected}\nseen:     {found.get(mark)}"
        yield Result(f"{name}/{mark.replace(' ', '-')}", found.get(mark) == expected, failure(done, problem))
    text = "end: says ?quoted? ? and?broken"
    yield Result(f"{name}/text", marks[-1] == text, failure(done, f"expected: the last mark is {text!r}\nseen:     {marks[-1]!r}"))


def damaged(context, name):
    """A trace that was tampered with is found out, and told where."""
    done, path = record(context, "damaged", LEVELS)
    with open(path, encoding="utf-8") as file:
        lines = file.read().splitlines()
    last = max(number for number, line in enumerate(lines) if line.startswith('{"copy"'))
    cases = {
        "a-copy-missing": (lines[:last] + lines[last + 1 :], "pages_copied"),
        "an-event-missing": ([line for line in lines if '"n":40,' not in line], "event 40 is missing"),
        "cut-off": (lines[: last + 1], "no end"),
        "half-a-line": (lines[:last] + [lines[last][:-3]] + lines[last + 1 :], "is damaged"),
        "taken-twice": (lines[: last + 1] + ['{"take":[%s,"page"]}' % lines[last].split(",")[1][:-2]] + lines[last + 1 :], "taken twice"),
        "writable-and-shared": ([line.replace('065"]', '067"]') if '"set"' in line else line for line in lines], "may write it"),
    }
    for case, (changed, expected) in cases.items():
        try:
            seen = "\n".join(kine_trace.replay(kine_trace.read_events(changed)).differences())
        except kine_trace.TraceError as error:
            seen = str(error)
        yield Result(f"{name}/{case}", expected in seen, failure(done, f"expected: a complaint with '{expected}'\nseen:     {seen[:300] or 'none'}"))


DOCUMENT = os.path.join(REPO, "docs/trace.md")


def sources():
    for folder in ("kernel", "arch"):
        for where, _, names in os.walk(os.path.join(REPO, folder)):
            for name in names:
                with open(os.path.join(where, name), encoding="utf-8") as file:
                    yield file.read()


def document(_context, name):
    """docs/trace.md explains every line that the kernel's source can tell, with its words, and no other."""
    with open(DOCUMENT, encoding="utf-8") as file:
        text = file.read()
    rows = re.findall(r"^\| `([^`]+)` \| (.*) \|$", text, re.MULTILINE)
    explained = {row[0]: row[1] for row in rows}
    changes = {re.match(r'{"(\w+)":', row[0])[1]: row[0] for row in rows if row[0].startswith("{")}
    events, told = {}, {}
    for source in sources():
        for event, words in re.findall(r'R"\("event":"(\w+)"((?:,"\w+":[^,}]*\}?"?)*)\}\)"', source):
            events[event] = set(re.findall(r'"(\w+)":', words))
        for change, words in re.findall(r'R"\(\{"(\w+)":(.*?)\}\)"', source):
            if change != "n":
                told[change] = words.count(",") + 1
    wrong = [f"event {event} is not explained" for event in events if event not in explained]
    wrong += [f"event {event}: `{word}` is not explained" for event, words in events.items() for word in words if f"`{word}`" not in explained.get(event, "")]
    wrong += [f"change {change} is not explained" for change in told if change not in changes]
    wrong += [f"change {change}: {told[change]} words are told" for change, row in changes.items() if change in told and row.count(",") + 1 != told[change]]
    wrong += [f"change {change} is told nowhere" for change in changes if change not in told]
    wrong += [f"only {len(events)} events and {len(told)} changes were found in the source"] if len(events) < 14 or len(told) < 14 else []
    problem = "expected: docs/trace.md explains what the kernel tells\nseen:\n  " + "\n  ".join(wrong) + f"\nagain:    tests/run -k {name}"
    yield Result(name, not wrong, problem)


def off(context, name):
    """The ordinary kernel has none of the hooks: not even their texts."""
    texts = [b'{"set":[', b'{"take":[', b'{"share":[', b'{"verdict":"', b'"event":"fault"', b'"event":"send"', b'{"process":[']
    for image, expected in (("kernel.elf", []), ("traced/kernel.elf", texts)):
        with open(context.path(image), "rb") as file:
            kernel = file.read()
        seen = [text for text in texts if text in kernel]
        again = f"again:    grep -c 'event.:' {context.path(image)}"
        yield Result(f"{name}/{image.split('/')[0]}", seen == expected, f"expected: in {image} the texts {expected}\nseen:     {seen}\n{again}")


def by_make(context, name):
    """`make trace` makes the page, whatever the program's status."""
    page = context.path("trace.html")
    if os.path.exists(page):
        os.unlink(page)
    done = run_process(context, ["make", "--no-print-directory", f"BUILD={context.build}", "trace", "PROGRAM=show_args one two"], timeout=600)
    seen = os.path.getsize(page) if os.path.exists(page) else 0
    right = done.status == 0 and b"argv[2] = two" in done.stdout and b"ended with status 3" in done.stdout and seen > 50000
    yield Result(name, right, done.failure("the program's output, its status 3, and build/trace.html", f"status {done.status}, a page of {seen} bytes\n{show(done.stdout)}"))
    done = run_process(context, [sys.executable, os.path.join(REPO, "tools/trace/draw"), os.path.join(REPO, "LICENSE"), "-o", context.scratch("trace", "none.html")])
    yield Result(f"{name}/no-trace", done.status == 1 and b"this is no trace" in done.stderr, done.failure("a complaint", show(done.stderr)))


def jobs(context):
    def job(name, run, *arguments, weight=10.0):
        return Job(name, lambda: run(context, *arguments), weight)

    every = [
        *(job(f"trace/adds-up/{name}", adds_up, name, weight=20.0) for name in PROGRAMS),
        job("trace/levels", levels, "trace/levels"),
        job("trace/damaged", damaged, "trace/damaged"),
        job("trace/document", document, "trace/document", weight=0.1),
        job("trace/off", off, "trace/off", weight=0.1),
        job("trace/make", by_make, "trace/make"),
        *trace_page.jobs(context, lambda name, options: record(context, name, options), LEVELS, EXPECTED),
    ]
    return [each for each in every if context.matches(each.name)]
