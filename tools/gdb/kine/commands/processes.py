"""kine ps, kine ports: who is there, and who waits on whom."""

from kine import kernel, words
from kine.commands.base import KineCommand, show
from kine.model import snapshot


def waiting(machine, process):
    """What a process waits for, in words."""
    if process.zombie:
        return "ended, not waited for"
    if process.waits_for == kernel.REPLY:
        return f"waits for {server_of(machine, process)}: {words.call(process.call)}"
    if process.waits_for == kernel.NOTHING and process.thread_address == kernel.Cpu().running:
        return "runs"
    return words.WAITS.get(process.waits_for, process.waits_for)


def server_of(machine, process):
    """Who has, or will get, the call of a process."""
    server = machine.process_at(process.call.server)
    if server:
        return f"{server.name} ({server.pid})"
    port = kernel.port_at(kernel.connection_at(process.call.via).port) if process.call.via else None
    holder = next((each for each in machine.processes() if port and each.pid == port.server), None)
    return f"{holder.name} ({holder.pid}), queued" if holder else "nobody"


class Ps(KineCommand):
    """Lists all processes: kine ps.

    Whose child each is, what it waits for, and what memory did for it since it began. The one that runs, or came into the kernel last, has a *.
    Faults by what answered them: copied a page, gave one or its tables back (reused), kept a promise of zeroed memory, or refused (bad)."""

    name = "ps"

    def run(self):
        machine = snapshot()
        current = machine.current()
        rows = [("", "PID", "PARENT", "NAME", "ROOT", "COPIED", "REUSED", "ZEROED", "BAD", "STATE")]
        for process in machine.processes():
            parent = machine.process_at(process.parent_address)
            events = process.events()
            counts = [events[name] for name in kernel.FAULT_COUNTERS]
            mark = "*" if current and process.pid == current.pid else ""
            rows.append((mark, process.pid, parent.pid if parent else 0, process.name, process.own_root or "-", *counts, waiting(machine, process)))
        show(words.table(rows, right=(1, 2, 4, 5, 6, 7, 8)))


class Ports(KineCommand):
    """Shows who waits on whom: kine ports.

    For each port: who receives there, which calls wait in its queue, and who waits for an answer to a call that was received. A call is shown
    with its words, as the server gets them: a cookie in place of a descriptor, and addresses of the caller's."""

    name = "ports"

    def run(self):
        machine = snapshot()
        ports, holders = self.find(machine)
        if not ports:
            show("there is no port yet")
        for address in sorted(ports):
            for line in self.told(machine, kernel.port_at(address), holders.get(address, [])):
                show(line)

    def find(self, machine):
        """(addresses of all ports, {port: [(process, descriptor)]} of the receiving ends)."""
        ports, holders = set(port for _, port in kernel.bound_interrupts()), {}
        for process in machine.processes():
            for number, thing in self.descriptors(machine, process):
                kind = kernel.object_kind(thing)
                if kind == kernel.PORT:
                    ports.add(thing)
                    holders.setdefault(thing, []).append((process, number))
                elif kind == kernel.CONNECTION:
                    ports.add(kernel.connection_at(thing).port)
            if process.call.via:
                ports.add(kernel.connection_at(process.call.via).port)
        return ports - {0}, holders

    def descriptors(self, machine, process):
        if not process.descriptors_frame:
            return []
        kind, objects = kernel.descriptor_table()
        table = machine.memory.value(machine.frame_address(process.descriptors_frame), kind)
        return [(number, thing) for number, thing in enumerate(objects(table)) if thing]

    def told(self, machine, port, holders):
        server = next((each for each in machine.processes() if each.pid == port.server), None)
        name = f"{server.name} ({server.pid})" if server else "nobody yet"
        ends = ", ".join(f"{process.name} ({process.pid}) as {number}" for process, number in holders)
        yield f"port {port.address:#x}: served by {name}{', dead' if port.dead else ''}"
        yield f"  receiving end: {ends or 'nobody holds it: no call is answered any more'}"
        for irq, bound in kernel.bound_interrupts():
            if bound == port.address:
                yield f"  interrupt {irq} comes here"
        thread = port.first_receiver
        while thread:
            process = machine.process_at(thread)
            yield f"  {process.name} ({process.pid}) waits for a message" if process else f"  thread {thread:#x} waits for a message"
            thread = kernel.next_receiver(thread)
        yield from self.queue(machine, port)
        for process in machine.processes():
            if process.call.via and process.call.server and kernel.connection_at(process.call.via).port == port.address:
                yield f"  {process.name} ({process.pid}) waits for the answer to {words.call(process.call)}"

    def queue(self, machine, port):
        notice = port.first_notice
        while notice:
            found = kernel.notice_at(notice)
            if found.kind == kernel.CALL:
                process = machine.process_at(kernel.thread_of_notice(notice))
                yield f"  queued: {process.name} ({process.pid}) calls {words.call(process.call)}"
            elif found.kind == kernel.CANCEL:
                process = machine.process_at(kernel.thread_of_notice(notice))
                yield f"  queued: cancel, for process {process.pid if process else '?'}"
            elif found.kind == kernel.CLOSED:
                yield f"  queued: closed, cookie {kernel.connection_at(kernel.connection_of_notice(notice)).cookie:#x}"
            else:
                yield "  queued: an interrupt"
            notice = found.next


Ps()
Ports()
