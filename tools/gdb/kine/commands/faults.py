"""kine fault, kine break fault: what a page fault is about, what will become of it, and how to stop at the one that one wants."""

import gdb
from kine import fault, kernel, words
from kine.commands.base import EXPRESSION, KineCommand, number, pids, process_or_current, show
from kine.commands.memory import walk
from kine.model import Snapshot, snapshot


class Fault(KineCommand):
    """Explains the page fault that the kernel is answering: kine fault. Or one that might be: kine fault read|write|fetch VA [PID].

    Shows what was tried, CR2 and the error code in words, the walk, and the verdict that the kernel will reach from the tables as they are now, with
    the reasons. Stop at a fault with `kine break fault`."""

    name, arguments, most = "fault", "[read|write|fetch VA [PID]]", 3

    def choices(self, before):
        return [["read", "write", "fetch"], EXPRESSION, pids(), []][min(len(before), 3)]

    def run(self, access=None, va=None, pid=None):
        machine = snapshot()
        if access is None:
            return self.explain(machine)
        fault.access_named(access)
        if va is None:
            raise gdb.GdbError(f"usage: kine fault {self.arguments}")
        process, address = process_or_current(pid), number(va, "VA")
        show(f"if process {process.pid} ({process.name}) faulted at {address:#x} with a {access}:")
        return self.conclude(machine, process, address, access)

    def explain(self, machine):
        trap = fault.of_kernel()
        if trap is not None and trap.page_fault:
            show(f"the kernel itself faulted at {trap['rip']:#x}: {words.error_code(trap.error)}; CR2 = {fault.cr2():#x}")
            show("verdict: panic: the kernel never dereferences a user address, so a page fault in kernel mode is a bug of the kernel's")
            return
        found = fault.current(machine)
        if found is None:
            raise gdb.GdbError("no page fault is being answered here; stop at one with `kine break fault`, or ask `kine fault write VA`")
        show(f"process {found.process.pid} ({found.process.name}), at {found.registers['rip']:#x}: a {found.access} to {found.address:#x} faulted")
        show(f"  CR2 = {found.address:#x}")
        show(f"  error code {found.error:#x}: {words.error_code(found.error)}")
        self.conclude(machine, found.process, found.address, found.access)

    def conclude(self, machine, process, address, access):
        if address < kernel.user_end():
            show(*walk(machine, machine.root_of(process), address, process.pid, access))
        show(*fault.told(fault.predict(machine, process, address, access)))


class BreakFault(gdb.Breakpoint):
    """Stops where a page fault is answered, if it is of the kind that was asked for."""

    def __init__(self, pid, address, kind, internal=False):
        super().__init__(f"*{kernel.function_start(kernel.FAULT_FUNCTION):#x}", internal=internal)
        self.pid, self.address, self.kind = pid, address, kind

    def stop(self):
        space, address, access = kernel.fault_arguments(gdb.newest_frame())
        if self.address is not None and address // kernel.page_size() != self.address // kernel.page_size():
            return False
        if self.pid is None and self.kind is None:
            return True
        machine = Snapshot()  # what an earlier stop read is stale
        process = machine.process_of_space(space)
        if self.pid is not None and (process is None or process.pid != self.pid):
            return False
        return self.kind is None or (process is not None and self.fits(fault.predict(machine, process, address, access)))

    def fits(self, verdict):
        return verdict.copied_tables > 0 if self.kind == "table" else verdict.name == fault.KINDS[self.kind]


class Break(gdb.Command):
    """Stops where something of Kine's happens; `help kine break` lists what."""

    def __init__(self):
        super().__init__("kine break", gdb.COMMAND_BREAKPOINTS, gdb.COMPLETE_NONE, True)


class BreakOnFault(KineCommand):
    """Stops at page faults of user mode: kine break fault [--pid P] [--va A] [--kind copy|reuse|zero|bad|table].

    --pid P   only those of process P
    --va A    only those in the page of address A
    --kind K  only those whose verdict will be: copy a page, give one or its tables back (reuse), keep a promise (zero), refuse (bad);
              table: those that copy page tables

    It is an ordinary breakpoint: `info breakpoints`, `delete`, `tbreak`'s kin all work on it. Then `kine fault` explains."""

    name, arguments, most = "break fault", "[--pid P] [--va A] [--kind copy|reuse|zero|bad|table]", 6
    OPTIONS = ("--pid", "--va", "--kind")
    CHOICES = (*fault.KINDS, "table")

    def choices(self, before):
        if before and before[-1] in self.OPTIONS:
            return {"--pid": pids(), "--kind": self.CHOICES, "--va": EXPRESSION}[before[-1]]
        return [option for option in self.OPTIONS if option not in before]

    def run(self, *arguments):
        given = dict(zip(arguments[::2], arguments[1::2]))
        if len(arguments) % 2 or set(given) - set(self.OPTIONS):
            raise gdb.GdbError(f"usage: kine {self.name} {self.arguments}")
        kind = given.get("--kind")
        if kind is not None and kind not in self.CHOICES:
            raise gdb.GdbError(f"--kind is one of {', '.join(self.CHOICES)}, not '{kind}'")
        pid = number(given["--pid"], "P") if "--pid" in given else None
        address = number(given["--va"], "A") if "--va" in given else None
        BreakFault(pid, address, kind)


Fault()
Break()
BreakOnFault()
