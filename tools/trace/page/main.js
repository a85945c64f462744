"use strict";
// The page: one event at a time, shown as words, trees and memory; and all ways to get to another.

const PALETTE = {  // after Okabe and Ito: told apart by colour-blind eyes, too
  light: ["#0072b2", "#d55e00", "#009e73", "#8a5db8", "#b07d00", "#56a0d3", "#c2568f", "#5c6b00"],
  dark: ["#56b4e9", "#ff9a4d", "#2fc69b", "#c79bf2", "#f0c649", "#8fd0ff", "#ee8fc0", "#b9cc4f"],
};
const SPEEDS = [1, 3, 10, 50, 250];
const byId = (id) => document.getElementById(id);

async function unpack(text) {
  const packed = Uint8Array.from(atob(text), (each) => each.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).json();
}

class App {
  constructor(trace, about) {
    this.trace = trace;
    this.about = about;
    this.model = new Model(trace);
    this.last = trace.events.length - 1;
    this.at = -1;
    this.chosen = -1;
    this.hidden = null;   // pids that the reader took out of, or put into, the drawing
    this.forced = new Map();
    this.list = new EventList(byId("list"), trace, (number) => this.go(number));
    this.tree = new TreeView(byId("tree"), byId("tree-note"), (frame) => this.choose(frame));
    this.memory = new MemoryView(byId("map"), byId("map-over"), (frame) => this.choose(frame), (frame) => this.sayFrame(frame));
    this.playing = null;
    this.speed = 1;
    this.matches = [];
    this.theme();
    this.memory.lay(trace.frames);
    this.controls();
    byId("what").textContent = about.program || about.name;
    document.title = `${about.program || about.name} – a trace of Kine`;
    byId("slider").max = this.last;
  }

  // --- where ---

  go(number, link = true) {
    number = Math.max(0, Math.min(this.last, Math.floor(number)));
    if (number === this.at) return;
    this.model.go(number - 1);
    const tell = teller(this.model);
    this.told = this.notice(number, tell);
    this.model.go(number, this.told.tell);
    this.at = number;
    this.show();
    if (link) history.replaceState(null, "", `#event=${number}`);
  }

  // What the event changes is noted while it is applied.
  notice(number, tell) {
    const touched = new Map(), frames = new Set(), copied = [], pages = new Set();
    const touch = (frame, index) => {
      if (!touched.has(frame)) touched.set(frame, new Set());
      if (index !== undefined) touched.get(frame).add(index);
      frames.add(frame);
    };
    const both = (op, a, b, c) => {
      tell(op, a, b, c);
      if (op === OP.set) {
        touch(a, b);
        const table = this.model.tables.get(a);
        if (table.level === 0) {
          for (const frame of [entryFrame(table.entries[b]), entryFrame(c)]) if (frame && pages.size < 12) pages.add(frame);
          if (entryFrame(c)) frames.add(entryFrame(c));
        }
      }
      if (op === OP.fill) touch(a);
      if (op === OP.take || op === OP.free) frames.add(a);
      if (op === OP.share || op === OP.copy) {
        copied.push([a, b]);
        touch(a);
        touch(b);
      }
    };
    return {tell: both, teller: tell, lines: tell.lines, touched, frames, copied, pages};
  }

  // --- showing ---

  show() {
    const event = this.trace.events[this.at], processes = [...this.model.processes.values()].sort((one, other) => one.pid - other.pid);
    this.order = processes;
    this.owner = this.model.ownership(processes);
    const shown = processes.filter((process) => this.isShown(process, event));
    shown.push(...this.looseRoots(event));
    const marks = this.marks(event);
    this.sayEvent(event);
    this.tree.render(this.model, shown, this.owner, this.colours, marks, this.chosen);
    this.memory.render(this.model, this.owner, this.colours);
    this.memory.highlight({frames: marks.frames, copied: marks.copied}, this.colours);
    this.sayProcesses(processes, new Set(shown.map((process) => process.pid)));
    this.sayCounters();
    this.sayChosen();
    this.list.show(this.at);
    byId("slider").value = this.at;
    byId("position").textContent = `${this.at.toLocaleString("en")} of ${this.last.toLocaleString("en")}`;
    byId("slider").setAttribute("aria-valuetext", titleOf(this.trace, this.at));
  }

  // A fault shows its page even where nothing changed.
  marks(event) {
    const {touched, frames, copied} = this.told, pages = new Set(this.told.pages);
    if (event.address) {
      const root = event.root || (this.model.processes.get(event.by) || {}).root, path = root ? this.model.walk(root, BigInt(event.address)) : [];
      const last = path[path.length - 1];
      if (last && last.level === 0 && last.entry & PRESENT) {
        pages.add(entryFrame(last.entry));
        frames.add(entryFrame(last.entry));
      }
    }
    if (this.chosen >= 0 && this.model.kind[this.chosen] === KIND.page) pages.add(this.chosen);
    return {touched, frames, copied, pages};
  }

  // Until the reader says otherwise: the program's family; before it runs, whom the event is about.
  isShown(process, event) {
    if (this.forced.has(process.pid)) return this.forced.get(process.pid);
    if (process.pid === event.by || process.pid === event.pid || process.pid === event.child) return true;
    const family = this.about.family, own = this.model.processes.get(event.by);
    if (!family && own && process.pid === own.parent) return true;
    for (let each = process; each; each = this.model.processes.get(each.parent)) if (each.pid === family) return true;
    return false;
  }

  // Trees that the event is about and no process has: the new image of an exec, or the memory of one that ended.
  looseRoots(event) {
    const found = new Set();
    const belongs = (frame) => this.model.kind[frame] === KIND.root && !this.model.processOf(frame);
    for (const frame of [event.root, ...this.told.touched.keys()]) if (frame && belongs(frame)) found.add(frame);
    return [...found].map((root) => ({pid: 0, name: "no process's yet", root, loose: true}));
  }

  sayEvent(event) {
    const box = byId("words"), text = titleOf(this.trace, this.at, this.told.teller.owners);
    byId("title").textContent = capital(text);
    const facts = [`event ${this.at}`, `after ${event.t.toLocaleString("en")} ns`];
    if (event.by) facts.push(`on behalf of process ${event.by}${this.nameOf(event.by)}`);
    byId("facts").textContent = facts.join(" · ");
    const paragraphs = [];
    if (event.event === "fault") paragraphs.push(`Error code ${event.error}: ${errorInWords(event.error)}. The instruction is at ${event.rip}.`);
    if (event.event === "touch") paragraphs.push("The kernel reads and writes user memory through the process's tables, and does what a fault there would do.");
    if (event.event === "fork" && !event.lend) paragraphs.push("The child gets a root of its own. Each used entry of the parent's root loses R/W and is copied; what it leads to has one owner more. No page and no lower table is copied: the first write will.");
    if (this.told.lines.some((line) => line.shares)) paragraphs.push("What a copied table leads to has one owner more, so neither table may write it any longer: the next write there faults too.");
    const strong = this.told.lines.filter((line) => line.strong), all = this.told.lines;
    const items = (lines) => lines.slice(0, 300).map((line) => Object.assign(document.createElement("li"), {textContent: capital(line.text)}));
    byId("why").replaceChildren(...paragraphs.map((each) => Object.assign(document.createElement("p"), {textContent: each})));
    byId("strong").replaceChildren(...items(strong));
    const more = byId("all-changes");
    more.hidden = all.length === 0;
    byId("all-summary").textContent = `All ${many(all.length, "change")}`;
    byId("all").replaceChildren(...items(all));
    if (all.length > 300) byId("all").append(Object.assign(document.createElement("li"), {textContent: `… and ${all.length - 300} more`}));
    box.dataset.kind = event.event;
    box.dataset.verdict = this.trace.verdict(this.at) || "";
  }

  nameOf(pid) {
    const process = this.model.processes.get(pid);
    return process && process.name ? ` (${process.name})` : "";
  }

  sayProcesses(processes, shown) {
    const children = new Map();
    for (const process of processes) {
      const parent = this.model.processes.has(process.parent) ? process.parent : 0;
      if (!children.has(parent)) children.set(parent, []);
      children.get(parent).push(process);
    }
    const use = new Map(processes.map((process, number) => [process.pid, this.usage(process, number + 1)]));
    const branch = (parent, depth) => (children.get(parent) || []).flatMap((process) => {
      const row = document.createElement("label"), check = document.createElement("input"), mark = document.createElement("i"), name = document.createElement("span"), counts = document.createElement("small");
      row.className = `process ${process.state}`;
      row.style.paddingInlineStart = `${depth * 18 + 4}px`;
      check.type = "checkbox";
      check.checked = shown.has(process.pid);
      check.dataset.pid = process.pid;
      mark.style.background = this.colours(process.pid);
      name.textContent = `${process.pid} ${process.name || "(no name)"}`;
      counts.textContent = process.root ? use.get(process.pid) : "ended; not waited for";
      row.append(check, mark, name, counts);
      return [row, ...branch(process.pid, depth + 1)];
    });
    const focus = document.activeElement && document.activeElement.dataset ? document.activeElement.dataset.pid : undefined;
    byId("processes").replaceChildren(...branch(0, 0));
    if (focus !== undefined) {
      const again = byId("processes").querySelector(`[data-pid="${focus}"]`);
      if (again) again.focus();
    }
  }

  usage(process, who) {
    let pages = 0, tables = 0;
    for (let frame = 0; frame < this.owner.length; ++frame) {
      if (this.owner[frame] !== who) continue;
      if (this.model.tables.has(frame)) ++tables;
      else ++pages;
    }
    return `${pages.toLocaleString("en")} page${pages === 1 ? "" : "s"} · ${tables} table${tables === 1 ? "" : "s"}`;
  }

  sayCounters() {
    const end = this.model.said[0] >= 0, rows = COUNTERS.map((name, number) => {
      const row = document.createElement("tr"), mine = this.model.counters[number], said = this.model.said[number];
      row.innerHTML = "<th scope=row></th><td></td><td></td>";
      row.children[0].textContent = name.replace("_", " ");
      row.children[1].textContent = mine.toLocaleString("en");
      row.children[1].id = `count-${name}`;
      row.children[2].textContent = end ? `${said.toLocaleString("en")} ${said === mine ? "✓" : "≠"}` : "";
      row.children[2].id = `kernel-${name}`;
      return row;
    });
    byId("counters").replaceChildren(...rows);
    const wrong = COUNTERS.filter((_, number) => this.model.said[number] !== this.model.counters[number]).length;
    byId("agreement").textContent = !end ? "What the picture has counted so far; at the last event the kernel tells its own counts." :
      wrong === 0 ? "Picture and kernel agree on every count." : `${wrong} counts differ!`;
  }

  choose(frame) {
    if (frame < 0) return;
    this.chosen = this.chosen === frame ? -1 : frame;
    this.show();
  }

  frameInWords(frame) {
    const model = this.model, kind = KINDS[model.kind[frame]];
    if (!kind) return model.memory[frame] ? `frame ${frame}: free` : `frame ${frame}: not the kernel's to give`;
    const owner = this.owner[frame], whose = owner === Model.SEVERAL ? "several processes reach it" : owner ? `only process ${this.order[owner - 1].pid}${this.nameOf(this.order[owner - 1].pid)} reaches it` : "no process reaches it";
    const what = {archive: "page of the boot archive", object: "kernel object", root: "root table", table: `level ${model.tables.has(frame) ? model.tables.get(frame).level : "?"} table`, page: "page"}[kind];
    return `frame ${frame}: ${what}, ${kind === "object" ? "the kernel's own" : `${many(model.owners(frame), "owner")}; ${whose}`}`;
  }

  sayFrame(frame) {
    byId("map-words").textContent = frame < 0 || frame >= this.trace.frames ? "Point at a frame, or move there with the arrow keys." : capital(this.frameInWords(frame));
  }

  sayChosen() {
    const box = byId("chosen");
    box.hidden = this.chosen < 0;
    if (this.chosen < 0) return;
    byId("chosen-title").textContent = capital(this.frameInWords(this.chosen));
    const lines = this.model.parents(this.chosen).slice(0, 40).map(({table, index}) => {
      const entry = this.model.tables.get(table).entries[index], process = this.model.processOf(table);
      return `entry ${index} of ${process ? `the root of process ${process.pid}` : `the level ${this.model.tables.get(table).level} table in frame ${table}`}: R/W ${entry & WRITABLE ? "set" : "clear"}`;
    });
    byId("chosen-owners").replaceChildren(...lines.map((text) => Object.assign(document.createElement("li"), {textContent: capital(text)})));
  }

  // --- looks ---

  theme(wanted = localStorage.getItem("kine-theme")) {
    const dark = wanted ? wanted === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    document.documentElement.dataset.theme = dark ? "dark" : "light";
    const style = getComputedStyle(document.documentElement), theme = {};
    for (const name of ["absent", "free", "several", "kernel", "table", "single", "hole", "touched", "copy", "text"]) theme[name] = style.getPropertyValue(`--${name}`).trim();
    const palette = PALETTE[dark ? "dark" : "light"];
    this.colours = (pid) => (pid > 0 ? palette[(pid - 1) % palette.length] : theme.kernel);
    this.colours.theme = theme;
    this.colours.ofOwner = (owner) => owner && this.order[owner - 1] ? this.colours(this.order[owner - 1].pid) : theme.kernel;
  }

  repaint() {
    this.memory.styles.fill(0xffff);
    this.show();
  }

  switchTheme() {
    const wanted = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
    try {
      localStorage.setItem("kine-theme", wanted);
    } catch (_) { /* a page from a file may not store: then it is for this time */ }
    this.theme(wanted);
    this.repaint();
  }

  // --- search ---

  search(text) {
    const wanted = text.trim().toLowerCase();
    this.matches = [];
    if (/^#?\d+$/.test(wanted) && wanted[0] === "#") {
      this.go(Number(wanted.slice(1)));
    } else if (wanted) {
      for (let number = 0; number <= this.last; ++number) if (titleOf(this.trace, number).toLowerCase().includes(wanted)) this.matches.push(number);
    }
    this.list.matches = new Set(this.matches);
    byId("found").textContent = wanted && wanted[0] !== "#" ? (this.matches.length ? `${this.matches.length.toLocaleString("en")} found` : "nothing found") : "";
    this.list.render();
  }

  next(direction, wanted = (number) => this.list.matches.has(number)) {
    for (let number = this.at + direction; number >= 0 && number <= this.last; number += direction) if (wanted(number)) return this.go(number);
    return undefined;
  }

  nextMatch(direction) {
    if (this.matches.length === 0) return;
    const beyond = direction > 0 ? this.matches.find((number) => number > this.at) : [...this.matches].reverse().find((number) => number < this.at);
    this.go(beyond !== undefined ? beyond : direction > 0 ? this.matches[0] : this.matches[this.matches.length - 1]);
    byId("found").textContent = `${(this.matches.indexOf(this.at) + 1).toLocaleString("en")} of ${this.matches.length.toLocaleString("en")}`;
  }

  filter(kind) {
    const wanted = {
      all: null,
      faults: (number) => this.trace.events[number].event === "fault",
      copies: (number) => isCopy(this.trace, number),
      life: (number) => ["fork", "load", "exec", "exit", "wait", "mark", "end"].includes(this.trace.events[number].event),
      ranges: (number) => this.trace.events[number].event === "range",
      messages: (number) => ["send", "receive", "reply"].includes(this.trace.events[number].event),
    }[kind];
    this.list.filter(wanted ? this.trace.events.map((_, number) => number).filter(wanted) : null);
    this.list.show(this.at);
  }

  // One step in the list as it is filtered.
  step(by) {
    const place = this.list.place(this.at), numbers = this.list.numbers;
    if (!numbers) return this.go(this.at + by);
    const exact = numbers[place] === this.at, target = by > 0 && !exact ? place + by - 1 : place + by;
    if (numbers.length) this.go(numbers[Math.max(0, Math.min(numbers.length - 1, target))]);
    return undefined;
  }

  // --- playing ---

  play(on = this.playing === null) {
    clearInterval(this.playing);
    this.playing = null;
    if (on && this.at < this.last) {
      const speed = SPEEDS[this.speed], each = Math.max(1, Math.round(speed / 25));
      this.playing = setInterval(() => {
        this.step(each);
        if (this.at >= this.last) this.play(false);
      }, 1000 * each / speed);
    }
    byId("play").textContent = this.playing === null ? "▶ Play" : "❚❚ Pause";
    byId("play").setAttribute("aria-pressed", this.playing !== null);
  }

  controls() {
    const on = (id, kind, act) => byId(id).addEventListener(kind, act);
    on("begin", "click", () => this.go(this.about.start));
    on("back", "click", () => this.step(-1));
    on("play", "click", () => this.play());
    on("forth", "click", () => this.step(1));
    on("end", "click", () => this.go(this.last));
    on("slider", "input", () => this.go(Number(byId("slider").value)));
    on("speed", "change", () => {
      this.speed = Number(byId("speed").value);
      if (this.playing !== null) this.play(true);
    });
    for (const [id, by] of [["smaller", 1 / 1.25], ["larger", 1.25], ["fit", 0]]) {
      on(id, "click", () => {
        this.tree.zoom = by && Math.max(0.2, Math.min(3, this.tree.scale * by));
        this.show();
      });
    }
    on("theme", "click", () => this.switchTheme());
    on("help", "click", () => byId("keys").showModal());
    on("search", "input", () => this.search(byId("search").value));
    on("search", "keydown", (event) => {
      if (event.key === "Enter") this.nextMatch(event.shiftKey ? -1 : 1);
      if (event.key === "Escape") byId("search").blur();
    });
    on("filter", "change", () => this.filter(byId("filter").value));
    on("by-kind", "change", () => {
      this.memory.byKind = byId("by-kind").checked;
      this.repaint();
    });
    on("link", "click", () => this.copyLink());
    on("processes", "change", (event) => {
      this.forced.set(Number(event.target.dataset.pid), event.target.checked);
      this.show();
    });
    on("map-over", "focus", () => this.memory.highlight(this.memory.marks));
    on("map-over", "blur", () => this.memory.highlight(this.memory.marks));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      this.theme();
      this.repaint();
    });
    addEventListener("hashchange", () => this.fromLink());
    addEventListener("resize", () => {
      this.memory.lay(this.trace.frames);
      this.show();
    });
    document.addEventListener("keydown", (event) => this.key(event));
  }

  async copyLink() {
    const link = `${location.href.split("#")[0]}#event=${this.at}`;
    try {
      await navigator.clipboard.writeText(link);
      byId("link").textContent = "Copied";
    } catch (_) {
      location.hash = `event=${this.at}`;
      byId("link").textContent = "In the address bar";
    }
    setTimeout(() => { byId("link").textContent = "Copy link"; }, 1500);
  }

  fromLink() {
    const match = /event=(\d+)/.exec(location.hash);
    this.go(match ? Number(match[1]) : this.about.start, false);
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const place = event.target, writes = place.matches("input[type=search], select");
    if (writes || byId("keys").open) return;
    const isFault = (number) => this.trace.events[number].event === "fault", isFork = (number) => ["fork", "exec", "exit"].includes(this.trace.events[number].event);
    const isMark = (number) => this.trace.events[number].event === "mark", copies = (number) => isCopy(this.trace, number);
    const many = event.shiftKey ? 10 : 1;
    const acts = {
      ArrowRight: () => this.step(many), ArrowLeft: () => this.step(-many), j: () => this.step(1), k: () => this.step(-1),
      ArrowDown: () => this.step(many), ArrowUp: () => this.step(-many), PageDown: () => this.step(20), PageUp: () => this.step(-20),
      Home: () => this.go(this.about.start), End: () => this.go(this.last), " ": () => this.play(),
      f: () => this.next(1, isFault), F: () => this.next(-1, isFault), c: () => this.next(1, copies), C: () => this.next(-1, copies),
      p: () => this.next(1, isFork), P: () => this.next(-1, isFork), m: () => this.next(1, isMark), M: () => this.next(-1, isMark),
      n: () => this.nextMatch(1), N: () => this.nextMatch(-1), "/": () => byId("search").focus(), t: () => this.switchTheme(), "?": () => byId("keys").showModal(),
      Escape: () => { if (this.chosen >= 0) this.choose(this.chosen); },
    };
    const act = acts[event.key];
    if (!act || (event.key === " " && place.matches("button, input, summary")) || (place.id === "slider" && event.key.startsWith("Arrow"))) return;
    act();
    event.preventDefault();
  }
}

async function main() {
  const about = JSON.parse(byId("about").textContent);
  const app = new App(new Trace(await unpack(byId("data").textContent)), about);
  window.kine = app;
  app.fromLink();
  document.documentElement.dataset.ready = "yes";
}

main().catch((error) => {
  byId("title").textContent = `This trace cannot be shown: ${error.message}`;
  throw error;
});
