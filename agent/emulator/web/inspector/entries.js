/**
 * Timeline entries as the inspector shows them: a name, a few words, what group they belong to. Pure.
 *
 * The server masks secrets; what looks like one is masked here once more, before anything is shown or saved.
 */

import { parsed, shortName } from "../protocol/words.js";

/** The groups that can be filtered, and the kinds of entry in each. */
export const GROUPS = {
  calls: { title: "Calls", kinds: ["call"] },
  frames: { title: "Frames", kinds: ["frame"] },
  items: { title: "Items", kinds: ["item"] },
  sockets: { title: "Sockets", kinds: ["socket"] },
  contact: { title: "Contact", kinds: ["contact", "offer", "flow", "control", "build"] },
  faults: { title: "Errors", kinds: ["fault", "error"] },
  beats: { title: "Heartbeats", kinds: [] },
};

const GROUP_OF = Object.fromEntries(
  Object.entries(GROUPS).flatMap(([group, { kinds }]) => kinds.map((kind) => [kind, group])),
);
const BEATS = new Set(["aws/heartbeat", "aws/ping"]);
const SECRET_NAMES = /token$|^authorization$|^x-amz-bearer$|^url$/i;
const SECRET_VALUES = /QVFJREFI[\w+/=-]{12,}|(X-Amz-Connection=)[\w%+/=-]+/g;
const MASK = "***";

/** The entry of one timeline record. `people` remembers the name and contact of each participant. */
export function entryOf(record, people) {
  const payload = masked(unfolded(record.payload));
  learn(record, people);
  const who = people.get(record.participantId);
  const topic = record.kind === "frame" ? payload?.topic : undefined;
  const group = BEATS.has(topic) ? "beats" : (GROUP_OF[record.kind] ?? "contact");
  const contactId = record.contactId ?? who?.contactId;
  const person = who?.name ?? record.participantId?.slice(0, 8);
  const entry = { ...record, payload, group, contactId, person, bad: isBad(record) };
  return { ...entry, title: titleOf(entry), words: wordsOf(entry), text: "" };
}

/** Whether every word of `needle` (lower case) is somewhere in the entry. */
export function matches(entry, needle) {
  if (!needle) return true;
  entry.text ||= searchable(entry).toLowerCase();
  return needle.split(/\s+/).every((word) => entry.text.includes(word));
}

function searchable({ kind, title, words, status, contactId, payload }) {
  return [kind, title, words, status, contactId, JSON.stringify(payload)].join(" ");
}

/** `value` without anything that looks like a secret. */
export function masked(value, depth = 0) {
  if (typeof value === "string") return value.replace(SECRET_VALUES, (_, name = "") => name + MASK);
  if (Array.isArray(value)) return depth > 20 ? MASK : value.map((one) => masked(one, depth + 1));
  if (typeof value !== "object" || value === null) return value;
  if (depth > 20) return MASK;
  const members = Object.entries(value).map(([name, member]) => {
    const secret = typeof member === "string" && SECRET_NAMES.test(name);
    return [name, secret ? MASK : masked(member, depth + 1)];
  });
  return Object.fromEntries(members);
}

/** JSON in strings made objects: a frame, and the item in its content. */
function unfolded(payload) {
  const frame = typeof payload === "string" ? (parsed(payload) ?? payload) : payload;
  if (typeof frame?.content !== "string") return frame;
  return { ...frame, content: parsed(frame.content) ?? frame.content };
}

function learn({ contactId, participantId, payload }, people) {
  const started = payload?.response?.ParticipantId; // StartChatContact, CreateParticipant
  const id = participantId ?? payload?.ParticipantId ?? started;
  if (!contactId && !started) return;
  const name = payload?.DisplayName ?? payload?.request?.ParticipantDetails?.DisplayName ?? people.get(id)?.name;
  people.set(id, { contactId: contactId ?? payload.response.ContactId, name });
}

function isBad({ kind, status }) {
  return (
    kind === "error" ||
    kind === "fault" ||
    (kind === "call" && status >= 400) ||
    (kind === "socket" && status >= 400 && status < 600)
  );
}

function titleOf({ kind, name, payload }) {
  if (kind === "item") return shortName(name);
  if (kind === "frame")
    return `${name === "sent" ? "↓" : "↑"} ${payload?.topic ?? (payload?.message ? "error" : "frame")}`;
  return name;
}

function wordsOf({ kind, payload, person, status }) {
  if (kind === "call") return callWords(payload);
  if (kind === "item") return itemWords(payload);
  if (kind === "frame") return [person, frameWords(payload)].filter(Boolean).join(" · ");
  if (payload?.sentence) return [payload.place, payload.sentence].filter(Boolean).join(": ");
  if (kind === "build") return `${payload?.target} serves`;
  if (kind === "fault") return payload?.at ? `at ${payload.at}` : "";
  if (kind === "socket") return [person, status].filter(Boolean).join(" · ");
  return typeof payload === "string" ? payload : payload ? JSON.stringify(payload) : "";
}

function callWords({ request, response } = {}) {
  if (response?.code) return `${response.code}: ${response.message ?? ""}`;
  const what =
    request?.Content ?? request?.ContentType ?? request?.ParticipantDetails?.DisplayName ?? request?.AttachmentName;
  return what ? shortName(String(what)) : "";
}

function itemWords(item) {
  const receipt = item?.MessageMetadata?.Receipts?.[0];
  if (item?.Type === "MESSAGEMETADATA" && receipt)
    return `${receipt.ReadTimestamp ? "read" : "delivered"} ${item.MessageMetadata.MessageId}`;
  const who = item?.DisplayName ?? "";
  const what = item?.Content ?? item?.Attachments?.[0]?.AttachmentName ?? "";
  return [who, what].filter(Boolean).join(": ");
}

function frameWords(frame) {
  const content = frame?.content;
  if (typeof content === "string") return content;
  if (content?.ContentType || content?.Type)
    return [shortName(content.ContentType ?? content.Type), itemWords(content)].filter(Boolean).join(" · ");
  return content?.status ?? content?.topics?.join(" ") ?? frame?.message ?? "";
}
