/**
 * One chat on the page: its head, its log, who is typing, and where to write.
 *
 * Draws what the session knows and tells it what the customer does. Must not know of other chats.
 */

import { el, oncePerFrame, reconcile } from "../page/dom.js";
import { composer } from "./composer.js";
import { rowElement } from "./message.js";
import { rowsOf } from "./rows.js";

const NEAR_END = 80; // pixels from the end that still count as reading the newest
const STATE_WORDS = { connecting: "Connecting…", live: "Connected", lost: "Reconnecting…", over: "Ended" };

export class ChatView {
  #session;
  #atEnd = true;

  /** `on` has startAnother(), goBack(item) and report(error). */
  constructor(session, on) {
    this.#session = session;
    this.on = on;
    this.#build();
    this.draw = oncePerFrame(() => this.#draw());
    session.addEventListener("change", this.draw);
    new ResizeObserver(() => this.#stayAtEnd()).observe(this.log);
    this.draw();
  }

  focus() {
    if (!this.#session.ended) this.composer.focus();
    else this.again.querySelector("button").focus();
  }

  /** Put `text` where the customer writes. */
  propose(text) {
    this.composer.write(text);
  }

  #build() {
    const session = this.#session;
    const id = session.contact.contactId;
    this.stateWords = el("span", { class: "state-words" });
    this.state = el("span", { class: "state", role: "status" }, this.stateWords);
    this.end = el(
      "button",
      { type: "button", class: "quiet", "data-do": "end", onclick: () => this.#end() },
      "End chat",
    );
    this.log = this.#buildLog();
    this.newest = el(
      "button",
      { type: "button", class: "newest", hidden: true, onclick: () => this.#goToEnd() },
      "New messages ↓",
    );
    this.typing = el("p", { class: "typing", role: "status", "aria-live": "polite" });
    this.composer = composer(session, () => this.#goToEnd());
    this.again = this.#buildAgain();
    const foot = el("div", { class: "chat-foot" }, this.composer.element, this.again);
    const head = el("header", { class: "chat-head" }, this.#buildTitle(id), this.state, this.end);
    const label = `Chat of ${session.contact.name}`;
    const middle = el("div", { class: "log-box" }, this.log, this.newest);
    this.element = el(
      "section",
      { class: "chat", "aria-label": label, "data-contact": id },
      head,
      middle,
      this.typing,
      foot,
    );
  }

  #buildTitle(id) {
    const copy = () => navigator.clipboard?.writeText(id);
    const short = el(
      "button",
      { type: "button", class: "id", title: `Copy the contact id ${id}`, onclick: copy },
      id.slice(0, 8),
    );
    return el("h3", {}, el("span", { class: "who" }, this.#session.contact.name), " ", short);
  }

  #buildLog() {
    const attributes = { class: "log", role: "log", "aria-live": "polite", "aria-label": "Messages", tabindex: "0" };
    return el("div", { ...attributes, onscroll: () => this.#scrolled() });
  }

  #buildAgain() {
    const another = el(
      "button",
      { type: "button", class: "primary", onclick: () => this.on.startAnother() },
      "Start another chat",
    );
    return el("div", { class: "again", hidden: true }, el("p", {}, "This chat has ended."), another);
  }

  #draw() {
    const session = this.#session;
    const focused = this.element.contains(document.activeElement);
    reconcile(this.log, rowsOf(session), (row) => rowElement(row, this.#actions));
    this.stateWords.textContent = session.ending ? "Ending…" : STATE_WORDS[session.state];
    this.state.title = this.stateWords.textContent;
    this.state.dataset.state = session.state;
    this.typing.replaceChildren(...typingWords(session.typists));
    this.end.hidden = session.ended;
    this.end.setAttribute("aria-disabled", String(session.ending)); // a disabled button would lose the focus
    this.#drawFoot(session, focused);
    this.#stayAtEnd();
    if (this.#inSight) session.seen();
  }

  #drawFoot(session, focused) {
    const justEnded = session.ended && !this.composer.element.hidden;
    this.composer.element.hidden = session.ended;
    this.composer.update();
    this.again.hidden = !session.ended;
    if (justEnded && focused) this.focus();
  }

  get #inSight() {
    return !document.hidden && document.hasFocus() && this.element.offsetParent !== null && this.#atEnd;
  }

  #actions = {
    pick: (text) => {
      this.#session.say(text);
      this.composer.focus();
    },
    act: (response) => this.#session.act(response),
    retry: (key) => this.#session.retry(key),
    goBack: (item) => this.on.goBack(item),
    file: (attachment) => this.#open(attachment),
  };

  async #open(attachment) {
    try {
      const url = await this.#session.attachmentUrl(attachment.AttachmentId);
      open(url, "_blank", "noopener");
    } catch (error) {
      this.on.report(error);
    }
  }

  async #end() {
    try {
      await this.#session.end();
    } catch (error) {
      this.on.report(error);
    }
  }

  #scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.log;
    this.#atEnd = scrollHeight - scrollTop - clientHeight < NEAR_END;
    if (this.#atEnd) this.newest.hidden = true;
    if (this.#inSight) this.#session.seen();
  }

  #stayAtEnd() {
    if (this.#atEnd) this.log.scrollTop = this.log.scrollHeight;
    else this.newest.hidden = this.#session.unread === 0;
  }

  #goToEnd() {
    this.#atEnd = true;
    this.#stayAtEnd();
  }
}

function typingWords(names) {
  if (!names.length) return [];
  const dots = el("span", { class: "dots", "aria-hidden": "true" }, el("i"), el("i"), el("i"));
  return [dots, `${names.join(" and ")} ${names.length > 1 ? "are" : "is"} typing…`];
}
