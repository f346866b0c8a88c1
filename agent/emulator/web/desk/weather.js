/**
 * The weather of this Amazon Connect: how its clock runs. Must not know contacts.
 */

import { el } from "../page/dom.js";
import * as control from "./control.js";

export class Weather {
  constructor(root, { stream, report, rough }) {
    this.report = report;
    this.rough = rough;
    this.pace = el("select", { "aria-label": "The clock runs" });
    for (const pace of [1, 2, 10, 60, 600]) this.pace.append(el("option", { value: String(pace) }, pace === 1 ? "in real time" : `${pace} times as fast`));
    this.pace.addEventListener("change", () => this.#try(() => control.setClock({ pace: Number(this.pace.value) })));
    root.append(el("div", { class: "weather" }, this.#clock()));
  }

  #clock() {
    return el("fieldset", {}, el("legend", {}, "Clock"), el("label", {}, "The clock runs", this.pace));
  }

  async #try(action) {
    try {
      return await action();
    } catch (error) {
      this.report(error);
    }
  }
}
