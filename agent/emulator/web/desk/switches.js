/**
 * The weather as switches: which rule each stands for, and which switches some rules mean. Pure.
 *
 * A rule that no switch stands for was made elsewhere, and is kept as it is.
 */

const chance = (percent) => ({ member: "chance", unit: "%", value: percent, scale: 100, min: 1, max: 100, step: 1 });
const seconds = (value) => ({ member: "seconds", unit: "s", value, scale: 1, min: 0, max: 600, step: 0.5 });

/** Every switch; `rule` is what it always sets, `amount` what can be chosen. */
export const SWITCHES = [
  { group: "API calls", key: "slow", words: "Answer late", rule: { fault: "slow" }, amount: seconds(2) },
  {
    group: "API calls",
    key: "throttle",
    words: "Throttle (429)",
    rule: { fault: "error", error: "ThrottlingException", status: 429 },
    amount: chance(30),
  },
  {
    group: "API calls",
    key: "before",
    words: "500 before effect",
    rule: { fault: "error", error: "InternalServerException", when: "before" },
    amount: chance(30),
  },
  {
    group: "API calls",
    key: "after",
    words: "500 after effect",
    rule: { fault: "error", error: "InternalServerException", when: "after" },
    amount: chance(30),
  },
  {
    group: "API calls",
    key: "cut",
    words: "Cut off after effect",
    rule: { fault: "cut", when: "after" },
    amount: chance(20),
  },
  { group: "Frames", key: "drop", words: "Lose", rule: { fault: "drop" }, amount: chance(30) },
  { group: "Frames", key: "duplicate", words: "Send twice", rule: { fault: "duplicate" }, amount: chance(50) },
  { group: "Frames", key: "reorder", words: "Swap with next", rule: { fault: "reorder" }, amount: chance(30) },
  { group: "Frames", key: "delay", words: "Send late", rule: { fault: "delay" }, amount: seconds(3) },
  { group: "Frames", key: "truncate", words: "Cut short", rule: { fault: "truncate" }, amount: chance(20) },
  { group: "Sockets", key: "stall", words: "Silent but open", rule: { fault: "stall" }, amount: chance(10) },
  { group: "Sockets", key: "close", words: "Close abruptly", rule: { fault: "close", code: 1006 }, amount: chance(10) },
  { group: "Sockets", key: "forbidden", words: "Forbidden frames", rule: { fault: "forbidden" }, amount: chance(30) },
  { group: "Sockets", key: "upgrade", words: "Refuse to open", rule: { fault: "refuse-upgrade" }, amount: chance(50) },
  {
    group: "Sockets",
    key: "subscribe",
    words: "Refuse subscribe",
    rule: { fault: "refuse-subscribe" },
    amount: chance(50),
  },
  {
    group: "Sockets",
    key: "heartbeat",
    words: "Ignore heartbeats",
    rule: { fault: "ignore-heartbeat" },
    amount: chance(100),
  },
];

const BY_ROLE = new Set(["Frames", "Sockets"]);

/** The rule of a switch that is on. `scope`: {operation, role} for all switches. */
export function ruleOf({ group, rule, amount }, shown, { operation, role }) {
  const given = { ...rule, [amount.member]: shown / amount.scale };
  if (group === "API calls" && operation !== "*") given.operation = operation;
  if (BY_ROLE.has(group) && role) given.role = role;
  return given;
}

/** What the emulator's `rules` mean: {on: Map key → shown amount, scope, foreign: [rule]}. */
export function meaningOf(rules) {
  const meaning = { on: new Map(), scope: { operation: "*", role: "" }, foreign: [] };
  for (const rule of rules) {
    const found = SWITCHES.find((one) => !meaning.on.has(one.key) && standsFor(one, rule));
    if (found) take(found, rule, meaning);
    else meaning.foreign.push(rule);
  }
  return meaning;
}

function take({ key, amount }, rule, meaning) {
  meaning.on.set(key, Math.round(rule[amount.member] * amount.scale * 100) / 100);
  if (rule.operation !== "*") meaning.scope.operation = rule.operation;
  if (rule.role) meaning.scope.role = rule.role;
}

function standsFor({ rule, amount }, other) {
  const limited = other.after || other.times !== undefined || other.contact !== undefined;
  const same = Object.entries(rule).every(([name, value]) => other[name] === value);
  return same && !limited && (amount.member === "chance" || other.chance === 1);
}
