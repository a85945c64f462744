"use strict";
// Events and changes in words.

const CALLS = {
  0: "read", 1: "write", 3: "close", 4: "stat", 5: "fstat", 7: "poll", 8: "lseek", 9: "mmap", 10: "mprotect", 11: "munmap", 12: "brk",
  13: "rt_sigaction", 14: "rt_sigprocmask", 15: "rt_sigreturn", 16: "ioctl", 17: "pread64", 18: "pwrite64", 19: "readv", 20: "writev", 22: "pipe",
  24: "sched_yield", 25: "mremap", 28: "madvise", 32: "dup", 33: "dup2", 34: "pause", 35: "nanosleep", 39: "getpid", 56: "clone", 57: "fork",
  58: "vfork", 59: "execve", 60: "exit", 61: "wait4", 62: "kill", 72: "fcntl", 77: "ftruncate", 79: "getcwd", 80: "chdir", 217: "getdents64",
  218: "set_tid_address", 231: "exit_group", 257: "openat", 258: "mkdirat", 262: "newfstatat", 263: "unlinkat", 264: "renameat", 267: "readlinkat",
  269: "faccessat", 292: "dup3", 293: "pipe2", 332: "statx", 1000: "kine_statistics", 1001: "kine_page", 1002: "kine_audit", 1003: "kine_process",
  1004: "kine_ranges", 1005: "kine_trace_mark", 1010: "kine_port", 1011: "kine_mint", 1012: "kine_receive", 1013: "kine_reply",
  1014: "kine_reply_receive", 1015: "kine_answer", 1016: "kine_read", 1017: "kine_write", 1018: "kine_give", 1019: "kine_accept", 1020: "kine_take",
  1021: "kine_identify", 1022: "kine_publish", 1023: "kine_groups", 1030: "kine_cut", 1031: "kine_bind", 1032: "kine_io", 1033: "kine_map",
  1034: "kine_server", 1035: "kine_root", 1036: "kine_exec",
};
const SIGNALS = {1: "SIGHUP", 2: "SIGINT", 4: "SIGILL", 6: "SIGABRT", 7: "SIGBUS", 8: "SIGFPE", 9: "SIGKILL", 11: "SIGSEGV", 13: "SIGPIPE", 14: "SIGALRM", 15: "SIGTERM"};
const NUMBERS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];

const few = (count) => NUMBERS[count] || count.toLocaleString("en");
const many = (count, what) => `${few(count)} ${what}${count === 1 ? "" : "s"}`;
const callName = (number) => CALLS[number] || `call ${number}`;
const capital = (text) => text[0].toUpperCase() + text.slice(1);

function bytes(count) {
  for (const [size, unit] of [[2 ** 40, "TiB"], [2 ** 30, "GiB"], [2 ** 20, "MiB"], [2 ** 10, "KiB"]])
    if (count >= size) return `${+(count / size).toFixed(1)} ${unit}`;
  return `${count} bytes`;
}

function rightsInWords(rights) {
  const words = [];
  if (rights[0] === "r") words.push("read");
  if (rights[1] === "w") words.push("written");
  if (rights[2] === "x") words.push("executed");
  return words.length === 0 ? "not be used at all" : "be " + words.join(" and ");
}

// The error code of a page fault (Intel SDM vol. 3A, 4.7).
function errorInWords(error) {
  const what = error & 16 ? "fetched an instruction" : error & 2 ? "wrote" : "read";
  return `it ${what} in ${error & 4 ? "user" : "kernel"} mode; the entry was ${error & 1 ? "present, but did not allow it" : "not present"}` +
    (error & 8 ? "; a reserved bit was set" : "");
}

function endInWords(status) {
  const signal = status & 0x7f;
  return signal ? `is killed by ${SIGNALS[signal] || `signal ${signal}`}` : `ends with status ${status >> 8}`;
}

// How often each change occurs in an event.
function tally(trace, number) {
  const counts = new Array(OPS.length).fill(0);
  trace.changes(number, (op) => { ++counts[op]; });
  return counts;
}

// Whether an event copies a page or a page table. (What a call copies is a table of descriptors.)
function isCopy(trace, number) {
  const counts = tally(trace, number);
  return counts[OP.share] > 0 || (counts[OP.copy] > 0 && trace.events[number].event !== "call");
}

// `owners`: how many the page had, if that is known.
function answerInWords(verdict, counts, owners = 0) {
  const shared = counts[OP.share], tables = shared === 0 ? "" : shared === 1 ? "; the table above it had other owners, too" : `; so had ${few(shared)} tables above it`;
  const splits = counts[OP.fill] > 0 ? ` (${many(counts[OP.fill], "promise")} split on the way)` : "";
  switch (verdict) {
    case "copied": return `the page had ${owners > 1 ? `${few(owners)} owners` : "other owners"}, so it was copied${tables}`;
    case "reused": return shared > 0 ? `the page was its own; ${many(shared, "table")} above it had other owners, and ${shared === 1 ? "was" : "were"} copied` : "it is the last owner, so nothing is copied: it may write again";
    case "zeroed": return `a promise is kept: a page of zeros${splits}`;
    case "already": return "the tables allow it already; the processor had an older entry";
    case "bad": return "not allowed";
    case "no memory": return "no frame is left";
    default: return "not answered";
  }
}

function rangeInWords(event) {
  const begin = BigInt(event.begin), size = bytes(Number(BigInt(event.end) - begin)), value = decodeEntry(event.value), rights = rightsOf(value);
  switch (event.kind) {
    case "protect": return `${size} at ${event.begin} may ${rightsInWords(rights)} from here on`;
    case "forget": return `${size} at ${event.begin} are promises of zeros again`;
    case "share": return `${size} at ${event.begin} become what ${event.source === event.root ? "it has itself" : "another address space has"} at ${event.from}, shared`;
    default:
      if (value === 0) return `${size} at ${event.begin} are taken out`;
      if (value & PROMISE) return `${size} at ${event.begin} are promised, to ${rightsInWords(rights)}`;
      if (entryFrame(value) === 0) return `${size} at ${event.begin} are mapped and filled, for all to share`;
      return `${size} at ${event.begin} show frames from ${entryFrame(value)} on`;
  }
}

// One line, from the event alone: for the list and the search.
function titleOf(trace, number, owners = 0) {
  const event = trace.events[number], who = `process ${event.by}`;
  switch (event.event) {
    case "fault": {
      const did = event.error & 16 ? "executed" : event.error & 2 ? "wrote" : "read";
      return `${who} ${did} ${event.address}: ${answerInWords(trace.verdict(number), tally(trace, number), owners)}`;
    }
    case "touch": {
      const did = ["read", "write", "execute"][event.access];
      return `for ${who}, the kernel must ${did} ${event.address}: ${answerInWords(trace.verdict(number), tally(trace, number), owners)}`;
    }
    case "fork": return event.lend ? `${who} lends its memory to a child, process ${event.child}` : `${who} forks: process ${event.child} shares everything with it`;
    case "load": return `process ${event.pid} asks for a program: its tables are built aside`;
    case "exec": return `process ${event.pid} becomes the new program; the old memory goes`;
    case "exit": return `process ${event.pid} ${endInWords(event.status)}`;
    case "wait": return `${who} learns that process ${event.pid} ${endInWords(event.status).replace("is killed", "was killed").replace("ends", "ended")}`;
    case "range": return `memory of ${event.by ? who : "the first process"}: ${rangeInWords(event)}`;
    case "send": return `process ${event.pid} sends ${callName(event.number)} to a server, and waits`;
    case "receive": return `process ${event.pid}, a server, receives ${callName(event.number)} of process ${event.from}`;
    case "reply": return `${who} answers process ${event.pid}: ${event.result}`;
    case "mark": return `mark: “${event.text}”`;
    case "end": return "the machine ends, and the kernel tells what it counted";
    case "call":
      if (number === 0) return "the machine starts: memory, the archive, the first process";
      if (event.number < 0) return "memory that nobody owns any more is given back";
      return `${who} calls ${callName(event.number)}${tally(trace, number)[OP.copy] ? ": its table of descriptors had another owner, since a fork, so it was copied" : ""}`;
    default: return event.event;
  }
}

// The same for a narrow list: what came of it first.
function shortOf(trace, number) {
  const event = trace.events[number];
  if (event.event !== "fault" && event.event !== "touch") return titleOf(trace, number).replace(/process (\d+)/g, "$1");
  const counts = tally(trace, number), verdict = trace.verdict(number) || "?";
  const more = [counts[OP.share] && many(counts[OP.share], "table"), counts[OP.fill] && many(counts[OP.fill], "split")].filter(Boolean).join(", ");
  const did = event.event === "touch" ? ["read", "write", "execute"][event.access] + " for" : event.error & 16 ? "executed" : event.error & 2 ? "wrote" : "read";
  return `${verdict}${more ? ` + ${more}` : ""}: ${event.event === "touch" ? `${did} ${event.by}` : `${event.by} ${did}`} ${event.address}`;
}

// What each change did, told while the model still is as it was before it. Returns the teller; its `lines` are {text, strong}.
function teller(model) {
  const lines = [];
  const span = ["4 KiB", "2 MiB", "1 GiB", "512 GiB"];
  const tableName = (frame) => {
    const table = model.tables.get(frame);
    return `${model.kind[frame] === KIND.root ? "root table" : `level ${table ? table.level : "?"} table`} in frame ${frame}`;
  };
  const entryInWords = (entry) => {
    if (entry === 0) return "empty";
    if (entry & PROMISE && !(entry & PRESENT)) return `a promise, ${rightsOf(entry)}`;
    const frame = entryFrame(entry), table = model.tables.has(frame);
    return `frame ${frame}, ${table ? "a table" : rightsOf(entry)}, R/W ${entry & WRITABLE ? "set" : "clear"}`;
  };
  const tell = (op, a, b, c) => {
    switch (op) {
      case OP.set: {
        const table = model.tables.get(a), old = table.entries[b];
        let text = `entry ${b} of the ${tableName(a)}: ${entryInWords(old)} → ${entryInWords(c)}`, strong = false;
        if (entryFrame(old) !== 0 && entryFrame(old) === entryFrame(c) && c & WRITABLE && !(old & WRITABLE)) {
          text = `the ${model.tables.has(entryFrame(c)) ? tableName(entryFrame(c)) : `page in frame ${entryFrame(c)}`} has one owner: entry ${b} of the ${tableName(a)} gets R/W back`;
          strong = true;
        }
        lines.push({text, strong});
        break;
      }
      case OP.fill:
        lines.push({text: `a promise of ${span[model.tables.get(a).level] || "a span"} is split: 512 smaller ones in the new table, frame ${a}`, strong: true});
        break;
      case OP.share:
        lines.push({text: `the ${tableName(a)} had ${many(model.owners(a), "owner")}: it is copied to frame ${b}, with ${model.tables.get(a).used === 1 ? "its one entry" : `all ${few(model.tables.get(a).used)} entries`}`, strong: true, shares: true});
        break;
      case OP.copy:
        if (model.kind[a] === KIND.object) lines.push({text: `the table of descriptors in frame ${a}, which a fork had shared, is copied to frame ${b}`, strong: true});
        else {
          tell.owners = model.owners(a);
          lines.push({text: `the page in frame ${a} had ${many(tell.owners, "owner")}: its 4,096 bytes are copied to frame ${b}`, strong: true});
        }
        break;
      case OP.take: lines.push({text: `frame ${a} is taken: ${b === KIND.object ? "a kernel object" : `a ${KINDS[b]}`}`, strong: false}); break;
      case OP.free: lines.push({text: `frame ${a} (${KINDS[model.kind[a]]}) has no owner left: it is free`, strong: false}); break;
      case OP.memory: lines.push({text: `frames ${a} to ${a + b - 1} are free memory`, strong: false}); break;
      case OP.adopt: lines.push({text: `frames ${a} to ${a + b - 1} hold the boot archive or the display: the kernel owns them`, strong: false}); break;
      case OP.process: {
        const [pid, parent, root, state, name] = model.trace.texts[a];
        lines.push({text: state === "zombie" ? `process ${pid} has no memory any more: it waits to be waited for` : `process ${pid} (${name || "no name"}), child of ${parent}, translates through the root in frame ${root}`, strong: state !== "zombie"});
        break;
      }
      case OP.gone: lines.push({text: `process ${a} is gone`, strong: false}); break;
      case OP.flush: {
        const what = model.trace.texts[a];
        lines.push({text: what === "all" ? "the processor forgets all translations of user space" : `the processor forgets the translation of ${what}`, strong: false});
        break;
      }
      case OP.counter: lines.push({text: `${COUNTERS[a]}: the kernel counted ${b}, this picture ${model.counters[a]}`, strong: model.counters[a] !== b}); break;
      default: break;
    }
  };
  tell.lines = lines;
  tell.owners = 0;  // of the page that was copied last, before it was
  return tell;
}
