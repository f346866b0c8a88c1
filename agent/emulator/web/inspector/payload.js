/** A value as indented JSON, its parts coloured; made of elements, so nothing in it is ever markup. */

import { el } from "../page/dom.js";
import { parsed } from "../protocol/words.js";

const LONGEST = 60_000;
const PARTS = /("(?:\\.|[^"\\])*")(\s*:)?|\b(true|false|null)\b|(-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)/gi;

/** A `pre` with `value`. */
export function payloadView(value) {
  const text = JSON.stringify(value, unfold, 2) ?? "";
  const shown = text.length > LONGEST ? `${text.slice(0, LONGEST)}\n… ${text.length - LONGEST} more characters` : text;
  return el("pre", { class: "payload", tabindex: "0", "aria-label": "Payload" }, coloured(shown));
}

/** JSON inside a string is easier to read as what it is. */
function unfold(name, value) {
  return typeof value === "string" && /^\s*[{[]/.test(value) ? (parsed(value) ?? value) : value;
}

function coloured(text) {
  const parts = [];
  let at = 0;
  for (const match of text.matchAll(PARTS)) {
    const [whole, string, colon, word, number] = match;
    parts.push(text.slice(at, match.index));
    const name = string ? (colon ? "name" : "string") : word ? "word" : number ? "number" : "";
    parts.push(el("span", { class: name }, string ?? whole), colon ?? "");
    at = match.index + whole.length;
  }
  return [...parts, text.slice(at)];
}
