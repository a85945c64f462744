"use strict";
// The map of physical memory: a cell a frame. What a frame is shows by its shape, whose it is by its colour.

class MemoryView {
  constructor(canvas, overlay, choose, say) {
    this.canvas = canvas;
    this.overlay = overlay;
    this.choose = choose;
    this.say = say;
    this.byKind = false;
    this.cursor = -1;
    overlay.addEventListener("pointermove", (event) => this.point(this.frameAt(event)));
    overlay.addEventListener("click", (event) => this.choose(this.frameAt(event)));
    overlay.addEventListener("keydown", (event) => {
      const step = {ArrowLeft: -1, ArrowRight: 1, ArrowUp: -this.columns, ArrowDown: this.columns}[event.key];
      if (step) {
        this.point(Math.min(this.frames - 1, Math.max(0, Math.max(this.cursor, 0) + step)));
        this.highlight(this.marks);
      } else if (event.key === "Enter" && this.cursor >= 0) {
        this.choose(this.cursor);
      } else {
        return;
      }
      event.preventDefault();
      event.stopPropagation();
    });
  }

  lay(frames) {
    const width = Math.max(160, this.canvas.parentElement.clientWidth);
    this.frames = frames;
    for (this.cell = 8; this.cell > 2; --this.cell) {  // as large as leaves it hardly higher than wide
      this.columns = Math.floor(width / this.cell);
      if (Math.ceil(frames / this.columns) * this.cell <= width * 1.4) break;
    }
    this.columns = Math.floor(width / this.cell);
    const rows = Math.ceil(frames / this.columns);
    for (const canvas of [this.canvas, this.overlay]) {
      canvas.width = this.columns * this.cell;
      canvas.height = rows * this.cell;
    }
    this.canvas.parentElement.style.height = `${rows * this.cell}px`;
    this.styles = new Uint16Array(frames).fill(0xffff);
  }

  frameAt(event) {
    const frame = Math.floor(event.offsetY / this.cell) * this.columns + Math.floor(event.offsetX / this.cell);
    return frame >= 0 && frame < this.frames ? frame : -1;
  }

  point(frame) {
    this.cursor = frame;
    this.say(frame);
  }

  // What a frame is drawn as: its kind and whose it is, as one number.
  static styleOf(model, owner, frame) {
    const kind = model.kind[frame];
    return (kind === 0 && model.memory[frame] === 0 ? 15 : kind) << 8 | owner[frame];
  }

  render(model, owner, colours) {
    const context = this.canvas.getContext("2d");
    for (let frame = 0; frame < this.frames; ++frame) {
      const style = MemoryView.styleOf(model, owner, frame);
      if (this.styles[frame] === style) continue;
      this.styles[frame] = style;
      this.drawCell(context, frame % this.columns * this.cell, Math.floor(frame / this.columns) * this.cell, this.cell, style >> 8, style & 0xff, colours);
    }
  }

  drawCell(context, x, y, cell, kind, owner, colours) {
    const several = owner === Model.SEVERAL, theme = colours.theme, inner = cell > 3 ? cell - 1 : cell;
    context.fillStyle = kind === 15 ? theme.absent : theme.free;
    context.fillRect(x, y, cell, cell);
    if (kind === 0 || kind === 15) return;
    let colour = several ? theme.several : owner ? colours.ofOwner(owner) : theme.kernel;
    if (this.byKind) colour = kind === KIND.table || kind === KIND.root ? theme.table : kind === KIND.object || !owner ? theme.kernel : several ? theme.several : theme.single;
    context.fillStyle = colour;
    if (kind === KIND.table || kind === KIND.root) {  // hollow
      context.fillRect(x, y, inner, inner);
      context.fillStyle = theme.hole;
      const rim = cell > 5 ? 2 : 1;
      if (inner > 2 * rim) context.fillRect(x + rim, y + rim, inner - 2 * rim, inner - 2 * rim);
    } else if (kind === KIND.object || (kind === KIND.archive && !owner)) {  // a dot
      const dot = Math.max(1, Math.floor(inner / 2));
      context.fillRect(x + Math.floor((inner - dot) / 2), y + Math.floor((inner - dot) / 2), dot, dot);
    } else if (several) {  // a half, cut from corner to corner
      for (let line = 0; line < inner; ++line) context.fillRect(x, y + line, inner - line, 1);
    } else {
      context.fillRect(x, y, inner, inner);
    }
  }

  // `marks`: {frames, copied}: what the event touched.
  highlight(marks, colours = this.colours) {
    this.marks = marks;
    this.colours = colours;
    const context = this.overlay.getContext("2d"), centre = (frame) => [(frame % this.columns + 0.5) * this.cell, (Math.floor(frame / this.columns) + 0.5) * this.cell];
    context.clearRect(0, 0, this.overlay.width, this.overlay.height);
    const size = Math.max(this.cell + 4, 8);
    context.lineWidth = 2;
    context.strokeStyle = colours.theme.touched;
    for (const frame of marks.frames) {
      const [x, y] = centre(frame);
      context.strokeRect(x - size / 2, y - size / 2, size, size);
    }
    context.strokeStyle = context.fillStyle = colours.theme.copy;
    for (const [from, to] of marks.copied.slice(0, 64)) {
      const [x1, y1] = centre(from), [x2, y2] = centre(to), angle = Math.atan2(y2 - y1, x2 - x1);
      context.beginPath();
      context.moveTo(x1, y1);
      context.lineTo(x2, y2);
      context.stroke();
      context.beginPath();
      context.moveTo(x2, y2);
      context.lineTo(x2 - 9 * Math.cos(angle - 0.45), y2 - 9 * Math.sin(angle - 0.45));
      context.lineTo(x2 - 9 * Math.cos(angle + 0.45), y2 - 9 * Math.sin(angle + 0.45));
      context.fill();
    }
    if (this.cursor >= 0 && document.activeElement === this.overlay) {
      const [x, y] = centre(this.cursor);
      context.strokeStyle = colours.theme.text;
      context.strokeRect(x - size / 2 - 2, y - size / 2 - 2, size + 4, size + 4);
    }
  }
}
