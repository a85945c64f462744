#!/usr/bin/env python3
"""A dialogue with an interactive shell: prompts, ^C, ^Z, ^D, jobs, fg, bg.

DIALOGUE is a list of (what is typed, what must come back: a regular expression). Each answer is awaited before the next is typed, so that
no step depends on how fast the machine is. The same dialogue holds for a shell on Linux's terminals and on Kine's console.

    tests/sh/terminal.py COMMAND [ARG...]

holds it with that command (a shell, or tools/run with one) on a terminal of its own. Prints one line, and ends with status 1 on failure.
"""

import os
import pty
import re
import select
import sys
import time

C, D, Z = "\x03", "\x04", "\x1a"


def line(text, answer=""):
    """A command, the output that it must have (a regular expression), and the next prompt."""
    return text + "\n", re.escape(text).encode() + rb"\r?\n" + answer.encode() + rb"\$ $"


DIALOGUE = [
    ("", rb"[#$] $"),
    ("PS1='$ '\n", rb"\n\$ $"),
    line("echo hello", r"hello\r\n"),
    ("if true\n", rb"> $"),
    ("then echo yes; fi\n", rb"yes\r\n\$ $"),
    ("echo 'a\n", rb"> $"),
    ("b'\n", rb"\na\r\nb\r\n\$ $"),
    # ^C: of a program, of an unfinished line, of an unfinished command, of loops
    ("cat\n", rb"cat\r\n"),
    ("one\n", rb"one\r\none\r\n"),
    (C, rb"\$ $"),
    line("echo $?", r"130\r\n"),
    ("half a li", rb"half a li"),
    (C, rb"\$ $"),
    line("echo $?", r"130\r\n"),
    ("while true\n", rb"> $"),
    (C, rb"\$ $"),
    ("echo go; while :; do :; done\n", rb"\ngo\r\n"),
    (C, rb"\$ $"),
    ("while sleep 0.05; do echo tick; done\n", rb"\ntick\r\n"),
    (C, rb"\$ $"),
    ("echo go >&2; x=$(sleep 100)\n", rb"\ngo\r\n"),
    (C, rb"\$ $"),
    ("sleep 100 & echo go; wait\n", rb"\ngo\r\n"),
    (C, rb"\$ $"),
    line("kill %1; wait %1; echo $?", r"(?:.*\r\n)?143\r\n"),
    # ^Z, jobs, fg, bg
    ("cat\n", rb"cat\r\n"),
    ("two\n", rb"two\r\ntwo\r\n"),
    (Z, rb"\[1\] \+ Stopped +cat\r\n\$ $"),
    ("cat | cat | cat\n", rb"cat\r\n"),
    ("three\n", rb"three\r\nthree\r\n"),
    (Z, rb"\[2\] \+ Stopped +cat \| cat \| cat\r\n\$ $"),
    line("jobs", r"\[2\] \+ Stopped +cat \| cat \| cat\r\n\[1\] - Stopped +cat\r\n"),
    ("fg %1\n", rb"fg %1\r\ncat\r\n"),
    ("four\n", rb"four\r\nfour\r\n"),
    (D, rb"\$ $"),
    ("fg\n", rb"fg\r\ncat \| cat \| cat\r\n"),
    ("five\n", rb"five\r\nfive\r\n"),
    (D, rb"\$ $"),
    line("jobs"),
    ("(echo go; sleep 100)\n", rb"\ngo\r\n"),
    (Z, rb"Stopped +\(echo go; sleep 100\)\r\n\$ $"),
    line("bg", r"\(echo go; sleep 100\)\r\n"),
    line("jobs", r"\[1\] \+ Running +\(echo go; sleep 100\)\r\n"),
    line("kill -9 %1; sleep 0.5", r"\[1\] \+ Killed +\(echo go; sleep 100\)\r\n"),
    # a background job that reads the terminal stops; one in the foreground group of its own does not disturb the shell
    line("cat & sleep 0.5", r"\[1\] \d+\r\n\[1\] \+ Stopped +cat\r\n"),
    ("fg\n", rb"fg\r\ncat\r\n"),
    ("six\n", rb"six\r\nsix\r\n"),
    (D, rb"\$ $"),
    line("true | cat; true | true | cat; echo $?", r"0\r\n"),
    line("echo x | (cat; exit 4); echo $?", r"x\r\n4\r\n"),
    # a shell in the shell
    ("sh\n", rb"[$#] $"),
    ("PS1='in> '\n", rb"\nin> $"),
    ("cat\n", rb"cat\r\n"),
    ("seven\n", rb"seven\r\nseven\r\n"),
    (Z, rb"Stopped +cat\r\nin> $"),
    ("kill %1; wait %1; exit 5\n", rb"\$ $"),
    line("echo $?", r"5\r\n"),
    # errors leave an interactive shell alone
    line("echo )", r"sh: .*\r\n"),
    line("exec nosuchprogram", r"sh: .*not found\r\n"),
    line(": ${nothing?}", r"sh: .*\r\n"),
    line("echo alive", r"alive\r\n"),
    # the end
    ("cat\n", rb"cat\r\n"),
    ("eight\n", rb"eight\r\neight\r\n"),
    (Z, rb"Stopped +cat\r\n\$ $"),
    line("exit 6", r"sh: there are stopped jobs\r\n"),
    ("exit 7\n", rb"exit 7\r\n"),
]


class Failure(Exception):
    pass


def converse(write, read, timeout=20):
    """write(bytes); read(seconds) returns what has come, b"" at the end, None when nothing came in time."""
    for typed, answer in DIALOGUE:
        write(typed.encode())
        heard, end = b"", time.monotonic() + timeout
        while not re.search(answer, heard):
            more = read(max(0.0, end - time.monotonic()))
            if not more:
                raise Failure(f"typed {typed!r}: expected {answer!r}, heard {heard!r}")
            heard += more


def main():
    child, terminal = pty.fork()
    if child == 0:
        os.execvp(sys.argv[1], sys.argv[1:])

    def read(seconds):
        if not select.select([terminal], [], [], seconds)[0]:
            return None
        try:
            return os.read(terminal, 4096)
        except OSError:
            return b""

    try:
        converse(lambda data: os.write(terminal, data), read)
        while read(20):
            pass
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if status != 7:
            raise Failure(f"ended with status {status} instead of 7")
    except Failure as failure:
        print(f"terminal: {failure}")
        return 1
    print(f"terminal: {len(DIALOGUE)} steps in order")
    return 0


if __name__ == "__main__":
    sys.exit(main())
