"""What is said when something has gone wrong: by the kernel about itself, and by the shell and crash(1) about a program.

Panics: one kernel with a call that breaks it (tests/planted/panics.cc), and a boot for each way to break: cause,
decoded page-fault code, the walk, the back-trace through the trap into the program with names and lines, and what to type next. In each case
QEMU ends by itself, and not with 0.
"""

import os
import re
import shlex
import sys
from dataclasses import dataclass

from kine_qemu import REPO
from suite.core import Job, Result, kine, run_process, show
from suite.gdb import Alike, retaken
from suite.readme import steps

KERNEL_TEXT, HOLE, NOT_CANONICAL = 0xFFFFFFFF80101000, 0xFFFFA00000000000, 0x8000000000000000

# A level of the walk.
ABSENT = r"not present: empty"
KERNEL_CODE = r"frame 0x\w+ read-only kernel executable"

# The back-trace above the call, to its end in the program.
TAIL = [
    r"handle<&kine::calls::\(anonymous namespace\)::break_kernel>\(kine::Thread&\)\+0x\w+  \[kernel/syscall/calls\.hh:\d+",
    r"kernel_syscall\+0x\w+  \[.*kernel/main\.cc:\d+\]",
    r"syscall_frame\+0x\w+  \[arch/x86_64/entry\.asm:\d+\]",
    r"\(user mode\)  \[.*break_it at tests/guest/break_kernel\.c:\d+\]",
    r"\(user mode\)  \[.*main at tests/guest/break_kernel\.c:\d+\]",
    r"\(user mode\)  \[_start at libc/start/crt0\.asm:\d+\]",
]
CALL = r"break_kernel\(.*\)\+0x\w+  \[.*kernel/syscall/panics\.cc:\d+\]"


def function(name):
    return rf"{name}\(.*\)\+0x\w+  \[.*kernel/syscall/panics\.cc:\d+\]"


@dataclass
class Panic:
    name: str
    arguments: tuple
    cause: str
    callers: list  # above the call, the innermost first
    page_fault: str = ""  # in words
    walk: tuple = ()  # its last level, and what stands there
    vector: int = None
    said: str = ""  # anywhere
    cpu: str = "qemu64"
    process: bool = True  # its record is intact


PANICS = [
    Panic("read", ("read", f"{HOLE:#x}"), "page fault", [function("read_from"), CALL], rf"the kernel tried to read {HOLE:#x}: no page is mapped there",
          ("PML4E", ABSENT), 14),
    Panic("write", ("write", f"{KERNEL_TEXT:#x}"), "page fault", [function("write_to"), CALL],
          rf"the kernel tried to write {KERNEL_TEXT:#x}: the page's rights forbid it", ("PTE", KERNEL_CODE), 14),
    Panic("execute", ("execute", f"{HOLE:#x}"), "page fault", [rf"{HOLE:#x}", function("jump_to"), CALL],
          rf"the kernel tried to execute {HOLE:#x}: no page is mapped there", ("PML4E", ABSENT), 14),
    Panic("read-null", ("read", "0"), "page fault", [function("read_from"), CALL], r"the kernel tried to read 0x0: no page is mapped there",
          ("P(DPTE|DE|TE)", ABSENT), 14),
    Panic("smap", ("read", "own"), "page fault", [function("read_from"), CALL],
          r"the kernel tried to read 0x\w+: the page is a user's, which the kernel must not touch", ("PTE", r"frame 0x\w+ \S+ user no-execute"), 14, cpu="max"),
    Panic("smap-write", ("write", "own"), "page fault", [function("write_to"), CALL],
          r"the kernel tried to write 0x\w+: the page is a user's, which the kernel must not touch", ("PTE", r"frame 0x\w+ \S+ user no-execute"), 14, cpu="max"),
    Panic("smep", ("execute", "own"), "page fault", [function("jump_to"), CALL],
          r"the kernel tried to execute 0x\w+: the page is a user's, which the kernel must not touch", ("PTE", r"frame 0x\w+ \S+ user no-execute"), 14, cpu="max"),
    Panic("general-protection", ("read", f"{NOT_CANONICAL:#x}"), "general protection fault", [function("read_from"), CALL], vector=13),
    Panic("lost-stack", ("lose-stack", "0xffffffff80000000"), "double fault", [function("lose_stack")],
          walk=("PDPTE", ABSENT), vector=8),
    Panic("stack-overflow", ("overflow", "1000"), "double fault", [function("overflow")] * 3 + [CALL], walk=("PTE", ABSENT), vector=8,
          said="the kernel's stack has overflowed into its guard page"),
    Panic("failed-check", ("break-rule", "0"), "a rule that was broken on purpose", [function("break_rule"), CALL], said="the thread in the kernel came with:"),
    Panic("unexpected-interrupt", ("interrupt", "0"), "unexpected interrupt", [function("interrupt"), CALL], vector=0x99),
    Panic("lost-process", ("lose-process", f"{HOLE:#x}"), "page fault", [function("read_from"), function("lose_process"), CALL],
          rf"the kernel tried to read {HOLE:#x}: no page is mapped there", ("PML4E", ABSENT), 14, process=False),
]  # fmt: skip


def planted(context):
    return context.path("planted", "panics")


def in_order(patterns, lines):
    """The first pattern that none of the lines behind those before matches; None."""
    at = 0
    for pattern in patterns:
        while at < len(lines) and not re.search(pattern, lines[at]):
            at += 1
        if at == len(lines):
            return pattern
        at += 1
    return None


def judge(panic, done):
    """What is wrong with a panic's report; ""."""
    text = done.stderr.decode(errors="replace")
    lines = text.splitlines()
    expected = ["tools/run: the kernel panicked", f"kine: PANIC: {panic.cause}"]
    if panic.vector is not None:
        expected.append(rf"kine:   vector {panic.vector}, error code 0x\w+")
    if panic.page_fault:
        expected.append("kine:   page fault: " + panic.page_fault + "$")
    if panic.vector is not None:
        expected += [r"kine:   rip=0x\w+ rsp=0x\w+ rflags=0x\w+ cs=0x8", r"kine:   r12=0x\w+ r13=0x\w+ r14=0x\w+ r15=0x\w+"]
    expected.append(r"kine:   the walk for CR2 = 0x\w+ \(the last page fault's address\), from CR3 = 0x\w+:")
    if panic.walk:
        expected.append(rf"kine:     {panic.walk[0]} +0x\w+ {panic.walk[1]}")
    tail = TAIL if panic.process else [line for line in TAIL if "user mode" not in line]  # (whose names are the program's)
    process = r"kine:   in process \d+ \(break_kernel\)" if panic.process else "kine: the report itself failed: general protection fault"
    expected += ["kine:   called from:", *panic.callers, *tail, r"kine:   to look closer: make gdb PROGRAM=", process, f"kine: panic: {panic.cause}",
                 "--- the same again"]  # fmt: skip
    missing = in_order(expected, lines)
    if missing is not None:
        return f"a line like {missing!r}, behind those before it"
    if panic.said and panic.said not in text:
        return f"the words {panic.said!r}"
    if panic.walk and panic.walk[0].startswith("PTE") and not in_order(["PML4E", "PDPTE", "PDE", "PTE"], lines) is None:
        return "four levels"
    return "" if done.status == 125 and not done.timed_out else "exit status 125"


def panic_job(context, panic):
    words = ["-n", "--test", "--cpu", panic.cpu, "-v", "/test/break_kernel", *panic.arguments]
    done = kine(context, words, build=planted(context))
    wrong = judge(panic, done)
    yield Result(f"panic/{panic.name}", not wrong, done.failure(wrong, f"exit status {done.status}"))


def hint_job(context, name):
    """The command that tools/run prints leads GDB to the same panic, and there to its cause."""
    done = kine(context, ["-n", "--test", "/test/break_kernel", "read", f"{HOLE:#x}"], build=planted(context))
    command = done.stderr.decode(errors="replace").rstrip().rpartition("\n")[2]
    place = re.search(r"info line \*(0x\w+)", done.stderr.decode(errors="replace"))
    folder = os.path.dirname(context.scratch("panic", "home", "x"))
    typed = ["set prompt", "set width 0", "continue", "kine bt", f"info line *{place.group(1) if place else 0}", ""]
    words = shlex.split(command)
    again = run_process(context, [sys.executable, os.path.join(REPO, words[0]), "--gdb-arg=-nx", *words[1:]] if words else ["false"], stdin="\n".join(typed).encode(),
                        environment={**os.environ, "TMPDIR": folder, "HOME": folder, "TERM": "dumb"})  # fmt: skip
    text = again.stdout.decode(errors="replace")
    patterns = [r"kine: PANIC: page fault", r"Machine::power_off", r"panic_trap", r"read_from", r"break_kernel", r"--- process \d+ \(break_kernel\): system call",
                r"in break_it at user/raw\.h:\d+", r"in main at tests/guest/break_kernel\.c:\d+", r"^Line \d+ of .*panics\.cc"]  # fmt: skip
    missing = in_order(patterns, text.splitlines())
    yield Result(name, missing is None and again.status == 0, again.failure(f"`{command}`, and behind `continue`: {missing}", show(text, 4000)))


def no_memory(context, name):
    """As much memory as is just too little to start: the kernel says so, and for what."""
    archive = context.scratch("panic", "small.cpio")
    files = [f"{context.path('user/bin', program)}:/bin/{program}" for program in ("init", "true")]
    made = run_process(context, [sys.executable, os.path.join(REPO, "tools/mkarchive"), "-o", archive, *files])
    yield Result(f"{name}/archive", made.status == 0, made.failure("an archive", show(made.stderr)))
    # Too little and enough, in KiB, until they are neighbours.
    little, enough, last = 1800, 4096, None
    while enough - little > 8:
        middle = (little + enough) // 2
        done = kine(context, ["-n", "--archive", archive, "-m", f"{middle}K", "true"])
        if done.status == 125:
            little, last = middle, done
        else:
            enough = middle
    patterns = ["^tools/run: the kernel panicked", "^kine: PANIC: no memory for ", "the walk for CR2", "called from", r"start_init\(.*\)\+0x\w+  \[.*kernel/start\.cc:\d+\]",
                r"kernel_main\+0x\w+  \[kernel/main\.cc:\d+\]", "to look closer"]  # fmt: skip
    missing = "a panic" if last is None else in_order(patterns, last.stderr.decode(errors="replace").splitlines())
    yield Result(f"{name}/{little}K", missing is None, (last or made).failure(missing, f"exit status {(last or made).status}"))


# crash -------------------------------------------------------------------------------------------------------------------

# The ways of tests/guest/crasher.c: what the shell says, its status, and what crash explains.
CRASHES = [
    ("null", "Segmentation fault", 139, [r"a write to 0x8: nothing is mapped there: a null pointer", r"at 0x\w+, write_to\+0x"]),
    ("constant", "Segmentation fault", 139, [r"a write to 0x\w+: the page is mapped r--, in frame \d+", r"at 0x\w+, write_to\+0x"]),
    ("data", "Segmentation fault", 139, [r"an execution of 0x\w+: the page is mapped rw-, in frame \d+, which has 1 reference$"]),
    ("none", "Segmentation fault", 139, [r"a read of 0x\w+: the page is mapped ---, and has no frame yet", r"at 0x\w+, read_from\+0x"]),
    ("kernel", "Segmentation fault", 139, [r"a read of 0xffffffff80101000: the kernel's half of memory", r"at 0x\w+, read_from\+0x"]),
    ("far", "Segmentation fault", 139, [r"a general protection fault: ", r"at 0x\w+, read_from\+0x"]),
    ("stack", "Segmentation fault", 139, [r"a write to 0x7f\w+: the page is mapped ---", "the stack has grown into its guard", r"at 0x\w+, recurse\+0x"]),
    ("divide", "Floating point exception", 136, [r"a division by zero", r"at 0x\w+, main\+0x"]),
    ("halt", "Segmentation fault", 139, [r"a general protection fault: an instruction that only the kernel may use", r"at 0x\w+, main\+0x"]),
    ("opcode", "Illegal instruction", 132, [r"an instruction that does not exist", r"at 0x\w+, main\+0x"]),
]


def crashes(context, name):
    """Each in a shell: the program itself prints nothing, the shell says what happened, and crash explains it. One that a signal ends that
    somebody sent has not crashed."""
    for way, words, status, explained in CRASHES:
        done = kine(context, ["-n", "--test", "sh", "-c", f"echo before; /test/crasher {way}; echo status $?; crash"], name=f"{name}/{way}")
        lines = done.stdout.decode(errors="replace").splitlines()
        expected = ["^before$", f"^status {status}$", rf"^process \d+ \(crasher\): {words}$", *explained, r"^  rip=0x\w+ rsp=0x\w+$", r"^  rax="]
        missing = in_order(expected, lines)
        silent = lines[:2] == ["before", f"status {status}"] and done.stderr.decode(errors="replace").splitlines() == [words]
        yield Result(f"{name}/{way}", missing is None and silent and done.status == 0,
                     done.failure(missing or f"before, status {status}, and on standard error only {words!r}", show(done.stdout)))  # fmt: skip
    for way, script, expected in (
        ("none-yet", "crash", ["^nothing has crashed$"]),
        ("abort", "/test/crasher abort; echo status $?; crash", ["^status 134$", "^nothing has crashed$"]),
        ("the-last", "/test/crasher null; /test/crasher opcode; crash", ["Illegal instruction$", "^2 processes have crashed"]),
        ("root-only", "ls -l /proc/crash", ["^-r--------"]),
    ):
        done = kine(context, ["-n", "--test", "sh", "-c", script])
        missing = in_order(expected, done.stdout.decode(errors="replace").splitlines())
        yield Result(f"{name}/{way}", missing is None, done.failure(missing, show(done.stdout)))


# docs/panic.md -----------------------------------------------------------------------------------------------------------

DOCUMENT = os.path.join(REPO, "docs/panic.md")
BLOCK = re.compile(r"^```kine\n(.*?)^```", re.MULTILINE | re.DOTALL)


def document(context, name):
    """Its transcripts, typed in again. Numbers may be other ones, but the same where the document has the same."""
    with open(DOCUMENT, encoding="utf-8") as file:
        blocks = BLOCK.findall(file.read())
    moved = {}
    for number, block in enumerate(blocks, start=1):
        alike = Alike()
        for step, (command, expected) in enumerate(steps(block), start=1):
            typed = command.replace("build/", context.build + "/")
            done = run_process(context, ["sh", "-c", typed], again=command, environment={**os.environ, "TERM": "dumb", "KINE_BUILD": context.build})
            seen = (done.stdout + done.stderr).decode(errors="replace").replace(context.build + "/", "build/")
            wrong = alike.text(expected, seen)
            yield Result(f"{name}/{number}.{step}", wrong is None, done.failure(expected, f"{wrong}\n{seen}"))
        moved.update(alike.moved)
    yield retaken("panic/all", DOCUMENT, moved)


def all_panics(context, name):
    """One build serves all."""
    done = run_process(context, ["sh", os.path.join(REPO, "tests/plant"), "panics", context.build], timeout=600)
    yield Result(f"{name}/kernel", done.status == 0, done.failure("a kernel", show(done.stderr)))
    for panic in PANICS:
        if context.matches(f"panic/{panic.name}") or context.matches(name):
            yield from panic_job(context, panic)
    yield from hint_job(context, f"{name}/hint")
    if context.matches(name):
        yield from document(context, "panic/document")


def jobs(context):
    for run in (all_panics, no_memory, crashes):
        name = f"panic/{run.__name__.replace('_', '-')}"
        if context.matches(name) or (run is all_panics and any(context.matches(f"panic/{panic.name}") for panic in PANICS)):
            yield Job(name, lambda run=run, name=name: run(context, name), weight=15)
