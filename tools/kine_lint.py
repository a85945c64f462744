"""Static checks of the sources, each file once for as long as neither it, nor what it includes, nor the checks change.

Owns build/lint/: one stamp for each file that was clean, with a digest of all that the answer depended on.
"""

import concurrent.futures
import hashlib
import importlib.machinery
import importlib.util
import json
import os
import re
import shlex
import shutil
import subprocess
import tempfile
import threading
from dataclasses import dataclass

REPO = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SUPPRESSIONS = "tools/cppcheck.suppressions"
# clang-tidy's checks, beside those of .clang-tidy, by what is asked for.
CHECKS = {
    "tidy": "-clang-analyzer-*",
    "analyzer": "-*,clang-analyzer-*,-clang-analyzer-security.insecureAPI.vfork,-clang-analyzer-core.FixedAddressDereference",
}


@dataclass
class Found:
    """What a tool says of one file, or of one set of files."""

    name: str
    clean: bool
    detail: str
    again: str


@dataclass
class Set:
    """Files that are looked at in one way."""

    name: str
    prefixes: tuple
    leave_out: str = r"(?!)"  # a pattern


# GoogleTest's macros unfold to so much that a test file takes ten times as long as one of the kernel: `make lint` looks at those, too.
QUICK = (
    Set("kernel", ("kernel/",)),
    Set("arch", ("arch/",)),
    Set("libc", ("libc/",)),
    Set("user", ("user/",)),
    Set("host", ("tests/host/", "tests/fuzz/"), r"_test\.cc$"),
)
WHOLE = (*QUICK, Set("host-tests", ("tests/host/",), r"(?<!_test)\.cc$"))
# The analyzer follows paths through a function: through the macros of a test, for minutes each.
ANALYZED = QUICK[:4]

# Of cppcheck: folders, and what they are compiled with.
CPPCHECK = {
    "kernel": ("kernel arch", "--std=c++20 -Ikernel -Iarch/x86_64 -Iarch"),
    "user": ("user libc", "--std=c11 -Ilibc/include -Ikernel/abi -Iuser -Iuser/servers"),
    "host": (
        "tests/host tests/fuzz",
        "--std=c++20 --library=googletest -DKINE_INDEX_BITS=9 -DKINE_LEVELS=4 -Itests/host/machine -Itests/host -Ikernel -Iarch",
    ),
}


def need(tool):
    if not shutil.which(tool):
        raise SystemExit(f"lint: there is no {tool}; make setup installs it")


def digest(*parts):
    total = hashlib.sha256()
    for part in parts:
        total.update(part.encode() if isinstance(part, str) else part)
        total.update(b"\0")
    return total.hexdigest()


def contents(path):
    with open(os.path.join(REPO, path), "rb") as file:
        return file.read()


class Lint:
    def __init__(self, build):
        self.build = build
        self.lock = threading.Lock()
        self.database = None
        self.configuration = digest(*(contents(path) for path in (".clang-tidy", "user/.clang-tidy", "libc/.clang-tidy", "tools/kine_lint.py")))

    # --- the compilations ---

    def compilations(self):
        """{file: the words of its compilation by clang}, as the makefiles have them; a folder with them for clang-tidy."""
        with self.lock:
            if self.database is None:
                need("clang++")
                loader = importlib.machinery.SourceFileLoader("compile_commands", os.path.join(REPO, "tools/compile-commands"))
                module = importlib.util.module_from_spec(importlib.util.spec_from_loader("compile_commands", loader))
                loader.exec_module(module)
                environment = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
                words = ["make", "-Bnwk", "V=1", f"BUILD={self.build}", "CXX=clang++", "CC=clang", "HOST_CXX=clang++", "all", "test-programs"]
                made = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=REPO, env=environment, text=True, check=False)
                database = {}
                for entry in module.compilations(made.stdout, REPO):
                    database.setdefault(entry["file"], entry)
                if not database:
                    raise SystemExit(f"lint: make named no compilation: {made.stderr[-500:]}")
                os.makedirs(self.path("."), exist_ok=True)
                with open(self.path("compile_commands.json"), "w", encoding="utf-8") as file:
                    json.dump(list(database.values()), file, indent=1)
                self.database = {name: entry["arguments"] for name, entry in database.items()}
            return self.database

    def files(self, chosen):
        return sorted(name for name in self.compilations() if name.startswith(chosen.prefixes) and not re.search(chosen.leave_out, name))

    # --- stamps ---

    def path(self, *parts):
        return os.path.join(self.build, "lint", *parts)

    def state(self, compilation, dependencies):
        return digest(self.configuration, shlex.join(compilation), *(contents(path) for path in dependencies))

    def known_clean(self, stamp, compilation):
        try:
            with open(stamp, encoding="utf-8") as file:
                state, *dependencies = file.read().splitlines()
            return state == self.state(compilation, dependencies)
        except (OSError, ValueError):
            return False

    def note_clean(self, stamp, compilation):
        """With every file of the repository that the compilation reads."""
        words = [word for word in compilation if word not in ("-MD", "-MMD", "-MP", "-c", "-S")]
        for option in {"-o", "-MF", "-MT"} & set(words):
            at = words.index(option)
            words[at : at + 2] = []
        rule = subprocess.run([*words, "-M"], stdout=subprocess.PIPE, cwd=REPO, text=True, check=True).stdout
        paths = {os.path.relpath(os.path.join(REPO, word), REPO) for word in shlex.split(rule.split(":", 1)[1].replace("\\\n", " "))}
        inside = sorted(path for path in paths if not path.startswith(".."))
        os.makedirs(os.path.dirname(stamp), exist_ok=True)
        with open(stamp, "w", encoding="utf-8") as file:
            file.write("\n".join([self.state(compilation, inside), *inside]) + "\n")

    # --- the tools ---

    def tidy(self, name, kind="tidy"):
        """clang-tidy on one file. `kind`: of CHECKS."""
        need("clang-tidy")
        compilation = self.compilations()[name]
        stamp = self.path(kind, name + ".ok")
        words = ["clang-tidy", "--quiet", "--warnings-as-errors=*", f"--checks={CHECKS[kind]}", "-p", os.path.relpath(self.path("."), REPO), name]
        again = shlex.join(words)
        if self.known_clean(stamp, compilation):
            return Found(name, True, "", again)
        done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=REPO, text=True, check=False)
        clean = done.returncode == 0 and "warning:" not in done.stdout
        if clean:
            self.note_clean(stamp, compilation)
        return Found(name, clean, done.stdout or done.stderr, again)

    def cppcheck(self, name):
        """cppcheck on one set of folders; it keeps what it found of files that are as they were."""
        need("cppcheck")
        folders, options = CPPCHECK[name]
        folder = self.path("cppcheck", name)
        os.makedirs(folder, exist_ok=True)
        words = ["cppcheck", "--quiet", "--enable=warning,performance,portability", "--error-exitcode=1", f"--suppressions-list={SUPPRESSIONS}"]
        again = shlex.join([*words, *shlex.split(options), *folders.split()])
        # (A list of files, since a folder's would have what is not in the repository.)
        files = subprocess.run(["git", "ls-files", *folders.split()], stdout=subprocess.PIPE, cwd=REPO, text=True, check=True).stdout.split()
        with tempfile.NamedTemporaryFile("w", prefix="kine-lint-", suffix=".txt") as listed:
            listed.write("".join(f"{path}\n" for path in files if path.endswith((".c", ".cc"))))
            listed.flush()
            command = [*words, *shlex.split(options), f"--cppcheck-build-dir={folder}", f"--file-list={listed.name}"]
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=REPO, text=True, check=False)
        return Found(f"cppcheck/{name}", done.returncode == 0, done.stdout + done.stderr, again)


def run(build, sets, kind, jobs):
    """All of it, several at a time. `kind`: of CHECKS; cppcheck too, unless it is the analyzer's turn."""
    lint = Lint(build)
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        waiting = [pool.submit(lint.cppcheck, name) for name in CPPCHECK] if kind == "tidy" else []
        waiting += [pool.submit(lint.tidy, name, kind) for chosen in sets for name in lint.files(chosen)]
        for future in waiting:
            yield future.result()
