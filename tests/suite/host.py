"""The GoogleTest programs that test the core on this machine: each of their tests counts as one."""

import json
import os
import re

from suite.core import Job, Result, indent, run_process, show

# Exhaustive tests under two sanitizers take their time on a busy machine.
TIMEOUT = 600
SANITIZERS = {"ASAN_OPTIONS": "detect_leaks=1:abort_on_error=0", "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1"}


def programs(context):
    folder = context.path("tests", "host")
    if not os.path.isdir(folder):
        return []
    return sorted(
        entry.path for entry in os.scandir(folder) if entry.is_file() and os.access(entry.path, os.X_OK) and "." not in entry.name
    )


def environment():
    return {**os.environ, **SANITIZERS}


def tests_in(context, program):
    """Names as "Suite.Test", from the program itself."""
    listing = run_process(context, [program, "--gtest_list_tests"], timeout=60, environment=environment()).stdout.decode(errors="replace")
    names, suite = [], ""
    for line in listing.splitlines():
        word = line.split("#")[0].strip()
        if line.startswith("  "):
            names.append(suite + word)
        elif word.endswith("."):
            suite = word
    return names


def run(context, name, program, chosen):
    answer = context.scratch("gtest", os.path.basename(program) + ".json")
    if os.path.exists(answer):
        os.unlink(answer)
    words = [program] + ([f"--gtest_filter={':'.join(chosen)}"] if chosen else [])
    done = run_process(context, [*words, f"--gtest_output=json:{answer}"], timeout=TIMEOUT, environment=environment())
    try:
        with open(answer, encoding="utf-8") as file:
            suites = json.load(file)["testsuites"]
    except (OSError, ValueError):
        # It died on the way: a sanitizer's report, an abort, or the time limit.
        last = re.findall(rb"\[ RUN      \] (.*)", done.stdout)
        where = last[-1].decode() if last else "before the first test"
        yield Result(f"{name}/{where}", False, done.failure("a report of all tests", f"status {done.status}, the last test was {where}"))
        return
    for suite in suites:
        for test in suite["testsuite"]:
            if test.get("status") == "NOTRUN" or test.get("result") == "SKIPPED":
                continue
            full = f"{suite['name']}.{test['name']}"
            failures = [failure["failure"] for failure in test.get("failures", [])]
            again = f"again:    {done.again.split(' ')[0]} --gtest_filter={full}"
            yield Result(f"{name}/{full}", not failures, show("\n".join(failures)) + "\n" + again)
    if done.status != 0 and not any(test.get("failures") for suite in suites for test in suite["testsuite"]):
        yield Result(f"{name}/end", False, done.failure("status 0 at the end (no leak)", f"status {done.status}\n{indent(show(done.stdout[-2000:]))}"))


def jobs(context):
    for program in programs(context):
        name = f"host/{os.path.basename(program)}"
        if context.matches(name):
            yield Job(name, lambda program=program, name=name: run(context, name, program, []), weight=60)
        elif chosen := [test for test in tests_in(context, program) if context.matches(f"{name}/{test}")]:
            yield Job(name, lambda program=program, name=name, chosen=chosen: run(context, name, program, chosen), weight=60)
