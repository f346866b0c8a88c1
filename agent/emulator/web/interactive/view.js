/**
 * Interactive messages as things to click: QuickReply, ListPicker, Panel, TimePicker, Carousel.
 *
 * `pick(text)` and `act(response)` say what the customer did. An unknown template is shown as what it is.
 * Must not know how an answer is sent.
 */

import { el } from "../page/dom.js";
import { inline, link } from "../page/markdown.js";
import { elementsOf, pagingResponse, pickText } from "./choices.js";
import { slotGroups } from "./slots.js";

/** The element for `menu`; `chosen` is the answer already given, `open` whether one may still be given. */
export function interactiveView(menu, { chosen, open, pick, act }) {
  const draw = TEMPLATES[menu.templateType];
  if (!draw || !menu.data?.content) return unknown(menu);
  const answer = { chosen, open: open && chosen === undefined, pick, act };
  return el("div", { class: `menu menu-${menu.templateType.toLowerCase()}` }, draw(menu, answer), reply(menu, chosen));
}

const TEMPLATES = {
  QuickReply: (menu, answer) => [head(menu, "question"), options(menu, answer, "chips")],
  ListPicker: (menu, answer) => [head(menu), options(menu, answer, "list")],
  Panel: (menu, answer) => [head(menu), options(menu, answer, "list")],
  TimePicker: (menu, answer) => [head(menu), place(menu), slots(menu, answer)],
  Carousel: (menu, answer) => [head(menu), cards(menu, answer)],
};

function head(menu, style = "") {
  const content = menu.data.content;
  return el(
    "div",
    { class: `menu-head ${style}` },
    picture(content),
    content.title && el("p", { class: "menu-title" }, inline(String(content.title))),
    content.subtitle && el("p", { class: "menu-subtitle" }, inline(String(content.subtitle))),
  );
}

/** Pictures lie elsewhere, and this page asks nothing of the outside: their description links to them. */
function picture({ imageData, imageDescription, title }) {
  if (!imageData) return null;
  const words = imageDescription || title || "Picture";
  return el("p", { class: "menu-picture" }, "▧ ", link(String(imageData), String(words)));
}

function options(menu, answer, style, card) {
  const items = elementsOf(card ?? menu).map((element) => option(menu, element, answer, card));
  const label = (card ?? menu).data?.content?.title ?? "Choices";
  return el("div", { class: `options ${style}`, role: "group", "aria-label": label }, items);
}

function option(menu, element, answer, card) {
  if (element.type === "hyperlink")
    return el("p", { class: "option" }, link(String(element.url), String(element.title)));
  const paging = pagingResponse(card ?? menu, element);
  const text = pickText(element, card);
  const picked = !paging && answer.chosen === text;
  return el(
    "button",
    {
      type: "button",
      class: `option${paging ? " paging" : ""}${picked ? " picked" : ""}`,
      disabled: !answer.open,
      "aria-pressed": picked ? "true" : undefined,
      onclick: () => (paging ? answer.act(paging) : answer.pick(text)),
    },
    el("span", { class: "option-title" }, String(element.title ?? "")),
    element.subtitle && el("span", { class: "option-subtitle" }, String(element.subtitle)),
    picked && el("span", { class: "sr" }, " (your choice)"),
  );
}

function place(menu) {
  const title = menu.data.content.location?.title;
  return title ? el("p", { class: "menu-subtitle" }, String(title)) : null;
}

function slots(menu, answer) {
  const groups = slotGroups(elementsOf(menu), menu.data.content.timeZoneOffset);
  return groups.map(([day, list]) =>
    el(
      "div",
      { class: "day" },
      el("p", { class: "day-name" }, day),
      el(
        "div",
        { class: "options chips", role: "group", "aria-label": day },
        list.map((slot) => slotButton(slot, answer)),
      ),
    ),
  );
}

function slotButton({ date, words }, answer) {
  const picked = answer.chosen === date;
  const attributes = { type: "button", class: `option${picked ? " picked" : ""}`, disabled: !answer.open };
  if (picked) attributes["aria-pressed"] = "true";
  return el("button", { ...attributes, onclick: () => answer.pick(date) }, words);
}

function cards(menu, answer) {
  const list = elementsOf(menu).map((card) =>
    el("div", { class: "card" }, card.data?.content && head(card), options(menu, answer, "list", card)),
  );
  return el("div", { class: "cards", tabindex: "0", role: "group", "aria-label": "Cards, scroll sideways" }, list);
}

function reply(menu, chosen) {
  const { title, subtitle } = menu.data.replyMessage ?? {};
  if (chosen === undefined || !title) return null;
  const more = subtitle && el("span", { class: "menu-subtitle" }, inline(String(subtitle)));
  return el("p", { class: "menu-reply" }, inline(String(title)), " ", more);
}

function unknown(menu) {
  const name = String(menu.templateType ?? "Interactive message");
  const raw = el("pre", { tabindex: "0" }, JSON.stringify(menu, null, 2));
  return el("details", { class: "menu" }, el("summary", {}, `${name} cannot be shown here`), raw);
}
