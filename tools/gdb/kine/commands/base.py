"""What every command is: a line of help, arguments that are checked, completion, and errors that say what to do."""

import gdb
from kine import kernel
from kine.model import NotRunning, snapshot


EXPRESSION = gdb.COMPLETE_EXPRESSION


class Kine(gdb.Command):
    """Kine seen from outside: processes, page tables, frames, faults, ports.

    What these commands show is read from guest memory, of any process, without running anything there."""

    def __init__(self):
        super().__init__("kine", gdb.COMMAND_USER, gdb.COMPLETE_NONE, True)


class KineCommand(gdb.Command):
    """A subcommand: `name`, its docstring as help, `run(*words)`."""

    name = ""
    arguments = ""  # as shown when they are wrong: PID [VA]
    least, most = 0, 0  # how many

    def __init__(self):
        super().__init__(f"kine {self.name}", gdb.COMMAND_USER)

    def invoke(self, argument, _from_tty):
        self.dont_repeat()
        words = gdb.string_to_argv(argument)
        if not self.least <= len(words) <= self.most:
            raise gdb.GdbError(f"usage: kine {self.name} {self.arguments}".rstrip())
        try:
            self.run(*words)
        except gdb.MemoryError as error:
            raise gdb.GdbError(f"{error}; is the kernel running yet?") from None

    def complete(self, text, word):
        """GDB's `word` begins behind the last character that is no part of a C name; what is completed begins behind the last space."""
        *before, begin = [""] if not text else text.split() + [""] * text[-1].isspace()
        try:
            found = self.choices(before)
        except (gdb.error, gdb.GdbError):
            return []
        if found is EXPRESSION:
            return EXPRESSION
        found = [each for each in found if each.startswith(begin)]
        return [each[len(begin) - len(word or "") :] for each in found]

    def choices(self, _before):
        """What may come behind the words `before`: a list, or EXPRESSION for whatever GDB can evaluate."""
        return []


def pids():
    try:
        return [str(process.pid) for process in snapshot().processes()]
    except NotRunning:
        return []


def number(text, what):
    """A number, or an expression of GDB's."""
    try:
        return int(text, 0)
    except ValueError:
        pass
    try:
        value = gdb.parse_and_eval(text)
        if value.type.strip_typedefs().code == gdb.TYPE_CODE_STRUCT:
            return kernel.address_of(value)
        return int(value.cast(gdb.lookup_type("unsigned long"))) & (1 << 64) - 1
    except (gdb.error, TypeError, IndexError):
        raise gdb.GdbError(f"{what} is a number or an expression, not '{text}'") from None


def process_named(text):
    return snapshot().process(number(text, "PID"))


def process_or_current(text=None):
    return process_named(text) if text else snapshot().need_current()


def show(*lines):
    for line in lines:
        gdb.write(line + "\n")


Kine()
