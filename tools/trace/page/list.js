"use strict";
// The list of events, of which only the visible rows exist.

class EventList {
  constructor(box, trace, choose) {
    this.box = box;
    this.trace = trace;
    this.height = 26;
    this.current = 0;
    this.matches = new Set();
    this.numbers = null;  // those that are listed; null: all
    this.sizer = document.createElement("div");
    this.sizer.className = "sizer";
    box.append(this.sizer);
    box.addEventListener("scroll", () => this.render());
    box.addEventListener("click", (event) => {
      const row = event.target.closest("[data-number]");
      if (row) choose(Number(row.dataset.number));
    });
    new ResizeObserver(() => this.render()).observe(box);
    this.filter(null);
  }

  filter(numbers) {
    this.numbers = numbers;
    this.sizer.style.height = `${this.count() * this.height}px`;
    this.render();
  }

  count() {
    return this.numbers ? this.numbers.length : this.trace.events.length;
  }

  // Where an event stands in the list, or would stand.
  place(number) {
    if (!this.numbers) return number;
    let low = 0, high = this.numbers.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.numbers[middle] < number) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  show(number) {
    this.current = number;
    const top = this.place(number) * this.height, view = this.box.clientHeight;
    if (top < this.box.scrollTop + this.height || top > this.box.scrollTop + view - 2 * this.height) this.box.scrollTop = top - view / 2;
    this.render();
  }

  render() {
    const first = Math.max(0, Math.floor(this.box.scrollTop / this.height) - 4);
    const last = Math.min(this.count(), first + Math.ceil(this.box.clientHeight / this.height) + 8);
    const rows = [];
    for (let at = first; at < last; ++at) {
      const number = this.numbers ? this.numbers[at] : at, event = this.trace.events[number], row = document.createElement("div");
      const verdict = event.event === "fault" || event.event === "touch" ? this.trace.verdict(number) || "" : "";
      row.className = `row ${event.event} ${verdict.replace(" ", "-")}${number === this.current ? " current" : ""}${this.matches.has(number) ? " match" : ""}`;
      row.style.top = `${at * this.height}px`;
      row.dataset.number = number;
      row.id = `row-${number}`;
      row.setAttribute("role", "option");
      row.setAttribute("aria-selected", number === this.current);
      const index = document.createElement("span"), text = document.createElement("span");
      index.className = "number";
      index.textContent = number;
      text.textContent = shortOf(this.trace, number);
      row.title = titleOf(this.trace, number);
      row.append(index, text);
      rows.push(row);
    }
    this.sizer.replaceChildren(...rows);
    this.box.setAttribute("aria-activedescendant", `row-${this.current}`);
  }
}
