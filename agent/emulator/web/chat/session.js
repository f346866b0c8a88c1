/**
 * One chat from the customer's side, over the real protocol: start, talk, see, end. Events: `change`.
 *
 * Sends go one at a time, each with its own ClientToken through all retries, so nothing is posted twice; after
 * every (re)connect the transcript fills the gap. Must not know how anything looks.
 */

import { Line } from "../protocol/line.js";
import * as connect from "../protocol/operations.js";
import { Refused } from "../protocol/rest.js";
import { ENDED, INTERACTIVE_RESPONSE, LEFT, TYPING } from "../protocol/words.js";
import { Outbox } from "./outbox.js";
import { Receipts } from "./receipts.js";
import { Transcript } from "./transcript.js";

const TYPING_EVERY = 10_000;
const TYPING_SHOWN = 12_000;
const RETRY_AFTER = [400, 1_000, 2_500]; // milliseconds
const ENDED_WITHIN = 4_000;

export class ChatSession extends EventTarget {
  #line;
  #receipts;
  #outbox;
  #heldEchoes = [];
  #gapless = false;
  #anchor = ""; // everything up to the message of this Id is here
  #typingSent = -Infinity;
  #typists = new Map();

  /** `contact` is StartChatContact's answer and the name: all that is needed to come back later. */
  constructor(contact) {
    super();
    this.contact = contact;
    this.transcript = new Transcript();
    this.ended = false;
    this.ending = false;
    this.unread = 0;
    this.#line = new Line(contact.participantToken);
    this.#line.addEventListener("state", () => this.#lineChanged());
    this.#line.addEventListener("item", (event) => this.#received(event.detail));
    this.#receipts = new Receipts((type, content) => this.#event(type, content));
    this.#outbox = new Outbox({
      transmit: (message) => this.#withToken((token) => transmit(token, message)),
      sent: (message, answer) => answer && this.transcript.add(this.#ownItem(message, answer)),
      changed: () => this.#outboxChanged(),
    });
  }

  /** Start a new contact and its chat. Throws `Refused`. */
  static async start({ instanceId, flowId, name, attributes }) {
    const answer = await connect.startChatContact({ instanceId, flowId, name, attributes });
    return new ChatSession({
      contactId: answer.ContactId,
      participantId: answer.ParticipantId,
      participantToken: answer.ParticipantToken,
      name,
    });
  }

  /** connecting, live, lost or over. */
  get state() {
    return this.ended ? "over" : this.#line.state;
  }

  /** Own messages and files that the server has not confirmed. */
  get outgoing() {
    return this.#outbox.messages;
  }

  /** Names of those who are typing now. */
  get typists() {
    return [...this.#typists.values()].map((typist) => typist.name);
  }

  open() {
    return this.#line.start();
  }

  /** Send a message; it is shown at once. */
  say(content, contentType = "text/plain") {
    this.#outbox.post({ content, contentType });
  }

  /** Answer an interactive message with an action such as SHOW_MORE; never shown. */
  act(response) {
    this.#outbox.post({ content: JSON.stringify(response), contentType: INTERACTIVE_RESPONSE });
  }

  attach(file) {
    this.#outbox.post({ content: file.name, file });
  }

  /** Send what failed once more, with the ClientToken it had. */
  retry(key) {
    this.#outbox.retry(key);
  }

  /** The customer pressed a key: tell the others, at most every ten seconds. */
  typing() {
    if (this.state !== "live" || performance.now() - this.#typingSent < TYPING_EVERY) return;
    this.#typingSent = performance.now();
    this.#event(TYPING);
  }

  /** The customer is looking at the chat: what is there counts as read. */
  seen() {
    if (this.unread) {
      this.unread = 0;
      this.#changed();
    }
    this.#receipts.read();
  }

  attachmentUrl(id) {
    return this.#withToken((token) => connect.attachmentUrl(token, id));
  }

  /** End the chat; it is over when Connect says so. */
  async end() {
    if (this.ended || this.ending) return;
    this.ending = true;
    this.#changed();
    try {
      await this.#withToken((token) => connect.disconnectParticipant(token));
      this.#leave();
    } catch (error) {
      this.ending = false;
      this.#changed();
      if (error.status !== 403) throw error;
    }
  }

  /** Leave everything as it is, without a word to the server. */
  close() {
    this.#finish();
  }

  // --- coming in -----------------------------------------------------------------------------------------

  #received(item) {
    if (item.ContentType === TYPING) return this.#typed(item);
    this.#admit(item);
    if (this.#gapless && item.Type === "MESSAGE") this.#anchor = item.Id;
    this.#changed();
  }

  /** Own messages wait until their send is answered: only then it is known which of the shown ones they are. */
  #admit(item) {
    if (this.#outbox.busy && item.Type === "MESSAGE" && this.#isMine(item)) this.#heldEchoes.push(item);
    else this.#take(item);
  }

  #take(item) {
    const isNew = this.transcript.add(item);
    this.#typists.delete(item.ParticipantId);
    if (isNew && item.Type === "MESSAGE") this.#arrived(item);
    if (item.ContentType === ENDED) this.#finish();
    else if (item.ContentType === LEFT && this.#isMine(item)) this.#leave();
  }

  /** The customer is out; chat.ended usually follows. */
  #leave() {
    if (this.ended) return;
    this.ending = true;
    setTimeout(() => this.#finish(), ENDED_WITHIN);
  }

  #arrived(item) {
    if (this.#isMine(item)) return this.#outbox.settle(item);
    this.unread += 1;
    this.#receipts.delivered(item.Id);
  }

  #isMine(item) {
    return item.ParticipantId === this.contact.participantId;
  }

  #typed(item) {
    if (this.#isMine(item)) return;
    const typist = { name: item.DisplayName ?? "Someone" };
    this.#typists.set(item.ParticipantId, typist);
    setTimeout(() => this.#stoppedTyping(item.ParticipantId, typist), TYPING_SHOWN);
    this.#changed();
  }

  #stoppedTyping(participantId, typist) {
    if (this.#typists.get(participantId) !== typist) return; // typed again since
    this.#typists.delete(participantId);
    this.#changed();
  }

  #lineChanged() {
    if (this.#line.state === "lost") this.#gapless = false;
    if (this.#line.state === "live") this.#catchUp();
    else if (this.#line.state === "over") this.#finish();
    this.#changed();
  }

  async #catchUp() {
    try {
      let page = {};
      do {
        page = await this.#withToken((token) => connect.getTranscript(token, page.NextToken));
        page.Transcript.forEach((item) => this.#admit(item));
        this.#changed();
      } while (page.NextToken && !page.Transcript.some((item) => item.Id === this.#anchor));
      this.#gapless = true;
      this.#outbox.retryLost();
    } catch (error) {
      if (!error.passing) return; // refused: the line says what that means
      setTimeout(() => this.#line.state === "live" && this.#catchUp(), RETRY_AFTER.at(-1));
    }
  }

  // --- going out -----------------------------------------------------------------------------------------

  #outboxChanged() {
    const settled = !this.#outbox.busy || this.outgoing.every(({ failure }) => failure);
    if (settled) this.#heldEchoes.splice(0).forEach((item) => this.#take(item));
    this.#changed();
  }

  #ownItem({ content, contentType }, { Id, AbsoluteTime }) {
    const { participantId: ParticipantId, name: DisplayName } = this.contact;
    const sender = { ParticipantId, DisplayName, ParticipantRole: "CUSTOMER" };
    return { Id, AbsoluteTime, Type: "MESSAGE", ContentType: contentType, Content: content, ...sender };
  }

  async #event(type, content) {
    if (this.ending || this.ended) return undefined;
    return this.#withToken((token) => connect.sendEvent(token, type, content), []).catch((error) => error);
  }

  /** Run `action` with the newest token: again after passing failures, once more when the token had expired. */
  async #withToken(action, patience = RETRY_AFTER) {
    let renewed = false;
    for (let attempt = 0; ;) {
      if (!this.#line.token) await this.#line.renew("");
      const { token } = this.#line;
      try {
        if (!token) throw new Refused({ status: 0, type: "NotConnected", message: "Not connected yet" });
        return await action(token);
      } catch (error) {
        if (error.status === 403 && !renewed) renewed = await this.#line.renew(token);
        else if (error.passing && attempt < patience.length) await pause(patience[attempt++]);
        else throw error;
        if (this.#line.state === "over") throw error;
      }
    }
  }

  #finish() {
    if (this.ended) return;
    this.ended = true;
    this.ending = false;
    this.#typists.clear();
    this.#receipts.stop();
    this.#line.close();
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

function transmit(token, { key, content, contentType, file }) {
  if (file) return connect.sendAttachment(token, file);
  return connect.sendMessage(token, { content, contentType, clientToken: key });
}

function pause(milliseconds) {
  return new Promise((resume) => setTimeout(resume, milliseconds));
}
