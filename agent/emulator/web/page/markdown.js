/**
 * Markdown as the widget shows it, made of elements, never of markup: what is not understood stays text.
 *
 * Blocks: paragraphs, headings, lists, quotes, code, rules. Inline: strong, emphasis, code, strike, links to
 * http(s) and mailto. Linear in the length of its text. Must not know what a chat is.
 */

import { el } from "./dom.js";

const INLINE = [
  [/^\\([\\`*_{}[\]()#+\-.!~>|])/, (match) => match[1]],
  [/^`([^`]+)`/, (match) => el("code", {}, match[1])],
  [/^\*\*(?=\S)([^*]{1,2000}?)\*\*/, (match) => el("strong", {}, inline(match[1]))],
  [/^__(?=\S)([^_]{1,2000}?)__(?!\w)/, (match) => el("strong", {}, inline(match[1])), "word"],
  [/^~~(?=\S)([^~]{1,2000}?)~~/, (match) => el("del", {}, inline(match[1]))],
  [/^\*(?=\S)([^*]{1,2000}?)\*/, (match) => el("em", {}, inline(match[1]))],
  [/^_(?=\S)([^_]{1,2000}?)_(?!\w)/, (match) => el("em", {}, inline(match[1])), "word"],
  [/^!?\[([^\]]{0,1000})\]\(([^()\s]{1,2000})(?:\s+"[^"]{0,300}")?\)/, (match) => link(match[2], match[1])],
  [/^https?:\/\/[^\s<>"'`)\]]{1,2000}/, (match) => link(match[0], match[0]), "word"],
];

/** Inline elements of `text`. */
export function inline(text) {
  const parts = [];
  let plain = "";
  const flush = () => plain && parts.push(plain) && (plain = "");
  for (let at = 0; at < text.length;) {
    const found = startsHere(text, at);
    if (!found) {
      plain += text[at++];
      continue;
    }
    flush();
    parts.push(found.part);
    at += found.length;
  }
  flush();
  return parts.flat();
}

function startsHere(text, at) {
  if (!/[\\`*_~![h]/.test(text[at])) return null;
  const rest = text.slice(at, at + 4_000);
  const inWord = at > 0 && /\w/.test(text[at - 1]);
  for (const [pattern, build, boundary] of INLINE) {
    const match = boundary && inWord ? null : pattern.exec(rest);
    if (match) return { part: build(match), length: match[0].length };
  }
  return null;
}

/** A link when its address is harmless, else its words. */
export function link(address, words) {
  if (!/^(https?:\/\/|mailto:)/i.test(address)) return `${words} (${address})`;
  return el("a", { href: address, target: "_blank", rel: "noopener noreferrer nofollow" }, words || address);
}

/** Plain text with its addresses made links. */
export function plain(text) {
  return text
    .split(/(https?:\/\/[^\s<>"'`)\]]+)/)
    .map((part, index) => (index % 2 ? link(part, part) : part))
    .filter(Boolean);
}

const BLOCKS = [
  { starts: /^\s*```/, take: code },
  { starts: /^#{1,6}\s+\S/, take: heading },
  { starts: /^\s*([-*_])(\s*\1){2,}\s*$/, take: rule },
  { starts: /^\s*[-*+]\s+\S/, take: (lines) => list(lines, "ul", /^\s*[-*+]\s+/) },
  { starts: /^\s*\d{1,9}[.)]\s+\S/, take: (lines) => list(lines, "ol", /^\s*\d{1,9}[.)]\s+/) },
  { starts: /^\s*>/, take: quote },
];

/** Block elements of `text`. */
export function markdown(text, depth = 0) {
  const lines = text.replaceAll("\r\n", "\n").split("\n");
  const blocks = [];
  while (lines.length) {
    if (!lines[0].trim()) lines.shift();
    else blocks.push(blockAt(lines).take(lines, depth));
  }
  return blocks;
}

function blockAt(lines) {
  return BLOCKS.find((block) => block.starts.test(lines[0])) ?? { take: paragraph };
}

function paragraph(lines) {
  const own = [lines.shift()];
  while (lines.length && lines[0].trim() && !BLOCKS.some((block) => block.starts.test(lines[0])))
    own.push(lines.shift());
  return el(
    "p",
    {},
    own.flatMap((line, index) => [...(index ? [el("br")] : []), ...inline(line)]),
  );
}

function heading(lines) {
  const [, marks, text] = /^(#{1,6})\s+(.*?)\s*#*\s*$/.exec(lines.shift());
  return el(
    "p",
    { class: `heading level-${marks.length}`, role: "heading", "aria-level": marks.length + 2 },
    inline(text),
  );
}

function rule(lines) {
  lines.shift();
  return el("hr");
}

function list(lines, tag, mark) {
  const start = tag === "ol" ? Number.parseInt(lines[0], 10) : 1;
  const items = [];
  while (lines.length && (mark.test(lines[0]) || (items.length && /^\s{2,}\S/.test(lines[0])))) {
    const line = lines.shift();
    if (mark.test(line)) items.push(line.replace(mark, ""));
    else items[items.length - 1] += ` ${line.trim()}`;
  }
  return el(
    tag,
    start > 1 ? { start } : {},
    items.map((item) => el("li", {}, inline(item))),
  );
}

function quote(lines, depth) {
  const own = [];
  while (lines.length && /^\s*>/.test(lines[0])) own.push(lines.shift().replace(/^\s*>\s?/, ""));
  const text = own.join("\n");
  return el("blockquote", {}, depth < 5 ? markdown(text, depth + 1) : text);
}

function code(lines) {
  lines.shift();
  const own = [];
  while (lines.length && !/^\s*```/.test(lines[0])) own.push(lines.shift());
  lines.shift();
  return el("pre", { tabindex: "0" }, el("code", {}, own.join("\n")));
}
