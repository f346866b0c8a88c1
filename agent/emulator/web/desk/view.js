/**
 * The agent desk: who waits, accept, talk, leave. The human agent exists only inside the emulator.
 *
 * Reads contacts from the control interface whenever the timeline says that something changed. Must not know
 * the customer's pane.
 */

import { el, reconcile } from "../page/dom.js";
import * as control from "./control.js";
import { Conversation } from "./conversation.js";
import { inOrder, standing } from "./standing.js";

const MOST_SHOWN = 60;
const QUIET = 120; // milliseconds of changes gathered into one look; more when there is more to look at
const LONGEST_QUIET = 3_000;

export class Desk {
  #contacts = [];
  #selected = "";
  #timer = 0;

  constructor(root, stream, report) {
    this.report = report;
    this.list = el("ul", { class: "contacts", "aria-label": "Contacts" });
    this.none = el("p", { class: "empty-desk" }, "No contact yet. Start a chat in the customer pane.");
    this.name = el("input", {
      "aria-label": "Your name as an agent",
      value: "Sam",
      maxlength: "60",
      autocomplete: "off",
    });
    this.conversation = new Conversation({ report, act: (verb, body) => this.act(verb, body) });
    root.append(
      el("label", { class: "agent-name" }, "You are", this.name),
      this.none,
      this.list,
      this.conversation.element,
    );
    stream.addEventListener("records", (event) => this.#heard(event.detail));
    stream.addEventListener("state", () => this.#soon());
    this.#soon();
  }

  /** Do `verb` to the selected contact, or to `contactId`. */
  async act(verb, body = {}, contactId = this.#selected) {
    try {
      await control.act(contactId, verb, body);
      await this.#look();
    } catch (error) {
      this.report(error);
    }
  }

  #heard(records) {
    if (records.some(({ kind }) => kind !== "frame" && kind !== "call")) this.#soon();
    this.conversation.heard(records);
  }

  #soon() {
    const quiet = Math.min(LONGEST_QUIET, QUIET + this.#contacts.length);
    this.#timer ||= setTimeout(() => this.#look().catch(() => this.#draw()), quiet);
  }

  async #look() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#contacts = inOrder(await control.contacts());
    if (!this.#contacts.some((contact) => contact.contactId === this.#selected)) this.#reselect();
    if (this.#selected) this.conversation.show(await control.contact(this.#selected));
    this.#draw();
  }

  /** A transfer gives a contact a new id: stay with the same chat. */
  #reselect() {
    const before = this.conversation.initialContactId;
    const same = this.#contacts.find((contact) => contact.initialContactId === before);
    this.#selected = same?.contactId ?? "";
    if (!same) this.conversation.hide();
  }

  #draw() {
    this.none.hidden = this.#contacts.length > 0;
    const rows = this.#contacts.slice(0, MOST_SHOWN).map((contact) => this.#rowOf(contact));
    reconcile(this.list, rows, (row) => this.#row(row));
  }

  #rowOf(contact) {
    const { key, words, waiting } = standing(contact);
    const chosen = contact.contactId === this.#selected;
    return { key: contact.contactId, version: [words, chosen].join(), contact, kind: key, words, waiting, chosen };
  }

  #row({ contact, kind, words, waiting, chosen }) {
    const pick = el(
      "button",
      { type: "button", class: "pick", "aria-pressed": String(chosen), onclick: () => this.#select(contact.contactId) },
      el("span", { class: "customer" }, contact.customer, " ", el("small", {}, contact.contactId.slice(0, 8))),
      el("span", { class: `standing standing-${kind}` }, words),
    );
    const accept = el("button", { type: "button", class: waiting ? "primary" : "quiet" }, "Accept");
    accept.setAttribute("aria-label", `Accept ${contact.customer}`);
    accept.addEventListener("click", () => this.#accept(contact.contactId));
    const open = kind !== "ended" && kind !== "agent";
    return el("li", { class: chosen ? "chosen" : "" }, pick, open ? accept : null);
  }

  async #accept(contactId) {
    this.#selected = contactId;
    await this.act("agent-joins", { name: this.name.value.trim() || "Agent" }, contactId);
    this.conversation.focus();
  }

  async #select(contactId) {
    this.#selected = this.#selected === contactId ? "" : contactId;
    if (!this.#selected) this.conversation.hide();
    await this.#look().catch(this.report);
  }
}
