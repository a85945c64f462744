"""What runs inside QEMU and what must come out: data, no machinery.

The test programs of tests/guest need no line here; they run once for each variant below.
"""

from dataclasses import dataclass, replace


@dataclass
class Variant:
    """One way to run a test program."""

    name: str = ""  # "" is the plain way: qemu64, 256 MiB, fork=tree
    memory: str = ""
    cpu: str = ""
    icount: bool = False
    append: str = ""
    args: tuple = ()
    timeout: float = 120


PLAIN = Variant()
# SMEP and SMAP are on here, and a kernel that touches user memory by its user address dies.
MAX = Variant("max", cpu="max")
PAGES = Variant("pages", append="fork=pages", args=("--fork=pages",))
EAGER = Variant("eager", append="fork=eager", args=("--fork=eager",))

DEFAULT = (PLAIN, MAX, PAGES, EAGER)
# Programs that want something else.
VARIANTS = {
    # Long: twice is enough, once looking for what SMAP would catch.
    "hostile_random": (replace(PLAIN, timeout=600), replace(MAX, timeout=600)),
    # Shares of the processor, counted: the host's other work has no say.
    "fair_share": (replace(PLAIN, icount=True),),
    # What these try has nothing to do with how fork copies.
    **{f"attack_{what}": (PLAIN, MAX) for what in ("entry", "leaks", "messages")},
    # How many processes a bomb makes, and so how long it takes, depends on the memory.
    "hostile_fork": (*(replace(variant, memory="32M") for variant in (PLAIN, MAX, PAGES)), replace(EAGER, memory="64M")),
}


def variants_of(program):
    return VARIANTS.get(program, DEFAULT)


@dataclass
class Case:
    """One program on Kine. What is expected is written down here, or computed by `check`."""

    name: str
    args: tuple  # the program and its arguments
    options: tuple = ()  # for tools/run
    memory: str = ""
    cpu: str = ""
    icount: bool = False
    append: str = ""
    stdin: bytes = b""
    stdout: bytes = None  # exactly
    stdout_regex: bytes = None
    status: int = 0
    stderr: bytes = None  # pattern; None: nothing may be there
    debug: bytes = None  # pattern, on the debug console
    check: object = None  # (Done, debug bytes) -> "" or what is wrong
    timeout: float = 120


FORK_EXAMPLE = "我是子进程，由父进程fork出来\n统计结果是: 1\n我是父进程\n统计结果是: 1\n".encode()

# The example of the article, built by four toolchains; the first one is this repository's.
FORK_BUILDS = ("kine", "musl", "glibc", "glibc-pie")

CASES = [
    Case("fork_example", ("fork_example",), stdout=FORK_EXAMPLE),
    Case("fork_example/pages", ("fork_example",), append="fork=pages", stdout=FORK_EXAMPLE),
    Case("fork_example/eager", ("fork_example",), append="fork=eager", stdout=FORK_EXAMPLE),
    Case("exec_example", ("exec_example",), stdout_regex=rb"."),
    Case("cow_example", ("cow_example",), stdout_regex=rb"."),
    Case("cow_example/max", ("cow_example",), cpu="max", stdout_regex=rb"."),
]


# The seed that the tests use. `make fuzz SEED=…` tries another.
FUZZ_SEED, FUZZ_CALLS = 1, 1_000_000


def fuzz(name, seed, calls):
    """The system-call fuzzer. It says its verdict on the debug console; on the other outputs is what the attackers wrote. Instructions are counted,
    so that the same seed does the same again, a failure too."""
    return Case(
        name,
        ("/test/hostile_messages", str(seed), str(calls)),
        cpu="max",
        icount=True,
        stdout_regex=rb"",
        stderr=rb"",
        # Of as many digits as were asked for: attackers that gave up early would find nothing.
        debug=rb"(?m)^hostile_messages: ok, \d{%d,} calls, seed %d, digest [0-9a-f]{16}$" % (len(str(calls)), seed),
        timeout=1800,
    )


CASES.append(fuzz("hostile_messages", FUZZ_SEED, FUZZ_CALLS))


@dataclass
class Oracle:
    """A program that must do on Kine what it does on Linux: the same standard output, the same status."""

    name: str
    program: str  # below the build folder
    args: tuple = ()
    argv0: str = ""  # what the program is told to be called on Linux; without it, its path there
    stdin: bytes = b""
    any_order: bool = False  # lines of parent and child may come in either order on Linux
    tests: bool = False  # a test program: every one of its tests must pass on Linux


INPUTS = {
    "empty": b"",
    "lines": b"one\ntwo\n\nfour\n",
    "no-end": b"the last line has no end",
    "binary": bytes(range(256)) * 40,
    "long-line": b"x" * 70000 + b"\n",
}

ORACLES = [
    *(
        Oracle(f"fork_example/{build}", f"oracle/fork_example.{build}" if build != "kine" else "user/bin/fork_example", any_order=True)
        for build in FORK_BUILDS
    ),
    Oracle("exec_example", "user/bin/exec_example"),
    Oracle("show_args", "user/bin/show_args", ("one", "two words", "", "ü%20", "a\nb"), argv0="/bin/show_args"),
    *(Oracle(f"libc_{part}", f"tests/guest/libc_{part}") for part in ("buffering", "cxx", "exec", "malloc", "stdio", "stdlib", "string")),
    *(Oracle(f"shadow_memory/{seed}", "tests/guest/shadow_memory", (str(seed), "20000")) for seed in (1, 2, 3)),
    Oracle("reads_shared", "tests/guest/reads_shared", stdin=bytes(range(33, 127)) * 60),
    *(Oracle(f"libc_input/{name}", "tests/guest/libc_input", stdin=data) for name, data in INPUTS.items()),
]

# Test programs run on Linux too, and must pass there, if their names begin so: these do no harm to the machine that runs the tests.
ON_LINUX = ("sys_", "cow_", "proc_", "exec_")
