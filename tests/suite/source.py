"""Rules about the source itself: which folder may include which, and how long things may be."""

import importlib.machinery
import importlib.util
import os
import re

from kine_qemu import REPO
from suite.core import Job, Result

# A folder includes only itself and what stands left of it. debug/ stands beside: it sees base, mm and task; syscall/ and main see it.
ORDER = ["base", "mm", "task", "ipc", "syscall", "main"]
DEBUG_SEES = {"base", "mm", "task", "debug"}
SEES_DEBUG = {"debug", "syscall", "main"}
# What the rest of the kernel may know of the CPU, and what the CPU's part may know of the rest.
ARCH_HEADERS = {"machine.hh", "pte.hh"}
ANYONE = {"abi", "boot_info.hh"}
ARCH_SEES = {"base", "mm", "task", "debug"}  # debug: where a fault of the kernel itself is reported

LINES_IN_ALL = 7000
LINES_IN_FILE = 400
LINES_IN_FUNCTION = 60
ASSEMBLY_PERCENT = 8
# Each server is one loop that a student can read.
LINES_IN_SERVER = {"user/servers/console": 700, "user/servers/files": 1500, "user/servers/pipes": 400, "user/servers/hello.c": 80, "user/servers/mailbox.c": 100}

SOURCES = (".cc", ".hh", ".c", ".h", ".asm")


def sources(*folders):
    for folder in folders:
        for where, _, names in os.walk(os.path.join(REPO, folder)):
            for name in sorted(names):
                if name.endswith(SOURCES):
                    yield os.path.relpath(os.path.join(where, name), REPO)


def read(path):
    with open(os.path.join(REPO, path), encoding="utf-8") as file:
        return file.read()


# Layers --------------------------------------------------------------------------------------------------------------------


def layer_of(path):
    """base, mm, … for a file of kernel/; main for the files that lie in kernel/ itself; arch for the CPU's part."""
    parts = path.split("/")
    if parts[0] == "arch":
        return "arch"
    return parts[1] if len(parts) > 2 else "main"


def resolve(path, name):
    """The file that an include means, relative to the repository; None for a header of the compiler."""
    for folder in (os.path.dirname(path), "kernel", "arch/x86_64", "kernel/abi", "arch", "."):
        candidate = os.path.normpath(os.path.join(folder, name))
        if os.path.exists(os.path.join(REPO, candidate)):
            return candidate
    return None


def allowed(path, target):
    layer, wanted = layer_of(path), layer_of(target)
    name = os.path.basename(target)
    if target.split("/")[1] in ANYONE:
        return True
    if layer == "arch":
        return wanted == "arch" or wanted in ARCH_SEES
    if wanted == "arch":
        return name in ARCH_HEADERS
    if wanted == "debug":
        return layer in SEES_DEBUG
    if layer == "debug":
        return wanted in DEBUG_SEES
    return layer in ORDER and wanted in ORDER and ORDER.index(wanted) <= ORDER.index(layer)


def layering():
    wrong = []
    for path in sources("kernel", "arch"):
        for number, line in enumerate(read(path).splitlines(), start=1):
            match = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
            target = resolve(path, match.group(1)) if match else None
            if target and target.split("/")[0] in ("kernel", "arch") and not allowed(path, target):
                wrong.append(f"{path}:{number}: {layer_of(path)} must not include {target}")
    yield Result(
        "source/layering",
        not wrong,
        "expected: base ← mm ← task ← ipc ← syscall ← main, and arch only through "
        + " and ".join(sorted(ARCH_HEADERS))
        + "\nseen:\n  "
        + "\n  ".join(wrong),
    )


# Length --------------------------------------------------------------------------------------------------------------------


def blank_comments(text, assembly=False):
    """The text with comments and the contents of literals blanked; line breaks stay."""
    if assembly:
        return re.sub(r";[^\n]*", "", text)
    pattern = re.compile(r"""//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])*'""", re.DOTALL)

    def blank(match):
        word = match.group(0)
        if word.startswith("/"):
            return re.sub(r"[^\n]", " ", word)
        return word[0] + "_" * (len(word) - 2) + word[-1]

    return pattern.sub(blank, text)


def code_lines(path):
    return sum(1 for line in blank_comments(read(path), path.endswith(".asm")).splitlines() if line.strip())


NO_FUNCTION = re.compile(r"^\s*(template\s*<.*>\s*)?(typedef\s+)?(inline\s+)?(namespace|class|struct|union|enum|extern\b[^(]*$|concept)\b")


def functions(path):
    """(line, code lines) of each function body: a brace whose statement has parentheses, outside of any other function."""
    text = blank_comments(read(path))
    text = re.sub(r"^[ \t]*#(?:[^\n\\]|\\\n|\\.)*", lambda match: re.sub(r"[^\n]", " ", match.group(0)), text, flags=re.MULTILINE)
    depth, start, statement = 0, None, 0
    for at, char in enumerate(text):
        if char in ";{}" and start is None:
            head = text[statement:at]
            if char == "{" and "(" in head and not NO_FUNCTION.match(head.strip()) and not re.search(r"=\s*$", head):
                start, outer = at, depth
            statement = at + 1
        if char == "{":
            depth += 1
        elif char == "}":
            depth -= 1
            if start is not None and depth == outer:
                body = text[start : at + 1]
                yield text.count("\n", 0, start) + 1, sum(1 for line in body.splitlines() if line.strip())
                start, statement = None, at + 1


def budgets():
    lines = {path: code_lines(path) for path in sources("kernel", "arch")}
    total, assembly = sum(lines.values()), sum(count for path, count in lines.items() if path.endswith(".asm"))
    yield Result("source/lines", total <= LINES_IN_ALL, f"expected: at most {LINES_IN_ALL} lines of code in kernel/ and arch/\nseen:     {total}")
    percent = 100 * assembly / max(1, total)
    yield Result(
        "source/assembly",
        percent <= ASSEMBLY_PERCENT,
        f"expected: at most {ASSEMBLY_PERCENT} % assembly\nseen:     {percent:.1f} % ({assembly} of {total} lines)",
    )
    for server, most in LINES_IN_SERVER.items():
        parts = {path: code_lines(path) for path in sources("user/servers") if path == server or path.startswith(server + "/")}
        size = sum(parts.values())
        yield Result(f"source/{server}", 0 < size <= most, f"expected: at most {most} lines of code in {server}\nseen:     {size}")
        lines |= parts
    long_files = [f"{path}: {count}" for path, count in lines.items() if count > LINES_IN_FILE]
    yield Result(
        "source/file-length", not long_files, f"expected: at most {LINES_IN_FILE} lines of code in a file\nseen:     " + "\n          ".join(long_files)
    )
    long_functions = [
        f"{path}:{line}: {count}"
        for path in lines
        if not path.endswith(".asm")
        for line, count in functions(path)
        if count > LINES_IN_FUNCTION
    ]
    yield Result(
        "source/function-length",
        not long_functions,
        f"expected: at most {LINES_IN_FUNCTION} lines of code in a function\nseen:     " + "\n          ".join(long_functions),
    )


# Mistakes to plant ---------------------------------------------------------------------------------------------------------


def mutants():
    """tests/host/mutants takes long, so it runs seldom; what it changes must be found in the sources all the same."""
    loader = importlib.machinery.SourceFileLoader("mutants", os.path.join(REPO, "tests/host/mutants"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("mutants", loader))
    loader.exec_module(module)
    wrong = module.misplaced()
    seen = "\n          ".join(wrong)
    yield Result("source/mutants", not wrong, f"expected: the text that each mistake of tests/host/mutants changes, at one place\nseen:     {seen}")


def jobs(context):
    for name, run in (("source/layering", layering), ("source/budgets", budgets), ("source/mutants", mutants)):
        if context.matches(name):
            yield Job(name, run, weight=0.5)
