/**
 * The weather of this Amazon Connect: what goes wrong, for whom, how often, and how the clock runs.
 *
 * Every change is set at once; what somebody else set is shown and kept. Must not know contacts.
 */

import { el } from "../page/dom.js";
import * as control from "./control.js";
import { meaningOf, ruleOf, SWITCHES } from "./switches.js";

const OPERATIONS = [
  "SendMessage",
  "SendEvent",
  "GetTranscript",
  "CreateParticipantConnection",
  "CreateParticipant",
  "DisconnectParticipant",
  "StartChatContact",
];
const ROLES = { "": "everybody", CUSTOMER: "the customer", CUSTOM_BOT: "the bot", AGENT: "an agent" };
const PACES = [1, 2, 10, 60, 600];

export class Weather {
  #foreign = [];
  #struck = 0;
  #rows = new Map(); // key → {check, amount}
  #setting = Promise.resolve();

  /** `rough(true)` is called while the weather is not calm. */
  constructor(root, { stream, report, rough }) {
    this.report = report;
    this.rough = rough;
    this.words = el("p", { class: "calm-words", role: "status" });
    root.append(
      el("div", { class: "weather" }, this.words, this.#groups(), this.#clock(), this.#memory(), this.#elsewhere()),
    );
    stream.addEventListener("records", (event) => this.#heard(event.detail));
    stream.addEventListener("state", () => stream.connected && this.#read());
  }

  #groups() {
    this.operation = choice("Which calls", {
      "*": "any call",
      ...Object.fromEntries(OPERATIONS.map((name) => [name, name])),
    });
    this.role = choice("Whose sockets", ROLES);
    [this.operation, this.role].forEach((select) => select.addEventListener("change", () => this.#set()));
    const scopes = { "API calls": row("Which calls", this.operation), Sockets: row("Whose sockets", this.role) };
    const names = [...new Set(SWITCHES.map(({ group }) => group))];
    return names.map((name) => el("fieldset", {}, el("legend", {}, name), this.#switches(name), scopes[name]));
  }

  #switches(group) {
    return SWITCHES.filter((one) => one.group === group).map((one) => this.#switch(one));
  }

  #switch({ key, words, amount }) {
    const check = el("input", { type: "checkbox", role: "switch", "aria-label": words });
    const { min, max, step, unit, value } = amount;
    const number = el("input", {
      type: "number",
      min,
      max,
      step,
      value,
      "aria-label": `${words}: ${unit === "%" ? "percent" : "seconds"}`,
    });
    check.addEventListener("change", () => this.#set());
    number.addEventListener("change", () => check.checked && this.#set());
    this.#rows.set(key, { check, number });
    const id = `weather-${key}`;
    check.id = id;
    return el(
      "div",
      { class: "switch" },
      check,
      el("label", { for: id }, words),
      el("span", { class: "amount" }, number, unit),
    );
  }

  #clock() {
    this.pace = choice(
      "The clock runs",
      Object.fromEntries(PACES.map((pace) => [pace, pace === 1 ? "in real time" : `${pace} times as fast`])),
    );
    this.pace.addEventListener("change", () => this.#try(() => control.setClock({ pace: Number(this.pace.value) })));
    const leaps = Object.entries({ "1 minute": 60, "1 hour": 3_600, "1 day": 86_400 }).map(([words, seconds]) =>
      el(
        "button",
        { type: "button", class: "quiet", onclick: () => this.#try(() => control.setClock({ advance: seconds })) },
        `+ ${words}`,
      ),
    );
    return el(
      "fieldset",
      {},
      el("legend", {}, "Clock"),
      row("The clock runs", this.pace),
      el("div", { class: "row-of", role: "group", "aria-label": "Leap forward" }, leaps),
    );
  }

  #memory() {
    const forget = el(
      "button",
      { type: "button", class: "quiet", onclick: () => this.#try(control.forgetClientTokens) },
      "Forget ClientTokens",
    );
    const reset = el("button", { type: "button", class: "primary", onclick: () => this.#reset() }, "Calm weather");
    return el("div", { class: "row-of" }, reset, forget);
  }

  #elsewhere() {
    this.elsewhere = el("pre", { tabindex: "0", "aria-label": "Rules set elsewhere" });
    this.elsewhereBox = el("details", { hidden: true }, el("summary", {}, "Rules set elsewhere"), this.elsewhere);
    return this.elsewhereBox;
  }

  #heard(records) {
    const faults = records.filter(({ kind }) => kind === "fault").length;
    if (faults) this.#tell((this.#struck += faults));
    if (records.some(({ kind, name }) => kind === "control" && name === "weather")) this.#read();
  }

  async #read() {
    const weather = await this.#try(control.weather);
    const clock = await this.#try(control.clock);
    if (weather) this.#show(weather);
    if (clock) this.#showPace(clock.pace);
  }

  #show({ rules }) {
    const { on, scope, foreign } = meaningOf(rules);
    for (const [key, { check, number }] of this.#rows) {
      check.checked = on.has(key);
      if (on.has(key)) number.value = on.get(key);
    }
    if (on.size) setScope(this, scope);
    this.#foreign = foreign;
    this.elsewhereBox.hidden = !foreign.length;
    this.elsewhere.textContent = JSON.stringify(foreign, null, 2);
    this.#tell();
  }

  #showPace(pace) {
    if (!PACES.includes(pace)) this.pace.append(el("option", { value: String(pace) }, `${pace} times as fast`));
    this.pace.value = String(pace);
  }

  /** One at a time, so that the last change is what stays. */
  #set() {
    this.#setting = this.#setting.then(() =>
      this.#try(() => control.setWeather({ rules: [...this.#rules(), ...this.#foreign] })),
    );
    this.#struck = 0;
    this.#tell();
  }

  #rules() {
    const scope = { operation: this.operation.value, role: this.role.value };
    const on = SWITCHES.filter(({ key }) => this.#rows.get(key).check.checked);
    return on.map((one) => ruleOf(one, this.#rows.get(one.key).number.valueAsNumber || 0, scope));
  }

  #reset() {
    for (const { check } of this.#rows.values()) check.checked = false;
    this.#foreign = [];
    this.elsewhereBox.hidden = true;
    this.pace.value = "1";
    this.#set();
    this.#try(() => control.setClock({ pace: 1 }));
  }

  #tell() {
    const rules = this.#rules().length + this.#foreign.length;
    const struck = this.#struck ? ` Struck ${this.#struck === 1 ? "once" : `${this.#struck} times`}.` : "";
    this.words.textContent = rules ? `${rules} ${rules > 1 ? "things go" : "thing goes"} wrong.${struck}` : "All calm.";
    this.rough(rules > 0);
  }

  async #try(action) {
    try {
      return await action();
    } catch (error) {
      this.report(error);
      return undefined;
    }
  }
}

function choice(label, options) {
  const list = Object.entries(options).map(([value, words]) => el("option", { value }, words));
  return el("select", { "aria-label": label }, list);
}

function row(words, control) {
  return el("div", { class: "scope" }, el("span", { "aria-hidden": "true" }, words), control);
}

function setScope({ operation, role }, scope) {
  if ([...operation.options].some(({ value }) => value === scope.operation)) operation.value = scope.operation;
  role.value = scope.role;
}
