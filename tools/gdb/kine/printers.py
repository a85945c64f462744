"""How GDB prints the kernel's own types: `print entry` says what an entry means, not what its bits are."""

import gdb
import gdb.printing
from kine import kernel, words
from kine.kernel import Entry


class Text:
    """A value that is printed as a text, made when it is asked for."""

    def __init__(self, make):
        self.make = make

    def __call__(self, value):
        reference = value.type.strip_typedefs().code in (gdb.TYPE_CODE_REF, gdb.TYPE_CODE_RVALUE_REF)
        text = self.make(value.referenced_value() if reference else value)

        class Printer:
            def to_string(self):
                return text

        return Printer()


def frame(value):
    number = kernel.address_of(value)
    return f"frame {number}" if number else "no frame"


def entry(value):
    word = Entry.of(value)
    points = f" -> frame {word.frame}" if word.present else ""
    return f"{word.bits:#x}{points} ({words.entry(word, 0)})"


def rights(value):
    bits = int(value["bits_"])
    return "".join(letter if bits >> i & 1 else "-" for i, letter in enumerate("rwx"))


def record(value):
    found = kernel.records_from(bytes_of(value))[0]
    return words.record(found) + (f", {found.used} entries used" if found.kind in (kernel.TABLE, kernel.ROOT) else "")


def bytes_of(value):
    return bytes(gdb.selected_inferior().read_memory(int(value.address), value.type.sizeof))


def thread(value):
    process = value["process"]
    if not int(process):
        return "thread of no process"
    waits = kernel.enumerators("WaitFor")[int(value["waits_for"])]
    return f"thread of process {int(process['pid'])} ({kernel.text(process['name'])}), {words.WAITS.get(waits, waits)}"


def process(value):
    return f"process {int(value['pid'])} ({kernel.text(value['name'])})"


def message(value):
    kind = kernel.enumerators("Notice::Kind").get(int(value["kind"]), "k?")[1:].lower()  # a message's kind is its notice's
    number = int(value["number"])
    what = f"{words.call_name(number)}({', '.join(hex(int(value['words'][i])) for i in range(6))})" if kind == "call" else ""
    sender = f" from process {int(value['pid'])}" if kind == "call" else ""
    return f"{kind} {what}{sender}, token {int(value['token']):#x}, cookie {int(value['cookie']):#x}"


def notice(value):
    kind = kernel.enumerators("Notice::Kind")[int(value["kind"])]
    return f"{kind[1:].lower()} notice, " + (f"queued at port {int(value['port']):#x}" if int(value["port"]) else "not queued")


def address(value):
    return f"{kernel.address_of(value):#x}"


def register():
    printers = gdb.printing.RegexpCollectionPrettyPrinter("kine")
    for name, make in (
        ("kine::Pte", entry),
        ("kine::Frame", frame),
        ("kine::FrameRecord", record),
        ("kine::VirtAddr", address),
        ("kine::PhysAddr", address),
        ("kine::Rights", rights),
        ("kine::Thread", thread),
        ("kine::Process", process),
        ("kine::Registers", registers),
        ("kine::Notice", notice),
        ("kine::Exchange", message_of_exchange),
        ("kine_message", message),
    ):
        printers.add_printer(name, f"^{name}$", Text(make))
    gdb.printing.register_pretty_printer(None, printers, replace=True)


def registers(value):
    """In the processor's order, four a line, as the panic report has them."""
    names = ("rip", "rsp", "rflags", "cs", "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "ss")
    lines = [" ".join(f"{name}={int(value[name]):#x}" for name in names[at : at + 4]) for at in range(0, len(names), 4)]
    return "\n  ".join(["registers, and why they were saved: vector " + f"{int(value['vector'])}, error code {int(value['error']):#x}", *lines])


def message_of_exchange(value):
    call = kernel.Call(value)
    if not call.via:
        return "no call"
    where = f"received by process {int(value['server']['pid'])}" if call.server else "not received yet"
    return f"{words.call(call)}, {where}"
