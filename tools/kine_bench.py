"""Runs bench on Kine and on Linux in the same QEMU under the same flags, and makes tables of what it says.

Owns the form of a result (build/bench.json, tests/budget.json):

    {"machine": [QEMU and its flags], "compiler": …, "qemu": …, "linux": the kernel's own version, or None and "no_linux": why not,
     "what": {key: words}, "goals": {key: [must, aims]}, "children": live children of a parent with 1 GiB, on Kine,
     "runs": {"kine": {key: {"median": …, "least": …, "most": …, "operations": …, "events": {name: count} or None}}, "kine-pages": …}}

Must never compare what was not counted in instructions: a run whose loop of known length does not take its length is an error.
"""

import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

from kine_archive import Archive
from kine_qemu import REPO, qemu_command

MEMORY = "3G"  # a parent of 1 GiB, a child that copies all of it, and the rest
MAX_PAGES = 262144
CHILDREN = 10000

# The committed result: the counts that the tests hold Kine to, the document that shows them, and its picture.
BUDGET = os.path.join(REPO, "tests/budget.json")
NUMBERS = os.path.join(REPO, "docs/numbers.md")
PLOT = os.path.join(REPO, "docs/fork-cost.svg")

# The runs, and the words for each machine's kernel.
KINE = {"kine": "fork=tree", "kine-pages": "fork=pages", "kine-eager": "fork=eager"}
LINUX = {"linux": "transparent_hugepage=never", "linux-thp": "transparent_hugepage=always"}
LINUX_WORDS = "nokaslr norandmaps tsc=reliable mitigations=off console=ttyS0 quiet loglevel=0 reboot=t rdinit=/bin/bench"
LOOP, LOOP_KEY = 1000001, "calibration"


class BenchError(Exception):
    """There is no result, and why."""


def parse_rows(text, who):
    """The rows that `bench --tsv` printed, and (words, goals) of each."""
    lines = [line.rstrip("\r").split("\t") for line in text.splitlines() if line.strip()]
    if not lines or lines[0][:3] != ["key", "what", "median"] or any(len(line) != len(lines[0]) for line in lines):
        raise BenchError(f"{who}: expected the table that bench --tsv prints\nseen: {text[-2000:]!r}")
    names, rows, about = lines[0], {}, {}
    for line in lines[1:]:
        row = dict(zip(names, line))
        key = row.pop("key")
        about[key] = (row.pop("what"), [int(row.pop("must")), int(row.pop("aims"))])
        numbers = {name: int(row.pop(name)) for name in ("median", "least", "most", "operations")}
        numbers["events"] = None if "-" in row.values() else {name: int(count) for name, count in row.items()}
        rows[key] = numbers
    loop = rows.get(LOOP_KEY, {}).get("median", 0)
    if not LOOP <= loop <= LOOP + 10:
        raise BenchError(f"{who}: a loop of {LOOP} instructions took {loop} ticks: a tick is not an instruction here")
    return rows, about


def run_kine(build, words, max_pages=MAX_PAGES, timeout=1800):
    command = [os.path.join(REPO, "tools/run"), "--build", build, "-n", "--icount", "-m", MEMORY, "--timeout", str(timeout), "--append", words]
    done = subprocess.run([sys.executable, *command, "bench", "--tsv", str(max_pages)], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if done.returncode != 0:
        raise BenchError(f"Kine with {words}: status {done.returncode}\n{done.stderr.decode(errors='replace')}")
    return done.stdout.decode(errors="replace")


def run_linux(build, kernel, words, max_pages=MAX_PAGES, timeout=1800):
    """The same two files as the whole of a Linux system: bench is its process 1."""
    with tempfile.TemporaryDirectory(prefix="kine-bench-") as folder:
        files = Archive()
        files.add_folder("/bin")
        for name in ("bench", "tiny"):
            files.add(os.path.join(build, "user/bin", name), f"/bin/{name}")
        files.write(os.path.join(folder, "initrd"))
        out = os.path.join(folder, "out")
        boot = ["-kernel", kernel, "-initrd", os.path.join(folder, "initrd"), "-append", f"{LINUX_WORDS} {words} -- --tsv {max_pages}"]
        command = qemu_command(boot, memory=MEMORY, icount=True, extra=["-serial", f"file:{out}"])
        if shutil.which("setpriv"):
            command = ["setpriv", "--pdeathsig", "KILL", *command]
        try:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout, check=False)
        except subprocess.TimeoutExpired:
            raise BenchError(f"Linux with {words}: no end after {timeout} s") from None
        if done.returncode != 0:
            raise BenchError(f"Linux with {words}: QEMU ended with {done.returncode}\n{done.stdout.decode(errors='replace')}")
        with open(out, encoding="utf-8", errors="replace") as file:
            return file.read()


def run_children(build):
    """How many live children a parent of 1 GiB has in 1.5 GiB; it stops at CHILDREN."""
    program = os.path.join(build, "tests/guest/many")
    command = [sys.executable, os.path.join(REPO, "tools/run"), "--build", build, "-n", "-m", "1536M", "--timeout", "1800", "--with", f"{program}:/bin/many"]
    done = subprocess.run([*command, "many", "1024", str(CHILDREN)], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    match = re.match(rb"(\d+) of \d+ children lived at once, (\d+) of them saw", done.stdout)
    if match is None or match.group(1) != match.group(2):
        raise BenchError(f"tests/guest/many: status {done.returncode}, {done.stdout!r}\n{done.stderr.decode(errors='replace')}")
    return int(match.group(1))


# Which Linux ---------------------------------------------------------------------------------------------------------------


def linux_version(path):
    """What a bzImage calls itself (Linux's Documentation/arch/x86/boot.rst: kernel_version)."""
    try:
        with open(path, "rb") as file:
            head = file.read(1 << 16)
    except OSError as error:
        raise BenchError(f"{path}: {error.strerror}") from None
    if head[0x202:0x206] != b"HdrS":
        raise BenchError(f"{path}: not a Linux kernel (bzImage)")
    at = int.from_bytes(head[0x20E:0x210], "little") + 0x200
    return head[at : head.index(b"\0", at)].decode(errors="replace")


def find_linux(named=None):
    """(path of a kernel, None) or (None, why there is none). Debian's package is unpacked below build/, not installed."""
    named = named or os.environ.get("LINUX")
    if named:
        linux_version(named)
        return named, None
    if shutil.which("apt-cache") is None:
        return None, "only Debian and its kin have the package linux-image-amd64; LINUX=FILE names another vmlinuz"
    asked = subprocess.run(["apt-cache", "depends", "--important", "linux-image-amd64"], capture_output=True, text=True, check=False)
    match = re.search(r"Depends: (linux-image-\S+)", asked.stdout)
    if match is None:
        return None, "apt-cache knows no package linux-image-amd64; LINUX=FILE names a vmlinuz"
    fetch = [os.path.join(REPO, "tools/fetch-package"), "--only", "boot", match.group(1)]
    fetched = subprocess.run(fetch, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    found = glob.glob(os.path.join(fetched.stdout.strip(), "boot/vmlinuz-*")) if fetched.returncode == 0 else []
    if not found:
        return None, (fetched.stderr.strip() or f"{match.group(1)} has no boot/vmlinuz-*") + "; LINUX=FILE names a vmlinuz"
    return found[0], None


def first_line(command):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.split("\n")[0]
    except OSError:
        return "unknown"


def compiler(build):
    """The one that built `build`: the first lines of the file of flags that make keeps."""
    try:
        with open(os.path.join(build, "flags"), encoding="utf-8") as file:
            return file.readlines()[1].strip()
    except (OSError, IndexError):
        return "unknown"


def empty_result(build):
    machine = qemu_command([], memory=MEMORY, icount=True)
    return {
        "machine": ["qemu-system-x86_64", *machine[1:]], "compiler": compiler(build), "qemu": first_line([machine[0], "--version"]),
        "linux": None, "no_linux": None, "what": {}, "goals": {}, "children": None, "runs": {},
    }  # fmt: skip


# Tables --------------------------------------------------------------------------------------------------------------------

PLOT_ONLY = ("calibration", "fork-1", "fork-16", "fork-256")
WRITERS = ("cycle-4096", "write-1", "write-8", "write-64", "write-512", "write-4096")


def cell(result, run, key):
    row = result["runs"].get(run, {}).get(key)
    return f"{row['median']:,}" if row else "–"


def ratio(result, run, key):
    ours, theirs = (result["runs"].get(name, {}).get(key) for name in ("kine", run))
    if not ours or not theirs or not ours["median"]:
        return "–"
    times = theirs["median"] / ours["median"]
    return f"{times:,.0f}" if times >= 10 else f"{times:.1f}"


def verdict(median, must, aims):
    return "" if not must else "aim" if median <= aims else "must" if median <= must else "MISSED"


def table(head, rows):
    align = ["---" if number == 0 else "--:" for number in range(len(head))]
    return "".join("| " + " | ".join(line) + " |\n" for line in [head, align, *rows])


def main_table(result):
    rows = []
    for key, row in result["runs"]["kine"].items():
        if key in PLOT_ONLY or key.startswith("write-"):
            continue
        must, aims = result["goals"][key]
        linux, times = cell(result, "linux", key), ratio(result, "linux", key)
        if key == "message" and result["linux"]:
            linux, times = f"pipe: {cell(result, 'linux', 'pipe')}", f"{result['runs']['linux']['pipe']['median'] / row['median']:,.0f}"
        goals = [f"{must:,}", f"{aims:,}"] if must else ["–", "–"]
        rows.append([result["what"][key], f"{row['median']:,}", linux, times, cell(result, "linux-thp", key), *goals, verdict(row["median"], must, aims)])
    if result["children"]:
        count = result["children"]
        rows.append([f"live children of a 1 GiB parent in 1.5 GiB (asked for: {CHILDREN:,})", f"{count:,}", "–", "–", "–", "5,000", "10,000", "aim" if count >= 10000 else "must" if count >= 5000 else "MISSED"])
    return table(["operation", "Kine", "Linux", "times", "Linux, THP", "must", "aims at", "reached"], rows)


RUN_NAMES = {"kine": "Kine, tree", "kine-pages": "Kine, pages", "kine-eager": "Kine, eager", "linux": "Linux", "linux-thp": "Linux, THP"}


def strategies_table(result, keys, first="operation"):
    runs = [run for run in RUN_NAMES if run in result["runs"]]
    rows = [[result["what"][key], *(cell(result, run, key) for run in runs)] for key in keys if key in result["what"]]
    return table([first, *(RUN_NAMES[run] for run in runs)], rows)


def crossover(result):
    """Where the tree loses: one sentence for each of the other strategies."""
    text = ""
    for run in ("kine-pages", "kine-eager"):
        other = result["runs"].get(run)
        if not other:
            continue
        lost = [key for key in WRITERS if key in other and result["runs"]["kine"][key]["median"] > other[key]["median"]]
        where = f"loses to it in: {'; '.join(result['what'][key] for key in lost)}" if lost else "is cheaper in every row"
        text += f"- Against `fork={run[5:]}`, the tree {where}.\n"
    each = result["runs"]["kine"]["write-4096"]["median"] / 4096
    return text + f"- With the tree, a child that writes everything costs {each:,.0f} instructions a page in all.\n"


def events_table(result):
    """One measured window of each row: what happened besides instructions."""
    counted = {key: row for key, row in result["runs"]["kine"].items() if row["events"] and key not in PLOT_ONLY}
    names = list(next(iter(counted.values()))["events"]) if counted else []
    rows = []
    for key, row in counted.items():
        what = result["what"][key] + (f" ({row['operations']:,} of them)" if row["operations"] > 1 else "")
        rows.append([what, *(f"{row['events'][name]:,}" if row["events"][name] else "·" for name in names)])
    return table(["operation", *(name.replace("-", " ") for name in names)], rows)


def markdown(result):
    """The tables, as they stand in build/bench.md and docs/numbers.md."""
    linux = f"Linux: `{result['linux']}`, `{LINUX_WORDS}`, with `transparent_hugepage=never`, and `=always` where THP stands." if result["linux"] else f"No column for Linux: {result['no_linux']}."
    loops = ", ".join(f"{RUN_NAMES[run]} {rows[LOOP_KEY]['median']:,}" for run, rows in result["runs"].items())
    return f"""\
Guest instructions, medians. {linux} Both run the same two files, `user/bin/bench` and `user/bin/tiny`, in the same machine:

```
{' '.join(result['machine'])}
```

{result['qemu']}; Kine by {result['compiler']}. The unit: a loop of {LOOP:,} instructions took: {loops}.

{main_table(result)}
*times*: how many times as much Linux takes. Of *must* and *aims at*, *reached* names the better one.

## Fork, by strategy

{strategies_table(result, [key for key in result['what'] if key.startswith(('fork-', 'cycle-')) and key != 'fork-exec'])}
## A child that writes

The whole life of a child: fork, its writes to a parent's 4,096 touched pages, its end, the parent's wait.

{strategies_table(result, WRITERS)}
{crossover(result)}
## Events on Kine

Of one measured window of each row (of so many operations, if more than one). A flush forgets the whole TLB; each load of CR3 is one.

{events_table(result)}"""


BEGIN, END = "<!-- tools/bench --update writes from here -->\n", "<!-- to here -->\n"


def with_tables(text, result):
    """docs/numbers.md with this result's tables between its two marks."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise BenchError("docs/numbers.md has lost its marks")
    return before + BEGIN + "\n" + markdown(result) + "\n" + END + after


def plot(data, out):
    """The picture is matplotlib's, which may belong to the system's python3 and not to the first one in PATH."""
    said = []
    for python in dict.fromkeys([sys.executable, "/usr/bin/python3"]):
        if not shutil.which(python):
            continue
        done = subprocess.run([python, os.path.join(REPO, "tools/plot-bench"), data, out], capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return
        said.append(f"{python}: {done.stderr.strip()}")
    raise BenchError("no plot: " + "\n".join(said))
