"""Where things are built for grading, apart from the tree that is graded.

Two trees. The *tests* tree holds only pristine files: the C library, the labs' programs, hidden packs. The *kernel* tree holds the pristine kernel and
programs with the submission's own files laid over them, and nothing else, so that nothing that a submission makes a compiler read says anything about the
tests. Of a
submission only the files that the lab names are taken; its Makefile, its tools and its tests are never looked at, and never executed.

Files are written only where they differ, so a second build compiles what has changed.
"""

import contextlib
import fcntl
import os
import re
import shutil
import stat
import subprocess
import tarfile
import tempfile

KERNEL_PARTS = ("Makefile", "linker.ld", "kernel", "arch", "libc", "user", "tests/build.mk", "labs/build.mk")
TESTS_PARTS = ("Makefile", "linker.ld", "kernel", "arch", "libc", "user", "tests/build.mk", "labs", "tools")
SEALED = "labs/pristine.tar.xz"  # a handout's own originals

FILE_LIMIT = 1 << 20
OUTPUT_LIMIT = 1 << 20  # of what a build says, as much is read
BUILD_SECONDS = 600


class StageError(Exception):
    """A tree that cannot be graded at all."""


class Refused(Exception):
    """A file of a submission that is not taken."""


class BuildFailed(Exception):
    def __init__(self, output):
        super().__init__("the kernel does not build")
        self.output = output


# Copying -------------------------------------------------------------------------------------------------------------------


def read(path):
    with open(path, "rb") as file:
        return file.read()


def write_if_changed(path, data, mode=0o644):
    try:
        if not os.path.islink(path) and read(path) == data:
            return
    except OSError:
        pass
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)
    os.chmod(path, mode)


def files_below(top, part):
    path = os.path.join(top, part)
    if os.path.isfile(path):
        yield part
    for where, folders, names in os.walk(path):
        folders[:] = sorted(folder for folder in folders if folder != "__pycache__")
        for name in sorted(names):
            yield os.path.relpath(os.path.join(where, name), top)


def sync(source, target, parts, keep=()):
    """Makes `target` hold these parts of `source`, and of them nothing else, but for what `keep` names."""
    wanted = [name for part in parts for name in files_below(source, part) if name != SEALED]
    for name in wanted:
        path = os.path.join(source, name)
        if name not in keep and os.path.isfile(path):
            write_if_changed(os.path.join(target, name), read(path), stat.S_IMODE(os.stat(path).st_mode))
    for name in [name for part in parts for name in files_below(target, part)]:
        if name not in wanted and name not in keep:
            os.unlink(os.path.join(target, name))


def unseal(handout, folder):
    """A handout's originals, unpacked below `folder`: the path."""
    target, names = os.path.join(folder, "pristine"), set()
    with tarfile.open(os.path.join(handout, SEALED)) as archive:
        for member in archive:
            if member.isreg() and not member.name.startswith("/") and ".." not in member.name.split("/"):
                names.add(member.name)
                write_if_changed(os.path.join(target, member.name), archive.extractfile(member).read(), member.mode)
    # (What is right stays as it is: another grading may be about to run from here.)
    for name in [name for part in os.listdir(target) if part != "build" for name in files_below(target, part) if name not in names]:
        os.unlink(os.path.join(target, name))
    return target


# What a submission may hand in ---------------------------------------------------------------------------------------------

# Nothing but the kernel's own headers may be read by the compiler, the assembler or what prints their messages: what they read could be printed. So of
# the preprocessor only what a kernel file needs is taken (`#line` names the file that a message quotes), and nothing of a file's own words reaches the
# assembler, where a string in pieces says what no search finds: no asm, and of attributes only those that take no text.
DIRECTIVE = re.compile(
    r'''\s*(?:include\s*(?:"(?!/)(?:(?!\.\.)[^"])*"|<(?!/)(?:(?!\.\.)[^>])*>)\s*(?:/[/*].*)?|pragma\s+(?:once|GCC\s+(?:unroll|diagnostic)\b.*)'''
    r"|(?:define|undef|if|ifdef|ifndef|elif|else|endif|error|warning)\b.*)?\s*"
)
# A header of a submission is read by files that are not, and by the one that says how memory is laid out (state.py): all must see the same in it, and it
# may change nothing in what they read besides. So it has no macros, no conditions, and nothing that tells who reads.
HEADER = re.compile(r"\s*(?:include|pragma)\b.*")
READER = re.compile(r"(?<!\w)(__FILE__|__BASE_FILE__|__FILE_NAME__|__INCLUDE_LEVEL__|__COUNTER__|__builtin_FILE|source_location)\b")
WORDS = (
    (re.compile(r"(?<![\w.])(asm|__asm|__asm__)\b|incbin|\.include"), "assembly (arch/ has what only it can say)"),
    (re.compile(r"(?<!\w)(__attribute|__attribute__|_Pragma)\b"), "an attribute or pragma in this form"),
    (re.compile(r"(?<!\w)_*(?:gnu|clang)_*\b(?!::(?:always_inline|noinline|cold|hot|flatten|pure|const|packed|unused|used)\b)"), "an attribute of this kind"),
)


def logical_lines(text):
    """With no line broken in two, and no digraph."""
    return re.sub(r"\\[ \t\f\v]*\r?\n", "", text).replace("%:", "#").split("\n")


def forbidden(text, original="", header=False):
    """What in a source is not taken, in words; None if there is nothing. The lines of the original are taken as they are."""
    known = set(logical_lines(original))
    lines = [line for line in logical_lines(text) if line not in known]
    text = "\n".join(lines)
    words = (*WORDS, (READER, "in a header something that tells who reads it")) if header else WORDS
    for pattern, what in words:
        if match := pattern.search(text):
            return f"{what}: '{match.group(0)}'"
    for line in lines:
        before, sign, rest = line.partition("#")
        # A directive's sign is the first thing of its line, but for comments. One can begin in a line above, and go on with what is defined there.
        directive = re.fullmatch(r"(?:.*\*/)?\s*", before)
        if sign and directive and not DIRECTIVE.fullmatch(rest):
            return f"the directive '#{rest.rstrip()[:80]}'"
        if sign and directive and header and not HEADER.fullmatch(rest):
            return f"in a header the directive '#{rest.rstrip()[:80]}'"
        if "##" in line and (directive or "*/" in before):
            return "a word put together by ##"
    return None


def submitted_file(tree, name, pristine):
    """The bytes of a file of a submission; None if it has none."""
    path = tree
    for part in name.split("/"):
        path = os.path.join(path, part)
        if os.path.islink(path):
            raise Refused(f"{name}: a symbolic link is not taken")
    if not os.path.exists(path):
        return None
    status = os.stat(path)
    if not stat.S_ISREG(status.st_mode):
        raise Refused(f"{name}: not a regular file")
    if status.st_size > FILE_LIMIT:
        raise Refused(f"{name}: {status.st_size} bytes, more than {FILE_LIMIT}")
    data = read(path)
    original = os.path.join(pristine, name)
    known = read(original).decode() if os.path.isfile(original) else ""
    what = forbidden(data.decode("utf-8", errors="replace"), known, header=name.endswith((".hh", ".h")))
    if what:
        raise Refused(f"{name}: {what} is not taken")
    return data


def lay_over(tree, target, names, pristine):
    """Takes these files of a submission. Returns those that it does not have. `pristine` has the originals."""
    missing = []
    for name in names:
        data = submitted_file(tree, name, pristine)
        if data is None:
            missing.append(name)
        else:
            write_if_changed(os.path.join(target, name), data)
    return missing


@contextlib.contextmanager
def alone(folder):
    """One grading at a time builds in a folder; others wait."""
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "lock"), "w", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


# Building ------------------------------------------------------------------------------------------------------------------


def end_session(process):
    """Ends what this process started in its session of its own, and nothing else."""
    os.killpg(process.pid, 15)  # make removes what it has made by half: the next build would take it as it is
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        process.wait()


def make(tree, targets, jobs, seconds=BUILD_SECONDS):
    """Runs make in a tree of ours. Returns its output; BuildFailed."""
    environment = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "CXX", "CC", "NASM")}
    command = ["make", "--no-print-directory", f"-j{jobs}", "BUILD=build", *targets]
    if shutil.which("prlimit"):  # what a submission makes a compiler do has an end
        command = ["prlimit", f"--as={4 << 30}", f"--cpu={seconds}", f"--fsize={256 << 20}", *command]
    # Into a file, which has that limit, too: what a compiler can be made to say without an end would fill this process's memory.
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(command, cwd=tree, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, env=environment, start_new_session=True)
        late = ""
        try:
            process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            late = f"\n(the build took more than {seconds} s)\n"
        finally:
            if process.poll() is None:
                end_session(process)
        output.seek(0)
        text = output.read(OUTPUT_LIMIT).decode(errors="replace") + late
    if late or process.returncode != 0:
        raise BuildFailed(text)
    return text


def build_tests(pristine, folder, labs, packs, jobs):
    """The tests tree, built: its path. `packs` are folders laid out as labs/ is: NAME/lab_PACK.py and NAME/tests/*.c."""
    target = os.path.join(folder, "tests")
    added = {}
    for pack in packs:
        for name in files_below(pack, "."):
            name = os.path.normpath(name)
            if os.path.exists(os.path.join(pristine, "labs", name)):
                raise StageError(f"{pack}: {name} is a file of the lab's own; a pack adds files")
            added[os.path.join("labs", name)] = os.path.join(pack, name)
    for name, path in added.items():
        write_if_changed(os.path.join(target, name), read(path))
    sync(pristine, target, TESTS_PARTS, keep=added)
    make(target, [f"build/labs/{lab}.cpio" for lab in labs], jobs)
    return target


def targets(labs):
    """What the kernel tree must build for these labs."""
    return ["build/kernel.elf", *sorted({f"build/user/bin/{name}" for lab in labs for name in lab.programs})]


def build_kernel(pristine, submission, folder, labs, jobs, seconds=BUILD_SECONDS):
    """The kernel tree, built, with the files of these labs as the submission has them: its path. BuildFailed, Refused."""
    names = sorted({name for lab in labs for name in lab.files})
    target = os.path.join(folder, "kernel")
    sync(pristine, target, KERNEL_PARTS, keep=set(names) if submission != pristine else ())
    if submission != pristine:
        missing = lay_over(submission, target, names, pristine)
        if missing:
            raise Refused(f"the submission lacks {', '.join(missing)}")
    make(target, targets(labs), jobs, seconds)
    return target
