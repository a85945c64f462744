"""Wrong solutions: plants one mistake at a time in a kernel tree, builds it, and asks the test that must catch it.

A lab's mutants.py holds MUTANTS, a list of

    (number, what the mistake is, file, text, what it becomes, test)

`number` is that of the known mistakes of published copy-on-write solutions, "-" for others. The text stands at exactly one place of the file,
however it is broken into lines.
"""

import concurrent.futures
import os
import queue
import secrets
import shutil
import time
from dataclasses import dataclass

from lab import grading, markers, stage
from lab.markers import pattern
from lab.state import Layout, Unreadable
from lab.trial import Trial, dependents, load_module


@dataclass
class Mutant:
    lab: str
    number: str
    name: str
    path: str
    old: str
    new: str
    test: str


@dataclass
class Outcome:
    mutant: Mutant
    caught: bool
    seen: str
    seconds: float = 0.0


def mutants_of(top, lab):
    path = os.path.join(top, "labs", lab, "mutants.py")
    if not os.path.exists(path):
        return []
    return [Mutant(lab, *each) for each in load_module(path, f"mutants_{lab}").MUTANTS]


def misplaced(top, mutants, tests):
    """What no longer fits the sources or the tests."""
    wrong, seen = [], set()
    for mutant in mutants:
        where = f"labs/{mutant.lab}/mutants.py: {mutant.name}"
        with open(os.path.join(top, mutant.path), encoding="utf-8") as file:
            places = len(pattern(mutant.old).findall(file.read()))
        if places != 1:
            wrong.append(f"{where}: {places} places in {mutant.path}")
        if mutant.test not in tests[mutant.lab]:
            wrong.append(f"{where}: lab {mutant.lab} has no test {mutant.test}")
        if (mutant.lab, mutant.name) in seen:
            wrong.append(f"{where}: twice")
        seen.add((mutant.lab, mutant.name))
    return wrong


class Trees:
    """Copies of a built kernel tree, each for one mistake at a time."""

    def __init__(self, pristine, folder, count):
        self.pristine, self.free = pristine, queue.Queue()
        for i in range(count):
            tree = os.path.join(folder, str(i))
            shutil.copytree(pristine, tree)  # with its objects, and the times of all
            self.free.put(tree)

    def restore(self, tree):
        """Every file that differs in time or size is as in the pristine tree again, objects too: nothing is compiled twice."""
        for where, _, names in os.walk(self.pristine):
            for name in names:
                source = os.path.join(where, name)
                target = os.path.join(tree, os.path.relpath(source, self.pristine))
                a = os.stat(source)
                b = os.stat(target) if os.path.exists(target) else None
                if b is None or (a.st_mtime_ns, a.st_size) != (b.st_mtime_ns, b.st_size):
                    shutil.copy2(source, target)


def try_mutant(tree, mutant, lab, tests_build, tests=None):
    """The Outcome of one mistake. `tests`: those that are asked (default: the one that must catch it)."""
    started = time.monotonic()
    path = os.path.join(tree, mutant.path)
    with open(path, encoding="utf-8") as file:
        text = file.read()
    with open(path, "w", encoding="utf-8") as file:
        file.write(pattern(mutant.old).sub(lambda _: mutant.new, text, count=1))
    try:
        stage.make(tree, stage.targets([lab]), 1)
        kernel = os.path.join(tree, "build/kernel.elf")
        layout = Layout(kernel)
    except (stage.BuildFailed, Unreadable) as failed:
        return Outcome(mutant, False, f"UNUSABLE: {getattr(failed, 'output', failed)}")
    found = {}
    for test in lab.tests:
        if test.name in (tests or [mutant.test]):
            found[test.name] = Trial(tests_build, lab, test, layout, secrets.randbits(64), kernel).run()
    failed = found[mutant.test]
    seconds = time.monotonic() - started
    others = [name for name, each in found.items() if each and name != mutant.test]
    more = f"; also {', '.join(others)}" if others else ""
    if failed is None:
        return Outcome(mutant, False, f"SURVIVED{more}", seconds)
    if failed.by_host:
        return Outcome(mutant, False, f"only the host ended it: {failed.seen}", seconds)
    return Outcome(mutant, True, f"{failed.rule}: {failed.seen.splitlines()[0] if failed.seen else ''}{more}", seconds)


def as_fresh(top, tree, lab):
    """Makes of a copy of the pristine tree what a handout's is."""
    for path in markers.source_files(top):
        stage.write_if_changed(os.path.join(tree, path), markers.with_stubs(top, path, lab).encode())


def try_fresh(top, trees, lab, labs, tests_tree):
    """A handout, graded: what is wrong with it, or "". It builds without warnings, scores what the lab says, and no lab that does not need it loses a point."""
    tree = trees.free.get()
    try:
        as_fresh(top, tree, lab.name)
        output = stage.make(tree, stage.targets(labs), 1)
        wrong = [line for line in output.splitlines() if "warning" in line]
        needing = dependents(labs, lab.name)
        asked = [each for each in labs if each.name == lab.name or each.name not in needing]
        verdicts = grading.run_tests(tests_tree, os.path.join(tree, "build/kernel.elf"), asked, secrets.randbits(64))
        own = [verdict for verdict in verdicts if verdict.lab == lab.name]
        if sum(verdict.points for verdict in own) != lab.fresh:
            wrong.append(f"scores {sum(verdict.points for verdict in own):g} points, not {lab.fresh:g}: passed {', '.join(v.test for v in own if v.passed)}")
        for verdict in verdicts:
            if verdict.by_host:
                wrong.append(f"{verdict.lab}/{verdict.test}: only the host ended it: {verdict.seen}")
            elif verdict.lab != lab.name and not verdict.passed:
                wrong.append(f"{verdict.lab}/{verdict.test} fails: {verdict.broken}: expected {verdict.expected}; seen {verdict.seen}")
        return "\n".join(wrong)
    except stage.BuildFailed as failed:
        return failed.output
    finally:
        trees.restore(tree)
        trees.free.put(tree)


def try_all(trees, mutants, labs, tests_build, jobs, all_tests, tell):
    """Tries all, several at once; tell(outcome) as each is known. Returns the outcomes, in the order of `mutants`."""
    names = {lab.name: [test.name for test in lab.tests] for lab in labs}
    by_name = {lab.name: lab for lab in labs}

    def work(mutant):
        tree = trees.free.get()
        try:
            return try_mutant(tree, mutant, by_name[mutant.lab], tests_build, names[mutant.lab] if all_tests else None)
        finally:
            trees.restore(tree)
            trees.free.put(tree)

    outcomes = []
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for outcome in pool.map(work, mutants):
            outcomes.append(outcome)
            tell(outcome)
    return outcomes
