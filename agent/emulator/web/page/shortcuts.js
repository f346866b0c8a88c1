/** Keys that work everywhere, and the list of them that `?` opens. */

import { el } from "./dom.js";

const LIST = [
  ["Enter", "Send the message"],
  ["Shift+Enter", "New line"],
  ["Alt+N", "Start another chat"],
  ["Alt+PageDown / Alt+PageUp", "Next / previous chat"],
  ["Alt+B", "Chats side by side"],
  ["Alt+1 / 2 / 3", "Go to customer, inspector, agent desk"],
  ["Alt+T", "Light, dark, or as the system"],
  ["/", "Search the timeline"],
  ["↑ ↓ Home End", "Move in the timeline"],
  ["Alt+P", "Pause the timeline"],
  ["?", "This list"],
];

export function installShortcuts({ chats, panes, theme, inspector }) {
  const dialog = document.getElementById("shortcuts");
  fill(dialog);
  const help = () => (dialog.open ? dialog.close() : dialog.showModal());
  document.getElementById("help").addEventListener("click", help);
  const withAlt = {
    KeyN: () => chats.start(),
    PageDown: () => chats.step(1),
    PageUp: () => chats.step(-1),
    KeyB: () => chats.toggleBeside(),
    Digit1: () => panes.show("customer") ?? chats.focus(),
    Digit2: () => panes.show("inspector"),
    Digit3: () => panes.show("desk"),
    KeyT: () => theme.next(),
    KeyP: () => inspector?.togglePause(),
  };
  const bare = { "?": help, "/": () => panes.show("inspector") ?? inspector?.search() };
  addEventListener("keydown", (event) => press(event, withAlt, bare));
}

function press(event, withAlt, bare) {
  if (event.ctrlKey || event.metaKey || event.defaultPrevented) return;
  const action = event.altKey ? withAlt[event.code] : writing(event.target) ? undefined : bare[event.key];
  if (!action) return;
  event.preventDefault();
  action();
}

function writing(target) {
  return target.matches?.("input, textarea, select");
}

function fill(dialog) {
  const rows = LIST.map(([keys, words]) => [el("dt", {}, el("kbd", {}, keys)), el("dd", {}, words)]);
  const close = el("button", { type: "button", class: "primary", onclick: () => dialog.close() }, "Close");
  dialog.append(el("h2", { id: "shortcuts-title" }, "Keyboard"), el("dl", {}, rows), close);
}
