"use strict";
// The machine as the trace has it up to some event, and the way from one event to any other, forth and back.
//
// Every line of the trace is a row of four numbers; applying a row pushes what undoes it on a stack. So a step costs what the event changed,
// and a jump what lies between. (tools/trace/kine_trace.py does the same forwards, and checks more.)

// An entry of a page table as one number: frame * 128 + flags. (Its 64 bits would not fit into a number.)
const PRESENT = 1, WRITABLE = 2, USER = 4, MAY_WRITE = 8, SHARED = 16, NO_EXECUTE = 32, PROMISE = 64, FRAME = 128;
const ENTRIES = 512, ROOT_LEVEL = 3;

const entryFrame = (entry) => Math.floor(entry / FRAME);

function decodeEntry(hex) {
  const high = parseInt(hex.slice(2, -8) || "0", 16), low = parseInt(hex.slice(2).slice(-8), 16);
  let flags = 0;
  if (low & 1) flags |= PRESENT;
  if (low & 2) flags |= WRITABLE;
  if (low & 4) flags |= USER;
  if (low & 1 << 8) flags |= PROMISE;
  if (low & 1 << 9) flags |= MAY_WRITE;
  if (low & 1 << 10) flags |= SHARED;
  if (high >>> 31) flags |= NO_EXECUTE;
  const frame = flags & PRESENT ? (high & 0xfffff) * (1 << 20) + (low >>> 12) : 0;
  return frame * FRAME + flags;
}

function rightsOf(entry) {
  return (entry & USER ? "r" : "-") + (entry & MAY_WRITE ? "w" : "-") + (entry & USER && !(entry & NO_EXECUTE) ? "x" : "-");
}

// What a row of changes says.
const OPS = ["set", "fill", "share", "copy", "take", "free", "memory", "adopt", "process", "gone", "flush", "verdict", "counter", "count"];
const OP = Object.fromEntries(OPS.map((name, number) => [name, number]));
const KINDS = ["", "page", "table", "root", "object", "archive"];  // of a frame; "": free, or no memory
const KIND = Object.fromEntries(KINDS.map((name, number) => [name, number]));
const COUNTERS = ["faults", "faults_copy", "faults_reuse", "faults_zero", "faults_bad", "pages_copied", "pages_zeroed", "tables_copied",
  "tables_split", "tables_reused", "forks", "execs"];
const VERDICT_COUNTERS = {copied: "faults_copy", reused: "faults_reuse", zeroed: "faults_zero", bad: "faults_bad"};

class Trace {
  // `lines`: the objects of the trace's lines, in order.
  constructor(lines) {
    this.events = [];
    this.first = [];  // of each event's rows
    this.texts = [];  // what does not fit into a row
    const rows = [];
    let highest = 0;
    for (const line of lines) {
      if ("n" in line) {
        this.first.push(rows.length / 4);
        this.events.push(line);
        continue;
      }
      for (const name in line) {
        const row = this.row(name, line[name]);
        rows.push(OP[name], row[0], row[1], row[2]);
        if (name === "memory" || name === "adopt") highest = Math.max(highest, row[0] + row[1]);
      }
    }
    this.first.push(rows.length / 4);
    this.rows = Float64Array.from(rows);
    this.frames = highest;
  }

  row(name, words) {
    switch (name) {
      case "set": return [words[0], words[1], decodeEntry(words[2])];
      case "fill": return [words[0], decodeEntry(words[1]), 0];
      case "take": return [words[0], KIND[words[1]], 0];
      case "count": return [words[0], KIND[words[1]], words[2]];
      case "free": case "gone": return [words, 0, 0];
      case "process": case "flush": case "verdict": return [this.texts.push(words) - 1, 0, 0];
      default: return [words[0], words[1], 0];
    }
  }

  // Calls visit(op, a, b, c) for each change of an event.
  changes(number, visit) {
    for (let row = this.first[number]; row < this.first[number + 1]; ++row) {
      const at = row * 4;
      visit(this.rows[at], this.rows[at + 1], this.rows[at + 2], this.rows[at + 3]);
    }
  }

  verdict(number) {
    let found = null;
    this.changes(number, (op, a) => { if (op === OP.verdict) found = this.texts[a]; });
    return found;
  }
}

class Table {
  constructor(level) {
    this.level = level;
    this.entries = new Float64Array(ENTRIES);
    this.used = 0;
    this.version = 0;
  }
}

class Model {
  constructor(trace) {
    this.trace = trace;
    this.at = -1;  // the last event that is applied
    this.kind = new Uint8Array(trace.frames);
    this.references = new Int32Array(trace.frames);  // entries that point at the frame
    this.memory = new Uint8Array(trace.frames);      // 1: can be taken, or is the archive's
    this.tables = new Map();
    this.processes = new Map();
    this.counters = new Float64Array(COUNTERS.length);
    this.said = new Float64Array(COUNTERS.length).fill(-1);  // by the kernel, at its end
    this.undo = new Float64Array(1 << 16);
    this.top = 0;
    this.objects = [];  // what an undo brings back, where that is no number
  }

  // --- moving ---

  go(number, tell = null) {
    while (this.at > number) this.revert();
    while (this.at < number) this.apply(this.at + 1 === number ? tell : null);
  }

  // `tell(op, a, b, c)` is called before each change.
  apply(tell) {
    const number = ++this.at, event = this.trace.events[number];
    this.push(0, 0, 0, -1);
    if (event.event === "fault") this.count("faults", 1);
    if (event.event === "exec") this.count("execs", 1);
    this.trace.changes(number, (op, a, b, c) => {
      if (tell) tell(op, a, b, c);
      this.change(event, op, a, b, c);
    });
  }

  change(event, op, a, b, c) {
    switch (op) {
      case OP.set: {
        const old = this.put(a, b, c), lower = entryFrame(c);
        if (lower && lower === entryFrame(old) && this.kind[lower] === KIND.table && c & WRITABLE && !(old & WRITABLE)) this.count("tables_reused", 1);
        break;
      }
      case OP.fill:
        for (let index = 0; index < ENTRIES; ++index) this.put(a, index, b);
        this.count("tables_split", 1);
        break;
      case OP.share: this.share(a, b); break;
      case OP.copy:
        if (this.kind[b] !== KIND.page) break;
        this.count("pages_copied", 1);
        this.count("pages_zeroed", -1);
        break;
      case OP.take: this.take(event, a, b); break;
      case OP.free: this.free(a); break;
      case OP.memory: for (let frame = a; frame < a + b; ++frame) this.memory[frame] = 1; break;
      case OP.adopt:
        for (let frame = a; frame < a + b; ++frame) {
          this.memory[frame] = 1;
          this.setKind(frame, KIND.archive);
        }
        break;
      case OP.process: this.process(event, this.trace.texts[a]); break;
      case OP.gone: this.setProcess(a, undefined); break;
      case OP.verdict: {
        const name = VERDICT_COUNTERS[this.trace.texts[a]];
        if (event.event === "fault" && name) this.count(name, 1);
        break;
      }
      case OP.counter: this.said[a] = b; break;
      default: break;
    }
  }

  put(frame, index, entry) {
    const table = this.tables.get(frame), old = table.entries[index];
    if (old === entry) return old;
    this.push(frame, index, old, 1);
    this.store(table, index, entry);
    return old;
  }

  store(table, index, entry) {
    const old = table.entries[index];
    if (old & PRESENT) --this.references[entryFrame(old)];
    if (entry & PRESENT) {
      const frame = entryFrame(entry), lower = this.tables.get(frame);
      ++this.references[frame];
      if (lower) lower.level = table.level - 1;
    }
    table.used += (entry !== 0) - (old !== 0);
    table.entries[index] = entry;
    ++table.version;
  }

  share(from, to) {
    const table = this.tables.get(from);
    this.tables.get(to).level = table.level;
    for (let index = 0; index < ENTRIES; ++index) {
      let entry = table.entries[index];
      if (entry === 0) continue;
      if (entry & PRESENT && entry & WRITABLE) entry -= WRITABLE;
      this.put(from, index, entry);
      this.put(to, index, entry);
    }
    this.count("tables_copied", 1);
  }

  take(event, frame, kind) {
    this.setKind(frame, kind);
    if (kind === KIND.table || kind === KIND.root) {
      this.push(frame, 0, 0, 3);
      this.tables.set(frame, new Table(ROOT_LEVEL));
    }
    if (kind === KIND.page) this.count("pages_zeroed", 1);  // unless it is a copy
    if (kind === KIND.table && event.event === "fork") this.count("tables_copied", 1);
  }

  free(frame) {
    const table = this.tables.get(frame);
    if (table) {
      for (let index = 0; index < ENTRIES; ++index) if (table.entries[index] !== 0) this.put(frame, index, 0);
      this.objects.push(table);
      this.push(frame, 0, 0, 4);
      this.tables.delete(frame);
    }
    this.setKind(frame, 0);
  }

  process(event, [pid, parent, root, state, name]) {
    const before = this.processes.get(pid);
    if (event.event === "fork" && !before && root && root !== this.processes.get(parent).root) this.count("forks", 1);
    this.setProcess(pid, {pid, parent, root, state, name});
  }

  setProcess(pid, process) {
    this.objects.push(this.processes.get(pid));
    this.push(pid, 0, 0, 5);
    if (process) this.processes.set(pid, process);
    else this.processes.delete(pid);
  }

  setKind(frame, kind) {
    this.push(frame, this.kind[frame], 0, 2);
    this.kind[frame] = kind;
  }

  count(name, by) {
    const index = COUNTERS.indexOf(name);
    this.push(index, this.counters[index], 0, 6);
    this.counters[index] += by;
  }

  push(a, b, c, what) {
    if (this.top + 4 > this.undo.length) {
      const larger = new Float64Array(this.undo.length * 2);
      larger.set(this.undo);
      this.undo = larger;
    }
    this.undo[this.top++] = a;
    this.undo[this.top++] = b;
    this.undo[this.top++] = c;
    this.undo[this.top++] = what;
  }

  revert() {
    for (;;) {
      this.top -= 4;
      const a = this.undo[this.top], b = this.undo[this.top + 1], c = this.undo[this.top + 2];
      switch (this.undo[this.top + 3]) {
        case -1: --this.at; return;
        case 1: this.store(this.tables.get(a), b, c); break;
        case 2: this.kind[a] = b; break;
        case 3: this.tables.delete(a); break;
        case 4: this.tables.set(a, this.objects.pop()); break;
        case 5: {
          const before = this.objects.pop();
          if (before) this.processes.set(a, before);
          else this.processes.delete(a);
          break;
        }
        case 6: this.counters[a] = b; break;
      }
    }
  }

  // --- looking ---

  // How many owners a frame has: entries, and the kernel for roots and for the archive.
  owners(frame) {
    return this.references[frame] + (this.kind[frame] === KIND.root || this.kind[frame] === KIND.archive ? 1 : 0);
  }

  // [{table, index}] of the entries that lead to a frame.
  parents(frame) {
    const found = [];
    for (const [table, {entries, used}] of this.tables) {
      if (used === 0) continue;
      for (let index = 0; index < ENTRIES; ++index)
        if (entries[index] & PRESENT && entryFrame(entries[index]) === frame) found.push({table, index});
    }
    return found;
  }

  // The process whose root this is; a lent address space is its lender's.
  processOf(root) {
    for (const process of this.processes.values()) if (process.root === root && root !== 0) return process;
    return null;
  }

  // [{table, index, entry, level}] from the root to what rules an address, given as a BigInt.
  walk(root, address) {
    const path = [];
    for (let frame = root, level = ROOT_LEVEL; level >= 0; --level) {
      const table = this.tables.get(frame);
      if (!table) break;
      const index = Number(address >> BigInt(12 + 9 * level) & 511n), entry = table.entries[index];
      path.push({table: frame, index, entry, level});
      if (!(entry & PRESENT)) break;
      frame = entryFrame(entry);
    }
    return path;
  }

  // For each frame: 0 nobody's, a process's number in `order` + 1, or SEVERAL. What lies below a shared table is shared.
  ownership(order) {
    const owner = new Uint8Array(this.trace.frames);
    const visit = (frame, who) => {
      if (owner[frame] === Model.SEVERAL || owner[frame] === who) return;
      owner[frame] = owner[frame] === 0 ? who : Model.SEVERAL;
      const table = this.tables.get(frame);
      if (!table || table.used === 0) return;
      const entries = table.entries;
      for (let index = 0; index < ENTRIES; ++index) if (entries[index] & PRESENT) visit(entryFrame(entries[index]), who);
    };
    order.forEach((process, number) => { if (process.root) visit(process.root, Math.min(number + 1, Model.SEVERAL - 1)); });
    return owner;
  }
}
Model.SEVERAL = 255;
