"""The labs: markers and stubs agree, handouts tell nothing, wrong solutions are caught. What takes minutes, each fresh handout and every wrong solution
graded, is `make mutants`."""

import concurrent.futures
import csv
import io
import json
import os
import re
import shutil
import sys
import xml.etree.ElementTree

from kine_qemu import REPO
from lab import markers, stage, state, wrong
from lab.trial import COURSE, lab_names, load_lab
from suite.core import Job, Result, indent, run_process, show

LAB = "cow"  # the one that is taken through every step
MISTAKES = 33  # that GRADING numbers
SECONDS = 45  # for `make grade` in a fresh handout, build included


def tool(context, name, *words, timeout=900):
    return run_process(context, [sys.executable, os.path.join(REPO, "tools", name), *words], timeout=timeout)


def table_of_mistakes(mutants):
    """How the table of docs/teaching.md differs from the wrong solutions that there are."""
    with open(os.path.join(REPO, "docs/teaching.md"), encoding="utf-8") as file:
        rows = dict(re.findall(r"^\| ([0-9]+) \| [^|\n]+ \| ([^|\n]+) \|$", file.read(), re.MULTILINE))
    found = [] if set(rows) == set(map(str, range(1, MISTAKES + 1))) else [f"docs/teaching.md: a row for each of {MISTAKES} mistakes, not for {', '.join(rows)}"]
    for number, tests in rows.items():
        seen = {f"{mutant.lab}/{mutant.test}" for mutant in mutants if mutant.number == number} or {"not shown"}
        if set(tests.split(", ")) != seen:
            found.append(f"docs/teaching.md: mistake {number} is caught by {', '.join(sorted(seen))}, not by {tests}")
    return found


def sources():
    names = lab_names(REPO)
    labs = [load_lab(REPO, name) for name in names]
    found = markers.disagreements(REPO, names)
    yield Result("labs/markers", not found, "expected: a stub for each marked function, and a marker for each stub\nseen:     " + "\n          ".join(found))
    mutants = [mutant for name in names for mutant in wrong.mutants_of(REPO, name)]
    found = wrong.misplaced(REPO, mutants, {lab.name: {test.name for test in lab.tests} for lab in labs})
    for lab in labs:
        caught = {mutant.test for mutant in mutants if mutant.lab == lab.name}
        found += [f"lab {lab.name}: no wrong solution is for the test {test.name}" for test in lab.tests if test.name not in caught]
    found += table_of_mistakes(mutants)
    yield Result("labs/mutants", not found, "expected: each wrong solution at one place, for a test; one at least a test\nseen:     " + "\n          ".join(found))
    found = []
    for lab in labs:
        total = sum(test.points for test in lab.tests)
        if total != lab.points:
            found.append(f"lab {lab.name}: its tests give {total:g} points, not {lab.points}")
        found += [f"lab {lab.name}: needs {name}, which is no lab before it" for name in lab.needs if name not in COURSE[: COURSE.index(lab.name)]]
        if state.TYPES_SOURCE in lab.files:
            found.append(f"lab {lab.name}: hands out {state.TYPES_SOURCE}, which says how the grader reads memory")
        found += [f"lab {lab.name}: {test.name} has a program that is called like one that students hand in" for test in lab.tests if test.program in lab.programs]
        marked = {each.path for each in markers.all_marked(REPO) if lab.name in each.labs}
        found += [f"lab {lab.name}: {path} is marked, and is not among its files" for path in sorted(marked - set(lab.files))]
        if not os.path.exists(os.path.join(lab.folder, "README.md")):
            found.append(f"lab {lab.name}: no README.md")
    yield Result("labs/definitions", not found, "expected: labs whose numbers add up\nseen:     " + "\n          ".join(found))


def git(context, folder, *words):
    return run_process(context, ["git", "-C", folder, *words]).stdout.decode()


def handout(context, lab):
    """The tree alone: `make mutants` builds and grades it."""
    name = f"labs/handout/{lab}"
    folder = context.scratch("handout", lab)
    shutil.rmtree(folder, ignore_errors=True)
    done = tool(context, "handout", lab, folder)
    yield Result(name, done.status == 0, done.failure("a handout", f"status {done.status}"))
    if done.status != 0:
        return
    lines = markers.solution_lines(REPO, lab)
    yield Result(f"{name}/removes", len(lines) >= 3, f"expected: a lab that removes something\nseen:     {len(lines)} lines that are found nowhere else")
    left = markers.traces(folder, lines)
    files = [line for line in git(context, folder, "ls-files").splitlines()]
    left += [path for path in files if re.search(r"stubs/|mutants|planted", path)]
    for path in files:
        if path.endswith(markers.SOURCES):
            with open(os.path.join(folder, path), encoding="utf-8") as file:
                left += [f"{path}: {line}" for line in re.findall(r".*// lab\(.*", file.read())]
    yield Result(f"{name}/no-trace", not left, "expected: no line of the solution, no marker, no wrong solution\nseen:     " + "\n          ".join(left[:20]))
    # Does the search find a line that is there, and several that are too short alone? They are planted as a student's friend might leave them.
    planted = os.path.join(folder, "docs/planted.md")
    line = next(where for line, where in lines.items() if "\n" not in line).partition(": ")[2]
    short = next((run for run in lines if "\n" in run and all(len(each.split()) < markers.LINE_TOKENS for each in run.split("\n"))), None)
    with open(planted, "w", encoding="utf-8") as file:
        file.write(f"Try this:\n\n   {line}  // friend\n\n(gdb) list\n91\t  {line}\n")
        for number, each in enumerate((short or "").split("\n"), start=92):
            file.write(f"{number}\t    {each}\n\n")
    found = markers.traces(folder, lines)
    os.unlink(planted)
    places = [f"docs/planted.md:{number}:" for number in ([3, 6, 7] if short else [3, 6])]
    right = len(found) == len(places) and all(any(each.startswith(place) for each in found) for place in places)
    yield Result(f"{name}/search", right, f"expected: {', '.join(places)} found\nseen:     {found}")
    history = git(context, folder, "rev-list", "--all").split()
    status = git(context, folder, "status", "--porcelain")
    yield Result(f"{name}/history", len(history) == 1 and not status, f"expected: one commit, nothing changed\nseen:     {len(history)} commits\n{indent(status)}")


def dead_links(folder, path):
    with open(os.path.join(folder, path), encoding="utf-8") as file:
        targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", file.read())
    return [target for target in targets if not os.path.exists(os.path.join(folder, os.path.dirname(path), target))]


def fresh(context):
    """One handout from end to end: `make grade` in it; and again, twice at once, with its tests and tools edited by the student."""
    name = "labs/fresh"
    folder = context.scratch("fresh")
    shutil.rmtree(folder, ignore_errors=True)
    done = tool(context, "handout", LAB, folder)
    if done.status != 0:
        yield Result(name, False, done.failure("a handout", f"status {done.status}"))
        return
    lab = load_lab(REPO, LAB)
    out = os.path.join(folder, "results.json")
    environment = {key: value for key, value in os.environ.items() if key not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    # (Processor seconds: what else this machine does is not the grader's time.)
    timed = ["bash", "-c", 'TIMEFORMAT="cpu %U %S"; time make -C "$0" grade JSON="$1"', folder, out]
    first = run_process(context, timed, timeout=900, environment=environment)
    yield from fresh_verdict(f"{name}/grade", first, out, lab)
    spent = re.findall(rb"^cpu ([0-9.]+) ([0-9.]+)$", first.stderr, re.MULTILINE)
    seconds = sum(map(float, spent[-1])) if spent else 0
    yield Result(
        f"{name}/time",
        0 < seconds <= 2 * SECONDS,
        first.failure(f"an answer within {SECONDS} s on two processors, so at most {2 * SECONDS} s of theirs", f"{seconds:.0f} s"),
    )
    with open(os.path.join(folder, "labs", LAB, "lab.py"), "a", encoding="utf-8") as file:
        file.write("\nfor each in LAB.tests:\n    each.run = lambda t: None\n")
    with open(os.path.join(folder, "tools/lab/trial.py"), "a", encoding="utf-8") as file:
        file.write("\nTrial.run = lambda self: None\n")
    with open(os.path.join(folder, "labs/lab.h"), "a", encoding="utf-8") as file:
        file.write("\n#error never read\n")
    first_test = lab.tests[0]
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        words = ["make", "-C", folder, "grade", f"TEST={first_test.name}"]
        beside = pool.submit(run_process, context, words, timeout=900, environment=environment)
        edited = run_process(context, ["make", "-C", folder, "grade", f"JSON={out}"], timeout=900, environment=environment)
    yield from fresh_verdict(f"{name}/edited-tests", edited, out, lab)
    score, other = f"0 of {first_test.points:g} points", beside.result()
    right = other.status != 0 and score.encode() in other.stdout
    yield Result(f"{name}/at-once", right, other.failure(f"{score}, and a status other than 0", f"status {other.status}\n{show(other.stdout, 4000)}"))
    dead = [f"{path}: {link}" for path in git(context, folder, "ls-files", "*.md").splitlines() for link in dead_links(folder, path)]
    yield Result(f"{name}/links", not dead, "expected: every link of the handout's texts leads to one of its files\nseen:     " + "\n          ".join(dead))


def fresh_verdict(name, done, out, lab):
    try:
        with open(out, encoding="utf-8") as file:
            tests = json.load(file)["tests"]
        os.unlink(out)
    except (OSError, ValueError) as error:
        yield Result(name, False, done.failure("results.json", repr(error) + "\n" + show(done.stdout)))
        return
    score = sum(test["score"] for test in tests)
    right = done.status != 0 and score == lab.fresh and len(tests) == len(lab.tests)
    yield Result(name, right, done.failure(f"{lab.fresh:g} points of {len(lab.tests)} tests, and a status other than 0", f"{score:g} points, status {done.status}"))
    wordless = [test["name"] for test in tests if test["status"] == "failed" and not all(word in test["output"] for word in ("rule", "expected", "seen", "gdb"))]
    yield Result(f"{name}/messages", not wordless, f"expected: what was expected, what was seen, which rule broke, how to see it under GDB\nseen:     not so for {wordless}")


def reference(context):
    name = "labs/reference"
    out, xml_out = context.scratch("labs", "results.json"), context.scratch("labs", "results.xml")
    done = tool(context, "grade", "--build", context.path("grade"), "--json", out, "--junit", xml_out)
    yield Result(name, done.status == 0, done.failure("full points, and status 0", f"status {done.status}\n{show(done.stdout, 6000)}"))
    with open(out, encoding="utf-8") as file:
        tests = json.load(file)["tests"]
    suite = xml.etree.ElementTree.parse(xml_out).getroot()
    same = [test["status"] for test in tests] == ["failed" if case.find("failure") is not None else "passed" for case in suite]
    yield Result(f"{name}/reports", same and len(tests) > 0, f"expected: the same tests in results.json and in JUnit's XML\nseen:     {len(tests)} and {len(suite)}")


def quick(context):
    done = tool(context, "mutants", "--quick", "--build", context.path("grade"), timeout=1500)
    yield Result("labs/wrong-solutions", done.status == 0, done.failure("every one caught", f"status {done.status}\n{show(done.stdout, 4000)}"))
    only = next(mutant for mutant in wrong.mutants_of(REPO, LAB))
    done = tool(context, "mutants", f"{only.lab}/{only.test}: {only.name}", "--most-seconds", "0", "--build", context.path("grade"))
    right = done.status == 1 and b"1 of 1 wrong solutions caught" in done.stdout and b"of at most 0" in done.stdout
    yield Result("labs/wrong-solutions/late", right, done.failure("one caught, but too late: status 1", f"status {done.status}\n{show(done.stdout, 4000)}"))


# Ways to have the compiler, or the assembler, read a file of the grader's machine.
READERS = {
    "includes": '#include "/etc/hostname"',
    "includes-above": '#include "../../../../etc/hostname"',
    "includes-by-macro": '#define NAME "/etc/hostname"\n#include NAME',
    "comments-first": '/* a\n */ # /* b */ include "/etc/hostname"',
    "digraph": '%:include "/etc/hostname"',
    "splits": '#inc\\ \nlude "/etc/hostname"',
    "quotes": '#line 1 "/etc/hostname"\nint x = ;',
    "assembles": 'asm(".incbin \\"/etc/hostname\\"");',
    "assembles-pieces": 'asm(".inc" "bin \\"/etc/hostname\\"");',
    "assembles-pasted": '#define WORD(a, b) a##b\nWORD(as, m)(".inc" "bin \\"/etc/hostname\\"");',
    "section": '[[gnu::section(".x\\n.inc" "bin \\"/etc/hostname\\"\\n")]] int x;',
    "attribute": '__attribute__((section(".x\\n.inc" "bin \\"/etc/hostname\\"\\n"))) int x;',
}


# What the grader would read wrongly if it believed a submission how the kernel's processes lie in memory.
LIES = """
namespace kine {
struct Process {
  int zombie, pid, parent;
  char name[16];
  unsigned frame, root;
};
struct ProcessTable {
  Process* slots_[1];
};
Process false_process;
ProcessTable false_table;
}
"""


def submissions(context):
    """A folder of them: a right one, and those that try something."""
    name = "labs/grade-all"
    folder = context.scratch("submissions")
    shutil.rmtree(folder, ignore_errors=True)
    lab = load_lab(REPO, "fork")
    for each in ("right", "linked", "syntax", "lacks", "makefile", "lies", "lies-and-fails", "macro-in-header", *READERS):
        for path in lab.files:
            stage.write_if_changed(os.path.join(folder, each, path), stage.read(os.path.join(REPO, path)))
    source = lab.files[0]

    def add(each, text):
        with open(os.path.join(folder, each, source), "a", encoding="utf-8") as file:
            file.write(text)

    os.unlink(os.path.join(folder, "linked", source))
    os.symlink(os.path.join(REPO, source), os.path.join(folder, "linked", source))
    for each, text in READERS.items():
        add(each, f"\n{text}\n")
    add("syntax", "\nint x = ;\n")
    for path in lab.files:
        stage.write_if_changed(os.path.join(folder, "lies-and-fails", path), markers.with_stubs(REPO, path, lab.name).encode())
    for each in ("lies", "lies-and-fails"):
        add(each, LIES)
    header = next(path for path in lab.files if path.endswith(".hh"))
    with open(os.path.join(folder, "macro-in-header", header), "a", encoding="utf-8") as file:
        file.write("\n#define zombie pid\n")
    os.unlink(os.path.join(folder, "lacks", source))
    trap = context.scratch("trap")
    with open(os.path.join(folder, "makefile", "Makefile"), "w", encoding="utf-8") as file:
        file.write(f"$(shell touch {trap})\nall:\n\ttouch {trap}\n")
    done = tool(context, "grade-all", folder, "--lab", "fork", "--build", context.path("grade"))
    rows = {row["submission"]: row for row in csv.DictReader(io.StringIO(done.stdout.decode()))}
    expected = {
        "right": ("12", "graded"), "makefile": ("12", "graded"), "linked": ("0", "refused"), "syntax": ("0", "does not build"), "lacks": ("0", "refused"),
        "lies": ("12", "graded"), "lies-and-fails": ("0", "graded"), "macro-in-header": ("0", "refused"),
        **dict.fromkeys(READERS, ("0", "refused")),
    }  # fmt: skip
    for each, (points, status) in expected.items():
        row = rows.get(each, {})
        right = row.get("points") == points and row.get("status", "").startswith(status)
        yield Result(f"{name}/{each}", right, done.failure(f"{points} points, {status}", row))
    yield Result(f"{name}/executes-nothing", not os.path.exists(trap), "expected: no makefile of a submission runs\nseen:     it ran")


PACK_LAB = '''
def add(lab):
    @lab.test(points=2, rule="a test of a pack", visibility="hidden", program="packed")
    def packed(t):
        t.reach(1)
        t.page("a page", t.pattern(5), t.process(1), t.REGION)

    @lab.test(points=3, rule="a test of a pack that must fail", visibility="after_due_date", program="packed")
    def packed_wrongly(t):
        t.reach(1)
        t.page("a page", t.pattern(6), t.process(1), t.REGION)
'''
# Its machine stands, started and in the middle of its run, until those of other gradings do, too.
TOGETHER_LAB = '''
import os, time

HERE, GRADINGS, SECONDS = {folder!r}, {gradings}, 600

def add(lab):
    @lab.test(points=1, rule="several gradings run at once", program="packed")
    def together(t):
        t.reach(1)
        with open(os.path.join(HERE, str(t.guest.process.pid)), "w"):
            pass
        end = time.monotonic() + SECONDS
        while len(os.listdir(HERE)) < GRADINGS and time.monotonic() < end:
            time.sleep(0.05)
        t.equal("machines that stand at this checkpoint", GRADINGS, len(os.listdir(HERE)))
        t.reach(2)
        t.page("a page", t.pattern(7), t.process(1), t.REGION)
'''
PACK_PROGRAM = '''
#include "lab.h"

LAB_PROGRAM {
  lab_fill(lab_map(LAB_REGION, 1, PROT_READ | PROT_WRITE, MAP_PRIVATE), 5);
  checkpoint(1);
  lab_fill(LAB_REGION, 7);
  checkpoint(2);
}
'''
GRADINGS = 3


def pack(context):
    """More tests from another folder; two gradings that are started at once in one place; and several that run at once."""
    name = "labs/pack"
    folder, out = context.scratch("pack"), context.scratch("labs", "pack.json")
    stage.write_if_changed(os.path.join(folder, "fork/lab_more.py"), PACK_LAB.encode())
    stage.write_if_changed(os.path.join(folder, "fork/tests/packed.c"), PACK_PROGRAM.encode())
    words = ["fork", "--build", context.path("grade-pack"), "--only", "packed", "--only", "packed_wrongly", "--only", "inherits", "--json", out, "--tests", folder]
    done = tool(context, "grade", *words)
    with open(out, encoding="utf-8") as file:
        seen = {test["name"]: (test["score"], test["max_score"], test["visibility"]) for test in json.load(file)["tests"]}
    expected = {"fork: inherits": (1, 1, "visible"), "fork: packed": (2, 2, "hidden"), "fork: packed_wrongly": (0, 3, "after_due_date")}
    yield Result(name, seen == expected and done.status == 1, done.failure(f"{expected}, and status 1", f"{seen}, and status {done.status}"))
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        words = ["fork", "--build", context.path("grade-pack"), "--only", "inherits"]
        both = list(pool.map(lambda _: tool(context, "grade", *words), range(2)))
    wrong = [each for each in both if each.status != 0]
    yield Result(f"{name}/one-folder", not wrong, wrong[0].failure("two gradings that pass, one after the other", show(wrong[0].stdout)) if wrong else "")
    here, together = context.scratch("together"), context.scratch("together-pack")
    shutil.rmtree(here, ignore_errors=True)
    os.makedirs(here)
    stage.write_if_changed(os.path.join(together, "fork/lab_together.py"), TOGETHER_LAB.format(folder=here, gradings=GRADINGS).encode())
    stage.write_if_changed(os.path.join(together, "fork/tests/packed.c"), PACK_PROGRAM.encode())

    def grade_apart(i):
        build = context.scratch(f"grade-together-{i}")
        shutil.rmtree(build, ignore_errors=True)
        shutil.copytree(context.path("grade-pack"), build)  # built already, so that this tests gradings and not compilers
        return tool(context, "grade", "fork", "--build", build, "--only", "together", "--only", "inherits", "--tests", together)

    with concurrent.futures.ThreadPoolExecutor(GRADINGS) as pool:
        all_of_them = list(pool.map(grade_apart, range(GRADINGS)))
    for i, each in enumerate(all_of_them):
        yield Result(f"{name}/at-once/{i}", each.status == 0, each.failure("a grading that passes while others are in the middle of theirs", show(each.stdout, 4000)))


FORGED_LAB = '''
def add(lab):
    @lab.test(points=1, rule="the program goes on after a fault", program="forged")
    def forged(t):
        t.reach(1)
        t.reach(2)

    @lab.test(points=1, rule="nobody can tell when a checkpoint comes", program="forged")
    def unforeseen(t):
        t.reach(1)
        calls = set()
        for _ in range(8):
            t.reach(3 if calls else 2)
            calls.add(t.registers["rcx"] >> 61)
        t.true("different numbers of calls before checkpoints", len(calls) > 1, calls)
'''
# The program tells the kernel more than any program would: the nonce, in rcx. And there is code in it that stops the machine elsewhere.
FORGED_PROGRAM = """
#include "lab.h"

__attribute__((noinline)) static void elsewhere(void) { __asm__ volatile("outb %al, %dx\\n\\tnop\\n\\tnop"); }

LAB_PROGRAM {
  unsigned char *page = lab_map(LAB_REGION, 1, PROT_READ | PROT_WRITE, MAP_PRIVATE);
  if (lab_nonce == 1) elsewhere();
  checkpoint(1);
  __asm__ volatile("movq %0, (%1)" : : "c"(lab_nonce), "r"(page) : "memory");
  checkpoint(2);
  for (;;) checkpoint(3);
}
"""
# A kernel that does not answer the fault, but has the processor go on where the machine stops, with what a checkpoint has in its registers.
FORGER = """
  if (address.value == 0x600000000000) {
    Registers& regs = scheduler.current()->context.regs;
    for (uint64_t at = 0x401000; at < 0x405000; ++at) {
      Result<std::byte*> code = reach({at}, Access::kRead);
      if (!code || __builtin_memcmp(*code, "BYTES", 3) != 0) continue;
      regs.rip = at;
      regs.rax = 1;
      regs.rbx = 2;
      regs.rdx = 0x505;
      return FaultVerdict::kZeroed;
    }
  }
"""


def forged(context):
    """Kernels that stop the machine as if they were the test's program."""
    name = "labs/forged"
    pack, tree = context.scratch("forged-pack"), context.scratch("forger")
    stage.write_if_changed(os.path.join(pack, "fault/lab_forged.py"), FORGED_LAB.encode())
    stage.write_if_changed(os.path.join(pack, "fault/tests/forged.c"), FORGED_PROGRAM.encode())
    source, head = "kernel/mm/fault.cc", "FaultVerdict AddressSpace::fault(VirtAddr address, Access access) {\n"
    lab, text = load_lab(REPO, "fault"), stage.read(os.path.join(REPO, source)).decode()
    for each, code, points, seen in (
        ("honest", None, 2, ""),
        ("kernel", "", 0, "the kernel wrote to the checkpoint's port"),
        ("elsewhere", r"\xee\x90\x90", 0, "where no program of this lab does that"),
        ("at-the-checkpoint", r"\xee\x0f\x1f", 0, "in rcx, from what was written to its memory"),
    ):
        for path in lab.files:
            stage.write_if_changed(os.path.join(tree, path), stage.read(os.path.join(REPO, path)))
        if code is not None:
            forged_code = FORGER.replace("BYTES", code) if code else "  if (address.value == 0x600000000000) out8(0x505, 1);\n"
            forger = '#include "task/scheduler.hh"\n' + text.replace(head, head + forged_code)
            stage.write_if_changed(os.path.join(tree, source), forger.encode())
        words = ["fault", "--tree", tree, "--build", context.path("grade-pack"), "--tests", pack, "--only", "forged", "--only", "unforeseen"]
        done = tool(context, "grade", *words)
        right = f"{points} of 2 points" in done.stdout.decode() and seen in done.stdout.decode()
        yield Result(f"{name}/{each}", right, done.failure(f"{points} of 2 points; {seen}", show(done.stdout, 4000)))


def jobs(context):
    sys.dont_write_bytecode = True
    steps = [("labs/sources", sources, 1), ("labs/fresh", lambda: fresh(context), 90), ("labs/reference", lambda: reference(context), 60)]
    steps += [("labs/pack", lambda: pack(context), 30), ("labs/forged", lambda: forged(context), 30), ("labs/wrong-solutions", lambda: quick(context), 60), ("labs/grade-all", lambda: submissions(context), 40)]
    steps += [(f"labs/handout/{lab}", lambda lab=lab: handout(context, lab), 3) for lab in lab_names(REPO)]
    for name, run, weight in steps:
        if context.matches(name):
            yield Job(name, run, weight)
