"""The kernel of `make debug`, which panics where behaviour is undefined: it runs test programs as the ordinary one does, and each
kind of undefined behaviour, planted in a call (tests/planted/undefined.cc), is told with its place and ends the machine.
"""

import os
import re

from kine_qemu import REPO
from suite import guest
from suite.core import Job, Result, kine, relative, run_process, show

PROGRAMS = """
  cow_chain cow_count cow_data cow_fresh cow_kernel cow_ranges cow_rights
  exec_args exec_files exec_image
  msg_answer msg_death msg_exchange msg_memory msg_rights
  proc_registers proc_vfork proc_wait
  sys_brk sys_file sys_ids sys_io sys_limits sys_mmap sys_mprotect sys_mremap sys_path sys_pipe sys_poll sys_process
  sys_signal sys_signal_child sys_signal_fault sys_time sys_unknown
""".split()

CALL = 1009
# Name, the argument that it is done with, what the same call answers with a harmless argument, that argument, and what is said. In the order of
# enum class How there.
MISTAKES = [
    ("shift", 64, 1 << 62, 62, r"1 of type '.*' shifted by 64"),
    ("add", 1, (1 << 31) - 1, 0, r"1 \+ 2147483647 does not fit type 'int'"),
    ("subtract", 2, -(1 << 63), 1, r"-9223372036854775807 - 2 does not fit type '.*'"),
    ("multiply", 8, 7 << 28, 7, r"8 \* 268435456 does not fit type 'int'"),
    ("negate", 0, (1 << 31) - 1, 1, r"-\(-2147483648\) does not fit type 'int'"),
    ("divide", 0, 7, 1, r"7 divided by 0 does not fit type 'int'"),
    ("index", 4, 4, 3, r"index 4 is not within type 'int \[4\]'"),
    ("null", 0, None, None, r"load of null pointer of type 'volatile const int'"),
    ("misaligned", 0xFFFFFFFF80101001, None, None, r"load of misaligned address 0xffffffff80101001 of type 'volatile const int', which needs 4 bytes"),
    ("bool", 2, 1, 1, r"load of 2, which is no value of type '.*bool'"),
    ("pointer", 1 << 60, 1, 4, r"pointer 0x\w+ moved to 0x\w+"),
    ("argument", 0, 0, 1, r"null pointer as argument 1, which must not be one"),
    ("end", 1, 42, 0, r"what cannot be reached was"),
]  # fmt: skip


def runs(context, name, program):
    done = kine(context, ["--kernel", relative(context.path("debug/kernel.elf")), "-n", "--test", f"/test/{program}"], timeout=600)
    yield from guest.verdicts(name, done)


def call(context, how, argument):
    kernel = relative(context.path("debug/planted/undefined/kernel.elf"))
    return kine(context, ["--kernel", kernel, "-n", "--with", f"{relative(context.path('tests/guest/call_kernel'))}:/bin/call_kernel", "call_kernel", CALL, how, argument])


def mistakes(context, name):
    done = run_process(context, ["sh", os.path.join(REPO, "tests/plant"), "undefined", context.path("debug"), "SANITIZE=on"], timeout=600)
    yield Result(f"{name}/kernel", done.status == 0, done.failure("a kernel", show(done.stderr)))
    for how, (kind, argument, answer, harmless, said) in enumerate(MISTAKES):
        done = call(context, how, argument)
        expected = rf"kine: UBSan: \S*kernel/syscall/undefined\.cc:\d+:\d+: {said}\nkine: PANIC: undefined behaviour\n(?s:.*)kine:   in process \d+ \(call_kernel\)\nkine: panic: undefined behaviour\n"
        seen = re.search(expected, done.stderr.decode(errors="replace")) is not None and not done.stdout
        yield Result(f"{name}/{kind}", seen and done.status == 125, done.failure(f"exit status 125, and {expected!r} on standard error", f"exit status {done.status}, {show(done.stdout)!r}"))
        if harmless is None:
            continue
        done = call(context, how, harmless)
        right = done.status == 0 and done.stdout == f"{answer}\n".encode()
        yield Result(f"{name}/{kind}/harmless", right, done.failure(f"{answer}, and exit status 0", f"{show(done.stdout)!r}, and exit status {done.status}"))


def jobs(context):
    if context.matches("ubsan/mistakes"):
        yield Job("ubsan/mistakes", lambda: mistakes(context, "ubsan/mistakes"), weight=30)
    for program in PROGRAMS:
        if context.matches(f"ubsan/{program}"):
            yield Job(f"ubsan/{program}", lambda program=program: runs(context, f"ubsan/{program}", program), weight=2)
