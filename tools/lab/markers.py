"""Where the source of kernel and programs says what a lab removes, and what stands there instead.

A marker is a comment line right above a function: `// lab(cow)`, or `// lab(cow, tree)` for a function of both. It bounds that function: what leads up to
the body (the signature) stays, the body goes. In its place comes the stub of that lab: the function of the same signature in
labs/NAME/stubs/PATH, with the comment above it as the hint. A comment above the marker belongs to the specification, and stays.
"""

import functools
import os
import re
from dataclasses import dataclass

MARKER = re.compile(r"^([ \t]*)// lab\(([a-z]+(?:, [a-z]+)*)\)\n", re.MULTILINE)
FOLDERS = ("kernel", "arch", "user")
SOURCES = (".cc", ".hh", ".c", ".h")


class MarkerError(Exception):
    pass


def blank(text):
    """The text with comments and the contents of literals blanked; every character keeps its place."""
    pattern = re.compile(r"""//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])*'""", re.DOTALL)
    return pattern.sub(lambda match: re.sub(r"[^\n]", " ", match.group(0)), text)


def closing(code, at):
    """Where the brace or parenthesis that opens at `at` is closed."""
    depth = 0
    for i in range(at, len(code)):
        depth += code[i] in "({"
        depth -= code[i] in ")}"
        if depth == 0:
            return i
    raise MarkerError("a brace that nothing closes")


def body_of(code, start):
    """(begin, end) of the body of the function whose signature begins at `start`, braces included."""
    at = start
    while True:
        if at >= len(code) or code[at] in ";}":
            raise MarkerError("no function follows")
        if code[at] == "(":
            at = closing(code, at)
        elif code[at] == "{":
            return at, closing(code, at) + 1
        at += 1


def signature(text):
    """A function's head, however it is broken into lines."""
    return re.sub(r"\s+", " ", text).strip()


@dataclass
class Removed:
    path: str
    labs: tuple
    marker: tuple  # (begin, end) of the marker's line
    indent: str
    head: str  # the signature, as it stands
    body: tuple  # (begin, end)
    line: int

    @property
    def key(self):
        return self.path, signature(self.head)


def marked(text, path):
    """Each marked function of a file."""
    code, found = blank(text), []
    for match in MARKER.finditer(text):
        try:
            begin, end = body_of(code, match.end())
        except MarkerError as error:
            raise MarkerError(f"{path}:{text.count(chr(10), 0, match.start()) + 1}: {error} behind the marker") from None
        head = text[match.end() : begin]
        found.append(
            Removed(path, tuple(match.group(2).split(", ")), match.span(), match.group(1), head, (begin, end), text.count("\n", 0, match.start()) + 1)
        )
    return found


def source_files(top):
    for folder in FOLDERS:
        for where, _, names in os.walk(os.path.join(top, folder)):
            for name in sorted(names):
                if name.endswith(SOURCES):
                    yield os.path.relpath(os.path.join(where, name), top)


def read(top, path):
    with open(os.path.join(top, path), encoding="utf-8") as file:
        return file.read()


def all_marked(top):
    return [removed for path in source_files(top) for removed in marked(read(top, path), path)]


# Stubs ---------------------------------------------------------------------------------------------------------------------


@dataclass
class Stub:
    path: str  # of the file that it is for
    hint: str  # the comment lines above, as they stand
    head: str
    body: str

    @property
    def key(self):
        return self.path, signature(self.head)


def stubs_of(top, lab):
    """{(path, signature): Stub} of a lab."""
    folder = os.path.join(top, "labs", lab, "stubs")
    found = {}
    for where, _, names in os.walk(folder):
        for name in sorted(names):
            full = os.path.join(where, name)
            path = os.path.relpath(full, folder)
            with open(full, encoding="utf-8") as file:
                text = file.read()
            for stub in functions_of(text, path):
                if stub.key in found:
                    raise MarkerError(f"{os.path.relpath(full, top)}: two stubs for {stub.key[1]}")
                found[stub.key] = stub
    return found


def functions_of(text, path):
    """Each function of a file of stubs, with the comment right above it. A comment that a blank line follows is the file's own."""
    code, at = blank(text), 0
    while True:
        start = re.compile(r"\S").search(code, at)
        if start is None:
            return
        begin, end = body_of(code, start.start())
        lines = text[:start.start()].splitlines(keepends=True)
        hint = []
        while lines and lines[-1].lstrip().startswith("//"):
            hint.insert(0, lines.pop())
        yield Stub(path, "".join(hint), text[start.start() : begin], text[begin:end])
        at = end


def indented(text, indent):
    return "".join(indent + line if line.strip() else line for line in text.splitlines(keepends=True))


def with_stubs(top, path, lab):
    """A source as the handout of a lab has it: that lab's functions replaced by its stubs, and no marker left. lab None: only no markers."""
    text = read(top, path)
    stubs = stubs_of(top, lab) if lab else {}
    for removed in reversed(marked(text, path)):
        begin, end = removed.marker
        if lab in removed.labs:
            if removed.key not in stubs:
                raise MarkerError(f"{path}:{removed.line}: labs/{lab}/stubs has none for {removed.key[1]}")
            stub = stubs[removed.key]
            hint = indented(stub.hint, removed.indent)
            body = indented(stub.body, removed.indent)[len(removed.indent) :]
            text = text[: removed.body[0]] + body + text[removed.body[1] :]
            text = text[:begin] + hint + text[end:]
        else:
            text = text[:begin] + text[end:]
    return text


def disagreements(top, labs):
    """What is marked and has no stub, and what has a stub and is not marked."""
    wrong = []
    removed = all_marked(top)
    for each in removed:
        for lab in each.labs:
            if lab not in labs:
                wrong.append(f"{each.path}:{each.line}: there is no lab {lab}")
    for lab in labs:
        wanted = {each.key for each in removed if lab in each.labs}
        have = set(stubs_of(top, lab))
        wrong += [f"labs/{lab}/stubs/{path}: no stub for {head}" for path, head in sorted(wanted - have)]
        wrong += [f"labs/{lab}/stubs/{path}: {head} is not marked in {path}" for path, head in sorted(have - wanted)]
    return wrong


def pattern(text):
    """A regular expression that finds a piece of code however it is broken into lines."""
    tokens = re.findall(r"\w+|[^\w\s]", text)
    gaps = [r"\s+" if a[-1].isalnum() and b[0].isalnum() else r"\s*" for a, b in zip(tokens, tokens[1:])] + [""]
    return re.compile("".join(re.escape(token) + gap for token, gap in zip(tokens, gaps)))


# Is anything of a solution left? -------------------------------------------------------------------------------------------


LINE_TOKENS = 8  # a line with fewer is nobody's in particular; several in a row are
RUN_LINES, RUN_TOKENS = 3, 12


@functools.lru_cache(maxsize=1 << 16)
def tokens_of(line):
    """A line of code without what does not tell: spaces, comments."""
    return re.findall(r"\w+|[^\w\s]", re.sub(r"//.*", "", line))


def normalised(line):
    """None if it is too short to be anybody's in particular."""
    tokens = tokens_of(line)
    return " ".join(tokens) if len(tokens) >= LINE_TOKENS else None


def runs(text):
    """(number of the first line, the run) for each RUN_LINES lines that follow each other, apart from what has no word in it: braces, blank lines, comments. (What
    a debugger's listing, or a quotation, has in front of a line is none of it.)"""
    lines = [(number, tokens_of(re.sub(r"^\s*(?:\d+\s|[>|+] ?)", "", line))) for number, line in enumerate(text.splitlines(), start=1)]
    lines = [(number, tokens) for number, tokens in lines if any(token[0].isalnum() for token in tokens)]
    for i in range(len(lines) - RUN_LINES + 1):
        chosen = [tokens for _, tokens in lines[i : i + RUN_LINES]]
        if sum(map(len, chosen)) >= RUN_TOKENS:
            yield lines[i][0], "\n".join(map(" ".join, chosen))


def solution_lines(top, lab):
    """{normalised line, or run of lines: where} of the bodies that a lab removes, as far as none like it stays elsewhere in kernel and programs."""
    gone, stay = {}, set()
    for path in source_files(top):
        text = read(top, path)
        bodies = [each for each in marked(text, path) if lab in each.labs]
        keep = with_stubs(top, path, lab)
        stay.update(filter(None, map(normalised, keep.splitlines())))
        stay.update(run for _, run in runs(keep))
        for each in bodies:
            for line in text[each.body[0] : each.body[1]].splitlines():
                if normalised(line):
                    gone[normalised(line)] = f"{path}: {line.strip()}"
            gone |= {run: f"{path}: {run}" for _, run in runs(text[each.body[0] : each.body[1]])}
    return {line: where for line, where in gone.items() if line not in stay}


def traces(handout, lines):
    """Where a file of a handout holds one of these lines or runs of lines: in a source as a line; elsewhere also within one, as a transcript or a
    quotation has it."""
    found, single = [], [line for line in lines if "\n" not in line]
    for where, folders, names in os.walk(handout):
        folders[:] = [folder for folder in folders if folder not in (".git", "build")]
        for name in names:
            full = os.path.join(where, name)
            try:
                with open(full, encoding="utf-8") as file:
                    text = file.read()
            except (UnicodeDecodeError, OSError):
                continue
            quotes = os.path.relpath(full, handout).split(os.sep)[0] not in FOLDERS
            for number, line in enumerate(text.splitlines(), start=1):
                tokens = normalised(line)
                if tokens in lines or (quotes and tokens and any(each in tokens for each in single)):
                    found.append(f"{os.path.relpath(full, handout)}:{number}: {line.strip()}")
            found += [f"{os.path.relpath(full, handout)}:{number}: {run!r}" for number, run in runs(text) if run in lines]
    return found
