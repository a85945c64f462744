"""Runs the tests of labs on a kernel that was built, several at a time, each in processes of its own."""

import concurrent.futures
import multiprocessing
import os
import time
import traceback

from lab.report import Verdict
from lab.state import Layout, Unreadable
from lab.trial import Failed, Trial

# What a submission can make this tool print.
SAID_LIMIT = 4000

_here = {}


def _begin(build, labs, kernel, layout):
    _here.update(build=build, labs=labs, kernel=kernel, layout=layout)


def clip(text):
    """What a submission said, or had in its memory: not too much of it, and no character that moves a terminal's cursor or that XML cannot have."""
    text = "".join(char if char in "\n\t" or char.isprintable() else "?" for char in text)
    return text if len(text) <= SAID_LIMIT else text[: SAID_LIMIT // 2] + "\n[…]\n" + text[-SAID_LIMIT // 2 :]


def _run(lab_index, test_index, nonce):
    lab = _here["labs"][lab_index]
    test = lab.tests[test_index]
    started = time.monotonic()
    trial = Trial(_here["build"], lab, test, _here["layout"], nonce, _here["kernel"])
    try:
        failed = trial.run()
    except Exception:  # a mistake of the test's own is nobody's success
        failed = Failed("the test itself works", "a verdict", traceback.format_exc(), by_host=True)
    verdict = Verdict(lab.name, test.name, 0 if failed else test.points, test.points, test.rule, test.visibility)
    verdict.seconds = time.monotonic() - started
    if failed:
        verdict.broken, verdict.expected, verdict.seen, verdict.by_host = failed.rule, clip(failed.expected), clip(failed.seen), failed.by_host
        verdict.debug = clip(trial.debug) if "panic" in trial.debug or "killed" in trial.debug else ""
        verdict.again = f"make grade LAB={lab.name} TEST={test.name} NONCE={nonce:016x}"
        verdict.gdb = f"make gdb-lab TEST={lab.name}/{test.name} NONCE={nonce:016x}"
    return verdict


def run_one_by_one(tests_tree, kernel, labs, nonce):
    """The same in this process, without any other."""
    _begin(os.path.join(tests_tree, "build"), labs, kernel, Layout(kernel))
    return [_run(i, k, nonce) for i, lab in enumerate(labs) for k in range(len(lab.tests))]


def run_tests(tests_tree, kernel, labs, nonce, jobs=0, only=None, tell=None):
    """One Verdict for each test, in order. `only`: names of tests. `kernel`: the ELF file."""
    chosen = [(i, k) for i, lab in enumerate(labs) for k, test in enumerate(lab.tests) if not only or test.name in only]
    build = os.path.join(tests_tree, "build")
    try:
        layout = Layout(kernel)
    except Unreadable as unreadable:
        return [
            Verdict(
                labs[i].name, labs[i].tests[k].name, 0, labs[i].tests[k].points, labs[i].tests[k].rule, labs[i].tests[k].visibility,
                broken="the structures that docs and tools speak of keep their names", expected="a kernel whose memory can be read", seen=clip(str(unreadable)),
            )
            for i, k in chosen
        ]  # fmt: skip
    context = multiprocessing.get_context("fork")  # (the tests are functions, which no pipe carries)
    workers = min(jobs or os.cpu_count() or 1, len(chosen)) or 1
    verdicts = {}
    with concurrent.futures.ProcessPoolExecutor(workers, mp_context=context, initializer=_begin, initargs=(build, labs, kernel, layout)) as pool:
        running = {pool.submit(_run, i, k, nonce): (i, k) for i, k in chosen}
        try:
            for done in concurrent.futures.as_completed(running):
                verdicts[running[done]] = done.result()
                if tell:
                    tell(len(verdicts), len(chosen), verdicts[running[done]])
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [verdicts[key] for key in chosen]
