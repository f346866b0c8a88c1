/**
 * What the customer has written and the server has not confirmed: sent one at a time, in order, kept on failure.
 *
 * A message keeps its key through all its sends: it is the ClientToken. Must not know tokens nor sockets.
 */

export class Outbox {
  #transmit;
  #sent;
  #changed;

  /** `transmit(message)` sends it, `sent(message, answer)` takes what was confirmed, `changed()` tells the rest. */
  constructor({ transmit, sent, changed }) {
    this.#transmit = transmit;
    this.#sent = sent;
    this.#changed = changed;
    /** {key, content, contentType, file, failure}, oldest first. */
    this.messages = [];
    /** Whether a message is on its way. */
    this.busy = false;
  }

  post(message) {
    this.messages.push({ key: crypto.randomUUID(), ...message });
    this.#pump();
    this.#changed();
  }

  /** Send what failed once more. */
  retry(key) {
    this.#again((message) => message.key === key);
  }

  /** Send once more what the network had lost. */
  retryLost() {
    this.#again((message) => message.failure?.status === 0);
  }

  /** A send that failed may have taken effect all the same: its message `item` has arrived. */
  settle({ Content, ContentType }) {
    const index = this.messages.findIndex(
      ({ failure, content, contentType }) => failure && content === Content && contentType === ContentType,
    );
    if (index >= 0) this.messages.splice(index, 1);
  }

  #again(wanted) {
    for (const message of this.messages.filter(wanted)) message.failure = undefined;
    this.#pump();
    this.#changed();
  }

  async #pump() {
    if (this.busy) return;
    this.busy = true;
    const waiting = () => this.messages.find((message) => !message.failure);
    for (let message = waiting(); message; message = waiting()) await this.#deliver(message);
    this.busy = false;
    this.#changed();
  }

  async #deliver(message) {
    try {
      const answer = await this.#transmit(message);
      this.messages.splice(this.messages.indexOf(message), 1);
      this.#sent(message, answer);
    } catch (error) {
      message.failure = error;
    }
    this.#changed();
  }
}
