/** The third pane: the agent desk, and beside it the weather. */

import { el } from "../page/dom.js";
import { Desk } from "./view.js";
import { Weather } from "./weather.js";

export function installDesk(root, stream, report) {
  const bodies = {
    desk: el("div", { class: "desk-body", role: "tabpanel", id: "desk-body", "aria-label": "Agent desk" }),
    weather: el("div", { class: "desk-body", role: "tabpanel", id: "weather-body", "aria-label": "Weather" }),
  };
  const buttons = {
    desk: tab("Agent desk", "desk-body", () => show("desk")),
    weather: tab("Weather", "weather-body", () => show("weather")),
  };

  function show(name) {
    for (const key of Object.keys(bodies)) {
      bodies[key].hidden = key !== name;
      buttons[key].setAttribute("aria-selected", String(key === name));
      buttons[key].tabIndex = key === name ? 0 : -1;
    }
  }

  const names = Object.keys(buttons);
  const turn = (event) => {
    if (event.key !== "ArrowRight" && event.key !== "ArrowLeft") return;
    const other = names.find((name) => buttons[name] !== event.target);
    show(other);
    buttons[other].focus();
  };
  const tabs = el(
    "div",
    { class: "desk-tabs", role: "tablist", "aria-label": "Agent desk and weather", onkeydown: turn },
    Object.values(buttons),
  );
  root.append(el("div", { class: "pane-head" }, tabs), bodies.desk, bodies.weather);
  show("desk");
  new Desk(bodies.desk, stream, report);
  new Weather(bodies.weather, { stream, report, rough: (rough) => buttons.weather.classList.toggle("rough", rough) });
}

function tab(words, controls, action) {
  return el("button", { type: "button", role: "tab", "aria-controls": controls, onclick: action }, words);
}
