"""Collects the jobs of all groups, runs them in parallel, longest first, and counts."""

import argparse
import importlib
import json
import os
import re
import queue
import signal
import sys
import threading
import time
import traceback

from kine_qemu import REPO
from suite.core import Context, Result, indent

# Each a module of that name, with a function jobs(context).
GROUP_NAMES = """
  source
  static
  ubsan
  tool
  host
  boot
  guest
  oracle
  busybox
  shell
  death
  fuzz
  attacks
  oom
  scale
  bench
  readme
  gdb
  panic
  livemap
  editor
  trace
  labs
""".split()
GROUPS = {name: importlib.import_module(f"suite.{name}").jobs for name in GROUP_NAMES}


# One mistake in the core makes hundreds of tests fail; the first ones tell what it is.
TOLD_IN_FULL = 20
# … or run out of time one after the other, for hours: then the others are not run, and fail too.
SECONDS_OF_FAILURES = 1200


def parse(words):
    parser = argparse.ArgumentParser(prog="tests/run", description="Runs the tests. Build them first: make test-programs all.")
    parser.add_argument("-k", metavar="PATTERN", default="", dest="pattern", help="only jobs whose name matches this regular expression")
    parser.add_argument("--group", action="append", choices=GROUPS, help="only this group; may be repeated")
    parser.add_argument("-j", metavar="N", type=int, default=0, dest="parallel", help="jobs at once (default: one a CPU)")
    parser.add_argument("--list", action="store_true", help="print the names of the jobs and run nothing")
    parser.add_argument("-v", "--verbose", action="store_true", help="a line for each job, with its time")
    parser.add_argument("--full", action="store_true", help="the long forms of groups oom and scale")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="choose other samples where not all is tried")
    parser.add_argument("--build", default=os.path.join(REPO, "build"), metavar="DIR", help="where everything was built (default: build)")
    options = parser.parse_args(words)
    try:
        re.compile(options.pattern)
    except re.error as error:
        parser.error(f"-k {options.pattern!r} is not a regular expression: {error}")
    return options


def collect(context, groups):
    jobs = [job for name in groups for job in GROUPS[name](context)]
    names = [job.name for job in jobs]
    assert len(names) == len(set(names)), f"two jobs of one name: {sorted(name for name in names if names.count(name) > 1)}"
    return jobs


class Times:
    """How long each job took last time, so that the longest can start first."""

    def __init__(self, context):
        self.path = context.scratch("times.json")
        try:
            with open(self.path, encoding="utf-8") as file:
                self.seconds = json.load(file)
        except (OSError, ValueError):
            self.seconds = {}

    def guess(self, job):
        return self.seconds.get(job.name, job.weight)

    def save(self):
        try:
            with open(self.path, "w", encoding="utf-8") as file:
                json.dump(self.seconds, file, indent=1, sort_keys=True)
        except OSError:
            pass


class Report:
    """Prints as jobs finish; on a terminal a line that is overwritten, otherwise nothing but failures."""

    def __init__(self, total, verbose):
        self.total, self.verbose = total, verbose
        self.live = sys.stdout.isatty() and not verbose
        self.colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        self.passed = self.failed = self.finished = self.told = 0

    def paint(self, text, code):
        return f"\033[{code}m{text}\033[0m" if self.colour else text

    def job(self, job, results, seconds):
        self.finished += 1
        bad = [result for result in results if not result.passed]
        self.passed += len(results) - len(bad)
        self.failed += len(bad)
        if self.live:
            print("\r\033[K", end="")
        for result in bad:
            self.told += 1
            detail = f"\n{indent(result.detail)}" if self.told <= TOLD_IN_FULL else ""
            print(f"{self.paint('FAIL', '31')} {result.name}{detail}", flush=True)
        if self.verbose:
            word = self.paint("FAIL", "31") if bad else self.paint("ok", "32")
            print(f"{word:4} {job.name}: {len(results) - len(bad)} passed, {len(bad)} failed ({seconds:.1f} s)", flush=True)
        elif self.live:
            print(f"{self.finished}/{self.total} {job.name}"[:100], end="", flush=True)

    def end(self, seconds):
        if self.live:
            print("\r\033[K", end="")
        if self.verbose:
            print(f"{seconds:.0f} s")
        if self.failed > TOLD_IN_FULL:
            print(f"(The first {TOLD_IN_FULL} failures are told in full; tests/run -k NAME tells another.)")
        print(f"{self.passed} passed, {self.failed} failed", flush=True)


def work(job):
    try:
        results = list(job.run())
    except Exception:  # a broken test is a failed test, and the others go on
        return [Result(job.name, False, traceback.format_exc())]
    return results or [Result(job.name, False, "expected: at least one test\nseen:     none")]


def run_all(context, jobs, parallel, report, times):
    waiting = sorted(jobs, key=times.guess, reverse=True)
    finished = queue.Queue()
    lock = threading.Lock()

    def worker():
        while not context.stopping:
            with lock:
                job = waiting.pop(0) if waiting else None
            if job is None:
                return
            started = time.monotonic()
            finished.put((job, work(job), time.monotonic() - started))

    for _ in range(parallel):
        threading.Thread(target=worker, daemon=True).start()
    lost = 0.0
    for _ in range(len(jobs)):
        job, results, seconds = finished.get()
        times.seconds[job.name] = round(seconds, 2)
        report.job(job, results, seconds)
        lost += 0 if all(result.passed for result in results) else seconds
        if lost <= SECONDS_OF_FAILURES:
            continue
        with lock:
            for skipped in waiting:
                why = f"not run: the tests that failed took more than {SECONDS_OF_FAILURES} s"
                finished.put((skipped, [Result(skipped.name, False, why)], 0.0))
            waiting.clear()


def stop(context):
    """Ends what this run started, and nothing else."""
    with context.lock:
        context.stopping = True
        children = list(context.children)
    for child in children:
        child.terminate()
    for child in children:
        try:
            child.wait(5)
        except Exception:
            child.kill()


def main(words):
    options = parse(words)
    context = Context(os.path.abspath(options.build), options.pattern, options.verbose, options.full, options.seed)
    jobs = collect(context, options.group or list(GROUPS))
    if options.list:
        print("\n".join(job.name for job in jobs))
        return 0
    if not jobs:
        print(f"tests/run: no test matches '{options.pattern}'", file=sys.stderr)
        return 1
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    report = Report(len(jobs), options.verbose)
    times = Times(context)
    started = time.monotonic()
    try:
        run_all(context, jobs, options.parallel or os.cpu_count() or 1, report, times)
    except KeyboardInterrupt:
        stop(context)
        return 130
    except SystemExit:
        stop(context)
        raise
    times.save()
    report.end(time.monotonic() - started)
    return 1 if report.failed else 0
