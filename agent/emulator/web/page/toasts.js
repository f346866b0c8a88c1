/** Short words about what went wrong, gone after a while. */

import { el } from "./dom.js";

const SHOWN = 8_000;

export function toast(words) {
  const close = el("button", { type: "button", class: "close", "aria-label": "Dismiss" }, "×");
  const element = el("div", { class: "toast" }, el("p", {}, words), close);
  close.addEventListener("click", () => element.remove());
  setTimeout(() => element.remove(), SHOWN);
  document.getElementById("toasts").append(element);
}
