/**
 * One contact as its human agent sees it: what was said, a place to answer, and what else can be done to it.
 *
 * `act(verb, body)` does it. Must not know how the list of contacts is made.
 */

import { rowElement } from "../chat/message.js";
import { rowsOf } from "../chat/rows.js";
import { Transcript } from "../chat/transcript.js";
import { el, reconcile, saveFile } from "../page/dom.js";
import { TYPING } from "../protocol/words.js";
import * as control from "./control.js";

const TYPING_EVERY = 10_000;
const TYPING_SHOWN = 12_000;
const NOBODY = { pick() {}, act() {}, retry() {}, file() {} };
const VERBS = [
  ["transfer", "Transfer to queue"],
  ["bot-leaves", "Remove the bot"],
  ["lex-joins", "Lex bot joins"],
  ["lex-leaves", "Lex bot leaves"],
  ["expire-tokens", "Expire tokens"],
  ["close-sockets", "Close sockets"],
  ["customer-leaves", "Customer leaves"],
  ["stop", "Stop the contact"],
];

export class Conversation {
  #contact = null;
  #typed = -Infinity;
  #typingTimer = 0;
  #typists = new Map();

  constructor({ act, report }) {
    this.act = act;
    this.report = report;
    this.title = el("h3", {});
    this.log = el("div", {
      class: "log",
      role: "log",
      "aria-live": "polite",
      "aria-label": "Conversation",
      tabindex: "0",
    });
    this.typing = el("p", { class: "typing", role: "status" });
    this.element = el("section", {
      class: "conversation",
      hidden: true,
      "aria-label": "Conversation with the customer",
    });
    this.element.append(this.#head(), this.log, this.typing, this.#writing(), this.#more());
  }

  get initialContactId() {
    return this.#contact?.initialContactId;
  }

  focus() {
    this.text.focus();
  }

  hide() {
    this.#contact = null;
    this.element.hidden = true;
  }

  /** Draw `contact` as the control interface tells it. */
  show(contact) {
    const other = contact.initialContactId !== this.initialContactId;
    const atEnd = other || this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < 60;
    this.#contact = contact;
    this.element.hidden = false;
    const agent = contact.participants.find((one) => one.ParticipantRole === "AGENT" && one.Presence === "here");
    this.title.textContent = contact.customer;
    this.form.hidden = this.leave.hidden = !agent;
    this.more.hidden = contact.state === "ended";
    reconcile(this.log, rowsOf(pretend(contact, agent)), (row) => rowElement(row, NOBODY));
    if (atEnd) this.log.scrollTop = this.log.scrollHeight;
    this.#showTyping();
  }

  /** Typing is told only by the timeline, and perhaps before the contact is shown here. */
  heard(records) {
    for (const { kind, contactId, name, payload } of records) {
      if (kind !== "item" || payload.ParticipantRole === "AGENT") continue;
      const { ParticipantId: id, DisplayName: named } = payload;
      if (name === TYPING) this.#typists.set(contactId, { id, named, until: performance.now() + TYPING_SHOWN });
      else if (this.#typists.get(contactId)?.id === id) this.#typists.delete(contactId);
    }
    this.#showTyping();
  }

  #showTyping() {
    clearTimeout(this.#typingTimer);
    const typist = this.#typists.get(this.#contact?.contactId);
    const rest = typist ? typist.until - performance.now() : 0;
    this.typing.textContent = rest > 0 ? `${typist.named} is typing…` : "";
    if (rest > 0) this.#typingTimer = setTimeout(() => this.#showTyping(), rest);
  }

  #head() {
    this.leave = el("button", { type: "button", class: "quiet", onclick: () => this.act("agent-leaves") }, "Leave");
    const save = el("button", { type: "button", class: "quiet", onclick: () => this.#save() }, "Save");
    save.title = "Save the transcript in Connect's S3 form";
    return el("header", { class: "chat-head" }, this.title, save, this.leave);
  }

  #writing() {
    this.text = el("textarea", { rows: "1", "aria-label": "Answer as the agent", placeholder: "Answer as the agent" });
    this.text.addEventListener("keydown", (event) => this.#key(event));
    this.text.addEventListener("input", () => this.#types());
    const send = el("button", { type: "submit", class: "primary" }, "Send");
    this.form = el("form", { class: "composer", onsubmit: (event) => this.#submit(event) }, this.text, send);
    return this.form;
  }

  #more() {
    const buttons = VERBS.map(([verb, words]) =>
      el("button", { type: "button", class: "quiet", onclick: () => this.act(verb) }, words),
    );
    this.more = el(
      "details",
      { class: "more" },
      el("summary", {}, "Do to this chat"),
      el("div", { class: "verbs" }, buttons),
    );
    return this.more;
  }

  #key(event) {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) this.#submit(event);
  }

  #submit(event) {
    event.preventDefault();
    const text = this.text.value;
    if (!text.trim()) return;
    this.text.value = "";
    this.act("agent-says", { text });
  }

  #types() {
    if (!this.text.value || performance.now() - this.#typed < TYPING_EVERY) return;
    this.#typed = performance.now();
    this.act("agent-types");
  }

  async #save() {
    try {
      const { contactId } = this.#contact;
      saveFile(`${contactId}.json`, JSON.stringify(await control.transcript(contactId), null, 2));
    } catch (error) {
      this.report(error);
    }
  }
}

/** What `rowsOf` needs to know of a session, seen by the agent: nothing to click. */
function pretend({ transcript: items }, agent) {
  const transcript = new Transcript();
  items.forEach((item) => transcript.add(item));
  return { transcript, outgoing: [], ended: true, contact: { participantId: agent?.ParticipantId ?? "" } };
}
