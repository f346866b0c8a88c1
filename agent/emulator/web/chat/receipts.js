/**
 * Delivered and read receipts for what others wrote: only for the newest message, and never in a flood.
 *
 * Receipts cost quota, so they are held back a moment and at most one goes out in five seconds. Must not know
 * what a message says.
 */

import { DELIVERED, READ } from "../protocol/words.js";

const HOLD = 300;
const EVERY = 5_000;

export class Receipts {
  #send;
  #newest = null;
  #wanted = null;
  #told = null;
  #timer = 0;
  #sentAt = -Infinity;
  #stopped = false;

  /** `send(contentType, content)` resolves to an error when it was refused. */
  constructor(send) {
    this.#send = send;
  }

  /** Message `id` of somebody else has arrived. */
  delivered(id) {
    this.#newest = id;
    this.#want(DELIVERED);
  }

  /** Everything that arrived has been seen. */
  read() {
    if (this.#newest) this.#want(READ);
  }

  stop() {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #want(type) {
    if (this.#stopped || this.#told === READ + this.#newest) return;
    if (this.#wanted?.id === this.#newest && this.#wanted.type === READ) return;
    this.#wanted = { type, id: this.#newest };
    const wait = Math.max(HOLD, this.#sentAt + EVERY - performance.now());
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#tell(), wait);
  }

  async #tell() {
    const { type, id } = this.#wanted;
    this.#wanted = null;
    if (this.#told === type + id) return;
    this.#told = type + id;
    this.#sentAt = performance.now();
    const refused = await this.#send(type, JSON.stringify({ messageId: id }));
    if (refused?.status === 409) this.stop(); // more than two are talking: receipts are not wanted [documented]
  }
}
