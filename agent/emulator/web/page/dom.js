/**
 * Elements without markup in strings: whatever comes from a chat can only ever become text.
 */

/** A new element: `el("p", {class: "note"}, "text", child, …)`. `on*` members become listeners. */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) assign(element, name, value);
  element.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

function assign(element, name, value) {
  if (value === undefined || value === null || value === false) return;
  if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
  else if (name === "value" || name === "checked") element[name] = value;
  else element.setAttribute(name, value === true ? "" : value);
}

/** An icon from the page's own sheet of symbols. */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#icon-${name}`);
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  return svg;
}

/**
 * Make the children of `parent` those that `rows` describe, touching only what differs.
 * A row is `{key, version, …}`; `build(row)` makes its element anew when the version changed.
 */
export function reconcile(parent, rows, build) {
  const old = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  let next = parent.firstElementChild;
  for (const row of rows) {
    const known = old.get(row.key);
    old.delete(row.key);
    if (known && known.dataset.version === row.version) {
      if (known === next) next = next.nextElementSibling;
      else parent.insertBefore(known, next);
      continue;
    }
    const fresh = build(row);
    Object.assign(fresh.dataset, { key: row.key, version: row.version });
    if (known) {
      if (known === next) next = next.nextElementSibling;
      known.replaceWith(fresh);
    }
    parent.insertBefore(fresh, next);
  }
  old.forEach((child) => child.remove());
}

/** `action`, run at most once a frame however often it is asked for; also while the page is hidden. */
export function oncePerFrame(action) {
  let asked = false;
  const run = () => {
    asked = false;
    action();
  };
  return () => {
    if (asked) return;
    asked = true;
    if (document.hidden) setTimeout(run, 250);
    else requestAnimationFrame(run);
  };
}

/** A moment as a short local time. */
export function clockTime(moment) {
  return shown(moment, { hour: "2-digit", minute: "2-digit" });
}

/** A moment as a local time to the millisecond. */
export function exactTime(moment) {
  return shown(moment, {
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    fractionalSecondDigits: 3,
    hour12: false,
  });
}

const formats = new Map();

function shown(moment, options) {
  const date = new Date(moment);
  if (Number.isNaN(date.getTime())) return "";
  const name = Object.keys(options).join();
  if (!formats.has(name)) formats.set(name, new Intl.DateTimeFormat([], options)); // dear to make, cheap to use
  return formats.get(name).format(date);
}

/** Let the browser save `text` as a file. */
export function saveFile(name, text, type = "application/json") {
  const url = URL.createObjectURL(new Blob([text], { type }));
  el("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
