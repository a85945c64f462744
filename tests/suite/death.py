"""The death of a server at each step: the first console, files or pipes kills itself before its K-th call of Kine's own, for K = 1, 2, 3 …, while
tests/guest/death_work.c uses all of them.

Nobody may hang, no data may be wrong, the next incarnation must serve, every rule of the audit must hold, and not one frame may be lost: at
the end as many are free as after a run in which nobody died. The console may be the victim, so the verdict comes on the debug console.
"""

import re
import secrets
import threading

from suite.core import Job, Result, debug_of, indent, kine, show

# For each server a step that usually lies at the end of the first round of work, or behind it. How often the console waits for its UART depends
# on the host, so steps from there on are tried until one lies behind the first round.
LAST = {"console": 90, "files": 114, "pipes": 76}
# Each of the first steps is tried, then every second one: those of a round's second half are much like those of its first.
EACH = 60
MOST = 400  # no round is that long
NEVER = 1_000_000
BATCH = 20
# The machine ends in a fraction of a second; a round that hangs ends itself after 20.
TIMEOUT = 60

VERDICT = r"^death_work: %s ok, died in round (-?\d+), \d+ rounds, (\d+) free$"

_lock = threading.Lock()
_free = {}


def steps(server):
    last = LAST[server]
    return [*range(1, min(EACH, last)), *range(EACH, last, 2)]


def work(context, name, server, step):
    """(why it failed or "", round in which the server died (0: before the first, -1: never), free frames at the end)"""
    nonce = secrets.token_hex(8)
    done = kine(context, ["-n", "--icount", "--test", "--die", f"{server}:{step}", "/test/death_work", nonce], name=name, timeout=TIMEOUT)
    debug = debug_of(context, name).decode(errors="replace")
    verdict = re.search(VERDICT % nonce, debug, re.MULTILINE)
    if not verdict or done.status != 0 or done.stdout.count(nonce.encode()) < 2:
        seen = f"status {done.status}; the debug console ends in\n{indent(show(debug[-1500:]))}"
        return done.failure("the end of the work: its verdict, status 0, and two clean rounds' output", seen), 0, 0
    died, free = int(verdict[1]), int(verdict[2])
    if f"init: {server} started again, incarnation 2 " in debug:
        return "", max(died, 0), free
    return "" if died < 0 else done.failure("init's word that it has started the server again", show(debug)), died, free


def free_without_death(context):
    with _lock:
        if context.build not in _free:
            why, died, free = work(context, "death/nobody", "pipes", NEVER)
            _free[context.build] = (why or ("" if died < 0 else "expected: nobody's death\nseen:     one"), free)
        return _free[context.build]


def try_step(context, server, step):
    """(the result, round in which the server died)"""
    name = f"death/{server}-{step}"
    problem, expected = free_without_death(context)
    died = free = 0
    if not problem:
        problem, died, free = work(context, name, server, step)
    if not problem and died < 0 and step <= LAST[server] // 2:
        problem = f"expected: the death of {server} at its call {step}\nseen:     none"
    if not problem and free != expected:
        problem = f"expected: {expected} free frames at the end, as without a death\nseen:     {free}\nagain:    tests/run -k '{name}$'"
    return Result(name, not problem, problem), died


def batch(context, server, chosen):
    for step in chosen:
        if context.matches(f"death/{server}-{step}"):
            yield try_step(context, server, step)[0]


def rest(context, name, server):
    """What the first round has more than the usual steps: one test."""
    for step in range(LAST[server], MOST, 2):
        result, died = try_step(context, server, step)
        if not result.passed:
            yield result
            return
        if died not in (0, 1):
            yield Result(name, True)
            return
    yield Result(name, False, f"expected: a first round of less than {MOST} calls\nseen:     a longer one")


def jobs(context):
    for server in LAST:
        every = steps(server)
        for at in range(0, len(every), BATCH):
            part = every[at : at + BATCH]
            if any(context.matches(f"death/{server}-{step}") for step in part):
                yield Job(f"death/{server}-from-{part[0]}", lambda server=server, part=part: batch(context, server, part), weight=8)
        name = f"death/{server}-rest"
        if context.matches(name):
            yield Job(name, lambda name=name, server=server: rest(context, name, server), weight=8)
