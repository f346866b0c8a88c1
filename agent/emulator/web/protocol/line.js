/**
 * The living connection of one participant: there is always one subscribed socket, or one is on its way.
 *
 * A planned refresh makes the new socket before it breaks the old one; a lost one is replaced with growing,
 * jittered patience; a 403 for the participant token means that the chat is over. Events: `state`, `item`.
 * Must not know what items mean.
 */

import { createParticipantConnection } from "./operations.js";
import { Socket } from "./socket.js";

const REFRESH_AFTER = 59 * 60_000;
const REFRESH_BEFORE_EXPIRY = 60_000;
const SHORTEST_REFRESH = 10_000;
const PATIENCE = 30_000;

export class Line extends EventTarget {
  #participantToken;
  #current = null;
  #coming = null;
  #asking = null;
  #failures = 0;
  #timer = 0;
  #wake = () => this.#hurry();

  constructor(participantToken) {
    super();
    this.#participantToken = participantToken;
    /** connecting, live, lost, or over for good. */
    this.state = "connecting";
    /** The newest connection token. */
    this.token = "";
    addEventListener("online", this.#wake);
    document.addEventListener("visibilitychange", this.#wake);
  }

  /** Begin; returns when the first attempt has its token or is refused. */
  start() {
    return this.#connect();
  }

  /** Ask for a fresh connection token, because `stale` was refused. False when the chat is over. */
  async renew(stale) {
    if (this.token === stale) await this.#connect();
    return this.state !== "over";
  }

  /** No more sockets, no more attempts. */
  close() {
    this.#enter("over");
    clearTimeout(this.#timer);
    this.#current?.close();
    this.#coming?.close();
    removeEventListener("online", this.#wake);
    document.removeEventListener("visibilitychange", this.#wake);
  }

  #connect() {
    this.#asking ??= this.#ask().finally(() => (this.#asking = null));
    return this.#asking;
  }

  async #ask() {
    clearTimeout(this.#timer);
    try {
      const details = await createParticipantConnection(this.#participantToken);
      if (this.state === "over") return;
      this.token = details.ConnectionCredentials.ConnectionToken;
      this.#dial(details.Websocket);
    } catch (error) {
      if (error.status === 403 || error.status === 404) this.close();
      else this.#again();
    }
  }

  #dial({ Url: url, ConnectionExpiry: expiry }) {
    this.#coming?.close();
    const socket = new Socket(url, {
      subscribed: () => this.#promote(socket, expiry),
      item: (item) => this.dispatchEvent(new CustomEvent("item", { detail: item })),
      died: () => this.#died(socket),
    });
    this.#coming = socket;
  }

  #promote(socket, expiry) {
    this.#current?.close();
    this.#current = socket;
    this.#coming = null;
    this.#failures = 0;
    const untilExpiry = Date.parse(expiry) - Date.now() - REFRESH_BEFORE_EXPIRY;
    this.#plan(Math.max(SHORTEST_REFRESH, Math.min(REFRESH_AFTER, untilExpiry || REFRESH_AFTER)));
    this.#enter("live");
  }

  #died(socket) {
    if (socket === this.#coming) this.#coming = null;
    if (socket === this.#current) this.#current = null;
    if (!this.#current && !this.#coming) this.#again();
  }

  #again() {
    if (this.state === "over") return;
    if (!this.#current) this.#enter("lost");
    const patience = this.#failures++ ? Math.min(PATIENCE, 500 * 2 ** this.#failures) : 0;
    this.#plan(patience * (0.7 + 0.6 * Math.random()));
  }

  #plan(milliseconds) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#connect(), milliseconds);
  }

  #hurry() {
    if (this.state === "lost" && !this.#coming && !document.hidden) this.#connect();
  }

  #enter(state) {
    if (this.state === "over" || (this.state === state && state !== "live")) return;
    this.state = state;
    this.dispatchEvent(new Event("state"));
  }
}
