/**
 * The emulator's timeline, live: old entries first, then each as it happens; it comes back by itself.
 *
 * Fires `records` with an array, once a frame at most, however many arrive. Must not know what they mean.
 */

import { oncePerFrame } from "../page/dom.js";

const PATH = "/_emulator/timeline";

export class TimelineStream extends EventTarget {
  #waiting = [];
  #pass = oncePerFrame(() => this.#flush());

  constructor() {
    super();
    this.connected = false;
    this.source = new EventSource(PATH);
    this.source.onopen = () => this.#turn(true);
    this.source.onerror = () => this.#turn(false);
    this.source.onmessage = (message) => {
      this.#waiting.push(JSON.parse(message.data));
      this.#pass();
    };
  }

  #flush() {
    this.dispatchEvent(new CustomEvent("records", { detail: this.#waiting.splice(0) }));
  }

  #turn(connected) {
    this.connected = connected;
    this.dispatchEvent(new Event("state"));
  }
}
