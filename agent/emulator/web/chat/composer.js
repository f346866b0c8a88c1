/** Where the customer writes: Enter sends, Shift+Enter breaks the line, files by button, paste or drop. */

import { el, icon } from "../page/dom.js";

/** The composer of `session`: {element, focus(), write(words), update()}. `sent()` is called after each send. */
export function composer(session, sent) {
  const text = el("textarea", {
    rows: "1",
    maxlength: "16384",
    placeholder: "Write a message",
    "aria-label": "Message",
    autocomplete: "off",
    oninput: () => grow(text) || (text.value && session.typing()),
    onkeydown: (event) => sendOnEnter(event, submit),
    onpaste: (event) => takeFiles(event, event.clipboardData, attach),
  });
  const markdown = el(
    "button",
    { type: "button", class: "tool", "aria-pressed": "false", title: "Send as markdown" },
    "M↓",
  );
  markdown.setAttribute("aria-label", "Send as markdown");
  markdown.addEventListener("click", () => toggle(markdown));
  const files = el("input", {
    type: "file",
    multiple: true,
    hidden: true,
    "aria-label": "Files",
    onchange: () => choose(),
  });
  const clip = el(
    "button",
    { type: "button", class: "tool", "aria-label": "Attach a file", title: "Attach a file" },
    icon("clip"),
  );
  clip.addEventListener("click", () => files.click());
  const send = el("button", { type: "submit", class: "primary send", "aria-label": "Send" }, icon("send"));

  function submit() {
    if (!text.value.trim() || session.ending) return;
    session.say(text.value, markdown.getAttribute("aria-pressed") === "true" ? "text/markdown" : "text/plain");
    text.value = "";
    grow(text);
    sent();
  }

  function attach(list) {
    for (const file of list) session.attach(file);
    sent();
  }

  function choose() {
    attach(files.files);
    files.value = "";
  }

  const element = el(
    "form",
    {
      class: "composer",
      onsubmit: (event) => event.preventDefault() || submit(),
      ondragover: (event) => event.preventDefault(),
      ondrop: (event) => takeFiles(event, event.dataTransfer, attach),
    },
    el("div", { class: "tools" }, clip, markdown, files),
    text,
    send,
  );
  function write(words) {
    text.value = words;
    grow(text);
    text.select();
  }

  return { element, focus: () => text.focus(), write, update: () => (text.readOnly = session.ending) };
}

function sendOnEnter(event, submit) {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  submit();
}

function takeFiles(event, transfer, attach) {
  if (!transfer?.files.length) return;
  event.preventDefault();
  attach(transfer.files);
}

function toggle(button) {
  button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
}

function grow(text) {
  text.style.height = "auto";
  text.style.height = `${Math.min(text.scrollHeight + 2, 160)}px`;
}
