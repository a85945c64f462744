"""What a grading says: a table for a person, Gradescope's results.json, JUnit's XML."""

import json
import os
import sys
import textwrap
from dataclasses import dataclass, field
from xml.sax.saxutils import escape, quoteattr


@dataclass
class Verdict:
    """Of one test."""

    lab: str
    test: str
    points: float
    most: float
    rule: str  # the test's own
    visibility: str = "visible"
    broken: str = ""  # the rule that was broken, "" if none
    expected: str = ""
    seen: str = ""
    debug: str = ""  # what the kernel said
    again: str = ""
    gdb: str = ""
    by_host: bool = False  # the host's clock ended it
    seconds: float = 0.0

    @property
    def passed(self):
        return not self.broken

    def explanation(self):
        lines = [("rule", self.broken), ("expected", self.expected), ("seen", self.seen)]
        if self.debug:
            lines.append(("kernel", self.debug))
        lines += [("again", self.again), ("gdb", self.gdb)]
        out = []
        for name, text in lines:
            for i, line in enumerate(text.splitlines() or [""]):
                out.append(f"{name if i == 0 else '':9} {line}")
        return "\n".join(out)


@dataclass
class Grading:
    labs: list  # of Lab
    verdicts: list = field(default_factory=list)
    trouble: str = ""  # why nothing could be graded
    nonce: int = 0

    def points(self, lab=None):
        return sum(verdict.points for verdict in self.verdicts if lab in (None, verdict.lab))

    def most(self, lab=None):
        return sum(verdict.most for verdict in self.verdicts if lab in (None, verdict.lab))

    @property
    def full(self):
        return bool(self.verdicts) and all(verdict.passed for verdict in self.verdicts)


def number(value):
    return f"{value:g}"


class Painter:
    def __init__(self, stream):
        self.on = stream.isatty() and not os.environ.get("NO_COLOR")

    def __call__(self, text, code):
        return f"\033[{code}m{text}\033[0m" if self.on else text


class Progress:
    """One line that is written over, on a terminal; else nothing."""

    def __init__(self, stream=sys.stderr):
        self.stream, self.live = stream, stream.isatty()

    def say(self, text):
        if self.live:
            print(f"\r\033[K{text}"[:110], end="", file=self.stream, flush=True)

    def end(self):
        if self.live:
            print("\r\033[K", end="", file=self.stream, flush=True)


def table(grading, stream=sys.stdout):
    paint = Painter(stream)
    width = max((len(verdict.test) for verdict in grading.verdicts), default=0)
    for lab in grading.labs:
        verdicts = [verdict for verdict in grading.verdicts if verdict.lab == lab.name]
        print(paint(f"{lab.name}: {lab.title}", "1"), file=stream)
        for verdict in verdicts:
            word = paint("ok  ", "32") if verdict.passed else paint("FAIL", "31;1")
            score = f"{number(verdict.points):>4} / {number(verdict.most):<4}"
            print(f"  {word} {score} {verdict.test:{width}}  {verdict.rule}", file=stream)
            if not verdict.passed:
                print(textwrap.indent(verdict.explanation(), " " * 7), file=stream)
        print(f"  {number(grading.points(lab.name))} of {number(grading.most(lab.name))} points", file=stream)
    if grading.trouble:
        print(grading.trouble, file=stream)
    if len(grading.labs) > 1:
        print(f"{number(grading.points())} of {number(grading.most())} points in all", file=stream)


def gradescope(grading, seconds):
    """https://gradescope-autograders.readthedocs.io: results.json."""
    tests = []
    for verdict in grading.verdicts:
        tests.append(
            {
                "name": f"{verdict.lab}: {verdict.test}",
                "number": f"{verdict.lab}/{verdict.test}",
                "score": verdict.points,
                "max_score": verdict.most,
                "status": "passed" if verdict.passed else "failed",
                "output": verdict.rule if verdict.passed else f"{verdict.rule}\n\n{verdict.explanation()}",
                "output_format": "text",
                "visibility": verdict.visibility,
            }
        )
    result = {"execution_time": round(seconds), "visibility": "visible", "stdout_visibility": "hidden", "tests": tests}
    if grading.trouble:
        result["output"] = grading.trouble
    if not tests:
        result["score"] = 0
    return json.dumps(result, indent=1, ensure_ascii=False) + "\n"


def junit(grading, seconds):
    verdicts = grading.verdicts
    failures = sum(1 for verdict in verdicts if not verdict.passed)
    lines = ['<?xml version="1.0" encoding="UTF-8"?>']
    lines.append(f'<testsuite name="kine labs" tests="{len(verdicts)}" failures="{failures}" time="{seconds:.1f}">')
    for verdict in verdicts:
        head = f'  <testcase classname={quoteattr("labs." + verdict.lab)} name={quoteattr(verdict.test)} time="{verdict.seconds:.2f}"'
        if verdict.passed:
            lines.append(head + "/>")
        else:
            clean = "".join(char if char in "\n\t" or ord(char) >= 32 else "?" for char in verdict.explanation())
            lines.append(f"{head}><failure message={quoteattr(verdict.broken)}>{escape(clean)}</failure></testcase>")
    return "\n".join(lines + ["</testsuite>", ""])
