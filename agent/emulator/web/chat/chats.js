/**
 * All chats of this page: one tab each, or all side by side. A chat that goes on survives a reload of the page.
 *
 * Must not know how a chat works inside.
 */

import { goBack } from "../desk/control.js";
import { el, icon, oncePerFrame, reconcile } from "../page/dom.js";
import { ChatSession } from "./session.js";
import { ChatView } from "./view.js";

const REMEMBERED = "chats";
const WRITTEN = new Set(["text/plain", "text/markdown"]);

/** Chats in `root`. Fires `selected` (detail: ContactId). */
export class Chats extends EventTarget {
  #chats = []; // {session, view, key}
  #current = null;
  #starting = null;

  /** `defaults`: {instanceId, flowId, name}; `report(error)` tells the person. */
  constructor(root, { defaults, report }) {
    super();
    this.defaults = defaults;
    this.report = report;
    this.draw = oncePerFrame(() => this.#draw());
    this.#build(root);
  }

  get current() {
    return this.#current?.session ?? null;
  }

  /** Come back to the chats of before a reload that still go on, or start one. */
  async resume() {
    const sessions = remembered().map((contact) => new ChatSession(contact));
    await Promise.all(sessions.map((session) => session.open()));
    sessions.filter((session) => !session.ended).forEach((session) => this.#add(session));
    if (!this.#chats.length) await this.start();
  }

  /** Start a chat; a second call while one is starting gives the same. */
  start(choices = {}) {
    this.form.toggle(false);
    this.#starting ??= this.#start({ ...this.defaults, ...choices }).finally(() => (this.#starting = null));
    return this.#starting;
  }

  /** Show the chat `steps` further on. */
  step(steps) {
    const index = this.#chats.indexOf(this.#current);
    const count = this.#chats.length;
    if (count) this.#select(this.#chats[(index + steps + count) % count], { focus: true });
  }

  focus() {
    this.#current?.view.focus();
  }

  #build(root) {
    this.tabs = el("div", {
      class: "tabs",
      role: "tablist",
      "aria-label": "Chats",
      onkeydown: (event) => this.#keys(event),
    });
    this.add = el(
      "button",
      { type: "button", class: "tool", "aria-label": "New chat", title: "New chat (Alt+N)" },
      icon("plus"),
    );
    this.add.addEventListener("click", () => this.form.toggle());
    this.beside = el(
      "button",
      { type: "button", class: "tool", "aria-pressed": "false", title: "Side by side (Alt+B)" },
      icon("columns"),
    );
    this.beside.setAttribute("aria-label", "Chats side by side");
    this.beside.addEventListener("click", () => this.toggleBeside());
    this.body = el("div", { class: "chats" });
    this.form = startForm(this.defaults, (choices) => this.start(choices));
    root.append(el("div", { class: "pane-head" }, this.tabs, this.add, this.beside), this.form.element, this.body);
    this.root = root;
  }

  toggleBeside() {
    const beside = this.root.classList.toggle("beside");
    document.body.classList.toggle("beside", beside);
    this.beside.setAttribute("aria-pressed", String(beside));
    this.draw();
  }

  async #start(choices) {
    this.body.setAttribute("aria-busy", "true");
    try {
      const session = await ChatSession.start(choices);
      this.#add(session);
      await session.open();
    } catch (error) {
      this.report(error);
    } finally {
      this.body.removeAttribute("aria-busy");
    }
  }

  /** Go on in another chat, as this one was before the customer said `item`. */
  async #goBack(session, item) {
    try {
      const begun = await goBack(session.contact.contactId, item.Id);
      const { ContactId: contactId, ParticipantId: participantId, ParticipantToken: participantToken } = begun;
      const again = new ChatSession({ contactId, participantId, participantToken, name: begun.Name, again: true });
      const view = this.#add(again);
      if (WRITTEN.has(begun.ContentType)) view.propose(begun.Said);
      await again.open();
    } catch (error) {
      this.report(error);
    }
  }

  #add(session) {
    const view = new ChatView(session, {
      startAnother: () => this.start(),
      goBack: (item) => this.#goBack(session, item),
      report: this.report,
    });
    const chat = { session, view, key: session.contact.contactId };
    view.element.addEventListener("focusin", () => this.#select(chat));
    view.element.id = `chat-${chat.key}`;
    this.#chats.push(chat);
    this.body.append(view.element);
    session.addEventListener("change", this.draw);
    session.addEventListener("change", () => session.ended && this.#remember());
    this.#remember();
    this.#select(chat, { focus: true });
    return view;
  }

  #close(chat) {
    chat.session.close();
    chat.view.element.remove();
    const index = this.#chats.indexOf(chat);
    this.#chats.splice(index, 1);
    this.#remember();
    if (chat === this.#current)
      this.#select(this.#chats[Math.min(index, this.#chats.length - 1)] ?? null, { focus: true });
    if (!this.#chats.length) this.form.toggle(true);
    this.draw();
  }

  #select(chat, { focus = false } = {}) {
    if (chat === this.#current && !focus) return;
    this.#current = chat;
    this.#show();
    chat?.view.draw();
    if (focus) chat?.view.focus();
    this.dispatchEvent(new CustomEvent("selected", { detail: chat?.key }));
    this.draw();
  }

  #show() {
    const beside = this.root.classList.contains("beside");
    for (const { view, key } of this.#chats) {
      view.element.hidden = !beside && key !== this.#current?.key;
      view.element.classList.toggle("current", key === this.#current?.key);
    }
  }

  #draw() {
    this.#show();
    const alone = this.#chats.length < 2;
    reconcile(
      this.tabs,
      this.#chats.map((chat) => this.#tabRow(chat, alone)),
      (row) => this.#tab(row),
    );
    const unread = this.#chats.reduce((sum, { session }) => sum + session.unread, 0);
    document.title = `${unread ? `(${unread}) ` : ""}Amazon Connect on localhost`;
  }

  #tabRow(chat, alone) {
    const selected = chat === this.#current;
    const { unread, state, contact } = chat.session;
    const version = [selected, unread, state, alone].join();
    return { key: chat.key, version, chat, selected, unread, state, name: tabName(contact), alone };
  }

  #tab({ chat, selected, unread, state, name, key, alone }) {
    const attributes = {
      type: "button",
      role: "tab",
      "aria-selected": String(selected),
      tabindex: selected ? "0" : "-1",
    };
    const label = unread
      ? el("span", { class: "unread" }, String(unread), el("span", { class: "sr" }, " unread"))
      : null;
    const pick = el(
      "button",
      { ...attributes, "aria-controls": `chat-${key}`, onclick: () => this.#select(chat, { focus: true }) },
      el("span", { class: "dot", "data-state": state }),
      name,
      " ",
      label,
    );
    const close = el(
      "button",
      { type: "button", class: "close", tabindex: "-1", "aria-label": `Close ${name}`, title: "Close this tab" },
      "×",
    );
    close.addEventListener("click", () => this.#close(chat));
    return el("div", { class: "tab", role: "presentation" }, pick, alone ? null : close);
  }

  #keys(event) {
    const steps = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!steps) return;
    event.preventDefault();
    const index = this.#chats.indexOf(this.#current);
    this.#select(this.#chats[(index + steps + this.#chats.length) % this.#chats.length]);
    requestAnimationFrame(() => this.tabs.querySelector('[aria-selected="true"]')?.focus());
  }

  /** What to come back to: asking for a chat that is over would only be refused. */
  #remember() {
    const going = this.#chats.filter(({ session }) => !session.ended);
    sessionStorage.setItem(REMEMBERED, JSON.stringify(going.map(({ session }) => session.contact)));
  }
}

function tabName({ name, again }) {
  return again ? `↩ ${name}` : name;
}

function remembered() {
  try {
    return JSON.parse(sessionStorage.getItem(REMEMBERED) ?? "[]");
  } catch {
    return [];
  }
}

/** The form for a chat that is not like the default. */
function startForm(defaults, start) {
  const name = el("input", {
    name: "name",
    required: true,
    maxlength: "256",
    value: defaults.name,
    autocomplete: "off",
  });
  const flow = el("input", {
    name: "flow",
    required: true,
    maxlength: "500",
    value: defaults.flowId,
    list: "flows",
    autocomplete: "off",
  });
  const flows = el("datalist", { id: "flows" }, el("option", { value: "default" }), el("option", { value: "no-bot" }));
  const element = el(
    "form",
    {
      class: "start-form",
      hidden: true,
      "aria-label": "Start a chat",
      onsubmit: submit,
      onkeydown: (event) => event.key === "Escape" && toggle(false),
    },
    el("label", {}, "Your name", name),
    el("label", {}, "Contact flow", flow),
    flows,
    el("button", { type: "submit", class: "primary" }, "Start chat"),
  );

  function toggle(shown = element.hidden) {
    element.hidden = !shown;
    if (shown) name.select();
  }

  function submit(event) {
    event.preventDefault();
    start({ name: name.value.trim() || defaults.name, flowId: flow.value.trim() || defaults.flowId });
  }

  return { element, toggle };
}
