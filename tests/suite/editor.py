""".vscode/launch.json: GDB gets its settings as the editors' extensions give them, over GDB's machine interface, and is then asked what an editor asks.

The order is that of the extensions: C/C++ (MIEngine, DebuggedProcess.cs, GetInitializeCommands) sends setupCommands before it names the program, and
connects last; Native Debug (code-debug, mi2.ts, connect) starts GDB with the program, connects, and then sends autorun.
"""

import json
import os
import queue
import re
import subprocess
import threading
import time

from kine_qemu import REPO
from suite.core import Job, Result, indent, run_process
from suite.gdb import Session, environment, scratch_folder, wait_until

SETTINGS = os.path.join(REPO, ".vscode/launch.json")
PATIENCE = 60  # seconds
STOP = "kernel/main.cc"


def configurations(context, socket):
    """{type: configuration}, with the build and the socket of this run in place of those of `make gdb-server`."""
    with open(SETTINGS, encoding="utf-8") as file:
        text = "".join(line for line in file if not line.lstrip().startswith("//"))
    for written, meant in (("build/gdb.socket", socket), ("build/", context.build + "/"), ("", REPO + "/")):
        text = text.replace("${workspaceFolder}/" + written, meant)
    text = text.replace("${workspaceFolder}", REPO)
    return {each["type"]: each for each in json.loads(text)["configurations"]}


class Interface:
    """GDB behind its machine interface (GDB manual, 27 GDB/MI)."""

    def __init__(self, context, name, words):
        # Its log is what a failure shows.
        self.log, self.lines, self.token = [], queue.Queue(), 0
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=REPO,
                                        env={**environment(context, name), "KINE_BUILD": context.build})  # fmt: skip
        with context.lock:
            context.children.add(self.process)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.log.append(line.rstrip("\n"))
            self.lines.put(line.rstrip("\n"))

    def wait_for(self, pattern):
        """The lines up to the first that matches, that one too; None if none does."""
        seen, end = [], time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                seen.append(self.lines.get(timeout=0.2))
            except queue.Empty:
                continue
            if re.match(pattern, seen[-1]):
                return seen
        return None

    def send(self, command):
        """What one command answers: its result record last. A command of GDB's console goes the way that extensions send it."""
        if not command.startswith("-"):
            quoted = command.replace("\\", "\\\\").replace('"', '\\"')
            command = f'-interpreter-exec console "{quoted}"'
        self.token += 1
        self.log.append(f"> {command}")
        self.process.stdin.write(f"{self.token}{command}\n")
        self.process.stdin.flush()
        seen = self.wait_for(rf"{self.token}\^") or ["no answer"]
        return "\n".join(seen)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdin.close()


def start_cppdbg(context, name, settings):
    """What the C/C++ extension sends up to the connection, and the commands that GDB refused and must not."""
    gdb = Interface(context, name, [settings["miDebuggerPath"], "--interpreter=mi"])
    refused = []
    for command in [each["text"] for each in settings["setupCommands"]] + [
        f"-environment-cd {settings['cwd']}",
        f"-file-exec-and-symbols {settings['program']}",
        "show architecture",
        f"-target-select remote {settings['miDebuggerServerAddress']}",
    ]:
        if "^error" in gdb.send(command):
            refused.append(command)
    return gdb, refused


def start_native(context, name, settings):
    """What Native Debug sends."""
    gdb = Interface(context, name, [settings["gdbpath"], "-q", "--interpreter=mi2", settings["executable"]])
    commands = [f'-environment-directory "{settings["cwd"]}"', "-gdb-set mi-async on"]
    commands += ["-enable-pretty-printing"] * (settings["valuesFormatting"] == "prettyPrinters")
    commands += [f"-target-select remote {settings['target']}", *settings["autorun"]]
    return gdb, [command for command in commands if "^error" in gdb.send(command)]


def look(context, name, kind, start):
    socket = os.path.join(scratch_folder(context, name), "socket")
    serving = Session(context, f"{name}/serving", ("fork_example",), ("--server", socket))
    gdb = None
    try:
        up = serving.wait_for("waiting for GDB: target remote") and wait_until(lambda: os.path.exists(socket))
        gdb, refused = start(context, name, configurations(context, socket)[kind])

        def result(test, right, expected, seen):
            return Result(f"{name}/{test}", right, f"expected: {expected}\nseen:     {seen}\nall:\n{indent(chr(10).join(gdb.log)[-6000:])}")

        yield result("connected", up and not refused and any(line.startswith("*stopped") for line in gdb.log), "every command taken, and a stop", f"refused: {refused}")
        # A click beside a line.
        with open(os.path.join(REPO, STOP), encoding="utf-8") as file:
            line = next(number for number, text in enumerate(file, start=1) if "space.fault(trap.address" in text)
        set_there = gdb.send(f"-break-insert -f {REPO}/{STOP}:{line}")
        yield result("breakpoint", re.search(rf'\^done,bkpt=.*fullname="{REPO}/{STOP}"', set_there), f"a breakpoint in {STOP}", set_there)
        gdb.send("-exec-continue")
        stop = "\n".join(gdb.wait_for(r"\*stopped") or [])
        yield result("stop", 'reason="breakpoint-hit"' in stop and f'fullname="{REPO}/{STOP}"' in stop, f"a stop in {STOP}, which the editor opens", stop)
        # The panes: the call stack, and the variables, as the kernel's printers show them.
        stack = gdb.send("-stack-list-frames")
        yield result("stack", "answer_fault" in stack and "kernel_trap" in stack, "the kernel's functions", stack)
        variable = gdb.send("-var-create - * kine::frames.free_")
        yield result("variable", re.search(r'\^done,.*value="frame \d+"', variable), "a frame, as the pretty-printer shows it", variable)
        # The debug console.
        processes = gdb.send("kine ps")
        yield result("console", re.search(r'~".*init ', processes) and "^done" in processes, "the processes", processes)
        gdb.send("-break-delete")
        gdb.send("kine ubreak fork_example:main")
        gdb.send("-exec-continue")
        stop = "\n".join(gdb.wait_for(r"\*stopped") or [])
        yield result("program", 'func="main"' in stop and f'fullname="{REPO}/user/bin/fork_example.c"' in stop, "a stop in the program's main", stop)
        gdb.send("-exec-next")
        stop = "\n".join(gdb.wait_for(r"\*stopped") or [])
        yield result("step", 'reason="end-stepping-range"' in stop and "fork_example.c" in stop, "the next line of the program", stop)
        gdb.send("-gdb-exit")
        ended = serving.ended() is not None
        yield result("end", ended, "the end of the machine when the editor's session ends", serving.seen)
    finally:
        if gdb is not None:
            gdb.close()
        serving.close()


def socket_of_make(context, name):
    """launch.json and the Makefile name the same socket."""
    done = run_process(context, ["make", "-n", "-s", "-C", REPO, "gdb-server", "BUILD=build"])
    named = {each.get("miDebuggerServerAddress") or each.get("target") for each in configurations(context, "SOCKET").values()}
    right = b"--server 'build/gdb.socket'" in done.stdout and named == {"SOCKET"}
    yield Result(name, right, done.failure("the socket build/gdb.socket", f"{named}"))


def jobs(context):
    for kind, start in (("cppdbg", start_cppdbg), ("gdb", start_native)):
        name = f"editor/{kind}"
        if context.matches(name):
            yield Job(name, lambda name=name, kind=kind, start=start: look(context, name, kind, start), weight=8)
    if context.matches("editor/socket"):
        yield Job("editor/socket", lambda: socket_of_make(context, "editor/socket"), weight=2)
