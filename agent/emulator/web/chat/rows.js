/**
 * A chat as the rows to show, derived wholly from what the session knows: nothing here remembers anything.
 *
 * A row is `{key, version, kind, …}`; its version changes when it must be drawn again.
 */

import { choiceMade } from "../interactive/choices.js";
import { ENDED, INTERACTIVE, INTERACTIVE_RESPONSE, JOINED, LEFT, parsed, TRANSFERRED } from "../protocol/words.js";
import { AUTODISCONNECTION, IDLE, INVITED, RETURNED, TRANSFER_FAILED } from "../protocol/words.js";

const ROLES = { AGENT: "agent", CUSTOM_BOT: "bot", SYSTEM: "system", SUPERVISOR: "supervisor", CUSTOMER: "customer" };
const GROUP_WITHIN = 3 * 60_000;

/** Every row of `session`, oldest first; unconfirmed own messages last. */
export function rowsOf(session) {
  const items = session.transcript.items();
  const replaced = replacedMenus(items);
  const rows = [];
  items.forEach((item, index) => {
    const row = replaced.has(item.Id) ? null : rowOf(item, session, items, index);
    if (row) rows.push(grouped(row, rows.at(-1)));
  });
  for (const message of session.outgoing) {
    if (message.contentType !== INTERACTIVE_RESPONSE) rows.push(grouped(outgoingRow(message, session), rows.at(-1)));
  }
  return withOneState(rows).map((row) => ({ ...row, version: versionOf(row) }));
}

function rowOf(item, session, items, index) {
  if (item.ContentType === INTERACTIVE_RESPONSE) return null;
  if (item.Type === "EVENT") return noteRow(item, session.contact.participantId);
  if (item.Type !== "MESSAGE" && item.Type !== "ATTACHMENT") return null;
  const mine = item.ParticipantId === session.contact.participantId;
  const menu = item.ContentType === INTERACTIVE ? parsed(item.Content) : undefined;
  return {
    key: item.Id,
    kind: "message",
    mine,
    sender: senderName(item),
    role: ROLES[item.ParticipantRole] ?? "",
    time: item.AbsoluteTime,
    item,
    menu,
    chosen: menu && choiceMade(menu, items, index, session),
    open: !session.ended,
    state: mine ? (session.transcript.receipt(item.Id) ?? "sent") : undefined,
  };
}

function senderName(item) {
  return item.ParticipantRole === "SYSTEM" && item.DisplayName !== "BOT" ? "Amazon Connect" : (item.DisplayName ?? "");
}

function noteRow(item, ownId) {
  const who = item.ParticipantId === ownId ? "You" : (item.DisplayName ?? ROLES[item.ParticipantRole] ?? "Somebody");
  const text = NOTES[item.ContentType]?.(who);
  return text ? { key: item.Id, kind: "note", text, time: item.AbsoluteTime } : null;
}

const NOTES = {
  [JOINED]: (who) => `${who} joined`,
  [LEFT]: (who) => `${who} left`,
  [INVITED]: (who) => `${who} was invited`,
  [IDLE]: (who) => (who === "You" ? "You have been quiet for a while" : `${who} is idle`),
  [RETURNED]: (who) => (who === "You" ? null : `${who} is back`),
  [AUTODISCONNECTION]: (who) => `${who === "You" ? "You were" : `${who} was`} disconnected for being idle`,
  [TRANSFERRED]: () => "The chat was transferred",
  [TRANSFER_FAILED]: () => "The transfer failed",
  [ENDED]: () => "The chat has ended",
};

function outgoingRow(message, session) {
  const item = { Type: message.file ? "FILE" : "MESSAGE", ContentType: message.contentType, Content: message.content };
  const state = message.failure ? "failed" : "sending";
  const { key, failure } = message;
  return { key, kind: "message", mine: true, role: "customer", item, state, failure, open: !session.ended };
}

/** An interactive message is replaced by the next with the same referenceId [client code]. */
function replacedMenus(items) {
  const newest = new Map();
  const replaced = new Set();
  for (const item of items) {
    const reference = item.ContentType === INTERACTIVE && parsed(item.Content)?.data?.content?.referenceId;
    if (!reference) continue;
    if (newest.has(reference)) replaced.add(newest.get(reference));
    newest.set(reference, item.Id);
  }
  return replaced;
}

function grouped(row, above) {
  if (row.kind !== "message") return row;
  const near = !row.time || !above?.time || Date.parse(row.time) - Date.parse(above.time) < GROUP_WITHIN;
  const same = above?.kind === "message" && above.mine === row.mine && above.sender === (row.sender ?? above.sender);
  return { ...row, follows: Boolean(same && near) };
}

/** "Sent" and "Read" are said once, under the last own message they are true of; trouble is said everywhere. */
function withOneState(rows) {
  const said = new Set();
  return rows
    .toReversed()
    .map((row) => {
      if (!row.mine || row.state === "sending" || row.state === "failed") return row;
      const silent = said.has("read") || said.has(row.state) || (row.state === "sent" && said.size > 0);
      said.add(row.state);
      return { ...row, quiet: silent };
    })
    .toReversed();
}

function versionOf(row) {
  const status = row.item?.Attachments?.[0]?.Status ?? "";
  const parts = [row.text, row.state, row.quiet, row.follows, row.chosen, row.open, status, row.item?.Content?.length];
  return parts.map((part) => String(part ?? "")).join("|");
}
