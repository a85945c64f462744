"""The live map of memory: a machine with a screen that nobody sees, and its pixels, taken through QEMU's monitor while a program (tests/guest/holds.c)
takes memory, shares it with a child that writes to a part of it, and gives it back. The number of cells of each colour of the legend must be what the kernel's statistics say.
"""

import re
import tempfile
import time
from collections import Counter

from kine_screen import Screen
from suite.core import Job, Result, indent, relative
from suite.gdb import gdb

# Where things are: user/bin/livemap.c.
MAP_LEFT, MAP_TOP, CELL, COLUMNS, ROWS = 688, 40, 3, 192, 171
LEGEND_TOP, LEGEND_LINE, LEGEND_COLUMN, SWATCH = 569, 20, 288, 6
CONSOLE_LEFT, CONSOLE_TOP, GLYPH_WIDTH, GLYPH_HEIGHT, CONSOLE_COLUMNS, CONSOLE_ROWS = 16, 40, 8, 16, 80, 25
KINDS = ("own", "own table", "free", "shared", "shared table", "kernel")

HELD, COPIED = 8000, 1000  # pages, as tests/guest/holds.c has it
SLACK = 16  # frames that servers and the map itself may take meanwhile
PATIENCE = 60  # seconds


class Run(Screen):
    def settled(self):
        """A picture whose map is the same as that of the one before it."""
        before, end = None, time.monotonic() + PATIENCE
        while time.monotonic() < end:
            picture = self.picture()
            cells = cells_of(picture)
            if cells == before and picture.width > 1000:
                break
            before = cells
            time.sleep(0.7)  # longer than a round of the map
        return picture


def legend(picture):
    """{kind: its colour}"""
    places = [(MAP_LEFT + LEGEND_COLUMN * (i // 3) + SWATCH, LEGEND_TOP + LEGEND_LINE * (i % 3) + SWATCH + 2) for i in range(len(KINDS))]
    return {kind: picture.pixel(*place) for kind, place in zip(KINDS, places)}


def cells_of(picture):
    if picture.width < MAP_LEFT + COLUMNS * CELL:
        return []
    return [picture.pixel(MAP_LEFT + column * CELL, MAP_TOP + row * CELL) for row in range(ROWS) for column in range(COLUMNS)]


def counts(picture):
    found = Counter(cells_of(picture))
    return {kind: found[colour] for kind, colour in legend(picture).items()}


def glyphs(picture, row, count):
    """The first characters of a line of the console, each as its pixels."""
    return [
        tuple(
            picture.pixel(CONSOLE_LEFT + column * GLYPH_WIDTH + x, CONSOLE_TOP + row * GLYPH_HEIGHT + y) for y in range(GLYPH_HEIGHT) for x in range(GLYPH_WIDTH)
        )
        for column in range(count)
    ]


def look(context, name):
    with tempfile.TemporaryDirectory(prefix="kine-") as folder:
        run = Run(folder, ["--test", "--build", context.build, "--timeout", "300", "/test/holds"])
        try:
            yield from steps(name, run)
        finally:
            run.close()


def steps(name, run):
    again = "tools/run " + " ".join(map(relative, run.command))

    def result(test, passed, expected, seen):
        return Result(f"{name}/{test}", passed, f"expected: {expected}\nseen:     {seen}\nprinted:\n{indent(run.printed)}\nagain:    {again}")

    seen, free, pictures = [], [], []
    for step in range(6):
        match = run.wait_for(rf"step {step}: free (\d+):")
        if not match:
            yield result(f"step-{step}", False, f"'step {step}: …' on the terminal", "nothing")
            return
        free.append(int(match.group(1)))
        pictures.append(run.settled())
        seen.append(counts(pictures[-1]))
        run.type("\n")
    free, seen = free[1:], seen[1:]  # from the moment on when the map had begun
    yield result("size", pictures[0].width == 1280 and pictures[0].height == 800, "1280 by 800", f"{pictures[0].width} by {pictures[0].height}")
    colours = legend(pictures[0])
    yield result("legend", len(set(colours.values())) == len(KINDS), "six colours", {kind: f"{colour:06x}" for kind, colour in colours.items()})
    for step in range(5):
        drawn, said = seen[step]["free"], free[step]
        yield result(f"free/{step}", abs(drawn - said) <= SLACK, f"{said} free cells, as the kernel says", f"{drawn}: {seen[step]}")

    def about(test, kind, later, earlier, change):
        by = seen[later][kind] - seen[earlier][kind]
        return result(test, abs(by - change) <= SLACK, f"{change:+} cells {kind!r} from step {earlier} to step {later}", f"{by:+}: {seen}")

    yield about("taken", "own", 1, 0, HELD)
    yield about("fork-shares", "shared", 2, 1, HELD - COPIED)
    yield about("fork-shares-what-was-own", "own", 2, 1, -HELD + 2 * COPIED)
    yield result("fork-shares-tables", seen[2]["shared table"] > seen[1]["shared table"], "tables that are shared, after the fork", f"{seen}")
    yield about("own-again", "own", 3, 1, 0)
    yield result("no-table-shared", seen[3]["shared table"] == seen[0]["shared table"], "no more shared tables than before the fork", f"{seen}")
    yield about("given-back", "own", 4, 0, 0)
    yield about("given-back-free", "free", 4, 0, 0)
    # The console stands beside it: the steps, one a line, with the same word and another number.
    first, second = glyphs(pictures[5], 0, 8), glyphs(pictures[5], 2, 8)
    is_text = all(len(set(glyph)) == 2 for glyph in first[:4])
    yield result("console", is_text and first[:5] == second[:5] and first[5] != second[5], "'step 0' and 'step 1' in the console's part", "other pixels")


# init's fork of the map is refused, as the kernel would for lack of memory: rax is what the call leaves, and behind it the program goes on.
REFUSE = """python while bytes(gdb.selected_inferior().read_memory(gdb.selected_frame().pc(), 2)) != b"\\x0f\\x05": gdb.execute("stepi", to_string=True)"""


def no_map(context, name):
    """Without the map everything else goes on, and the debug console says why there is none."""
    commands = ["kine ubreak init:servers_run", "continue", "finish", "set variable options.map = 1", "delete", "kine ubreak init:fork", "continue", REFUSE,
                "set $rax = -12", "set $pc = $pc + 2", "delete", "continue"]  # fmt: skip
    log = gdb(context, name, commands, ("fork_example",))
    said = log.outputs[-1]
    right = "init: livemap: cannot fork: Cannot allocate memory" in said and "我是父进程" in said
    yield Result(name, right, log.failure("init says that it cannot fork the map, and the program runs", said))


def jobs(context):
    if context.matches("livemap/no-map"):
        yield Job("livemap/no-map", lambda: no_map(context, "livemap/no-map"), weight=8)
    if context.matches("livemap/steps"):
        yield Job("livemap/steps", lambda: look(context, "livemap/steps"), weight=20)
