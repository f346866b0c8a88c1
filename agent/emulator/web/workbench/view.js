/**
 * The work on a bot: which build serves, and what is wrong with the newest one, above everything else.
 *
 * Without a workbench behind the page nothing of this is shown. Must not know what a bot is made of.
 */

import { workbench } from "../desk/control.js";
import { el } from "../page/dom.js";

const NEWS = new Set(["build", "error"]);
const HINTS = {
  load: (build) => `Build ${build} goes on serving. Save the file again when it is mended.`,
  start: (build) => `Build ${build} goes on serving. Save the file again when it is mended.`,
  replay: () => "This chat began with other code. When its customer writes again, the bot's on_mismatch decides.",
  turn: () => "This turn failed, and the chat goes on. Change the code, then go back to before the message.",
};

/** Show what the workbench says, and again whenever `stream` tells of a build or an error. */
export function installWorkbench(stream) {
  const build = document.getElementById("build");
  const trouble = document.getElementById("trouble");
  let dismissed = 0;

  const dismiss = (number) => {
    dismissed = number;
    trouble.hidden = true;
  };
  const draw = (state) => {
    document.body.toggleAttribute("data-workbench", Boolean(state));
    build.hidden = !state;
    if (!state) return;
    build.replaceChildren(el("span", { class: "target" }, `${state.target} · `), `build ${state.build}`);
    build.dataset.state = state.trouble ? "trouble" : "good";
    trouble.hidden = !state.trouble || state.trouble.number <= dismissed;
    if (!trouble.hidden) trouble.replaceChildren(...told(state, dismiss));
  };
  const look = () => workbench().then(draw, () => {}); // not reachable: the panes say so already

  stream.addEventListener("records", ({ detail }) => detail.some(({ kind }) => NEWS.has(kind)) && look());
  look();
}

function told({ build, trouble }, dismiss) {
  const close = el("button", { type: "button", class: "close", "aria-label": "Dismiss" }, "×");
  close.addEventListener("click", () => dismiss(trouble.number));
  const place = trouble.place && el("code", { class: "place" }, trouble.place);
  return [
    el("p", { class: "trouble-head" }, place, el("span", {}, trouble.sentence), close),
    trouble.code && el("pre", { class: "trouble-code" }, el("code", {}, trouble.code)),
    trouble.traceback && el("details", {}, el("summary", {}, "Traceback"), traceback(trouble)),
    el("p", { class: "hint" }, HINTS[trouble.stage]?.(build)),
  ].filter(Boolean);
}

function traceback(trouble) {
  return el("pre", { tabindex: "0", "aria-label": "Traceback" }, trouble.traceback.trimEnd());
}
