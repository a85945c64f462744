"""Ways to boot: GRUB and directly, little and much memory, processors with and without what the kernel needs, the clang build; what time
it is then."""

import re
import time

from suite.cases import FORK_EXAMPLE
from suite.core import Job, Result, check_output, debug_of, kine, show

# (name, options of tools/run)
BOOTS = [
    ("memory-32M", ("-m", "32M")),
    ("memory-128M", ("-m", "128M")),
    ("memory-4G", ("-m", "4G")),
    ("cpu-qemu64", ("--cpu", "qemu64")),
    ("cpu-max", ("--cpu", "max")),
    ("icount", ("--icount",)),
    ("fork-tree", ("--append", "fork=tree")),
    ("fork-pages", ("--append", "fork=pages")),
    ("fork-eager", ("--append", "fork=eager")),
    ("q35", ("--qemu-arg=-machine", "--qemu-arg=q35")),
    ("grub", ("--grub",)),
    ("grub-memory-32M", ("--grub", "-m", "32M")),
    ("grub-cpu-max", ("--grub", "--cpu", "max")),
]

# (name, options, what is said): less memory than kernel and archive take.
TOO_LITTLE = [
    ("2M", ("-m", "2M"), rb"^tools/run: 2M is too little memory: kernel and archive alone take \d+M \(-m\)$"),
    ("8M", ("-m", "8192k"), rb"^tools/run: 8192k is too little memory"),
    ("grub-8M", ("--grub", "-m", "8M"), rb"kine: PANIC: there is no boot archive: .* if there is too little memory"),
]

# (name, a processor that lacks something essential, what the kernel must call it)
REFUSALS = [
    ("no-nx", "qemu64,-nx", rb"(?i)\bnx\b|no-execute"),
    ("no-long-mode", "qemu64,-lm", rb"(?i)long mode"),
    ("no-syscall", "qemu64,-syscall", rb"(?i)syscall"),
    ("32-bit", "qemu32", rb"(?i)long mode"),
]


def boot(context, name, options, build=None):
    done = kine(context, ["-n", *options, "fork_example"], name=name, build=build)
    yield check_output(done, name, FORK_EXAMPLE)


def grub_examples(context, name):
    """What `make run` does: no program, so init runs the three examples and ends."""
    done = kine(context, ["-n", "--grub"], name=name)
    result = check_output(done, name, stdout_regex=re.escape(FORK_EXAMPLE))
    yield result


def time_of_day(context, name, options, begin=None):
    """The clock shows what the machine's calendar clock does: this machine's time, in UTC, or `begin` and a little more."""
    before = begin or time.time()
    done = kine(context, ["--test", "-n", *options, "/test/time_of_day"], name=name)
    after = begin + 10 if begin else time.time()
    seen = int(done.stdout) if done.status == 0 and done.stdout.strip().isdigit() else 0
    # (Both clocks are read in whole seconds.)
    yield Result(name, int(before) - 1 <= seen <= after + 1, done.failure(f"{int(before)} to {int(after)}", show(done.stdout)))


def refusal(context, name, cpu, pattern):
    """One clear line, and an end: neither a triple fault nor a kernel that hangs."""
    done = kine(context, ["-n", "--cpu", cpu, "fork_example"], name=name, timeout=30)
    debug = debug_of(context, name)
    lines = [line for line in debug.split(b"\n") if line.strip()]
    fits = bool(lines) and bool(re.search(pattern, lines[-1])) and done.status == 125 and b"triple fault" not in done.stderr
    fits = fits and b"no end after" not in done.stderr
    yield Result(name, fits, done.failure(f"status 125, and a last line like {pattern!r} on the debug console", f"status {done.status}, {show(debug[-500:])}"))


def too_little(context, name):
    """A machine that is too small to start says so, and never resets without a word. From what just fits, everything else is the kernel's to
    say: with each MiB more it panics, or something runs."""
    for each, options, text in TOO_LITTLE:
        yield check_output(kine(context, ["-n", *options, "true"], name=f"{name}/{each}"), f"{name}/{each}", b"", 125, text)
    done = kine(context, ["-n", "-m", "1M", "true"])
    least = re.search(rb"take (\d+)M", done.stderr)
    for more in range(4) if least else ():
        memory = f"{int(least.group(1)) + more}M"
        done = kine(context, ["-n", "-m", memory, "true"])
        said = done.status != 125 or re.search(rb"kine: PANIC: (too little|no) memory", done.stderr)
        yield Result(f"{name}/least-and-{more}", bool(said) and not done.timed_out, done.failure("a panic about memory, or a run", show(done.stderr)))
    yield Result(f"{name}/least", least is not None, done.failure("how much it takes", show(done.stderr)))


def jobs(context):
    found = [Job(f"boot/{name}", lambda name=name, options=options: boot(context, f"boot/{name}", options)) for name, options in BOOTS]
    found.append(Job("boot/grub-examples", lambda: grub_examples(context, "boot/grub-examples"), weight=3))
    found.append(Job("boot/time-of-day", lambda: time_of_day(context, "boot/time-of-day", ())))
    begin = 1767225600  # 2026-01-01, where --icount lets the calendar clock begin
    found.append(Job("boot/time-of-day-icount", lambda: time_of_day(context, "boot/time-of-day-icount", ("--icount",), begin)))
    clang = context.path("clang")
    found.append(Job("boot/clang", lambda: boot(context, "boot/clang", (), build=clang)))
    found.append(Job("boot/clang-cpu-max", lambda: boot(context, "boot/clang-cpu-max", ("--cpu", "max"), build=clang)))
    found.append(Job("boot/too-little-memory", lambda: too_little(context, "boot/too-little-memory"), weight=3))
    for name, cpu, pattern in REFUSALS:
        found.append(Job(f"boot/{name}", lambda name=name, cpu=cpu, pattern=pattern: refusal(context, f"boot/{name}", cpu, pattern)))
    return [job for job in found if context.matches(job.name)]
