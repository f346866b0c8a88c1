/** Light, dark, or as the system says; the choice is remembered. */

const NEXT = { system: "light", light: "dark", dark: "system" };
const WORDS = { system: "as the system", light: "light", dark: "dark" };

export function installTheme() {
  const button = document.getElementById("theme");
  const apply = (theme) => {
    document.documentElement.dataset.theme = theme;
    button.setAttribute("aria-label", `Colours: ${WORDS[theme]}`);
    button.title = `Colours: ${WORDS[theme]} (Alt+T)`;
    localStorage.setItem("theme", theme);
  };
  const next = () => apply(NEXT[document.documentElement.dataset.theme]);
  const remembered = localStorage.getItem("theme");
  apply(remembered in NEXT ? remembered : "system");
  button.addEventListener("click", next);
  return { next };
}
