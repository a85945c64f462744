"""Static checks: clang-tidy on every file (but clang-analyzer and the host's test files, which `make analyze` and `make lint` look at), and cppcheck."""

import os

import kine_lint
from kine_qemu import REPO
from suite.core import Job, Result, check_output, indent, run_process, show


def result(found):
    why = f"expected: nothing to say\nseen:\n{indent(show(found.detail, 4000))}\nagain:    {found.again}"
    return Result(f"static/{found.name}", found.clean, why)


def stack(context):
    """The kernel's stack is deep enough for the deepest path of calls."""
    done = run_process(context, [os.path.join(REPO, "tools/stack-bound"), "--objects", context.path("kernel-obj")])
    yield check_output(done, "static/stack", stdout_regex=rb"(?m)^\d+ bytes of \d+ at most$")


def jobs(context):
    lint = kine_lint.Lint(context.build)
    for chosen in kine_lint.QUICK:
        if context.matches(f"static/tidy-{chosen.name}"):
            yield Job(f"static/tidy-{chosen.name}", lambda chosen=chosen: (result(lint.tidy(name)) for name in lint.files(chosen)), weight=20)
    for name in kine_lint.CPPCHECK:
        if context.matches(f"static/cppcheck-{name}"):
            yield Job(f"static/cppcheck-{name}", lambda name=name: [result(lint.cppcheck(name))], weight=10)
    if context.matches("static/stack"):
        yield Job("static/stack", lambda: stack(context))
