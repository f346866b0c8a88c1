/** Where a contact stands, in the words of the desk. Pure. */

/** {key, words, waiting}: `waiting` is true when a human agent is wanted. */
export function standing({ state, present = [], queue, offered, items }) {
  if (state === "ended") return { key: "ended", words: "ended" };
  if (present.includes("AGENT") || present.includes("SUPERVISOR")) return { key: "agent", words: "with an agent" };
  if (present.includes("CUSTOM_BOT")) return { key: "bot", words: "with the bot" };
  if (queue) return { key: "waiting", words: `waiting in ${queue}`, waiting: true };
  if (offered) return { key: "offered", words: "waiting for a bot" };
  return items ? { key: "flow", words: "in its flow" } : { key: "new", words: "not connected" };
}

/** Those who wait first, then the rest from the newest; ended ones last. */
export function inOrder(contacts) {
  const rank = { waiting: 0, agent: 1, ended: 3 };
  const place = (contact) => rank[standing(contact).key] ?? 2;
  return contacts
    .map((contact, index) => ({ contact, index }))
    .sort((one, other) => place(one.contact) - place(other.contact) || other.index - one.index)
    .map(({ contact }) => contact);
}
