"""The page of a trace, in a real Chromium: clicks, keys, search, links, light and dark; what it draws against what the kernel counted; and 100,000
events, which must not make it slow."""

import json
import os
import re
import sys

import kine_trace
from kine_qemu import REPO
from suite.browser import Browser, BrowserError
from suite.core import Job, Result, run_process, show

READY = "document.documentElement.dataset.ready === 'yes'"
# Generous: the machine may be busy. Alone on it a step takes some 15 ms, a jump over 100,000 events less than a second.
LOAD_SECONDS, STEP_MILLISECONDS, JUMP_MILLISECONDS, SEARCH_MILLISECONDS, MOST_ELEMENTS = 120, 250, 15000, 8000, 4000


class Page:
    """A browser with a page in it, and the results of what was checked there."""

    def __init__(self, browser, path, name, again):
        self.browser, self.path, self.name, self.again, self.results = browser, path, name, again, []

    def open(self, link=""):
        self.browser.open("about:blank")
        self.browser.open(f"file://{self.path}{link}")
        self.browser.wait(READY)

    def run(self, script, *arguments):
        return self.browser.run(script, *arguments)

    def at(self):
        return self.run("return kine.at")

    def check(self, what, seen, expected):
        text = f"expected: {show(repr(expected))}\nseen:     {show(repr(seen))}\nagain:    {self.again}"
        self.results.append(Result(f"{self.name}/{what}", seen == expected, text))

    def quiet(self):
        self.check("no-complaints", self.browser.complaints(), [])


def draw(context, trace, program, name):
    """Makes the page; its path."""
    path = context.scratch("trace", name + ".html")
    done = run_process(context, [sys.executable, os.path.join(REPO, "tools/trace/draw"), trace, "-o", path, "--program", program], timeout=300)
    if done.status != 0:
        raise BrowserError(done.failure("a page", f"status {done.status}"))
    return path


def with_page(context, trace, program, name, visit):
    """Results of visit(page)."""
    again = f"tests/run -k '{name}'"
    try:
        path = draw(context, trace, program, name.replace("/", "-"))
        with Browser() as browser:
            page = Page(browser, path, name, again)
            page.open()
            visit(page)
            page.quiet()
            browser.screenshot(context.scratch("trace", name.replace("/", "-") + ".png"))
            return page.results
    except BrowserError as error:
        return [Result(f"{name}/browser", False, f"{error}\nagain:    {again}")]


# Getting about --------------------------------------------------------------------------------------------------------------


def clicks(page):
    begin, last = page.at(), page.run("return kine.last")
    page.check("opens-at-the-program", begin, page.run("return kine.about.start"))
    for button, expected in (("forth", begin + 1), ("forth", begin + 2), ("back", begin + 1), ("end", last), ("back", last - 1), ("begin", begin)):
        page.browser.click(f"#{button}")
        page.check(f"click-{button}-to-{expected - begin if expected < last - 1 else 'end'}", page.at(), expected)
    page.check("address-bar", page.run("return location.hash"), f"#event={begin}")
    page.browser.click("#list .row:nth-child(8)")
    page.check("click-in-the-list", page.at(), page.run("return Number(document.querySelector('#list .row:nth-child(8)').dataset.number)"))
    page.browser.click("#play")
    page.browser.wait(f"kine.at > {page.at()}")
    page.browser.click("#play")
    page.check("play-and-pause", page.run("return kine.playing"), None)


def keys(page):
    page.run("document.activeElement.blur()")
    page.browser.press("Home")
    begin, last = page.at(), page.run("return kine.last")
    steps = [(["ArrowRight"], False, begin + 1), (["j", "j"], False, begin + 3), (["k", "ArrowLeft"], False, begin + 1), (["ArrowRight"], True, begin + 11),
             (["ArrowLeft"], True, begin + 1), (["PageDown"], False, begin + 21), (["End"], False, last), (["Home"], False, begin)]  # fmt: skip
    for pressed, shift, expected in steps:
        page.browser.press(*pressed, shift=shift)
        page.check(f"key-{'shift-' * shift}{'-'.join(pressed)}", page.at(), expected)
    kinds = "return kine.trace.events[kine.at].event"
    for key, expected in (("m", ["mark"]), ("f", ["fault"]), ("p", ["fork", "exec", "exit"])):
        page.browser.press(key)
        page.check(f"key-{key}", page.run(kinds) in expected, True)
    page.browser.press("c")
    page.check("key-c", page.run("return document.querySelectorAll('#tree .copy').length > 0"), True)
    page.browser.press(" ")
    page.check("key-space-plays", page.run("return kine.playing !== null"), True)
    page.browser.press(" ")
    page.browser.press("?")
    page.check("key-?-explains", page.run("return document.getElementById('keys').open"), True)
    page.browser.press("Escape")
    page.check("escape-closes", page.run("return document.getElementById('keys').open"), False)


def tab_order(page):
    """Everything can be reached by Tab, and shows that it was."""
    page.run("document.activeElement.blur(); window.scrollTo(0, 0)")
    reached, visible = set(), True
    for _ in range(40):
        page.browser.press("Tab")
        name, shown = page.run(
            "const e = document.activeElement; return [e.id || (e.dataset.pid ? 'process' : e.tagName), getComputedStyle(e).outlineStyle !== 'none']"
        )
        reached.add(name)
        visible = visible and (shown or name == "BODY")
    wanted = {"begin", "back", "play", "forth", "end", "speed", "slider", "search", "link", "theme", "help", "filter", "list", "tree-box", "process", "by-kind", "map-over"}
    page.check("tab-reaches-all", sorted(wanted - reached), [])
    page.check("focus-is-visible", visible, True)
    page.run("document.getElementById('map-over').focus()")
    page.browser.press("ArrowRight", "ArrowDown", "ArrowDown")
    page.check("map-by-keys", page.run("return document.getElementById('map-words').textContent.startsWith('Frame ' + kine.memory.cursor + ':')"), True)
    page.browser.press("Enter")
    page.check("map-chooses", page.run("return [kine.chosen === kine.memory.cursor, document.getElementById('chosen').hidden]"), [True, False])
    page.browser.press("Enter")


def search(page, marks):
    page.run("kine.go(0); document.activeElement.blur()")
    page.browser.press("/")
    page.browser.type("mark: ")
    page.check("search-finds", page.run("return document.getElementById('found').textContent"), f"{marks} found")
    page.browser.press("Enter")
    page.check("search-goes", page.run("return document.getElementById('title').textContent.startsWith('Mark: ')"), True)
    first = page.at()
    page.browser.press("Enter")
    page.check("search-goes-on", page.run("return [kine.at > arguments[0], document.getElementById('found').textContent]", first), [True, f"2 of {marks}"])
    page.browser.press("Enter", shift=True)
    page.check("search-goes-back", page.at(), first)
    page.browser.press("Escape")
    page.run("document.getElementById('search').value = ''; kine.search('')")


def links(page):
    page.open("#event=77")
    page.check("link", page.at(), 77)
    page.run("location.hash = '#event=78'")
    page.browser.wait("kine.at === 78")
    page.check("link-while-open", page.at(), 78)


def looks(page):
    ground = "return getComputedStyle(document.body).backgroundColor"
    page.browser.prefer("light")
    page.browser.wait("document.documentElement.dataset.theme === 'light'")
    light = page.run(ground)
    page.browser.prefer("dark")
    page.browser.wait("document.documentElement.dataset.theme === 'dark'")
    page.check("dark-is-darker", page.run(ground) != light, True)
    page.browser.click("#theme")
    page.check("switch", [page.run("return document.documentElement.dataset.theme"), page.run(ground)], ["light", light])
    # Not by colour alone.
    style = "return getComputedStyle(document.querySelector(arguments[0]))[arguments[1]]"
    page.check("readonly-is-dashed", page.run(style, ".legend .readonly", "strokeDasharray") != "none", True)
    page.check("writable-is-not", page.run(style, ".legend .writable", "strokeDasharray"), "none")
    page.check("patterns", [page.run(style, f"#tree .{name}", "fill").startswith("url(") for name in ("cow", "promise")], [True, True])
    page.browser.resize(520, 900)
    page.browser.wait("innerWidth <= 520")
    page.check("narrow", page.run("return document.documentElement.scrollWidth <= innerWidth"), True)
    page.browser.resize(1440, 900)


# What is drawn -----------------------------------------------------------------------------------------------------------------

# Goes to the first fault behind a mark, with all processes drawn.
TO_MARK = """
  const {events} = kine.trace;
  let number = events.findIndex((event) => event.event === "mark" && event.text === arguments[0]);
  while (events[number].event !== "fault") ++number;
  for (let pid = 1; pid < 40; ++pid) kine.forced.set(pid, true);
  kine.go(number);
  const strong = [...document.querySelectorAll("#strong li")].map((item) => item.textContent);
  return [strong.filter((text) => text.includes("is split")).length, strong.filter((text) => text.includes("R/W back")).length,
    document.querySelectorAll("#tree .copy").length, document.getElementById("title").textContent];
"""
WORDS = {"zeroed": "a promise is kept", "copied": "the page had two owners, so it was copied", "reused": "it is the last owner", "bad": "not allowed"}


def each_level(page, expected):
    for mark, (verdict, splits, copies, reuses, pages) in expected.items():
        # The page itself is given back, too, and copied.
        seen = page.run(TO_MARK, mark)
        wanted = [splits, reuses + (verdict == "reused"), copies + pages]
        page.check(f"{mark.replace(' ', '-')}", [*seen[:3], WORDS[verdict] in seen[3]], [*wanted, True])


# Every copy of the trace, drawn: arrows between pages, and between tables.
COUNT_COPIES = """
  for (let pid = 1; pid < 60; ++pid) kine.forced.set(pid, true);
  let pages = 0, tables = 0;
  for (let number = 0; number <= kine.last; ++number) {
    const counts = tally(kine.trace, number);
    if (counts[OP.copy] + counts[OP.share] === 0) continue;
    kine.go(number);
    const drawn = document.querySelectorAll("#tree .copy").length;
    tables += Math.min(drawn, counts[OP.share]);
    pages += drawn - Math.min(drawn, counts[OP.share]);
  }
  kine.go(kine.last);
  const said = (name) => document.getElementById("kernel-" + name).textContent;
  return [pages, tables, COUNTERS.filter((name) => !said(name).endsWith("✓")), document.getElementById("agreement").textContent];
"""


def copies(page, model):
    pages, tables, wrong, agreement = page.run(COUNT_COPIES)
    page.check("pages-drawn-as-copied", pages, model.said["pages_copied"])
    page.check("tables-drawn-as-copied", tables, model.said["tables_copied"])
    page.check("counts-agree", [wrong, agreement], [[], "Picture and kernel agree on every count."])


# Events that copy a table of descriptors: what is said of the first, and how many of them the key c stops at.
DESCRIPTORS = """
  const {trace} = kine, all = trace.events.map((_, number) => number).filter((number) => trace.events[number].event === "call" && tally(trace, number)[OP.copy]);
  kine.go(all[0]);
  return [titleOf(trace, all[0]), document.body.innerText.includes("its table of descriptors had another owner"), all.filter((number) => isCopy(trace, number)).length];
"""


def descriptors(page):
    """A call that copies a table of descriptors says so, and is no copy of a page or a page table."""
    title, shown, stops = page.run(DESCRIPTORS)
    page.check("descriptors", [re.sub(r"process \d+ calls \w+", "", title), shown, stops], [": its table of descriptors had another owner, since a fork, so it was copied", True, 0])


def back_and_forth(page):
    """Back to the beginning undoes everything: forwards again gives the same."""
    state = """
      const {model} = kine, sum = (array) => array.reduce((all, each, at) => (all * 31 + each * (at + 1)) % 1000000007, 7);
      const tables = [...model.tables].sort((a, b) => a[0] - b[0]).map(([frame, table]) => [frame, table.used, sum(table.entries)]);
      return JSON.stringify([sum(model.kind), sum(model.references), [...model.counters], [...model.processes.keys()], tables]);
    """
    page.run("kine.go(kine.last)")
    there = page.run(state)
    page.run("kine.go(0)")
    page.check("undone", page.run("return [kine.model.tables.size <= 1, kine.model.processes.size]"), [True, 0])
    page.run("kine.go(kine.last)")
    page.check("the-same-again", page.run(state) == there, True)


# Large ---------------------------------------------------------------------------------------------------------------------


def synthetic(path, events):
    """A trace of so many events: a process fills its memory page by page, forks, and both write everywhere, again and again."""
    pages, tables, frames = 512 * 40, 40, 512 * 40 * 2 + 400
    lines, count = [], 0
    with open(path, "w", encoding="utf-8") as file:

        def event(text, by=1):
            nonlocal count
            lines.append(f'{{"n":{count},"t":{count * 1000},"by":{by},{text}}}')
            count += 1
            if len(lines) > 10000:
                file.write("\n".join(lines) + "\n")
                lines.clear()

        def change(what, *words):
            lines.append(json.dumps({what: words[0] if what in ("free", "verdict", "gone") else words}))

        def put(table, index, frame, flags):
            change("set", table, index, f"{frame << 12 | flags:#x}")

        own, read_only, leaf = 0x27, 0x25, 0x8000000000000267
        upper = [1, 2, 3]  # the root, and the tables below it
        lower = list(range(4, 4 + tables))
        page = {at: 100 + at for at in range(pages)}
        event('"event":"call","number":-1', 0)
        change("memory", 1, frames)
        for table, kind in zip(upper, ("root", "table", "table")):
            change("take", table, kind)
        put(1, 172, 2, own)
        put(2, 0, 3, own)
        for at, table in enumerate(lower):
            change("take", table, "table")
            put(3, at, table, own)
        change("process", 1, 0, 1, "alive", "large")
        for at in range(pages):
            event(f'"event":"fault","address":"{0x560000000000 + (at << 12):#x}","error":6,"rip":"0x400000"')
            change("take", page[at], "page")
            put(lower[at // 512], at % 512, page[at], leaf)
            change("verdict", "zeroed")
        pid, free = 2, {100 + pages + at for at in range(pages)}
        while count + pages < events:
            child_upper, child_lower, copied = [90, 91, 92], {}, {}
            event(f'"event":"fork","child":{pid},"lend":0')
            change("take", 90, "root")
            put(1, 172, 2, read_only)
            put(90, 172, 2, read_only)
            change("process", pid, 1, 90, "alive", "large")
            for at in range(0, pages, 3):
                event(f'"event":"fault","address":"{0x560000000000 + (at << 12):#x}","error":7,"rip":"0x400000"', pid)
                if at == 0:
                    for level in (1, 2):
                        change("take", child_upper[level], "table")
                        change("share", upper[level], child_upper[level])
                        put(child_upper[level - 1], 172 if level == 1 else 0, child_upper[level], own)
                if at // 512 not in child_lower:
                    table = child_lower[at // 512] = 44 + at // 512
                    change("take", table, "table")
                    change("share", lower[at // 512], table)
                    put(92, at // 512, table, own)
                copy = copied[at] = free.pop()
                change("take", copy, "page")
                change("copy", page[at], copy)
                put(child_lower[at // 512], at % 512, copy, leaf)
                change("verdict", "copied")
            event(f'"event":"exit","pid":{pid},"status":0', pid)
            change("process", pid, 1, 0, "zombie", "large")
            event('"event":"call","number":-1', 0)
            for table in (*child_upper, *child_lower.values()):
                change("free", table)
            for copy in copied.values():
                change("free", copy)
            free.update(copied.values())
            event(f'"event":"wait","pid":{pid},"status":0')
            change("gone", pid)
            written = set()
            for at in range(0, pages, 5):
                event(f'"event":"fault","address":"{0x560000000000 + (at << 12):#x}","error":7,"rip":"0x400000"')
                if at == 0:
                    put(1, 172, 2, own)
                    put(2, 0, 3, own)
                if at // 512 not in written:
                    written.add(at // 512)
                    put(3, at // 512, lower[at // 512], own)
                put(lower[at // 512], at % 512, page[at], leaf)
                change("verdict", "reused")
            pid += 1
        while count < events:
            event(f'"event":"mark","text":"{events - count} to go"')
        file.write("\n".join(lines) + "\n")
    return count


MEASURE = """
  const times = [], clock = (work) => { const begin = performance.now(); work(); return performance.now() - begin; };
  const forth = clock(() => kine.go(kine.last)), back = clock(() => kine.go(0));
  kine.go(Math.floor(kine.last * 0.6));
  for (let step = 0; step < 60; ++step) times.push(clock(() => { kine.step(1); document.body.offsetHeight; }));
  times.sort((one, other) => one - other);
  const search = clock(() => kine.search("process 2 wrote"));
  kine.list.box.scrollTop = kine.list.box.scrollHeight / 2;
  kine.list.render();
  return [times[30], Math.max(forth, back), search, document.querySelectorAll("*").length, document.querySelectorAll("#list .row").length, kine.last + 1];
"""


def large(context, name):
    trace = context.scratch("trace", "large.jsonl")
    events = synthetic(trace, 100_000)
    again = f"tests/run -k '{name}'"
    problems = kine_trace.Model()
    try:
        for each in kine_trace.read_file(trace):
            problems.apply(each)
        path = context.scratch("trace", "large.html")
        done = run_process(context, [sys.executable, os.path.join(REPO, "tools/trace/draw"), "--anyway", trace, "-o", path], timeout=600)
        if done.status != 0:
            yield Result(f"{name}/draw", False, done.failure("a page", f"status {done.status}"))
            return
        with Browser() as browser:
            page = Page(browser, path, name, again)
            page.open()
            load = browser.run("return performance.now()") / 1000
            step, jump, search_time, elements, rows, seen = browser.run(MEASURE)
            page.quiet()
            browser.screenshot(context.scratch("trace", "large.png"))
    except (BrowserError, kine_trace.TraceError) as error:
        yield Result(f"{name}/browser", False, f"{error}\nagain:    {again}")
        return
    yield from page.results
    yield Result(f"{name}/events", seen == events, f"expected: {events} events\nseen:     {seen}")
    for what, value, limit, unit in (
        ("load", load, LOAD_SECONDS, "s"),
        ("step", step, STEP_MILLISECONDS, "ms, the median of 60 steps"),
        ("jump", jump, JUMP_MILLISECONDS, "ms for the slower of there and back"),
        ("search", search_time, SEARCH_MILLISECONDS, "ms"),
        ("elements", elements, MOST_ELEMENTS, "elements in the page"),
        ("rows", rows, 200, "rows of the list"),
    ):
        yield Result(f"{name}/{what}", value <= limit, f"expected: at most {limit} {unit}\nseen:     {value:.1f}\nagain:    {again}")


# How many pages the parent got back in the program's last part: its faults behind the last fork that found the last owner.
REUSED_BY_PARENT = """
  const {events} = kine.trace, last = events.findLastIndex((event) => event.event === "fork"), parent = events[last].by;
  return events.filter((event, number) => number > last && event.event === "fault" && event.by === parent && kine.trace.verdict(number) === "reused" &&
    event.address.startsWith("0x56")).length;
"""


def jobs(context, record, levels, expected):
    """`record(name, options)` makes a trace; `levels`: the options of the program whose marks `expected` explains."""

    def page_of_levels(name):
        _, trace = record(name.replace("/", "-"), levels)
        model = kine_trace.replay(kine_trace.read_file(trace))
        marks = sum(1 for event in kine_trace.read_file(trace) if event.kind == "mark")

        def visit(page):
            for part in (clicks, keys, tab_order):
                part(page)
            search(page, marks)
            links(page)
            each_level(page, expected)
            copies(page, model)
            back_and_forth(page)
            looks(page)

        return with_page(context, trace, "trace_levels", name, visit)

    def page_of_example(name):
        done, trace = record(name.replace("/", "-"), ["-m", "64M", "cow_example"])
        model = kine_trace.replay(kine_trace.read_file(trace))

        def visit(page):
            page.run("kine.go(kine.last)")
            count = "return Number(document.getElementById('count-' + arguments[0]).textContent.replaceAll(',', ''))"
            for counter in kine_trace.COUNTERS:
                page.check(counter, page.run(count, counter), model.said[counter])
            # What the program itself prints of its last lesson: "the kernel gave the parent the old one back (N times)".
            printed = int(re.search(rb"\((\d+) times\)", done.stdout)[1])
            descriptors(page)
            page.check("as-printed", page.run(REUSED_BY_PARENT), printed)

        return with_page(context, trace, "cow_example", name, visit)

    return [
        Job("trace/page", lambda: page_of_levels("trace/page"), 60.0),
        Job("trace/example-page", lambda: page_of_example("trace/example-page"), 60.0),
        Job("trace/large-page", lambda: large(context, "trace/large-page"), 60.0),
    ]
