"""Every request for memory refused: each case of each test program of tests/guest runs again and again, and in its n-th such run the n-th request
for memory that it makes of the kernel is refused (tests/guest/test.h: --refuse).

The case may fail then. But the kernel must go on, whoever waits for ever must be there to be killed, no frame may be lost, no process may be left,
and the audit must pass. (A case waits for ever where the process that it waits for had no memory to begin: the line "refused …" counts those.) In
its plain form a few requests of each case are tried; `--full` tries all of them, or 2,000 where there are more. oom_unchanged looks at what a call
that failed has left behind, and always tries all.
"""

from suite import guest
from suite.core import Job, kine

FEW, ALL = 4, 2000
SEED = 1
# Attackers of all memory, and who measures time, would take hours, and the first look no different when they get a little less.
NOT = ("hostile_", "proc_preempt", "fair_share", "attack_memory", "cow_chain", "oom_")
# Only with --full: they take many pages, or much time.
LONG = ("attack_", "cow_fresh", "cow_count", "cow_data", "cow_ranges", "exec_elf", "sys_process")
STRICT = "oom_unchanged"


def run(context, name, program, arguments, timeout):
    options = ["-n", "--icount", "--test", f"/test/{program}", *arguments]
    yield from guest.verdicts(name, kine(context, options, name=name, timeout=timeout))


def jobs(context):
    if context.matches(f"oom/{STRICT}"):
        yield Job(f"oom/{STRICT}", lambda: run(context, f"oom/{STRICT}", STRICT, (), 600), weight=20)
    for program in guest.programs():
        name = f"oom/{program}"
        if program.startswith(NOT) or (program.startswith(LONG) and not context.full) or not context.matches(name):
            continue
        refuse = f"--refuse={ALL if context.full else FEW},{context.seed or SEED}"
        limit = 36000 if context.full else 600
        yield Job(name, lambda name=name, program=program, refuse=refuse, limit=limit: run(context, name, program, (refuse,), limit), weight=10)
