"""kine ubreak, kine bt, kine type: user programs."""

import gdb
from kine import kernel, program, words
from kine.commands.base import KineCommand, number, pids, process_named, show
from kine.console import console
from kine.model import Snapshot, snapshot


class UserBreak(gdb.Breakpoint):
    """Stops at an address of user space, in one program only."""

    def __init__(self, path, address):
        super().__init__(f"*{address:#x}")
        self.path = path

    def stop(self):
        if not int(gdb.newest_frame().read_register("cs")) & 3:
            return False
        machine = Snapshot()  # what an earlier stop read is stale
        process = machine.current()
        if process is None or program.file_of(machine, process) != self.path:
            return False
        program.symbols.load(self.path)  # now, so that GDB says rightly where it stopped
        return True


class Ubreak(KineCommand):
    """Stops in a function of one user program: kine ubreak PROG:FUNCTION, PROG:FILE:LINE or PROG:*ADDRESS.

    The breakpoint hits in processes that run PROG and in no others, whatever they have at that address; it may be set before the program runs, or is
    in memory at all. It stops behind the function's first instructions, as GDB's own breakpoints do."""

    name, arguments, least, most = "ubreak", "PROG:FUNCTION", 1, 1

    def complete(self, text, word):
        name, colon, begin = text.partition(":")
        try:
            if not colon:
                return [f"{each}:" for each in program.programs() if each.startswith(text)]
            names = sorted({each for _, _, each in program.program(program.find(name)).functions if each.startswith(begin)})
            return names if word == begin else [f"{name}:{each}" for each in names]
        except (gdb.error, gdb.GdbError):
            return []

    def run(self, where):
        name, colon, function = where.partition(":")
        if not colon or not name or not function:
            raise gdb.GdbError("usage: kine ubreak PROG:FUNCTION")
        path = program.find(name)
        addresses = [number(function[1:], "ADDRESS")] if function.startswith("*") else program.addresses_of(path, function)
        for address in addresses:
            UserBreak(path, address)
        program.follow_current()


class Bt(KineCommand):
    """Shows who called whom, through the trap into the user program: kine bt [PID].

    First the kernel's own functions, if it is the kernel that stopped; then why the process came in; then the user program's functions, with their
    lines. With PID: of any process, from the registers that it came in with."""

    name, arguments, most = "bt", "[PID]", 1

    def choices(self, before):
        return [] if before else pids()

    def run(self, pid=None):
        machine = snapshot()
        if pid:
            return self.other(machine, process_named(pid))
        process = machine.current()
        program.follow(machine, process)
        self.here(process)

    def here(self, process):
        """All of GDB's frames; between those of the kernel and of the program, the way in."""
        frame, depth, named = gdb.newest_frame(), 0, False
        if int(frame.read_register("cs")) & 3 and process:
            show(f"--- process {process.pid} ({process.name}), in user mode ---")
        while frame is not None:
            if frame.type() == gdb.SIGTRAMP_FRAME:  # entry.asm's, which leads from the kernel to what it interrupted
                older = frame.older()
                if older is not None and older.pc() < kernel.user_end() and process:
                    show(self.arrival(process))
            else:
                if named and frame.name() is None:
                    return  # above the program's first function there is nothing, whatever GDB makes of what lies there
                named = frame.name() is not None
                place = frame.find_sal()
                line = program.place_of(place.symtab, place.line)
                show(f"#{depth:<2} {frame.pc():#x} in {frame.name() or '??'}{line}")
                depth += 1
            frame = frame.older()

    def other(self, machine, process):
        """From what is saved, through the process's own tables."""
        if process.zombie:
            raise gdb.GdbError(f"process {process.pid} has ended: it has no stack any more")
        user_mode = int(gdb.newest_frame().read_register("cs")) & 3 and machine.current() is process
        if user_mode:
            raise gdb.GdbError(f"process {process.pid} runs in user mode, and its registers are not saved: `kine bt` shows it")
        show(self.arrival(process))
        program.follow(machine, process)
        for depth, caller in enumerate(program.stack_of(machine, process)):
            show(f"#{depth:<2} {caller.pc:#x} in {caller.name}{caller.line}")
        program.follow(machine, machine.current())

    def arrival(self, process):
        who = f"process {process.pid} ({process.name})"
        registers = process.registers
        if registers.page_fault:
            return f"--- {who}: page fault: {words.error_code(registers.error)} ---"
        if registers.system_call:
            doing = words.call_name(registers["rax"]) if process.waits_for == kernel.NOTHING else words.WAITS[process.waits_for]
            return f"--- {who}: system call: {doing} ---"
        return f"--- {who}: interrupt or exception, vector {registers.vector} ---"


class Type(KineCommand):
    """Types a line to the guest's terminal: kine type TEXT.

    The guest reads it when it runs next. \\x03 and the like stand for control characters; no line break is added to a text that ends in one of
    them."""

    name = "type"

    def invoke(self, argument, _from_tty):
        if console is None:
            raise gdb.GdbError("there is no console here: this GDB was not started by `make gdb`")
        text = argument.encode("latin-1", "backslashreplace").decode("unicode_escape") if "\\" in argument else argument
        console.type(text if text and ord(text[-1]) < 32 else text + "\r")


Ubreak()
Bt()
Type()
