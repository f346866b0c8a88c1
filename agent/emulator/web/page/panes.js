/**
 * Three panes: on a wide page each can be hidden, on a narrow one exactly one is shown.
 */

const NARROW = matchMedia("(max-width: 900px)");
const NAMES = ["customer", "inspector", "desk"];

export function installPanes() {
  const buttons = Object.fromEntries(NAMES.map((name) => [name, document.querySelector(`[data-pane="${name}"]`)]));
  const wide = new Set(remembered());
  let single = "customer";

  const apply = () => {
    const shown = NARROW.matches ? new Set([single]) : wide;
    for (const name of NAMES) {
      document.getElementById(name).hidden = !shown.has(name);
      buttons[name].setAttribute("aria-pressed", String(shown.has(name)));
    }
    document.body.dataset.panes = NAMES.filter((name) => shown.has(name)).join(" ");
    localStorage.setItem("panes", JSON.stringify([...wide]));
  };
  const toggle = (name) => {
    if (NARROW.matches) single = name;
    else if (!wide.has(name)) wide.add(name);
    else if (wide.size > 1) wide.delete(name);
    apply();
  };
  const show = (name) => {
    single = name;
    wide.add(name);
    apply();
    document.getElementById(name).focus();
  };

  NAMES.forEach((name) => buttons[name].addEventListener("click", () => toggle(name)));
  NARROW.addEventListener("change", apply);
  apply();
  return { show, toggle };
}

function remembered() {
  try {
    const names = JSON.parse(localStorage.getItem("panes") ?? "").filter((name) => NAMES.includes(name));
    return names.length ? names : NAMES;
  } catch {
    return NAMES;
  }
}
