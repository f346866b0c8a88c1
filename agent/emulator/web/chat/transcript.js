/**
 * What a chat knows of its items: each once, in the order of AbsoluteTime, with the receipts they got.
 *
 * Items come live, doubled, late, or from transcript pages; the result is the same. Must not know the page.
 */

export class Transcript {
  #items = new Map();
  #receipts = new Map();
  #sorted = null;

  /** Take an item in. True when it was not known before. */
  add(item) {
    if (item.MessageMetadata?.Receipts) this.#note(item.MessageMetadata);
    if (item.Type === "MESSAGEMETADATA" || !item.Id) return false;
    const known = this.#items.get(item.Id);
    if (known && !isNewer(item, known)) return false;
    this.#items.set(item.Id, known ? grown(known, item) : item);
    this.#sorted = null;
    return !known;
  }

  has(id) {
    return this.#items.has(id);
  }

  /** All items, oldest first. */
  items() {
    this.#sorted ??= [...this.#items.values()].sort(byTime);
    return this.#sorted;
  }

  /** What another participant acknowledged of message `id`: undefined, "delivered" or "read". */
  receipt(id) {
    return this.#receipts.get(id);
  }

  #note({ MessageId: id, Receipts: receipts }) {
    const read = receipts.some((receipt) => receipt.ReadTimestamp);
    const delivered = receipts.some((receipt) => receipt.DeliveredTimestamp);
    if (read) this.#receipts.set(id, "read");
    else if (delivered && !this.#receipts.has(id)) this.#receipts.set(id, "delivered");
  }
}

function byTime(one, other) {
  const [a, b] = [one.AbsoluteTime ?? "", other.AbsoluteTime ?? ""];
  if (a !== b) return a < b ? -1 : 1;
  return one.Id < other.Id ? -1 : 1;
}

/** Only an attachment's verdict, or the next piece of a message that grows, changes a known item. */
function isNewer(item, known) {
  if (item.Type === "ATTACHMENT") return item.Attachments?.[0]?.Status !== known.Attachments?.[0]?.Status;
  const [now, before] = [item.MessageMetadata, known.MessageMetadata];
  if (before?.MessageCompleted !== false) return false;
  return now?.MessageCompleted === true || now?.ChunkNumber === before.ChunkNumber + 1;
}

function grown(known, item) {
  if (item.MessageMetadata?.MessageCompleted !== false) return item;
  return { ...item, AbsoluteTime: known.AbsoluteTime, Content: known.Content + item.Content };
}
