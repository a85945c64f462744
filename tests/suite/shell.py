"""Kine's own shell: the scripts of tests/sh print on Kine what dash prints on Linux, and a dialogue on a terminal goes as written.

The dialogue (tests/sh/terminal.py) types into tools/run on a pseudo-terminal: line editing, ^C, ^Z, ^D, jobs.
"""

import os
import shutil
import sys

from kine_qemu import REPO
from suite.core import Job, Result, check_output, difference, kine, relative, run_process, show
from suite.oracle import PLAINLY, on_linux

SCRIPTS = os.path.join(REPO, "tests/sh")


def names():
    return sorted(entry[:-3] for entry in os.listdir(SCRIPTS) if entry.endswith(".sh"))


def oracle_of(path):
    """dash, unless the script's first line names another shell: "# oracle: bash"."""
    with open(path, encoding="utf-8") as file:
        words = file.readline().split()
    return words[2] if words[:2] == ["#", "oracle:"] else "dash"


def script(context, name, stem):
    path = os.path.join(SCRIPTS, stem + ".sh")
    oracle = oracle_of(path)
    program = shutil.which(oracle)
    if program is None:
        yield Result(name, False, f"expected: {oracle} on this machine, to compare with\nseen:     none")
        return
    top = context.scratch("sh", stem, "")
    shutil.rmtree(top, ignore_errors=True)
    work, bin = os.path.join(top, "work"), os.path.join(top, "bin")
    os.makedirs(work)
    os.makedirs(bin)
    os.symlink(program, os.path.join(bin, "sh"))  # for scripts that call a shell
    environment = {"PATH": f"{bin}:/bin:/usr/bin", "HOME": "/root"}
    words = [sys.executable, "-c", PLAINLY, program, "sh", path]
    here = run_process(context, words, again=f"{oracle} {relative(path)}", environment=environment, folder=work)
    inside = f"mkdir /tmp/work && cd /tmp/work && HOME=/root exec sh /suite/{stem}.sh"
    there = kine(context, ["-n", "--with", f"{path}:/suite/{stem}.sh", "sh", "-c", inside], name=name)
    same = (there.status, there.stdout) == (here.status, here.stdout)
    expected = f"as {oracle} on Linux: status {here.status}\n{show(here.stderr[-500:])}"
    yield Result(name, same, there.failure(expected, f"status {there.status}\n{difference(here.stdout, there.stdout)}"))


def dialogue(context, name, arguments):
    command = [sys.executable, os.path.join(SCRIPTS, "terminal.py"), sys.executable, os.path.join(REPO, "tools/run"), "--build", context.build, *arguments]
    done = run_process(context, command, timeout=300)
    yield check_output(done, name, stdout_regex=rb"^terminal: \d+ steps in order\n$")


def jobs(context):
    found = [Job("shell/terminal", lambda: dialogue(context, "shell/terminal", ["sh"]), weight=12)]
    found.append(Job("shell/terminal-after-examples", lambda: dialogue(context, "shell/terminal-after-examples", []), weight=12))
    if on_linux():
        found += [Job(f"shell/{stem}", lambda stem=stem: script(context, f"shell/{stem}", stem), weight=2) for stem in names()]
    return [job for job in found if context.matches(job.name)]
