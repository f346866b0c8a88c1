/**
 * One participant websocket from dial to death: subscribe, both heartbeats, items out of their double encoding.
 *
 * It dies once, for any reason, and says so. Must not know tokens, nor what comes after it.
 */

import { parsed } from "./words.js";

const HEARTBEAT_EVERY = 10_000;
const RESUBSCRIBE_AFTER = 1_000;
const SUBSCRIBE_TRIES = 5;
const DIAL_LIMIT = 15_000;

export class Socket {
  #ws;
  #timers = [];
  #tries = 0;
  #unanswered = false;
  #dead = false;
  #to;

  /** `to` is told `subscribed()`, `item(item)` and, once, `died(why)`. */
  constructor(url, to) {
    this.#to = to;
    this.subscribed = false;
    this.#ws = new WebSocket(url);
    this.#ws.onopen = () => this.#opened();
    this.#ws.onmessage = (message) => this.#received(message.data);
    this.#ws.onclose = (close) => this.#die(`closed (${close.code})`);
    this.#later(DIAL_LIMIT, () => this.subscribed || this.#die("no answer to the dial"));
  }

  /** Close politely; nobody is told. */
  close() {
    this.#dead = true;
    this.#stop();
  }

  #opened() {
    this.#subscribe();
    this.#beat();
    this.#timers.push(setInterval(() => this.#beat(), HEARTBEAT_EVERY));
  }

  #subscribe() {
    if (this.subscribed || this.#dead) return;
    if (++this.#tries > SUBSCRIBE_TRIES) return this.#die("subscription unanswered");
    this.#send({ topic: "aws/subscribe", content: { topics: ["aws/chat"] } });
    this.#later(RESUBSCRIBE_AFTER, () => this.#subscribe());
  }

  #beat() {
    if (this.#unanswered) return this.#die("heartbeat missed");
    this.#unanswered = true;
    this.#send({ topic: "aws/ping" });
    this.#send({ topic: "aws/heartbeat" });
  }

  #received(text) {
    if (this.#dead) return;
    const frame = typeof text === "string" ? parsed(text) : undefined;
    if (frame?.topic === "aws/heartbeat") this.#unanswered = false;
    else if (frame?.topic === "aws/subscribe") this.#acknowledged(frame.content?.status);
    else if (frame?.topic === "aws/chat") this.#unwrap(frame.content);
  }

  #acknowledged(status) {
    if (status !== "success" || this.subscribed) return;
    this.subscribed = true;
    this.#to.subscribed();
  }

  #unwrap(content) {
    const item = typeof content === "string" ? parsed(content) : undefined;
    if (item) this.#to.item(item);
  }

  #send(frame) {
    if (this.#ws.readyState === WebSocket.OPEN) this.#ws.send(JSON.stringify(frame));
  }

  #later(milliseconds, action) {
    this.#timers.push(setTimeout(action, milliseconds));
  }

  #die(why) {
    if (this.#dead) return;
    this.#dead = true;
    this.#stop();
    this.#to.died(why);
  }

  #stop() {
    this.#timers.forEach((timer) => clearTimeout(timer)); // clears intervals as well
    this.#ws.onopen = this.#ws.onmessage = this.#ws.onclose = null;
    this.#ws.close(1000);
  }
}
