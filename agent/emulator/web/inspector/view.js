/**
 * The inspector: every call, frame, item and error as it happens, to be filtered, searched, read and saved.
 *
 * Must not know chats; of the timeline it knows only entries.
 */

import { el, exactTime, icon, saveFile } from "../page/dom.js";
import { entryOf, GROUPS, matches } from "./entries.js";
import { RowList } from "./list.js";
import { payloadView } from "./payload.js";

const MOST = 20_000; // entries remembered by the page
const DROPPED = 4_000; // at once, when there are more

export class Inspector {
  #all = [];
  #shown = [];
  #held = [];
  #people = new Map();
  #hidden = new Set(["beats"]);
  #needle = "";
  #contactId = "";
  #paused = false;

  constructor(root, stream) {
    this.stream = stream;
    this.list = new RowList({ label: "Timeline", build: rowElement, choose: (entry) => this.#open(entry) });
    this.detail = el("div", { class: "detail", hidden: true, role: "region", "aria-label": "Selected entry" });
    this.empty = el("p", { class: "empty" }, "Every call, frame and event will appear here.");
    const body = el("div", { class: "timeline" }, this.empty, this.list.element);
    root.append(this.#head(), this.#filters(), body, this.detail);
    stream.addEventListener("records", (event) => this.#arrived(event.detail));
    stream.addEventListener("state", () => this.#count());
    this.#refilter();
  }

  /** Put the cursor into the search box. */
  search() {
    this.searchBox.select();
  }

  togglePause() {
    this.#paused = !this.#paused;
    this.pause.setAttribute("aria-pressed", String(this.#paused));
    this.pause.replaceChildren(icon(this.#paused ? "play" : "pause"));
    if (!this.#paused) this.#take(this.#held.splice(0));
    this.#count();
  }

  /** Tell which contact "This chat" means. */
  follow(contactId) {
    this.current = contactId;
    if (this.#contactId) this.#only(contactId);
  }

  #head() {
    this.counted = el("span", { class: "counted", role: "status" });
    this.pause = tool("pause", "Pause (Alt+P)", () => this.togglePause());
    this.pause.setAttribute("aria-pressed", "false");
    const clear = tool("clear", "Clear", () => this.#clear());
    const save = tool("save", "Save as a JSON file", () => this.#save());
    return el("div", { class: "pane-head" }, el("h2", {}, "Inspector"), this.counted, this.pause, clear, save);
  }

  #filters() {
    this.searchBox = el("input", { type: "search", placeholder: "Search  /", "aria-label": "Search the timeline" });
    this.searchBox.addEventListener("input", () => this.#look(this.searchBox.value));
    this.searchBox.addEventListener("keydown", (event) => event.key === "ArrowDown" && this.list.element.focus());
    const chips = Object.entries(GROUPS).map(([group, { title }]) => this.#chip(group, title));
    this.only = el("button", { type: "button", class: "chip only", "aria-pressed": "false" }, "This chat");
    this.only.addEventListener("click", () => this.#only(this.#contactId ? "" : this.current));
    const look = el("div", { class: "look" }, this.searchBox, this.only);
    return el(
      "div",
      { class: "filters" },
      look,
      el("div", { class: "chips-row", role: "group", "aria-label": "Show" }, chips),
    );
  }

  #chip(group, title) {
    const pressed = () => String(!this.#hidden.has(group));
    const chip = el("button", { type: "button", class: `chip group-${group}`, "aria-pressed": pressed() }, title);
    chip.addEventListener("click", () => {
      if (!this.#hidden.delete(group)) this.#hidden.add(group);
      chip.setAttribute("aria-pressed", pressed());
      this.#refilter();
    });
    return chip;
  }

  #look(text) {
    this.#needle = text.trim().toLowerCase();
    this.#refilter();
  }

  #only(contactId) {
    this.#contactId = contactId ?? "";
    this.only.setAttribute("aria-pressed", String(Boolean(this.#contactId)));
    this.#refilter();
  }

  #arrived(records) {
    const entries = records.map((record) => entryOf(record, this.#people));
    if (this.#paused) this.#held.push(...entries);
    else this.#take(entries);
    this.#count();
  }

  #take(entries) {
    for (const entry of entries) {
      this.#all.push(entry);
      if (this.#wanted(entry)) this.#shown.push(entry);
    }
    if (this.#all.length > MOST) {
      this.#all.splice(0, DROPPED);
      this.#refilter();
    }
    this.list.draw();
  }

  #wanted(entry) {
    if (this.#hidden.has(entry.group)) return false;
    if (this.#contactId && entry.contactId !== this.#contactId) return false;
    return matches(entry, this.#needle);
  }

  #refilter() {
    this.#shown = this.#all.filter((entry) => this.#wanted(entry));
    this.list.show(this.#shown);
    this.#count();
  }

  #clear() {
    this.#all = [];
    this.#held = [];
    this.list.select(null);
    this.#refilter();
  }

  #save() {
    const entries = this.#shown.map(
      ({ number, at, kind, name, contactId, participantId, duration, status, payload }) => {
        return { number, at, kind, name, contactId, participantId, duration, status, payload };
      },
    );
    saveFile(
      `timeline-${new Date().toISOString().slice(0, 19).replaceAll(":", "")}.json`,
      JSON.stringify({ entries }, null, 2),
    );
  }

  #count() {
    const held = this.#held.length ? `, ${this.#held.length} held back` : "";
    const lost = this.stream.connected ? "" : " · not connected";
    this.counted.textContent = `${this.#shown.length} of ${this.#all.length}${held}${lost}`;
    this.empty.hidden = this.#shown.length > 0;
    this.empty.textContent = this.#all.length ? "Nothing matches." : "Every call, frame and event will appear here.";
  }

  #open(entry) {
    this.detail.hidden = !entry;
    if (entry) this.detail.replaceChildren(...detailOf(entry, () => this.list.select(null)));
  }
}

function tool(name, label, action) {
  return el(
    "button",
    { type: "button", class: "tool", "aria-label": label.split(" (")[0], title: label, onclick: action },
    icon(name),
  );
}

function rowElement(entry) {
  const took = typeof entry.duration === "number" ? duration(entry.duration) : "";
  return el(
    "div",
    { class: `row group-${entry.group}${entry.bad ? " bad" : ""}` },
    el("time", { datetime: entry.at }, exactTime(entry.at)),
    el("span", { class: "kind" }, entry.kind),
    el("span", { class: "what" }, el("b", {}, entry.title), " ", entry.words.slice(0, 160)),
    el("span", { class: "outcome" }, entry.status ?? "", " ", el("span", { class: "took" }, took)),
  );
}

function duration(seconds) {
  const milliseconds = seconds * 1000;
  if (milliseconds >= 1000) return `${seconds.toFixed(2)} s`;
  return `${milliseconds < 10 ? milliseconds.toFixed(1) : Math.round(milliseconds)} ms`;
}

function detailOf(entry, close) {
  const facts = {
    At: entry.at,
    Contact: entry.contactId,
    Participant: entry.participantId,
    Status: entry.status,
    Took: typeof entry.duration === "number" ? duration(entry.duration) : undefined,
  };
  const known = Object.entries(facts).filter(([, value]) => value !== null && value !== undefined);
  const copy = el("button", { type: "button", class: "quiet" }, "Copy");
  copy.addEventListener("click", () => navigator.clipboard?.writeText(JSON.stringify(entry.payload, null, 2)));
  const shut = el("button", { type: "button", class: "close", "aria-label": "Close the entry", onclick: close }, "×");
  return [
    el("div", { class: "detail-head" }, el("h3", {}, `${entry.kind} · ${entry.title}`), copy, shut),
    el(
      "dl",
      { class: "facts" },
      known.map(([name, value]) => [el("dt", {}, name), el("dd", {}, String(value))]),
    ),
    entry.payload === null || entry.payload === undefined ? "" : payloadView(entry.payload),
  ];
}
