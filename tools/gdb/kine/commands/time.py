"""kine goto, kine before-fault, kine who-wrote: back in a recorded run."""

import struct

import gdb
from kine import events, fault, kernel, program, replay
from kine.commands.base import EXPRESSION, KineCommand, number, pids, process_or_current, show
from kine.model import NotRunning, Snapshot, snapshot

WORD = 8


def in_user_mode():
    return bool(int(gdb.newest_frame().read_register("cs")) & 3)


def tell_where(recording):
    frame = gdb.newest_frame()
    place = frame.find_sal()
    try:
        process = Snapshot().current()
    except NotRunning:
        process = None
    who = f"process {process.pid} ({process.name}), in {'user' if in_user_mode() else 'kernel'} mode" if process else "no process yet"
    show(f"moment {recording.position()}: {who}")
    show(f"  {frame.pc():#x} in {frame.name() or '??'}{program.place_of(place.symtab, place.line)}")


class Goto(KineCommand):
    """Goes to a moment of a recorded run, back or ahead: kine goto [MOMENT|+N|-N|event N].

    A moment is the number of instructions that ran since the machine was switched on; +N and -N count from here. Without one: says which moment
    this is. `event N` is the moment at which the kernel tells event N of its trace, before it changes anything: the run must have been recorded
    with the kernel that traces (make gdb-replay TRACE=1), which also draws the page that has the numbers."""

    name, arguments, most = "goto", "[MOMENT|+N|-N|event N]", 2

    def choices(self, before):
        return ["event"] if not before else []

    def run(self, moment=None, event=None):
        recording = replay.need()
        if (moment == "event") != (event is not None):
            raise gdb.GdbError(f"usage: kine goto {self.arguments}")
        if event is not None:
            show(events.go(recording, number(event, "N")))
            program.follow_current()
        elif moment is not None:
            count = number(moment.lstrip("+-"), "MOMENT")
            here = recording.position()
            recording.seek(here + count if moment[0] == "+" else here - count if moment[0] == "-" else count)
            program.follow_current()
        tell_where(recording)


class BeforeFault(KineCommand):
    """Goes back from the kernel's answer to a fault to the instruction that faulted: kine before-fault.

    Registers and memory are as they were before it. `stepi` goes into the kernel by the same trap."""

    name = "before-fault"
    FARTHEST = 1 << 20

    def run(self):
        recording = replay.need()
        found = fault.current(snapshot())
        if found is None:
            raise gdb.GdbError("no page fault is being answered here; stop at one with `kine break fault`")
        here, pc, back, passed = recording.position(), found.registers["rip"], 256, []
        while not passed and back < self.FARTHEST:
            recording.seek(max(0, here - back))
            seen = Passed(pc, passed)
            try:
                recording.run_to(here)
            finally:
                seen.delete()
            back *= 4
        if not passed:
            recording.seek(here)
            raise gdb.GdbError(f"the way back to {pc:#x} was not found")
        # An instruction that faults does not count: at its moment the machine may stand before it or in the trap already. So come from before.
        recording.seek(max(0, passed[-1] - 1))
        while recording.position() < passed[-1]:
            recording.step()
        program.follow_current()
        tell_where(recording)


class Passed(gdb.Breakpoint):
    """Notes each moment at which user mode comes to an address; never stops."""

    def __init__(self, pc, moments):
        super().__init__(f"*{pc:#x}", internal=True)
        self.silent = True
        self.moments = moments

    def stop(self):
        if in_user_mode():
            self.moments.append(replay.recording.position())
        return False


class Written(gdb.Breakpoint):
    """Notes each moment at which a word of memory got other content; never stops."""

    def __init__(self, address, word, seen):
        super().__init__(f"*(unsigned long *){address:#x}", gdb.BP_WATCHPOINT, gdb.WP_ACCESS, internal=True)
        self.silent = True
        self.word, self.seen = word, seen

    def stop(self):
        content = read_word(self.word)
        if content != self.seen[-1][1]:
            self.seen.append((replay.recording.position(), content))
        return False


def read_word(address):
    return struct.unpack("<Q", bytes(gdb.selected_inferior().read_memory(address, WORD)))[0]


class WhoWrote(KineCommand):
    """Goes back to the store that gave a word its content: kine who-wrote VA [PID].

    The word of 8 bytes that VA lies in, as process PID has it. The store may have been made by any process, at this address, or by the kernel,
    through its own map of memory; the machine stands right behind it. `kine goto` leads on from there."""

    name, arguments, least, most = "who-wrote", "VA [PID]", 1, 2

    def choices(self, before):
        return [EXPRESSION, pids(), []][min(len(before), 2)]

    def run(self, va, pid=None):
        recording, machine = replay.need(), snapshot()
        address = number(va, "VA") // WORD * WORD
        process = process_or_current(pid)
        last = machine.walk(machine.root_of(process), address)[-1]
        if last.level or not last.entry.present:
            raise gdb.GdbError(f"process {process.pid} has no page at {address:#x}")
        word = machine.frame_address(last.entry.frame) + address % kernel.page_size()
        here, content = recording.position(), read_word(word)
        recording.seek(0)
        seen = [(recording.position(), None)]
        watches = [Written(place, word, seen) for place in (address, word)]
        try:
            recording.run_to(here)
        finally:
            for watch in watches:
                watch.delete()
        if seen[-1][1] != content or recording.position() != here:
            recording.seek(here)
            raise gdb.GdbError(f"nothing was seen that wrote {content:#x} to frame {last.entry.frame}")
        show(f"{address:#x} of process {process.pid} lies in frame {last.entry.frame}, and has {content:#x} since moment {seen[-1][0]}")
        recording.seek(seen[-1][0])
        program.follow_current()
        tell_where(recording)


Goto()
BeforeFault()
WhoWrote()
