"""The transcripts in README.md and docs/: every block that is fenced as ```console is typed in again and must print the same.

In such a block a line that begins with "$ " is a command for the shell, in the repository's root; what follows, up to the next one, is all that
it prints, on standard output and standard error together. A line "[...]" stands for any lines. `$?` shows an exit status.
"""

import glob
import os
import re

from kine_qemu import REPO
from suite.core import Job, Result, difference, run_process, show

BLOCK = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)


def steps(block):
    """(command, expected output) of each command of a block."""
    found = []
    for line in block.splitlines(keepends=True):
        if line.startswith("$ "):
            found.append([line[2:].rstrip("\n"), ""])
        elif found:
            found[-1][1] += line
    return found


def matches(expected, seen):
    parts = [re.escape(part) for part in re.split(r"^\[\.\.\.\]\n", expected, flags=re.MULTILINE)]
    return re.fullmatch(r"(?:.*\n)*?".join(parts), seen) is not None


def replay(context, name, block):
    """A block's commands run in one shell each; `echo $?` after a command sees its status."""
    status = 0
    for number, (command, expected) in enumerate(steps(block), start=1):
        script = f"(exit {status}); {command}"
        environment = {**os.environ, "TERM": "dumb", "KINE_BUILD": context.build}
        done = run_process(context, ["sh", "-c", script], stdin=b"", environment=environment)
        seen = (done.stdout + done.stderr).decode(errors="replace")
        status = done.status
        done.again = command
        why = done.failure(expected, seen + "\n" + difference(expected.encode(), seen.encode()))
        yield Result(f"{name}/{number}", matches(expected, seen), why)


def jobs(context):
    paths = [os.path.join(REPO, "README.md"), *sorted(glob.glob(os.path.join(REPO, "docs/*.md")))]
    for path in paths:
        if not os.path.exists(path):
            continue
        with open(path, encoding="utf-8") as file:
            blocks = BLOCK.findall(file.read())
        for number, block in enumerate(blocks, start=1):
            name = f"readme/{os.path.basename(path)}-{number}"
            if context.matches(name) and re.search(r"^\$ .*\b(tools|tests)/", block, re.MULTILINE):
                yield Job(name, lambda name=name, block=block: replay(context, name, block), weight=2)
