"use strict";
// The page tables of the chosen processes as a graph: each table once, whoever shares it, with an arrow from every entry that leads to it.
// Lowest tables that lie side by side, are alike and were not touched stand as one box, so that the drawing stays small.

const SVG = "http://www.w3.org/2000/svg";
const BOX = {width: 132, height: 62, gap: 14, row: 100, top: 10, left: 10, strip: 118, cellHeight: 2.6};
const RUN = 4;          // so many tables that are alike become one box
const MOST_NODES = 240;

function element(name, attributes = {}, text = null) {
  const made = document.createElementNS(SVG, name);
  for (const key in attributes) made.setAttribute(key, attributes[key]);
  if (text !== null) made.textContent = text;
  return made;
}

class TreeView {
  constructor(svg, note, choose) {
    this.svg = svg;
    this.note = note;
    this.edges = element("g", {class: "edges"});
    this.nodes = element("g", {class: "nodes"});
    this.copies = element("g", {class: "copies"});
    svg.append(this.edges, this.nodes, this.copies);
    this.drawn = new Map();
    this.zoom = 0;  // 0: as large as fits
    this.expanded = new Set();
    new ResizeObserver(() => { if (this.width) this.resize(); }).observe(svg.parentElement);
    svg.addEventListener("click", (event) => {
      const node = event.target.closest(".node");
      if (!node) return;
      if (node.dataset.group) this.expanded.add(Number(node.dataset.group));
      choose(Number(node.dataset.frame));
    });
  }

  // `shown`: processes; `touched`: Map of frame to the Set of its entries that the event changed; `pages`: frames to draw below the tables;
  // `copied`: [from, to] pairs.
  render(model, shown, owner, colours, {touched, pages, copied}, chosen) {
    const graph = this.graph(model, shown, touched, pages);
    this.place(graph);
    this.draw(model, graph, owner, colours, touched, copied, chosen);
  }

  graph(model, shown, touched, pages) {
    const nodes = new Map(), roots = [];
    let left = MOST_NODES, missing = 0;
    const visit = (frame, parent, index, entry) => {
      let node = nodes.get(frame);
      if (parent && !model.tables.has(frame)) parent.single = true;
      if (node) {
        if (parent) node.parents.push({parent, index, entry});
        return;
      }
      const table = model.tables.get(frame);
      if (left-- <= 0) return void ++missing;
      node = {id: frame, frame, table, row: table ? ROOT_LEVEL - table.level + 1 : ROOT_LEVEL + 2, parents: parent ? [{parent, index, entry}] : [], children: []};
      nodes.set(frame, node);
      if (parent) parent.children.push(node);
      if (!table || table.used === 0) return;
      for (let at = 0; at < ENTRIES; ++at) {
        const lower = table.entries[at];
        if (lower & PRESENT && (table.level > 0 || pages.has(entryFrame(lower)))) visit(entryFrame(lower), node, at, lower);
      }
    };
    for (const process of shown) {
      const label = {id: process.loose ? `r${process.root}` : `p${process.pid}`, process, row: 0, parents: [], children: []};
      roots.push(label);
      if (process.root && model.tables.has(process.root)) visit(process.root, label, 0, WRITABLE);
    }
    for (const node of nodes.values()) if (node.table && node.table.level === 1) this.group(node, nodes, touched);
    this.note.textContent = missing > 0 ? `${missing} more tables are not drawn: choose fewer processes` : "";
    return {roots, nodes};
  }

  group(parent, nodes, touched) {
    const sign = (node) => touched.has(node.frame) || node.single ? node.frame
      : node.parents.map((edge) => `${edge.parent.id}${edge.entry & WRITABLE}`).join();
    const kept = [];
    for (let at = 0, end; at < parent.children.length; at = end) {
      const first = parent.children[at], mark = sign(first);
      for (end = at + 1; end < parent.children.length && sign(parent.children[end]) === mark; ++end) continue;
      if (end - at < RUN || this.expanded.has(first.frame)) {
        kept.push(...parent.children.slice(at, end));
        continue;
      }
      const all = parent.children.slice(at, end);
      for (const node of all) nodes.delete(node.frame);
      const group = {...first, id: `g${first.frame}`, group: all};
      nodes.set(group.id, group);
      kept.push(group);
    }
    parent.children = kept;
  }

  place({roots}) {
    let next = BOX.left;
    const assign = (node) => {
      if (node.children.length === 0) {
        node.x = next;
        next += BOX.width + BOX.gap;
      } else {
        node.children.forEach(assign);
        node.x = (node.children[0].x + node.children[node.children.length - 1].x) / 2;
      }
      node.y = BOX.top + (node.row === 0 ? 0 : 44 + (node.row - 1) * BOX.row);
    };
    for (const root of roots) {
      assign(root);
      next += BOX.gap;
    }
    this.width = next;
    this.height = BOX.top + 44 + 4 * BOX.row + 64;
  }

  draw(model, {roots, nodes}, owner, colours, touched, copied, chosen) {
    this.resize();
    const all = [...roots, ...nodes.values()], keep = new Set(), edges = [];
    for (const node of all) {
      keep.add(node.id);
      let drawn = this.drawn.get(node.id);
      if (!drawn) {
        drawn = this.make(node);
        this.drawn.set(node.id, drawn);
        this.nodes.append(drawn.g);
      }
      this.update(model, node, drawn, owner, colours, touched, chosen);
      for (const {parent, index, entry} of node.parents) edges.push(this.edge(parent, node, index, entry, touched));
    }
    for (const [id, drawn] of this.drawn) {
      if (keep.has(id)) continue;
      drawn.g.remove();
      this.drawn.delete(id);
    }
    this.edges.replaceChildren(...edges);
    this.copies.replaceChildren(...copied.flatMap(([from, to]) => this.copy(nodes.get(from), nodes.get(to))));
  }

  resize() {
    const room = this.svg.parentElement, fit = Math.min(room.clientWidth / this.width, room.clientHeight / this.height);
    const scale = this.zoom || Math.max(0.5, Math.min(1.1, fit));
    this.scale = scale;
    this.svg.setAttribute("viewBox", `0 0 ${this.width} ${this.height}`);
    this.svg.setAttribute("width", Math.floor(this.width * scale));
    this.svg.setAttribute("height", Math.floor(this.height * scale));
  }

  make(node) {
    const g = element("g", {class: "node"});
    if (node.process) {
      const title = element("text", {x: BOX.width / 2, y: 16, "text-anchor": "middle", class: "name"});
      const sub = element("text", {x: BOX.width / 2, y: 32, "text-anchor": "middle", class: "small"});
      g.append(title, sub);
      return {g, title, sub};
    }
    const height = node.table ? BOX.height : 40;
    const parts = {g, box: element("rect", {class: "box", width: BOX.width, height, rx: 5}), bar: element("rect", {class: "bar", width: 6, height, rx: 3}),
      title: element("text", {x: 12, y: 16, class: "label"}), owners: element("text", {x: BOX.width - 7, y: 16, "text-anchor": "end", class: "owners"}),
      sub: element("text", {x: 12, y: node.table ? 57 : 32, class: "small"}), tip: element("title"), version: -1};
    g.append(parts.tip);
    if (node.group) g.append(element("rect", {class: "box behind", x: 5, y: 5, width: BOX.width, height, rx: 5}));
    g.append(parts.box, parts.bar, parts.title, parts.owners, parts.sub);
    if (node.table) {
      parts.strip = element("g", {transform: "translate(10 22)"});
      parts.strip.append(element("rect", {class: "ground", width: BOX.strip, height: 8 * BOX.cellHeight}));
      for (const name of ["own", "cow", "promise", "shared", "hit"]) {
        parts[name] = element("path", {class: name});
        parts.strip.append(parts[name]);
      }
      g.append(parts.strip);
    }
    return parts;
  }

  update(model, node, drawn, owner, colours, touched, chosen) {
    drawn.g.setAttribute("transform", `translate(${node.x} ${node.y})`);
    if (node.process) {
      const {pid, name, root} = node.process;
      drawn.title.textContent = node.process.loose ? name : `${pid} ${name}`;
      drawn.title.style.fill = colours(pid);
      drawn.sub.textContent = node.process.loose ? "a tree" : root ? "process" : "no memory";
      return;
    }
    const frame = node.frame, owners = model.owners(frame), hit = touched.has(frame);
    const level = node.table ? node.table.level : -1, several = owner[frame] === Model.SEVERAL;
    const classes = ["node", level < 0 ? "page" : "table", several ? "several" : "single", hit ? "touched" : "", chosen === frame ? "chosen" : ""];
    drawn.g.setAttribute("class", classes.filter(Boolean).join(" "));
    drawn.g.dataset.frame = frame;
    if (node.group) drawn.g.dataset.group = frame;
    drawn.bar.style.fill = several ? "url(#several)" : colours.ofOwner(owner[frame]);
    const name = level < 0 ? "page" : level === ROOT_LEVEL ? "root" : `level ${level}`;
    drawn.title.textContent = node.group ? `${node.group.length} tables` : `${name} ${frame}`;
    drawn.owners.textContent = owners > 1 ? `×${owners}` : "";
    const used = node.group ? node.group.reduce((sum, each) => sum + each.table.used, 0) : node.table ? node.table.used : 0;
    drawn.sub.textContent = level < 0 ? many(owners, "owner") : `${used.toLocaleString("en")} of ${(512 * (node.group ? node.group.length : 1)).toLocaleString("en")} used`;
    drawn.tip.textContent = `${name}, frame ${frame}: ${many(owners, "owner")}` + (node.group ? "; click to see each" : "");
    if (!node.table) return;
    if (drawn.version !== node.table.version || drawn.tableOf !== node.table) {
      drawn.version = node.table.version;
      drawn.tableOf = node.table;
      const paths = stripPaths(node.table);
      for (const each in paths) drawn[each].setAttribute("d", paths[each]);
    }
    drawn.hit.setAttribute("d", hit && !node.group ? [...touched.get(frame)].slice(0, 64).map(cellPath).join("") : "");
  }

  edge(parent, node, index, entry, touched) {
    const from = parent.process ? parent.x + BOX.width / 2 : parent.x + 10 + ((index % 64) + 0.5) / 64 * BOX.strip;
    const top = parent.y + (parent.process ? 36 : 22 + (Math.floor(index / 64) + 1) * BOX.cellHeight), to = node.x + BOX.width / 2, bottom = node.y;
    const bend = Math.max(18, (bottom - top) * 0.5);
    const hit = !parent.process && touched.has(parent.frame) && touched.get(parent.frame).has(index);
    return element("path", {class: `edge ${entry & WRITABLE ? "writable" : "readonly"}${hit ? " touched" : ""}`,
      d: `M${from} ${top}C${from} ${top + bend} ${to} ${bottom - bend} ${to} ${bottom - 3}`, "marker-end": hit ? "url(#arrow-touched)" : "url(#arrow)"});
  }

  copy(from, to) {
    if (!from || !to) return [];
    const height = (node) => (node.table ? BOX.height : 40), y = from.y + height(from) - 8, target = to.y + height(to) - 8;
    const left = from.x < to.x, begin = from.x + (left ? BOX.width : 0), end = to.x + (left ? -4 : BOX.width + 4), middle = (begin + end) / 2, sag = Math.max(y, target) + 52;
    return [element("path", {class: "copy", d: `M${begin} ${y}Q${middle} ${sag} ${end} ${target}`, "marker-end": "url(#arrow-copy)"}),
      element("text", {class: "copy-word", x: middle, y: (y + target) / 4 + sag / 2 + 4, "text-anchor": "middle"}, "copied")];
  }
}

function cellPath(index) {
  const width = BOX.strip / 64, x = (index % 64) * width, y = Math.floor(index / 64) * BOX.cellHeight;
  return `M${(x - 1.2).toFixed(1)} ${(y - 1.2).toFixed(1)}h${(width + 2.4).toFixed(1)}v${BOX.cellHeight + 2.4}h-${(width + 2.4).toFixed(1)}z`;
}

// The 512 entries as eight rows of cells, neighbours of one kind drawn as one.
function stripPaths(table) {
  const paths = {own: "", cow: "", promise: "", shared: ""}, width = BOX.strip / 64;
  const kindOf = (entry) => entry === 0 ? null : !(entry & PRESENT) ? "promise" : entry & SHARED && table.level === 0 ? "shared" : entry & WRITABLE ? "own" : "cow";
  for (let row = 0; row < 8; ++row) {
    for (let column = 0, end; column < 64; column = end) {
      const kind = kindOf(table.entries[row * 64 + column]);
      for (end = column + 1; end < 64 && kindOf(table.entries[row * 64 + end]) === kind; ++end) continue;
      if (kind) paths[kind] += `M${(column * width).toFixed(1)} ${(row * BOX.cellHeight).toFixed(1)}h${((end - column) * width).toFixed(1)}v${BOX.cellHeight - 0.5}h-${((end - column) * width).toFixed(1)}z`;
    }
  }
  return paths;
}
