// What every page shares: the display settings, copy buttons, and questions before things that cannot be undone.
import { $, $$, at, field, fields } from "./dom.js";

const root = document.documentElement;
const DEFAULTS = { theme: "auto", size: "m", measure: "normal", spacing: "normal" };

// A small dialog keeps each change at once: on the server for who is signed in, else in this browser.
async function keep(form, name, value) {
  const said = $("[data-unkept]", form);
  try {
    if ("own" in root.dataset) {
      const body = new URLSearchParams({ [name]: value, csrfmiddlewaretoken: form.elements.csrfmiddlewaretoken.value });
      const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" }, keepalive: true });
      if (!answer.ok || answer.redirected) throw new Error();
    } else {
      localStorage.setItem(`exempla.${name}`, value);
    }
    said.textContent = "";
  } catch {
    said.textContent = said.dataset.unkept;
  }
}

for (const form of $$("[data-preferences]")) {
  for (const [name, usual] of Object.entries(DEFAULTS)) {
    for (const input of fields(`[name=${name}]`, form)) {
      input.checked = (root.dataset[name] ?? usual) === input.value;
    }
  }
  form.addEventListener("change", (event) => {
    const input = at(event);
    const value = input.type === "checkbox" ? (input.checked ? "on" : "off") : input.value;
    if (input.name in DEFAULTS) {
      root.dataset[input.name] = value;
      document.dispatchEvent(new CustomEvent("exempla:display"));
    }
    keep(form, input.name, value);
  });
}

document.addEventListener("click", async (event) => {
  const button = at(event).closest("[data-copy]");
  if (!button) return;
  const source = field(`#${button.dataset.copy}`);
  const before = button.textContent;
  try {
    await navigator.clipboard.writeText(source.value ?? source.textContent.trim());
    button.textContent = button.dataset.copied;
  } catch {
    getSelection().selectAllChildren(source);
    source.select?.();
  }
  setTimeout(() => { button.textContent = before; }, 2000);
});

document.addEventListener("submit", (event) => {
  const question = at(event).dataset.confirm;
  if (question && !confirm(question)) event.preventDefault();
});

for (const select of fields("[data-submit-on-change]")) {
  select.addEventListener("change", () => select.form.requestSubmit());
}

// `data-key`: the key that stands for a click, unless something is being written.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.defaultPrevented) return;
  if (at(event).closest("input:not([type=radio]), textarea, select, [contenteditable], dialog, [popover]")) return;
  const enter = event.key === "Enter";
  if (enter && at(event).closest("a, button, summary, input")) return;
  const meant = $(`[data-key="${CSS.escape(enter ? "Enter" : event.key.toLowerCase())}"]`);
  if (!meant) return;
  event.preventDefault();
  if (meant.matches("input")) meant.scrollIntoView({ block: "nearest" });
  if (meant.matches("textarea")) meant.focus();
  else meant.click();
});

// `data-submits`: Control or Command with Enter sends the form that this is written in.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || !at(event).matches("[data-submits]")) return;
  event.preventDefault();
  at(event).form.requestSubmit();
});
