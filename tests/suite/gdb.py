"""`make gdb` and its commands, each against a real boot: what it shows is compared with what the guest itself says, with what GDB says, or with what
the kernel does next. Runs count instructions (--icount), so that they stop at the same places every time.

The transcripts in docs/gdb*.md are replayed: a block that is fenced as ```gdb begins with "$ make gdb…" or "$ tools/gdb/start …", perhaps behind a
"$ tests/plant …", its other commands follow "(gdb) ", and
what stands below each is all that it prints. A line "[...]" stands for any lines. A block without
"$ " goes on with the session of the one before. Numbers of frames and addresses change with every build:
each may be another one, but the same one wherever the transcript has the same. Lines of source must be where the document shows them;
KINE_RETAKE=1 lets a run write into the document where they are.
"""

import base64
import glob
import gzip
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time

from kine_qemu import REPO
from suite.core import Done, Job, Result, indent, relative, run_process, show

START = os.path.join(REPO, "tools/gdb/start")
DOCUMENTS = sorted(glob.glob(os.path.join(REPO, "docs/gdb*.md")))
MARK = "@@@@"
SECONDS_FOR_A_WALK = 5  # at 64 MiB


# Running GDB ---------------------------------------------------------------------------------------------------------------


class Transcript:
    """What each command printed."""

    def __init__(self, done, commands):
        self.done = done
        text = done.stdout.decode(errors="replace")
        parts = re.split(rf"^{MARK}\n", text, flags=re.MULTILINE)
        self.banner = parts[0]
        self.outputs = parts[1 : len(commands) + 1] + [""] * (len(commands) + 1 - len(parts))
        self.commands = commands

    def __getitem__(self, command):
        """The output of the command; of its first use."""
        return self.outputs[self.commands.index(command)]

    def failure(self, expected, seen):
        return self.done.failure(expected, seen + "\nall:\n" + indent(show(self.done.stdout, 6000)))

    def matches(self, name, command, *patterns):
        """One result: each pattern is found in the command's output."""
        seen = self[command]
        missing = [pattern for pattern in patterns if not re.search(pattern, seen, re.MULTILINE | re.DOTALL)]
        return Result(name, not missing, self.failure(f"behind `{command}`: {' and '.join(map(repr, missing))}", seen))


def scratch_folder(context, name):
    """Where tools/gdb/start makes its own folder, so that one can see what is left of it."""
    path = context.scratch("gdb", name.replace("/", "_"), "x")
    return os.path.dirname(path)


def command_line(context, program=(), options=()):
    clock = [] if "--replay" in options else ["--icount"]
    return [sys.executable, START, "--build", context.build, *clock, "--gdb-arg=-nx", *options, *program]


def environment(context, name):
    return {**os.environ, "TMPDIR": scratch_folder(context, name), "TERM": "dumb", "HOME": scratch_folder(context, name)}


def gdb(context, name, commands, program=(), options=(), timeout=180):
    """Types the commands into GDB, one after the other, as if they came from a pipe; at its end GDB leaves."""
    lines = ["set prompt", "set width 0", "set height 0"]
    for command in commands:
        lines += [f"echo \\n{MARK}\\n", command]
    stdin = "\n".join([*lines, f"echo \\n{MARK}\\n", ""]).encode()
    done = run_process(context, command_line(context, program, options), stdin=stdin, timeout=timeout, environment=environment(context, name))
    # What was printed on both, in one text; GDB's own mistakes are on standard error.
    again = " ".join(map(relative, command_line(context, program, options)[1:]))
    return Transcript(Done(done.status, done.stdout, done.stderr, done.seconds, again, done.timed_out), commands)


def numbers(pattern, text):
    return [tuple(int(group, 0) for group in match.groups()) for match in re.finditer(pattern, text, re.MULTILINE)]


# The commands --------------------------------------------------------------------------------------------------------------

# Where the first child of cow_example has written, before it ends.
FIRST_CHILD = "kine ubreak cow_example:child_of_the_first_fork"
HAS_TWO_FRAMES = r"page (\d), .*frame +(\d+) in the parent, +(\d+) in the child"


def looking(context, name):
    """ps, maps, pt, frame, diff, audit, bt, ports at one moment of cow_example, whose own counters are the truth."""
    pt = [f"kine pt memory+{page * 4096} {pid}" for pid in (6, 7) for page in (0, 2)]
    commands = [FIRST_CHILD, "continue", "kine ps", "kine maps", "kine maps 6", *pt, "kine pt 0xffff800000000000+0x200000", "kine pt 0x123456789000"]
    commands += ["kine diff 6 7", "kine audit", "kine bt", "kine bt 1", "kine ports", "kine frame 0", "kine pt memory 99", "kine frame 99999999"]
    commands += ["kine pt", "python import time; began = time.monotonic()", "kine pt memory 6", "python print(time.monotonic() - began)"]
    commands += ["python print(snapshot_counts())", "delete", "continue"]
    script = scratch_folder(context, name) + "/helpers.py"
    with open(script, "w", encoding="utf-8") as file:
        file.write(HELPERS)
    log = gdb(context, name, commands, ("cow_example",), ("-m", "64M", "-x", script))
    yield log.matches(f"{name}/ubreak", "continue", r"^Breakpoint \d+, child_of_the_first_fork \(\) at user/bin/cow_example\.c:\d+")
    yield log.matches(
        f"{name}/ps",
        "kine ps",
        r"^ +PID +PARENT +NAME +ROOT +COPIED",
        r"^ +1 +0 +init .*waits for a child$",
        r"^ +2 +1 +console .*waits for a message$",
        r"^ +6 +1 +cow_example .*waits for a child$",
        r"^\* +7 +6 +cow_example +\d+ +3 .*runs$",
    )
    rights = r"^0x000000401000  0x[0-9a-f]{12}  r-x +0 +[1-9]\d* +0 +0  image$"
    yield log.matches(
        f"{name}/maps",
        "kine maps",
        r"^process 7 \(cow_example\)",
        rights,
        r"rw- +2 +\d+ +0 +0  mmap$",
        r"---.*stack guard$",
        r"rw- +0 +0 +1 +0$",
    )
    yield log.matches(f"{name}/maps-of-another", "kine maps 6", r"^process 6 \(cow_example\)", rights, r"rw- +2 +\d+ +0 +0  mmap$")
    # The frames that `kine pt` finds are those that the kernel's own call found.
    said = {page: (parent, child) for page, parent, child in numbers(HAS_TWO_FRAMES, log["continue"] + log.outputs[-1])}
    found = {page: tuple(frame_of(log[f"kine pt memory+{page * 4096} {pid}"]) for pid in (6, 7)) for page in (0, 2)}
    yield Result(f"{name}/pt", bool(said) and said == found, log.failure(f"the frames that the program has found: {said}", str(found)))
    yield log.matches(f"{name}/pt-shared", pt[1], r"count 2: also process 7$", r"R/W=0, user, mapping grants rw-", r"a write faults$")
    yield log.matches(
        f"{name}/pt-own",
        pt[2],
        r"root \(PML4E\) \[172\].*level 2.*level 1.*level 0 \(PTE\) \[0\]",
        r"-> frame \d+, page, count 1$",
        r"a write goes straight through$",
    )
    yield log.matches(f"{name}/pt-kernel", "kine pt 0xffff800000000000+0x200000", r"supervisor.*large page, global")
    yield log.matches(f"{name}/pt-nothing", "kine pt 0x123456789000", r"empty: nothing is mapped here$")
    yield log.matches(
        f"{name}/diff",
        "kine diff 6 7",
        r"^0x560000000000  0x560000002000 +2  copied, contents differ +mmap$",
        r"510  shared, page by page +mmap$",
        r"shared, through one table of level 0 +mmap$",
        r"MAP_SHARED",
        r"^in all: .*3 pages copied",
    )
    yield log.matches(f"{name}/audit", "kine audit", r"^6 processes, \d+ tables, .*:$", r"^every rule holds$")
    yield log.matches(
        f"{name}/bt",
        "kine bt",
        r"^--- process 7 \(cow_example\), in user mode ---\n#0 .* in child_of_the_first_fork at user/bin/cow_example\.c:\d+",
        r"in main at user/bin/cow_example\.c",
    )
    yield log.matches(
        f"{name}/bt-of-another",
        "kine bt 1",
        r"^--- process 1 \(init\): system call: waits for a child ---\n#0 .* in waitpid",
        r"in main at user/init/main\.c:\d+\n.*_start at libc/start/crt0\.asm",
    )
    yield log.matches(
        f"{name}/ports",
        "kine ports",
        r"^port 0x[0-9a-f]+: served by console \(2\)\n  receiving end: .*console \(2\) as \d+\n  interrupt 4 comes here\n"
        r"  console \(2\) waits for a message$",
    )
    yield log.matches(f"{name}/frame", "kine frame 0", r"^frame 0, physical 0x0: not managed$")
    yield Result(
        f"{name}/limit",
        "level 0 (PTE)" in log["kine pt memory 6"] and float(log["python print(time.monotonic() - began)"] or 99) < SECONDS_FOR_A_WALK,
        log.failure(f"`kine pt` within {SECONDS_FOR_A_WALK} s", log["python print(time.monotonic() - began)"]),
    )
    yield Result(
        f"{name}/frames",
        log["python print(snapshot_counts())"].startswith("[]"),
        log.failure("for each frame in use, as many references as its count", log["python print(snapshot_counts())"]),
    )
    for command, text in (
        ("kine pt memory 99", "there is no process 99"),
        ("kine frame 99999999", "there is no frame 99999999"),
        ("kine pt", r"usage: kine pt VA \[PID\]"),
    ):
        seen = log.done.stderr.decode()
        yield Result(f"{name}/error/{command.split()[1]}-{len(command)}", re.search(text, seen) is not None, log.failure(text, seen))


# `kine frame` counts what `kine frame` lists: over all frames in use, by the same function that the command uses.
HELPERS = '''
def snapshot_counts():
    import gdb
    from kine.model import snapshot
    machine, wrong = snapshot(), []
    owned = [frame for frame, _ in machine.kernel_owners()]
    for frame, record in enumerate(machine.records()):
        if record.kind in ("kTable", "kRoot") and len(wrong) < 5:
            text = gdb.execute(f"kine frame {frame}", to_string=True)
            if "these are" in text or text.count("referenced by") == 0:
                wrong.append((frame, text))
    return wrong
'''


def frame_of(walk):
    """The frame of the page at the end of a walk."""
    found = re.findall(r"-> frame (\d+), page", walk)
    return int(found[-1]) if found else None


# Says what each fault's verdict will be, lets the kernel answer it, and compares.
PREDICT = '''
import gdb
from kine import fault, kernel
from kine.model import Snapshot
told, wrong = {}, []

class Answered(gdb.Breakpoint):
    def stop(self):
        seen = kernel.enumerators("FaultVerdict")[int(gdb.newest_frame().read_register("rax")) & 255]
        after = Snapshot()
        process = after.process_at(Came.process)
        counted = [process.events()[name] for name in ("tables_copied", "tables_split", "tables_reused")]
        changed = [now - before for now, before in zip(counted, Came.counted)]
        verdict = Came.verdict
        expected = [verdict.copied_tables, verdict.split_tables, verdict.reused_tables]
        told[seen] = told.get(seen, 0) + 1
        if (seen, changed, Came.free - after.frames.free) != (verdict.name, expected, verdict.frames):
            wrong.append((verdict, seen, changed, Came.free - after.frames.free))
        return False

class Came(gdb.Breakpoint):
    answered = None
    def stop(self):
        frame = gdb.newest_frame()
        space, address, access = kernel.fault_arguments(frame)
        before = Snapshot()
        process = before.process_of_space(space)
        Came.verdict = fault.predict(before, process, address, access)
        Came.process, Came.free = process.address, before.frames.free
        Came.counted = [process.events()[name] for name in ("tables_copied", "tables_split", "tables_reused")]
        if Came.answered is None:
            back = gdb.Value(int(frame.read_register("rsp"))).cast(gdb.lookup_type("unsigned long").pointer()).dereference()
            Came.answered = Answered(f"*{int(back):#x}", internal=True)
        return False

Came(f"*{kernel.function_start(kernel.FAULT_FUNCTION):#x}", internal=True)
'''


def verdicts(context, name):
    """Every fault of a program, from its first instruction on: the verdict that is foretold is the one that the kernel reaches, with as many tables
    copied, split and taken back, and frames taken."""
    for program, options, expected in (
        (("fork_example",), (), {"kCopied": 3, "kReused": 2, "kZeroed": 2}),
        (("/test/cow_rights",), ("--test",), {"kCopied": 5, "kBad": 5, "kZeroed": 5}),
        (("fork_example",), ("--append", "fork=pages"), {"kCopied": 3, "kZeroed": 2}),
    ):
        each = f"{name}/{program[0].rpartition('/')[2]}{'-pages' if '--append' in options else ''}"
        script = scratch_folder(context, each) + "/predict.py"
        with open(script, "w", encoding="utf-8") as file:
            file.write(PREDICT)
        commands = [
            f"kine ubreak {program[0].rpartition('/')[2]}:*{entry_of(context, program[0]):#x}",
            "continue",
            f"source {script}",
            "delete",
            "continue",
            "python print(told)",
            "python print(wrong)",
        ]
        log = gdb(context, each, commands, program, ("-m", "64M", *options), timeout=400)
        told = dict(re.findall(r"'(k\w+)': (\d+)", log["python print(told)"]))
        fits = log["python print(wrong)"].strip() == "[]" and all(int(told.get(kind, 0)) >= least for kind, least in expected.items())
        yield Result(
            each,
            fits,
            log.failure(f"every verdict foretold, among them at least {expected}", f"{told}, wrong: {log['python print(wrong)']}"),
        )


def entry_of(context, program):
    """The address of a program's first instruction."""
    path = context.path("tests/guest" if program.startswith("/test/") else "user/bin", program.rpartition("/")[2])
    with open(path, "rb") as file:
        return int.from_bytes(file.read(32)[24:32], "little")


def faults(context, name):
    """break fault, by kind, process and address; fault, at each stop; bt through the trap."""
    commands = ["kine ubreak fork_example:main", "continue", "delete", "kine break fault --kind table", "continue", "kine fault", "kine bt", "delete"]
    log = gdb(context, f"{name}/table", commands, ("fork_example",))
    yield log.matches(
        f"{name}/table",
        "kine fault",
        r"^process \d+ \(fork_example\), at 0x[0-9a-f]+: a write to 0x7fffffe0[0-9a-f]+ faulted\n"
        r"  CR2 = 0x7fffffe0[0-9a-f]+\n  error code 0x7: the page was present: a right is missing, a write, in user mode$",
        r"-> frame \d+, table, count 2: also process \d+$",
        r"^verdict: kCopied: ",
        r"^  root \(PML4E\): the table in frame \d+ has 2 owners: it is copied$",
        r"^  the page in frame \d+ has 2 owners, .*: it is copied$",
        r"^  in all: 3 tables copied, 4 frames taken$",
    )
    yield log.matches(
        f"{name}/bt",
        "kine bt",
        r"^#0 .*AddressSpace::fault.*kernel_trap at kernel/main\.cc:\d+\n--- process \d+ \(fork_example\): page fault: .* ---\n#\d .* in fork at ",
        r"in main at user/bin/fork_example\.c:\d+",
    )
    for kind, verdict in (("copy", "kCopied"), ("reuse", "kReused"), ("zero", "kZeroed")):
        log = gdb(
            context,
            f"{name}/{kind}",
            ["kine ubreak fork_example:main", "continue", "delete", f"kine break fault --kind {kind}", "continue", "kine fault"],
            ("fork_example",),
        )
        yield log.matches(f"{name}/{kind}", "kine fault", rf"^verdict: {verdict}: ")
    bad = ["kine break fault --kind bad", "continue", "kine fault", "delete", "continue", "kine fault"]
    log = gdb(context, f"{name}/bad", bad, ("/test/ending", "segv"), ("--test",))
    yield log.matches(f"{name}/bad", "kine fault", r"\(ending\)", r"^verdict: kBad: SIGSEGV$")
    yield Result(
        f"{name}/none",
        "no page fault is being answered here" in log.done.stderr.decode(),
        log.failure("an error where there is no fault", log.done.stderr.decode()),
    )
    # Both parent and child write that page; the parent's fault is asked for.
    commands = ["kine ubreak fork_example:main", "continue", "delete", "kine break fault --pid 6 --va 0x7fffffe0f123", "continue", "kine fault"]
    log = gdb(context, f"{name}/one-page", commands, ("fork_example",))
    yield log.matches(
        f"{name}/one-page",
        "kine fault",
        r"^process 6 \(fork_example\), .*: a write to 0x7fffffe0f[0-9a-f]+ faulted$",
        r"^verdict: k(Reused|Copied): ",
    )
    commands = [
        "kine ubreak fork_example:main",
        "continue",
        "kine fault write 0x400000",
        "kine fault read 0x400000",
        "kine fault fetch 0x7fffffe00000",
        "kine fault read 0",
        "kine fault write 0x7fffffffffff",
        "kine fault jump 0",
        "kine break fault --kind nonsense",
    ]
    log = gdb(context, f"{name}/asked", commands, ("fork_example",))
    yield log.matches(f"{name}/asked/read", "kine fault read 0x400000", r"^  a read goes straight through$", "^verdict: kAlready")
    yield log.matches(f"{name}/asked/write", "kine fault write 0x400000", r"^  the page's mapping grants r--, and a write wants w$")
    yield log.matches(f"{name}/asked/fetch", "kine fault fetch 0x7fffffe00000", r"^  the promise's mapping grants rw-, and a fetch wants x$")
    yield log.matches(f"{name}/asked/nothing", "kine fault read 0", r"entry is empty: nothing is mapped there$")
    yield log.matches(f"{name}/asked/beyond", "kine fault write 0x7fffffffffff", r"is not in user space")
    for text in ("an access is read, write or fetch, not 'jump'", "--kind is one of copy"):
        yield Result(f"{name}/error/{text.split()[0]}", text in log.done.stderr.decode(), log.failure(text, log.done.stderr.decode()))
    # A fault of the kernel's own, made by a wrong pointer.
    commands = ["tbreak kine::AddressSpace::fork_from", "continue", "set $rsi = 0xffff900000000000", "continue", "kine fault", "kine bt"]
    log = gdb(context, f"{name}/kernel", commands, ("fork_example",))
    yield log.matches(
        f"{name}/kernel",
        "kine fault",
        r"^the kernel itself faulted at 0xffffffff8[0-9a-f]+: .*in kernel mode; CR2 = 0xffff9[0-9a-f]+$",
        r"^verdict: panic",
    )
    yield log.matches(
        f"{name}/kernel-bt",
        "kine bt",
        r"power_off.*kernel_mode_trap.*AddressSpace::fork_from.*kernel_syscall.*\n--- process \d+ \(init\): system call.*in fork",
    )


def programs(context, name):
    """A breakpoint at one address hits in its program alone; symbols are those of the program that runs."""
    init = entry_of(context, "init") if os.path.exists(context.path("user/bin/init")) else 0
    commands = [
        f"hbreak *{init:#x}",
        "continue",
        "kine bt",
        "info symbol main",
        "delete",
        f"kine ubreak fork_example:*{init:#x}",
        "kine ubreak fork_example:main",
    ]
    commands += ["continue", "info symbol main", "kine ps", "info line main"]
    log = gdb(context, f"{name}/alone", commands, ("fork_example",))
    yield log.matches(f"{name}/everywhere", "kine bt", r"^--- process 1 \(init\), in user mode ---\n#0 .* in _start")
    yield log.matches(f"{name}/symbols-of-init", "info symbol main", r"build\S*/user/bin/init|user/bin/init")
    second = log.outputs[commands.index("kine ubreak fork_example:main") + 1]
    stopped = re.search(r"^Breakpoint \d+, (?:0x[0-9a-f]+ in )?(main \(\)|.*_start).*at (\S+?):\d+", second, re.MULTILINE)
    yield Result(
        f"{name}/alone",
        bool(stopped) and stopped.group(2) in ("user/bin/fork_example.c", "libc/start/crt0.asm"),
        log.failure("a stop in fork_example, and in no other program that has the same address", second),
    )
    yield log.matches(f"{name}/symbols-of-the-program", "info line main", r"fork_example\.c")
    # The server that has the call, and the client that waits for it.
    commands = [
        "kine ubreak fork_example:main",
        "continue",
        "delete",
        "kine ubreak console:call_wait",
        "continue",
        "kine ports",
        "kine ps",
        "kine bt",
    ]
    log = gdb(context, f"{name}/server", commands, ("fork_example",))
    yield log.matches(f"{name}/waits", "kine ports", r"fork_example \(\d+\) waits for the answer to write\(")
    yield log.matches(f"{name}/waits-ps", "kine ps", r"fork_example .*waits for console \(2\): write\(")
    yield log.matches(
        f"{name}/server-bt",
        "kine bt",
        r"in call_wait at user/servers/calls\.c:\d+\n.* in (write_call|call|main) at user/servers/console/console\.c:\d+",
    )


def recorded(context, name):
    """Back and ahead in a recorded run: what was there is there again; the store that is found is the one that wrote."""
    commands = ["kine ubreak fork_example:main", "continue", "delete", "kine break fault --kind copy", "continue", "kine goto", "kine before-fault"]
    commands += ["python faulted = gdb.selected_frame().pc()", "kine who-wrote $sp-8", "x/gx $sp", "kine goto -1", "x/i $pc", "kine goto +1", "kine goto -999999999", "kine goto event 5"]
    commands += ["kine goto 999999999999", "kine goto +0"]
    log = gdb(context, name, commands, ("fork_example",), ("--replay", "-m", "64M"))
    yield log.matches(f"{name}/where", "kine goto", r"^moment \d+: process \d \(fork_example\), in kernel mode$", r"AddressSpace::fault")
    yield log.matches(f"{name}/before-fault", "kine before-fault", r"^moment \d+: process \d \(fork_example\), in user mode$", r"in fork at ")
    moments = [int(found) for each in ("kine goto", "kine before-fault", "kine who-wrote $sp-8") for found in re.findall(r"^moment (\d+)", log[each], re.MULTILINE)]
    yield Result(f"{name}/order", len(moments) == 3 and moments == sorted(moments, reverse=True), log.failure("three moments, each before the last", str(moments)))
    value = re.search(r"has 0x([0-9a-f]+) since", log["kine who-wrote $sp-8"])
    yield Result(
        f"{name}/who-wrote",
        bool(value) and log["x/gx $sp"].strip().endswith(value.group(1)) and "call" in log["x/i $pc"],
        log.failure("a call, which pushed the word", log["x/gx $sp"] + log["x/i $pc"]),
    )
    noise = [each for each in ("kine before-fault", "kine who-wrote $sp-8", "kine goto -1", "kine goto +1") if "Program received" in log[each] or log[each].count("\n") > 5]
    yield Result(f"{name}/quiet", not noise, log.failure("nothing of the stops on the way", f"more behind {noise}"))
    yield log.matches(f"{name}/after-the-end", "kine goto +0", r"^moment \d+: process \d \(fork_example\)")
    for text in ("the recording begins with moment 0", "the recording ends with moment ", "this run was not traced: begin with `make gdb-replay TRACE=1`"):
        yield Result(f"{name}/error", text in log.done.stderr.decode(), log.failure(text, log.done.stderr.decode()))


def events_of_page(path):
    """The lines of the trace that a page shows."""
    with open(path, encoding="utf-8") as file:
        packed = re.search(r'id="data">([^<]*)<', file.read())[1]
    return [line for line in json.loads(gzip.decompress(base64.b64decode(packed))) if "n" in line]


def recorded_events(context, name):
    """To events of the trace of a recorded run: the kernel is about to tell just that one, and the page of the same run has it by that number."""
    page = context.scratch("gdb", "recording.html")
    commands = ["complete kine goto e", "kine goto event 300", "print kine::tracer.events", "kine goto event 40", "kine bt", "kine goto event 301", "kine goto event", "kine goto event 999999"]
    log = gdb(context, name, commands, ("fork_example",), ("--replay", "-m", "64M", "--trace", page), timeout=600)
    events = events_of_page(page) if os.path.exists(page) else []
    moments = []
    for number in (300, 40, 301):
        seen = log[f"kine goto event {number}"]
        found = re.search(r"^event (\d+): (\{.*\})\nmoment (\d+): ", seen, re.MULTILINE)
        right = bool(found) and number < len(events) and json.loads(found[2]) == events[number] and int(found[1]) == number
        yield Result(f"{name}/{number}", right, log.failure(f"event {number}, as the page has it", seen))
        moments.append(int(found[3]) if found else 0)
    yield Result(f"{name}/order", moments[1] < moments[0] < moments[2], log.failure("the moments of events 40, 300, 301 in order", str(moments)))
    yield log.matches(f"{name}/counted", "print kine::tracer.events", r"= 301$")
    yield log.matches(f"{name}/in-the-kernel", "kine bt", r"kine::Tracer::line")
    yield log.matches(f"{name}/completion", "complete kine goto e", r"^kine goto event$")
    for text in ("usage: kine goto [MOMENT|+N|-N|event N]", "and no event 999999"):
        yield Result(f"{name}/{'usage' if 'usage' in text else 'no-such-event'}", text in log.done.stderr.decode(), log.failure(text, log.done.stderr.decode()))


def clang(context, name):
    """The other compiler's debug information says the same, but for names of areas."""
    build = context.path("clang")
    commands = ["kine ubreak fork_example:main", "continue", "delete", "kine ps", "kine maps", "kine audit", "kine break fault --kind table", "continue"]
    commands += ["kine fault", "kine bt", "kine ports"]
    log = gdb(context, name, commands, ("fork_example",), ("--build", build))
    yield log.matches(f"{name}/ps", "kine ps", r"^\* +6 +1 +fork_example .*runs$")
    yield log.matches(f"{name}/maps", "kine maps", r"r-x +0 +[1-9]\d* +0 +0")
    yield log.matches(f"{name}/audit", "kine audit", r"^every rule holds$")
    yield log.matches(f"{name}/fault", "kine fault", r"\(fork_example\), .*: a write to .* faulted$", r"^verdict: k(Copied|Zeroed): ", r"\d tables? copied")
    yield log.matches(f"{name}/bt", "kine bt", r"^#0 .*AddressSpace::fault", r"\(fork_example\): page fault: ", r"in main at user/bin/fork_example\.c:\d+")
    yield log.matches(f"{name}/ports", "kine ports", r"served by console \(2\)")


# What a planted mistake is called. Each is made by a command of GDB's, and mended by the next.
def plant(value):
    return f"python planted({value!r})"


PLANTED = (
    ("count", "count(page_frame, +1)", r"a frame's count is not the number of its references: frame \d+ \(page, count 3\): 2 references"),
    ("writable", "entry(bits().writable)", r"a writable entry points at a frame that others reference"),
    ("dirty-bit", "entry(bits().dirty)", r"an entry lacks bits that are always set"),
    ("write-and-execute", "entry(bits().no_execute)", r"a page may be both written and executed"),
    ("group", "groups()", r"a used entry lies in a group that its table's record calls empty"),
    ("used", "used()", r"a table's record counts its used entries wrongly: .* and says \d+"),
    (
        "leak",
        "count(kernel.kernel_root(), 0) or leak()",
        r"a frame's count is not the number of its references: frame \d+ \(page, count 1\): 0 references",
    ),
    ("free", "free_count()", r"the number of free frames is wrong"),
    ("zeroed", "dirty_zeroed()", r"a zeroed frame is not zero"),
)

PLANT = '''
import gdb, struct
from kine import kernel
from kine.kernel import entry_bits as bits
from kine.model import snapshot, forget
undo = []

def write(address, data):
    inferior = gdb.selected_inferior()
    undo.append((address, bytes(inferior.read_memory(address, len(data)))))
    inferior.write_memory(address, data)

def mend():
    while undo:
        gdb.selected_inferior().write_memory(*undo.pop())
    forget()

def planted(what):
    machine = snapshot()
    last = machine.walk(machine.root_of(machine.processes()[-1]), 0x560000002000)[-1]
    member = lambda frame, name: machine.frames.records + frame * kernel.record_size() + kernel.member_offset("FrameRecord", name)
    def count(frame, more):
        if more:
            write(member(frame, "count"), struct.pack("<I", machine.record(frame).count + more))
    def entry(bit):
        write(machine.frame_address(last.table) + last.index * 8, struct.pack("<Q", last.entry.bits ^ bit))
    def groups():
        write(member(last.table, "groups"), struct.pack("<Q", 0))
    def used():
        write(member(last.table, "used"), struct.pack("<H", 7))
    def leak():
        free = machine.frames.free_list
        write(member(free, "kind"), bytes([kernel.enumerator("FrameKind", "kPage")]))
        write(member(free, "count"), struct.pack("<I", 1))
    def dirty_zeroed():
        write(machine.frame_address(machine.frames.zeroed_list) + 4088, b"x")
    def free_count():
        address = int(kernel.variable("frames")["free_count_"].address)
        write(address, struct.pack("<I", machine.frames.free + 1))
    eval(what, {**globals(), **locals(), "page_frame": last.entry.frame})
    forget()
'''


def audit(context, name):
    """The audit finds each planted mistake, and nothing once it is mended."""
    script = scratch_folder(context, name) + "/plant.py"
    with open(script, "w", encoding="utf-8") as file:
        file.write(PLANT)
    commands = [FIRST_CHILD, "continue", f"source {script}"]
    for each, what, _ in PLANTED:
        if each == "zeroed":  # the child has ended, and its tables are zeroed frames
            commands += ["delete", "kine break fault --kind table", "continue"]
        commands += [plant(what), "kine audit", "python mend()", "kine audit"]
    log = gdb(context, name, commands, ("cow_example",), ("-m", "64M"))
    for each, what, finding in PLANTED:
        broken, mended = (log.outputs[commands.index(plant(what)) + at] for at in (1, 3))
        yield Result(
            f"{name}/{each}",
            re.search(finding, broken) is not None and "findings" not in broken.splitlines()[0],
            log.failure(finding, broken),
        )
        yield Result(f"{name}/{each}/mended", "every rule holds" in mended, log.failure("every rule holds", mended))


# Through the direct map.
KERNEL_IMAGE_ENTRY = "print *(kine::Pte *)(0xffff800000000000 + 4096ul * kine::kernel_root.number + 8 * 511)"


def printers(context, name):
    commands = [
        FIRST_CHILD,
        "continue",
        "print kine::frames.free_",
        "print *kine::processes.slots_[6]",
        "print kine::processes.slots_[1].thread",
    ]
    commands += [
        "print kine::frames.records_[0]",
        "print kine::processes.slots_[1].own_space.heap_start",
        "print *kine::processes.slots_[6].own_space.root_",
    ]
    commands += [
        "print kine::processes.slots_[2].thread.exchange",
        "print kine::processes.slots_[2].thread.notice",
        "kine ubreak console:move_output",
        "delete 2",
        "continue",
        "set language c++",
    ]
    message = "print *(kine_message *)kine::processes.slots_[2].thread.message_at.value"
    commands += [message, KERNEL_IMAGE_ENTRY, "print kine::processes.slots_[6].thread.exchange", "print kine::processes.slots_[6].thread.context.regs"]
    commands += ["print kine::processes", "print (kine::FrameRecord &)kine::frames.records_[0]"]
    log = gdb(context, name, commands, ("cow_example",), ("-m", "64M"))
    for each, command, pattern in (
        ("reference", "print (kine::FrameRecord &)kine::frames.records_[0]", r"= (\(kine::FrameRecord &\) )?(@0x\w+: )?not managed$"),
        ("frame", "print kine::frames.free_", r"= frame \d+$"),
        ("entry", KERNEL_IMAGE_ENTRY, r"= 0x[0-9a-f]+ -> frame \d+ \(present, R/W=1, supervisor"),
        ("process", "print *kine::processes.slots_[6]", r"= process 6 \(cow_example\)$"),
        ("thread", "print kine::processes.slots_[1].thread", r"= thread of process 1 \(init\), waits for a child$"),
        ("record", "print kine::frames.records_[0]", r"= not managed$"),
        ("address", "print kine::processes.slots_[1].own_space.heap_start", r"= 0x10000000000$"),
        ("no-call", "print kine::processes.slots_[2].thread.exchange", r"= no call$"),
        ("notice", "print kine::processes.slots_[2].thread.notice", r"notice, not queued$"),
        ("exchange", "print kine::processes.slots_[6].thread.exchange", r"= write\(.*\), received by process 2$"),
        ("registers", "print kine::processes.slots_[6].thread.context.regs", r"= registers, .*vector \d+, error code 0x\w+\n  rip=0x4[0-9a-f]{5} rsp=0x7f[0-9a-f]+ .*\n  r13=.* ss=0x1b$"),
        ("whole", "print kine::processes", r"^\$\d+ = "),
        ("message", message, r"= call write\(.*from process \d+, token 0x[0-9a-f]+, cookie"),
    ):
        yield log.matches(f"{name}/{each}", command, pattern)


def helping(context, name):
    """Each command has help and says what it completes to."""
    listed = ("audit", "before-fault", "break fault", "bt", "diff", "fault", "frame", "goto", "maps", "ports", "ps", "pt", "type", "ubreak", "who-wrote")
    commands = ["help kine", *(f"help kine {each}" for each in listed), "kine ubreak fork_example:main", "continue"]
    completions = {
        "complete kine p": r"^kine ports\nkine ps\nkine pt$",
        "complete kine maps ": r"^kine maps 1\n.*kine maps 6",
        "complete kine pt 0 ": r"^kine pt 0 1\n",
        "complete kine pt environ": r"^kine pt environ$",
        "complete kine fault write environ": r"^kine fault write environ$",
        "complete kine who-wrote environ": r"^kine who-wrote environ$",
        "complete kine break fault --va environ": r"^kine break fault --va environ$",
        "complete kine break fault --k": r"^kine break fault --kind$",
        "complete kine break fault --kind z": r"^kine break fault --kind zero$",
        "complete kine ubreak cow_": r"^kine ubreak cow_example:$",
        "complete kine ubreak cow_example:mai": r"^kine ubreak cow_example:main$",
    }
    log = gdb(context, name, [*commands, *completions], ("fork_example",))
    for each in listed:
        yield log.matches(f"{name}/help/{each.replace(' ', '-')}", f"help kine {each}", rf"kine {each}")
    for command, pattern in completions.items():
        yield log.matches(f"{name}/{command.replace(' ', '-')}", command, pattern)


# Starting and leaving ------------------------------------------------------------------------------------------------------


class Session:
    """tools/gdb/start on a pseudo-terminal, as a student has it."""

    def __init__(self, context, name, program=(), options=(), command=None):
        self.folder = scratch_folder(context, name)
        self.ours, theirs = pty.openpty()
        self.process = subprocess.Popen(
            command or command_line(
                context,
                program,
                options,
            ), stdin=theirs, stdout=theirs, stderr=theirs, cwd=REPO, preexec_fn=controlling_terminal, env=environment(context, name)
        )
        with context.lock:
            context.children.add(self.process)
        os.close(theirs)
        self.seen = ""

    def type(self, text):
        os.write(self.ours, text.encode())

    def wait_for(self, pattern, timeout=60):
        """Whether the pattern came, in what was printed since the last one."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            found = re.search(pattern, self.seen, re.DOTALL)
            if found:
                self.seen = self.seen[found.end() :]
                return True
            if not select.select([self.ours], [], [], 0.5)[0]:
                continue
            try:
                data = os.read(self.ours, 65536)
            except OSError:
                return False
            self.seen += data.decode(errors="replace").replace("\r", "")
        return False

    def ended(self, timeout=30):
        """Its status; None if it goes on."""
        end = time.monotonic() + timeout
        while self.process.poll() is None and time.monotonic() < end:
            if select.select([self.ours], [], [], 0.1)[0]:
                try:
                    self.seen += os.read(self.ours, 65536).decode(errors="replace")
                except OSError:
                    time.sleep(0.05)
        return self.process.poll()

    def machines(self):
        """The pids of this one's QEMU and GDB."""
        return [pid for pid, words in processes() if self.folder + "/kine-gdb-" in words and "tools/gdb/start" not in words]

    def gone(self, timeout=20):
        """Whether no process and no folder of this one is left."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            if not self.machines() and not [entry for entry in os.listdir(self.folder) if entry.startswith("kine-gdb-")]:
                return True
            time.sleep(0.1)
        return False

    def close(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.ended()
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.ours)


def controlling_terminal():
    import fcntl
    import termios

    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def processes():
    done = subprocess.run(["ps", "-axww", "-o", "pid=,args="], stdout=subprocess.PIPE, check=True)
    rows = [line.split(None, 1) for line in done.stdout.decode(errors="replace").splitlines()]
    return [(int(row[0]), row[1]) for row in rows if len(row) == 2]


STOPPED = r"kernel_main .*\(gdb\) "


def two_at_once(context, name):
    """Two of them, each with a Kine of its own; one ends, and the other does not notice."""
    one, other = (Session(context, f"{name}/{i}", ("fork_example",)) for i in (1, 2))
    try:
        both = one.wait_for(STOPPED) and other.wait_for(STOPPED)
        yield Result(f"{name}/start", both, f"expected: both stop at kernel_main\nseen:     {one.seen}\n{other.seen}")
        for session in (one, other):
            session.type("kine ubreak fork_example:main\ncontinue\n")
        hit = one.wait_for(
            r"Breakpoint 2, .*main \(\) at user/bin/fork_example\.c.*\(gdb\) "
        ) and other.wait_for(r"Breakpoint 2, .*main \(\).*\(gdb\) ")
        yield Result(f"{name}/hit", hit, f"expected: both stop in main\nseen:     {one.seen}\n{other.seen}")
        one.type("quit\n")
        ended = one.ended() == 0 and one.gone()
        yield Result(f"{name}/quit", ended, f"expected: status 0 behind `quit`, and nothing left\nseen:     {one.process.poll()}, {one.machines()}")
        other.type("kine ps\n")
        lives = other.wait_for(r"fork_example.*\(gdb\) ") and len(other.machines()) == 2
        yield Result(f"{name}/the-other", lives, f"expected: the other goes on\nseen:     {other.seen}, {other.machines()}")
        other.type("\x04")
        ended = other.ended() == 0 and other.gone()
        yield Result(
            f"{name}/end-of-input",
            ended,
            f"expected: status 0 behind ^D, and nothing left\nseen:     {other.process.poll()}, {other.machines()}",
        )
    finally:
        one.close()
        other.close()


def leaving(context, name):
    """However it ends, its QEMU does."""
    for each, number, victim in (
        ("terminated", signal.SIGTERM, "start"),
        ("killed", signal.SIGKILL, "start"),
        ("gdb-killed", signal.SIGKILL, "gdb"),
        ("hung-up", signal.SIGHUP, "start"),
    ):
        session = Session(context, f"{name}/{each}", ("fork_example",))
        try:
            began = session.wait_for(STOPPED)
            running = session.machines()
            gdbs = [pid for pid, words in processes() if pid in running and "qemu" not in words]
            os.kill(gdbs[0] if victim == "gdb" and gdbs else session.process.pid, number)
            session.ended()
            if each == "killed":  # who is killed outright leaves its folder; GDB sees its terminal or its machine go
                session.type("quit\n")
                left = wait_until(lambda: not [pid for pid, words in processes() if pid in running and "qemu" in words])
            else:
                left = session.gone()
            yield Result(
                f"{name}/{each}",
                began and len(running) == 2 and left,
                f"expected: a QEMU and a GDB, and none afterwards\nseen:     {running}, then {session.machines()}\n{session.seen}",
            )
        finally:
            for pid in session.machines():
                os.kill(pid, signal.SIGKILL)
            session.close()


def wait_until(condition, timeout=20):
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.1)
    return False


def terminal(context, name):
    """^C stops the guest; what it prints appears; `kine type` types to it."""
    session = Session(context, f"{name}/loop", ("/test/ending", "loop"), ("--test",))
    try:
        session.wait_for(STOPPED)
        session.type("continue\n")
        yield Result(f"{name}/output", session.wait_for("looping"), f"expected: what the guest prints\nseen:     {session.seen}")
        session.type("\x03")
        stopped = session.wait_for(r"SIGINT.*\(gdb\) ")
        session.type("kine ps\n")
        yield Result(
            f"{name}/interrupt",
            stopped and session.wait_for(r" \d+ +1 +ending .*\(gdb\) "),
            f"expected: ^C stops the guest\nseen:     {session.seen}",
        )
        yield Result(f"{name}/goes-on", session.process.poll() is None, "expected: ^C ends nothing")
    finally:
        session.close()
    session = Session(context, f"{name}/shell", ("sh",))
    try:
        session.wait_for(STOPPED)
        session.type("continue\n")
        session.wait_for(r"[$#] ")
        session.type("\x03")
        session.wait_for(r"SIGINT.*\(gdb\) ")
        session.type("kine type echo one t\"w\"o\ncontinue\n")
        yield Result(f"{name}/type", session.wait_for(r"\none two\n"), f"expected: one two from the shell\nseen:     {session.seen}")
        session.type("\x03")
        session.wait_for(r"SIGINT.*\(gdb\) ")
        session.type("kine type exit 5\ncontinue\n")
        yield Result(
            f"{name}/end",
            session.wait_for(r"exit status 5.*The machine is about to end"),
            f"expected: a stop before the end\nseen:     {session.seen}",
        )
    finally:
        session.close()


def server(context, name):
    """tools/gdb/start --server: the guest's terminal in one, an editor's GDB in another."""
    path = os.path.join(scratch_folder(context, name), "socket")
    serving = Session(context, f"{name}/serving", ("fork_example",), ("--server", path))
    try:
        up = serving.wait_for("waiting for GDB: target remote") and wait_until(lambda: os.path.exists(path))
        second = run_process(context, command_line(context, (), ("--server", path)))
        yield Result(
            f"{name}/second",
            up and second.status == 1 and b"somebody serves at" in second.stderr,
            second.failure("a refusal", show(second.stderr)),
        )
        script = [
            "-ex",
            f"source {REPO}/tools/gdb/init.py",
            "-ex",
            f"target remote {path}",
            "-ex",
            "kine ubreak fork_example:main",
            "-ex",
            "continue",
            "-ex",
            "kine bt",
            "-ex",
            "delete",
        ]
        done = run_process(
            context,
            ["gdb", "-nx", "-q", "-batch", *script, "-ex", "detach", context.path("kernel.elf")],
            environment={**os.environ, "KINE_BUILD": context.build},
        )
        yield Result(f"{name}/attached", b"in main at user/bin/fork_example.c" in done.stdout, done.failure("a stop in main", show(done.stdout)))
        ended = serving.wait_for("我是父进程") and serving.ended() == 0
        yield Result(
            f"{name}/console",
            ended,
            f"expected: the guest's output in the other terminal, and its status\nseen:     {serving.process.poll()}, {serving.seen}",
        )
    finally:
        serving.close()


def mistakes(context, name):
    cases = (
        ("no-gdb", ["--gdb", "no-such-gdb"], {}, r"no-such-gdb not found \(package gdb\); .*make setup"),
        ("no-gdb-in-path", [], {"PATH": ""}, r"not found \(package .*\); .*make setup"),
        ("not-built", ["--build", "/no/such/folder"], {}, r"kernel\.elf does not exist; build it with `make all`"),
        ("memory", ["-m", "nonsense"], {}, r"QEMU did not start"),
    )
    for each, options, more, text in cases:
        done = run_process(
            context,
            [sys.executable, START, *([] if "--build" in options else ["--build", context.build]), *options],
            environment={**environment(context, f"{name}/{each}"), **more},
        )
        fits = done.status == 1 and re.search(text.encode(), done.stderr) and b"Traceback" not in done.stderr
        yield Result(f"{name}/{each}", bool(fits), done.failure(text, show(done.stderr)))
    done = run_process(context, [sys.executable, START, "--help"])
    yield Result(f"{name}/help", done.status == 0 and b"kine type TEXT" in done.stdout, done.failure("help", show(done.stdout)))


# The document --------------------------------------------------------------------------------------------------------------

BLOCK = re.compile(r"^```gdb\n(.*?)^```", re.MULTILINE | re.DOTALL)
# What ends in the number of a line of source: FILE:LINE, "line LINE", and the line itself as GDB shows it.
SOURCE_LINE = re.compile(r"(:|\bline )\d+$|^\d+$")
NUMBER = re.compile(r"0x[0-9a-f]+|(?<=[.:])\d+\b|\b\d[\d,]*\b")


def sessions(blocks):
    """A block that begins with no "$ " goes on with what the one before began."""
    found = []
    for block in blocks:
        if block.startswith("$ "):
            found.append(block)
        else:
            found[-1] += block
    return found


def steps(block):
    """(the program and its arguments, [(command, expected output)], further options of tools/gdb/start, the mistakes to plant first)."""
    found, planted, program, options = [], [], [], []
    for line in block.splitlines(keepends=True):
        if line.startswith("$ tests/plant "):
            planted.append(line.split()[2])
        elif line.startswith("$ make "):
            wanted = re.search(r"PROGRAM=(?:\"([^\"]*)\"|(\S+))", line)
            program = (wanted.group(1) or wanted.group(2)).split() if wanted else []
            options = ["--replay"] if "gdb-replay" in line else []
        elif line.startswith("$ tools/gdb/start "):
            options = line.split()[2:]
        elif line.startswith("(gdb) "):
            found.append([line[6:].rstrip("\n"), ""])
        elif found:
            found[-1][1] += line
    return program, found, options, planted


class Alike:
    """Compares lines whose numbers may differ, as long as each stands for one and the same. Collects those that differ in where a line of source is."""

    def __init__(self):
        self.meaning = {}
        self.moved = {}  # {as it is written: as it should be}

    def number(self, written, seen):
        """Small numbers are counts, which must be right; large ones are addresses, frames, entries."""
        if written == seen:
            return True
        if len(written.replace("0x", "").replace(",", "")) < 3 and not written.startswith(":"):
            return False
        return self.meaning.setdefault(written, seen) == seen

    def line(self, written, seen):
        parts = [(NUMBER.split(" ".join(text.split())), NUMBER.findall(text)) for text in (written, seen)]
        (text, numbers_written), (other, numbers_seen) = parts
        found = list(NUMBER.finditer(written))
        lines = [SOURCE_LINE.search(written, 0, match.end()) is not None for match in found]
        if text != other or not all(line or self.number(*pair) for line, pair in zip(lines, zip(numbers_written, numbers_seen))):
            return False
        right = written
        for match, line, number in reversed(list(zip(found, lines, numbers_seen))):
            if line:
                right = right[: match.start()] + number + right[match.end() :]
        if right != written:
            self.moved[written] = right
        return True

    def text(self, written, seen):
        """The first line that is not as it should be; None."""
        written, seen = (text.strip("\n").splitlines() for text in (written, seen))
        at = 0
        for i, line in enumerate(written):
            if line == "[...]":
                rest = written[i + 1 :]
                if not rest:
                    return None
                while at < len(seen) and not self.line(rest[0], seen[at]):
                    at += 1
                continue
            if at >= len(seen) or not self.line(line, seen[at]):
                return f"line {i + 1}: {line!r}, and not {seen[at] if at < len(seen) else 'the end'!r}"
            at += 1
        return None if at == len(seen) else f"no more lines, and not {seen[at]!r}"


def retaken(name, path, moved):
    """The lines of source stand in the document where they are; or do so from now on, if that is asked for."""
    if moved and os.environ.get("KINE_RETAKE"):
        with open(path, encoding="utf-8") as file:
            lines = [moved.get(line, line) for line in file.read().splitlines()]
        with open(path, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
        moved = {}
    pairs = "\n".join(f"{written}\n    is {right}" for written, right in moved.items())
    again = f"KINE_RETAKE=1 tests/run -k {name} writes them into the document"
    return Result(f"{name}/lines", not moved, f"expected: in {relative(path)}, lines of source where they are\nseen:\n{indent(pairs)}\nagain:    {again}")


def replay(context, name, block, moved):
    program, written, options, planted = steps(block)
    for mistake in planted:
        done = run_process(context, ["sh", os.path.join(REPO, "tests/plant"), mistake, context.build], timeout=600)
        yield Result(f"{name}/plant", done.status == 0, done.failure("a kernel", show(done.stderr)))
    options = [word.replace("build/", context.build + "/", 1) if word.startswith("build/") else word for word in options]
    log = gdb(context, name, [command for command, _ in written], program, options)
    alike = Alike()
    for number, (command, expected) in enumerate(written, start=1):
        wrong = alike.text(expected, log.outputs[number - 1])
        yield Result(f"{name}/{number}", wrong is None, log.failure(f"behind `{command}`:\n{expected}", f"{wrong}\n{log.outputs[number - 1]}"))
    moved.update(alike.moved)


def documents(context):
    """One job for each: what one session plants, the next ones use."""
    for path in DOCUMENTS:
        name = f"gdb/document-{os.path.basename(path).removesuffix('.md')}"
        yield Job(name, lambda name=name, path=path: replay_all(context, name, path), weight=8)


def replay_all(context, name, path):
    with open(path, encoding="utf-8") as file:
        blocks = sessions(BLOCK.findall(file.read()))
    moved = {}
    for number, block in enumerate(blocks, start=1):
        yield from replay(context, f"{name}/{number}", block, moved)
    yield retaken(name, path, moved)


def jobs(context):
    for run in (looking, verdicts, faults, programs, recorded, recorded_events, clang, audit, printers, helping, two_at_once, leaving, terminal, server, mistakes):
        name = f"gdb/{run.__name__.replace('_', '-')}"
        if context.matches(name):
            yield Job(name, lambda run=run, name=name: run(context, name), weight=8)
    yield from (job for job in documents(context) if context.matches(job.name))
