"""The kernel's names, and nothing else: every type, member, enumerator and variable that these commands read is named here, and its place and
its value come from the debug information of the kernel that runs. Who renames one mends this file, and no other.

What is read becomes a small object with names of its own (Process, Record, Entry …). Nothing here walks, counts or prints.
"""

import functools
import struct
from collections import namedtuple

import gdb


class Missing(gdb.GdbError):
    """The kernel has no such name."""


# Types, constants, variables -----------------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=None)
def type_of(name):
    try:
        return gdb.lookup_type("kine::" + name)
    except gdb.error:
        raise Missing(f"this kernel has no type {name}; tools/gdb/kine/kernel.py names another one") from None


@functools.lru_cache(maxsize=None)
def constant(owner, name):
    """A static constexpr member of a class."""
    kind = type_of(owner)
    try:
        return int(gdb.Value(bytes(kind.sizeof or 1), kind)[name])
    except (gdb.error, ValueError):
        raise Missing(f"this kernel has no constant {owner}::{name}; tools/gdb/kine/kernel.py names another one") from None


@functools.lru_cache(maxsize=None)
def enumerators(name):
    """{value: the enumerator's own name} of an enumeration."""
    return {field.enumval: field.name.rpartition("::")[2] for field in type_of(name).fields()}


@functools.lru_cache(maxsize=None)
def enumerator(name, which):
    return next(value for value, each in enumerators(name).items() if each == which)


def variable(name):
    symbol = gdb.lookup_global_symbol("kine::" + name) or gdb.lookup_static_symbol("kine::" + name)
    if symbol is None:
        raise Missing(f"this kernel has no variable {name}; tools/gdb/kine/kernel.py names another one")
    return symbol.value()


def layout(name):
    """A constant of kernel/task/layout.hh. Not every compiler leaves a trace of these: then Missing."""
    try:
        value = variable("layout::" + name)
        value.fetch_lazy()
    except gdb.error:
        raise Missing(f"the compiler of this kernel left no trace of layout::{name}") from None
    return value


def address_of(value):
    """The number in one of the kernel's own words: a VirtAddr, a Frame."""
    return int(value[value.type.strip_typedefs().fields()[0]])


def forget():
    """The kernel's symbols have changed."""
    for cached in (type_of, constant, enumerators, enumerator, entry_bits, record_format, page_bits, index_bits):
        cached.cache_clear()


# Sizes of pages and tables (kernel/mm/geometry.hh) -------------------------------------------------------------------------


@functools.lru_cache(maxsize=None)
def page_bits():
    return constant("Machine", "kPageBits")


@functools.lru_cache(maxsize=None)
def index_bits():
    return constant("Machine", "kIndexBits")


def page_size():
    return 1 << page_bits()


def entries_in_table():
    return 1 << index_bits()


def root_level():
    return constant("Machine", "kLevels") - 1


def user_root_entries():
    return constant("Machine", "kUserRootEntries")


def span(level):
    """How many bytes an entry of this level stands for."""
    return page_size() << (level * index_bits())


def index_of(address, level):
    return address >> (page_bits() + level * index_bits()) & (entries_in_table() - 1)


def user_end():
    """The first address beyond user space: the last page of the lower half is never mapped."""
    return user_root_entries() * span(root_level()) - page_size()


def group_entries():
    """How many entries a bit of Record.groups stands for."""
    return entries_in_table() // (8 * type_of("FrameRecord")["groups"].type.sizeof)


# Entries (arch/x86_64/pte.hh) ----------------------------------------------------------------------------------------------

EntryBits = namedtuple("EntryBits", "present writable user accessed dirty promise may_write shared no_execute address")


@functools.lru_cache(maxsize=None)
def entry_bits():
    names = ("kPresent", "kWritable", "kUser", "kAccessed", "kDirty", "kPromise", "kMayWrite", "kShared", "kNoExecute", "kAddressMask")
    return EntryBits(*(constant("Pte", name) for name in names))


class Entry:
    """An entry of a page table, by its bits."""

    __slots__ = ("bits",)

    def __init__(self, bits):
        self.bits = bits

    @classmethod
    def of(cls, value):
        return cls(int(value["bits_"]))

    def has(self, bit):
        return self.bits & bit != 0

    empty = property(lambda self: self.bits == 0)
    present = property(lambda self: self.has(entry_bits().present))
    writable = property(lambda self: self.has(entry_bits().writable))
    may_write = property(lambda self: self.has(entry_bits().may_write))
    may_read = property(lambda self: self.has(entry_bits().user))
    may_execute = property(lambda self: self.may_read and not self.has(entry_bits().no_execute))
    shared = property(lambda self: self.has(entry_bits().shared))
    promise = property(lambda self: not self.present and self.has(entry_bits().promise))
    frame = property(lambda self: (self.bits & entry_bits().address) >> page_bits())

    def rights(self):
        return (self.may_read, self.may_write, self.may_execute)

    def allows(self, access):
        """Whether a leaf's or a promise's mapping allows "read", "write" or "fetch"."""
        return {"read": self.may_read, "write": self.may_write, "fetch": self.may_execute}[access]


# Frames (kernel/mm/frames.hh) ----------------------------------------------------------------------------------------------

Record = namedtuple("Record", "count used kind groups")
RECORD_MEMBERS = ("count", "used", "kind", "groups")
ABSENT, FREE, ZEROED, PAGE, TABLE, ROOT, OBJECT = "kAbsent", "kFree", "kZeroed", "kPage", "kTable", "kRoot", "kObject"  # FrameKind
FREE_KINDS = (ABSENT, FREE, ZEROED)


@functools.lru_cache(maxsize=None)
def record_format():
    """(a struct format for one FrameRecord, where each of RECORD_MEMBERS is in what it unpacks)."""
    kind = type_of("FrameRecord")
    codes = {1: "B", 2: "H", 4: "I", 8: "Q"}
    text, at = "<", 0
    names = []
    for field in sorted(kind.fields(), key=lambda field: field.bitpos):
        text += f"{field.bitpos // 8 - at}x{codes[field.type.sizeof]}"
        at = field.bitpos // 8 + field.type.sizeof
        names.append(field.name)
    return struct.Struct(text + f"{kind.sizeof - at}x"), tuple(names.index(name) for name in RECORD_MEMBERS)


def records_from(data):
    """One Record for each FrameRecord in these bytes."""
    form, places = record_format()
    kinds = enumerators("FrameKind")
    count, used, kind, groups = places
    return [Record(words[count], words[used], kinds[words[kind]], words[groups]) for words in form.iter_unpack(data)]


Frames = namedtuple("Frames", "records limit total free reserve free_list zeroed_list condemned_list")


def frames():
    """The state of all memory; `records` is the address of the first FrameRecord, 0 before there is one."""
    value = variable("frames")
    lists = [address_of(value[name]) for name in ("free_", "zeroed_", "condemned_")]
    numbers = [int(value[name]) for name in ("records_", "count_", "total_", "free_count_")]
    return Frames(*numbers, int(value["held_back_"][0]), *lists)


def record_size():
    return type_of("FrameRecord").sizeof


def direct_map():
    """Where all of memory is mapped: the root entry through which the frame records are reached begins with frame 0."""
    return frames().records & -span(root_level())


def kernel_pages():
    """(first frame, how many) of what the kernel owns for ever: the boot archive and the display's memory."""
    array = variable("kernel_pages")
    low, high = array.type.range()
    return [(address_of(array[i]["first"]), int(array[i]["count"])) for i in range(low, high + 1)]


def object_frames():
    """The first frame of the list of frames that small objects are carved from, and how to go on: (first address, next(value), frame)."""
    return int(variable("objects")["slabs_"]["first_"]), type_of("Pool::Slab")


def next_slab(slab):
    return int(slab["link"]["next"])


def slab_frame(slab):
    return address_of(slab["frame"])


def kernel_root():
    return address_of(variable("kernel_root"))


# Processes (kernel/task/process.hh) ----------------------------------------------------------------------------------------


# WaitFor
NOTHING, CHILD, TIME, LOAN, REPLY = "kNothing", "kChild", "kTime", "kLoan", "kReply"
MESSAGE, READY, SIGNAL, CONTINUE = "kMessage", "kReady", "kSignal", "kContinue"


def text(value):
    """A char array, up to its NUL."""
    return bytes(int(value[i]) & 0xFF for i in range(value.type.range()[1] + 1)).split(b"\0")[0].decode(errors="replace")


def process_slots():
    """(address of the table's first slot, number of slots); each is the address of a process or 0."""
    slots = variable("processes")["slots_"]
    return int(slots.address), slots.type.range()[1] + 1


def process_type():
    return type_of("Process")


def member_offset(owner, name):
    return type_of(owner)[name].bitpos // 8


def frame_of_process(value):
    """The frame that a Process says it lies in."""
    return address_of(value["frame"])


def name_limit():
    """The longest name that a process can have."""
    return type_of("Inherited")["name"].type.sizeof - 1


def fork_shared_frame(value):
    """The frame of a ForkShared, which several processes may hold; 0 if it has none."""
    return address_of(value["frame_"])


# Counters of a process: faults by what answered them.
FAULT_COUNTERS = ("faults_copy", "faults_reuse", "faults_zero", "faults_bad")


class Process:
    """What a Process holds. `value` is the whole of it."""

    def __init__(self, address, value):
        self.address = address
        self.value = value
        self.pid = int(value["pid"])
        self.name = text(value["name"])  # the last part of its program's path, cut where the kernel's array ends
        self.frame = frame_of_process(value)
        self.zombie = bool(value["zombie"])
        self.server = bool(value["server"])
        self.own_root = address_of(value["own_space"]["root_"])
        self.space_address = int(value["space"])
        self.parent_address = int(value["parent"])
        self.borrower_address = int(value["borrower"])
        self.descriptors_frame = fork_shared_frame(value["descriptors"]["table_"])
        self.signals_frame = fork_shared_frame(value["signals"]["actions_"])
        self.thread_address = address + member_offset("Process", "thread")
        thread = value["thread"]
        self.waits_for = enumerators("WaitFor")[int(thread["waits_for"])]
        self.waits_at = int(thread["waits_at"])
        self.registers = Registers(thread["context"]["regs"])
        self.call = Call(thread["exchange"])

    @property
    def claims_reserve(self):
        return self.server or self.pid == 1

    def events(self):
        """What memory did for this process: {name of the counter: value}."""
        events = self.value["own_space"]["events"]
        return {field.name: int(events[field]) for field in events.type.strip_typedefs().fields()}


class Call:
    """A thread's call on its way to a server: valid while it waits for kReply."""

    def __init__(self, exchange):
        self.number = int(exchange["number"])
        self.words = [int(exchange["words"][i]) for i in range(self.word_count(exchange["route"]))]
        self.via = int(exchange["via"])
        self.server = int(exchange["server"])


    @staticmethod
    def word_count(route):
        """How many words the call has: the route says how each is made, and by R and C whom to ask for one without any."""
        return sum(1 for letter in text(route["words"]) if letter not in "RC") if int(route) else 0


class Registers:
    """The registers that a trap or a system call saved."""

    def __init__(self, value):
        self.value = value
        self.vector = int(value["vector"])
        self.error = int(value["error"])

    def __getitem__(self, name):
        return int(self.value[name])

    @property
    def system_call(self):
        return self.vector == constant("Registers", "kSystemCall")

    @property
    def page_fault(self):
        return self.vector == enumerator("Vector", "kPageFault")


def registers_at(address):
    """Of a Context or a Registers: the one begins with the other."""
    return Registers(gdb.Value(address).cast(type_of("Registers").pointer()).dereference())


def registers_behind(entry_frame):
    """Of a trap of the kernel's own, by the frame of entry.asm's that leads to what was interrupted: right above its rbp and return address."""
    return registers_at(int(entry_frame.read_register("rbp")) + 16)


# The processor (arch/x86_64/cpu.hh, kernel/task/scheduler.hh) --------------------------------------------------------------


class Cpu:
    """The processor that GDB has selected. `context` is the address of the thread that came in last, or 0."""

    def __init__(self):
        half = 1 << 63
        bases = [int(gdb.newest_frame().read_register(name)) & (2 * half - 1) for name in ("gs_base", "k_gs_base")]
        # In user mode the program has a GS base of its own, and the kernel's waits in the other.
        base = next((base for base in bases if base >= half), 0)
        self.context = self.running = self.root = 0
        if base == 0:
            return
        value = gdb.Value(base).cast(type_of("PerCpu").pointer()).dereference()
        self.context = int(value["current"])
        running = value["storage"].address.cast(type_of("Scheduler::Running").pointer()).dereference()
        self.running = int(running["current"])
        self.root = address_of(running["root"])


# Objects, ports, connections (kernel/task/object.hh, kernel/ipc) -----------------------------------------------------------


PORT, CONNECTION = "kPort", "kConnection"  # Object::Kind
CALL, CANCEL, CLOSED = "kCall", "kCancel", "kClosed"  # Notice::Kind


def object_kind(address):
    value = gdb.Value(address).cast(type_of("Object").pointer()).dereference()
    return enumerators("Object::Kind")[int(value["kind_"])]


def descriptor_table():
    """(type, how to get the addresses of the objects from a value of it)."""
    return type_of("Descriptors::Table"), lambda table: [int(table["objects"][i]["object_"]) for i in range(table["objects"].type.range()[1] + 1)]


Connection = namedtuple("Connection", "port cookie")


def connection_at(address):
    value = gdb.Value(address).cast(type_of("Connection").pointer()).dereference()
    return Connection(int(value["port_"]), int(value["closing_"]["notice"]["cookie"]))


Notice = namedtuple("Notice", "address kind next port")
Port = namedtuple("Port", "address server dead first_notice first_receiver")


def port_at(address):
    value = gdb.Value(address).cast(type_of("Port").pointer()).dereference()
    first = int(value["queue_"]["first_"])
    return Port(address, int(value["server_"]), bool(value["dead_"]), first, int(value["receivers_"]["first_"]))


def notice_at(address):
    value = gdb.Value(address).cast(type_of("Notice").pointer()).dereference()
    kind = enumerators("Notice::Kind")[int(value["kind"])]
    return Notice(address, kind, int(value["link"]["next"]), int(value["port"]))


def thread_of_notice(address):
    return address - member_offset("Thread", "notice")


def connection_of_notice(address):
    closing = gdb.Value(address).cast(type_of("Connection::Closing").pointer()).dereference()
    return int(closing["connection"])


def next_receiver(thread):
    value = gdb.Value(thread).cast(type_of("Thread").pointer()).dereference()
    return int(value["link"]["next"])


def bound_interrupts():
    """[(IRQ, the address of the port it is told to)]."""
    bindings = variable("interrupts")["bindings_"]
    ports = [int(bindings[i]["port"]) for i in range(bindings.type.range()[1] + 1)]
    return [(irq, port) for irq, port in enumerate(ports) if port]


# Where things lie (kernel/task/layout.hh) ----------------------------------------------------------------------------------


def areas():
    """[(begin, end, what is there)] of user space; empty if the layout is not known."""

    def area(name):
        value = layout(name)
        return address_of(value["begin"]), address_of(value["end"])

    try:
        images, heap, mmap, guard, stack = (area(name) for name in ("kImages", "kHeap", "kMmap", "kStackGuard", "kStack"))
        return [
            (images[0], heap[0], "image"),
            (pie_base(), mmap[0], "image"),
            (*heap, "heap"),
            (*mmap, "mmap"),
            (*guard, "stack guard"),
            (*stack, "stack"),
        ]
    except Missing:
        return []


def pie_base():
    return address_of(layout("kPieBase"))


# Functions ----------------------------------------------------------------------------------------------------------------

# Where every page fault of user mode is answered: AddressSpace::fault(this, address, access).
FAULT_FUNCTION = "kine::AddressSpace::fault"
# What ends the machine, in order or after a panic.
END_FUNCTION = "kine::Machine::power_off"

COPIED, REUSED, PROMISE_KEPT, ALREADY, BAD, NO_MEMORY = "kCopied", "kReused", "kZeroed", "kAlready", "kBad", "kNoMemory"  # FaultVerdict
ACCESSES = {"kRead": "read", "kWrite": "write", "kFetch": "fetch"}


def function_start(name):
    """The address of a function's first instruction: there its arguments are where the caller put them."""
    try:
        return gdb.decode_line(name)[1][0].pc
    except gdb.error:
        raise Missing(f"this kernel has no function {name}; tools/gdb/kine/kernel.py names another one") from None


def fault_arguments(frame):
    """(address of the AddressSpace, the address that faulted, "read", "write" or "fetch"), in the frame of FAULT_FUNCTION."""
    space, address, access = (frame.read_var(name) for name in ("this", "address", "access"))
    return int(space), address_of(address), ACCESSES[enumerators("Access")[int(access)]]
