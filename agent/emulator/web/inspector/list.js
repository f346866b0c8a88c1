/**
 * A list that draws only the rows in sight, so that thousands cost no more than thirty.
 *
 * Arrow keys move the selection; at its end it follows what is added. Must not know what a row says.
 */

import { el, oncePerFrame } from "../page/dom.js";

const ROW = 27; // pixels; the same in the style sheet
const SPARE = 8;
const STEPS = { ArrowDown: 1, ArrowUp: -1, PageDown: 15, PageUp: -15, Home: -Infinity, End: Infinity };

export class RowList {
  #rows = [];
  #drawn = new Map(); // number → element
  #selected = null;
  #following = true;

  /** `build(entry)` makes a row's element, `choose(entry)` is told what was selected. */
  constructor({ label, build, choose }) {
    this.#build = build;
    this.#choose = choose;
    this.draw = oncePerFrame(() => this.#draw());
    this.sheet = el("div", { class: "sheet", role: "presentation" });
    this.element = el("div", {
      class: "rows",
      role: "listbox",
      tabindex: "0",
      "aria-label": label,
      onscroll: () => this.#scrolled(),
      onkeydown: (event) => this.#keys(event),
      onclick: (event) => this.#clicked(event),
    });
    this.element.append(this.sheet);
    new ResizeObserver(this.draw).observe(this.element);
  }

  #build;
  #choose;

  get selected() {
    return this.#selected;
  }

  /** Show exactly `rows`; the array is kept, not copied: tell `draw` when it grew. */
  show(rows) {
    this.#rows = rows;
    this.#forget();
    this.draw();
  }

  select(entry) {
    this.#selected = entry;
    this.#forget();
    this.#choose(entry);
    this.draw();
  }

  #forget() {
    this.#drawn.clear();
    this.sheet.replaceChildren();
  }

  #draw() {
    this.sheet.style.height = `${this.#rows.length * ROW}px`;
    if (this.#following) this.element.scrollTop = this.element.scrollHeight;
    const { scrollTop, clientHeight } = this.element;
    const first = Math.max(0, Math.floor(scrollTop / ROW) - SPARE);
    const last = Math.min(this.#rows.length, Math.ceil((scrollTop + clientHeight) / ROW) + SPARE);
    const kept = new Set();
    for (let index = first; index < last; index += 1) kept.add(this.#place(this.#rows[index], index));
    for (const [number, element] of this.#drawn) {
      if (kept.has(number)) continue;
      element.remove();
      this.#drawn.delete(number);
    }
  }

  #place(entry, index) {
    const element = this.#drawn.get(entry.number) ?? this.#add(entry);
    element.style.transform = `translateY(${index * ROW}px)`;
    element.setAttribute("aria-posinset", String(index + 1));
    element.setAttribute("aria-setsize", String(this.#rows.length));
    return entry.number;
  }

  #add(entry) {
    const element = this.#build(entry);
    const chosen = this.#selected?.number === entry.number;
    element.id = `entry-${entry.number}`;
    element.setAttribute("role", "option");
    element.setAttribute("aria-selected", String(chosen));
    if (chosen) this.element.setAttribute("aria-activedescendant", element.id);
    this.#drawn.set(entry.number, element);
    this.sheet.append(element);
    return element;
  }

  #scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.element;
    this.#following = scrollHeight - scrollTop - clientHeight < ROW;
    this.draw();
  }

  #keys(event) {
    const step = STEPS[event.key];
    if (event.key === "Escape") this.select(null);
    if (step === undefined || event.altKey || !this.#rows.length) return;
    event.preventDefault();
    const at = this.#rows.indexOf(this.#selected);
    const from = at < 0 && step < 0 ? this.#rows.length : at;
    const index = Math.max(0, Math.min(this.#rows.length - 1, from + step));
    this.select(this.#rows[index]);
    this.#reveal(index);
  }

  #reveal(index) {
    const { scrollTop, clientHeight } = this.element;
    this.#following = false;
    if (index * ROW < scrollTop) this.element.scrollTop = index * ROW;
    else if ((index + 1) * ROW > scrollTop + clientHeight) this.element.scrollTop = (index + 1) * ROW - clientHeight;
  }

  #clicked(event) {
    const row = event.target.closest('[role="option"]');
    const number = Number(row?.id.slice("entry-".length));
    const entry = row && this.#rows.find((candidate) => candidate.number === number);
    if (entry) this.select(entry.number === this.#selected?.number ? null : entry);
  }
}
