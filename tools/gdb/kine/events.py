"""The events of a trace in a recorded run: where each is told.

An event's line has the time. In a recording that is 128 ns for each instruction (shift=7), and it also goes on while the processor idles, which
costs no instruction. So from where the first event is told, the time says where another is, or too late; the kernel's own count of events says
which.
"""

import json
import os

import gdb
from kine import replay

NANOSECONDS = 128  # for an instruction: 2^7, as tools/gdb/start records
BEFORE = 3000  # instructions: about as many as it takes to tell an event
NEAR = 8  # events: so many are waited for one by one
TRIES = 60


def lines():
    """{number: (time, line)} of the recording's trace."""
    found = {}
    with open(os.path.join(replay.FOLDER, "said"), encoding="utf-8", errors="replace") as file:
        for line in file:
            begin = line.find('{"n":')
            if begin >= 0:
                fields = json.loads(line[begin:])
                found[fields["n"]] = (fields["t"], line[begin:].strip())
    if not found:
        raise gdb.GdbError("this run was not traced: begin with `make gdb-replay TRACE=1`")
    return found


def told():
    """How many events the kernel has told by this moment."""
    try:
        return int(gdb.parse_and_eval("kine::tracer.events"))
    except gdb.MemoryError:  # the firmware runs
        return 0


class Telling(gdb.Breakpoint):
    """Stops where the kernel has counted the event, and begins to tell it."""

    def __init__(self, wanted):
        super().__init__(f"*(unsigned long *){int(gdb.parse_and_eval('(unsigned long)&kine::tracer.events')):#x}", gdb.BP_WATCHPOINT, gdb.WP_WRITE, internal=True)
        self.silent = True
        self.wanted = wanted

    def stop(self):
        return told() == self.wanted + 1


first = None  # the moment of event 0, once it was looked for


def run_to_telling(recording, wanted):
    telling = Telling(wanted)
    try:
        recording.run_to()
    finally:
        telling.delete()
    if told() != wanted + 1:
        raise gdb.GdbError(f"the moment of event {wanted} was not found")


def approach(recording, times, wanted):
    """Goes to a moment at which the event is not told yet, and at most NEAR others are neither."""
    global first
    if first is None:
        recording.seek(0)
        run_to_telling(recording, 0)
        first = recording.position()
    early, late, moment = first - BEFORE, None, first + (times[wanted] - times[0]) // NANOSECONDS - BEFORE
    for _ in range(TRIES):
        try:
            recording.seek(moment)
            known = told()
        except gdb.GdbError:  # behind the recording's end
            known = len(times)
        if wanted - NEAR <= known <= wanted:
            return
        if known <= wanted:
            early = moment
            moment = (early + late) // 2 if late is not None else early + BEFORE
        else:
            late = moment
            moment -= (times[known - 1] - times[wanted]) // NANOSECONDS + BEFORE
            if moment <= early:
                moment = (early + late) // 2
    raise gdb.GdbError(f"the moment of event {wanted} was not found")


def go(recording, wanted):
    """Goes to the moment at which the event is told; returns its line."""
    found = lines()
    if not 0 <= wanted < len(found):
        raise gdb.GdbError(f"the trace has events 0 to {len(found) - 1}, and no event {wanted}")
    here = recording.position()
    try:
        approach(recording, [found[each][0] for each in range(len(found))], wanted)
        run_to_telling(recording, wanted)
    except gdb.GdbError:
        recording.seek(here)
        raise
    return f"event {wanted}: {found[wanted][1]}"
