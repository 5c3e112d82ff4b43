// What every page shares: the display settings, copy buttons, and questions before things that cannot be undone.
const root = document.documentElement;

function remember(name, value) {
  if (value === "auto" || value === "m") delete root.dataset[name];
  else root.dataset[name] = value;
  try {
    localStorage.setItem(`exempla.${name}`, root.dataset[name] ?? "");
  } catch { /* then it lasts for this page */ }
  document.dispatchEvent(new CustomEvent("exempla:display"));
}

for (const input of document.querySelectorAll("[data-display]")) {
  const name = input.dataset.display;
  input.checked = (root.dataset[name] || input.dataset.default) === input.value;
  input.addEventListener("change", () => remember(name, input.value));
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  const before = button.textContent;
  try {
    await navigator.clipboard.writeText(source.textContent.trim());
    button.textContent = button.dataset.copied;
  } catch {
    getSelection().selectAllChildren(source);
  }
  setTimeout(() => { button.textContent = before; }, 2000);
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.confirm && !window.confirm(form.dataset.confirm)) event.preventDefault();
});

for (const select of document.querySelectorAll("[data-submit-on-change]")) {
  select.addEventListener("change", () => select.form.requestSubmit());
}
