/** One row of a chat as an element. Must not know where rows come from. */

import { interactiveView } from "../interactive/view.js";
import { clockTime, el, icon } from "../page/dom.js";
import { markdown, plain } from "../page/markdown.js";

/** `on` has pick(text), act(response), retry(key), goBack(item) and file(attachment, element). */
export function rowElement(row, on) {
  return row.kind === "note" ? note(row) : message(row, on);
}

function note(row) {
  return el("div", { class: "note", "data-kind": "note" }, row.text, " ", moment(row.time));
}

function moment(time) {
  return time ? el("time", { datetime: time, title: new Date(time).toLocaleString() }, clockTime(time)) : null;
}

function message(row, on) {
  const side = row.mine ? "mine" : `theirs role-${row.role}`;
  return el(
    "article",
    { class: `message ${side}${row.follows ? " follows" : ""}`, "data-kind": "message", "data-state": row.state },
    row.follows ? el("span", { class: "sr" }, row.mine ? "You:" : `${row.sender}:`) : byline(row),
    el("div", { class: "line" }, goBack(row, on), el("div", { class: `bubble${row.menu ? " wide" : ""}` }, body(row, on))),
    row.mine && status(row, on),
  );
}

/** Only shown where somebody works on the bot. */
function goBack({ mine, item }, on) {
  if (!mine || !item.Id || item.Type !== "MESSAGE") return null;
  const words = "Go back to before this message";
  const attributes = { type: "button", class: "tool back", "aria-label": words, title: words };
  return el("button", { ...attributes, onclick: () => on.goBack(item) }, icon("back"));
}

function byline(row) {
  const role = row.role && row.role !== "customer" && el("span", { class: "tag" }, row.role);
  const name = row.mine ? el("span", { class: "sr" }, "You") : el("span", { class: "sender" }, row.sender, " ", role);
  return el("p", { class: "byline" }, name, moment(row.time));
}

function body(row, on) {
  const { item, menu } = row;
  if (item.Type === "FILE") return el("p", { class: "file" }, icon("clip"), item.Content);
  if (item.Type === "ATTACHMENT") return (item.Attachments ?? []).map((attachment) => file(attachment, on));
  if (menu) return interactiveView(menu, { chosen: row.chosen, open: row.open, pick: on.pick, act: on.act });
  if (item.ContentType === "text/markdown") return el("div", { class: "markdown" }, markdown(item.Content ?? ""));
  if (item.ContentType === "application/json") return el("pre", { tabindex: "0" }, prettyJson(item.Content));
  return el("p", { class: "text" }, plain(item.Content ?? ""));
}

function prettyJson(content) {
  try {
    return JSON.stringify(JSON.parse(content), null, 2);
  } catch {
    return content;
  }
}

function file(attachment, on) {
  const name = attachment.AttachmentName ?? "file";
  if (attachment.Status !== "APPROVED") {
    const why = attachment.Status === "REJECTED" ? "was refused" : "is being checked";
    return el("p", { class: "file" }, icon("clip"), `${name} ${why}`);
  }
  const open = el(
    "button",
    { type: "button", class: "file", onclick: () => on.file(attachment, open) },
    icon("clip"),
    name,
  );
  return open;
}

const STATES = { sending: "Sending…", sent: "Sent", delivered: "Delivered", read: "Read" };

function status(row, on) {
  if (row.state === "failed") return failure(row, on);
  if (row.quiet) return null;
  return el("p", { class: "status" }, STATES[row.state]);
}

function failure(row, on) {
  const again = el("button", { type: "button", class: "link", onclick: () => on.retry(row.key) }, "Try again");
  return el("p", { class: "status failed", role: "alert" }, "Not sent: ", row.failure.message, " ", row.open && again);
}
