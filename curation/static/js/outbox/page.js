// What every page says about reviews on their way: what can be taken back, what waits, and what needs its reviewer.
import { $, make } from "../dom.js";
import * as sending from "./send.js";
import * as store from "./store.js";
import { fill } from "../words.js";

const box = $("#outbox");
const words = box.dataset;
const GRACE = 5000;

function button(text, act, key) {
  const made = make("button", { type: "button", class: "button small", text });
  if (key) made.append(" ", make("kbd", { text: key }));
  made.addEventListener("click", act);
  return made;
}

const note = (kind, text, ...actions) =>
  make("div", { class: `outbox-note ${kind}` }, make("p", { text }), ...actions);

export function undo() {
  const taken = sending.takeBack();
  if (taken) document.dispatchEvent(new CustomEvent("exempla:undo", { detail: taken }));
  return Boolean(taken);
}

// Sends it once more; if that fails again, the server shows it with everything marked and says what it needs.
async function reopen(entry) {
  if ((await sending.again(entry)) !== "failed") return;
  const form = /** @type {HTMLFormElement} */ (make("form", { method: "post", action: entry.url, hidden: "" }));
  for (const [name, value] of [...entry.fields, ["csrfmiddlewaretoken", sending.token()]]) {
    form.append(make("textarea", { name, text: value }));
  }
  document.body.append(form);
  form.submit();
}

function letGo(entry) {
  if (!confirm(fill(words.sureLetGo, entry))) return;
  store.remove(entry.key);
  show();
}

function notes() {
  const all = store.entries();
  const going = all.filter((entry) => !entry.failed);
  const undoable = going.filter((entry) => entry.undoUntil > Date.now()).pop();
  const waits = sending.stuck === "network" || (!navigator.onLine && going.length > 0);
  const found = [];
  for (const entry of all.filter((one) => one.failed)) {
    found.push(note("bad", fill(words.failed, entry),
      button(words.open, () => reopen(entry)), button(words.letGo, () => letGo(entry))));
  }
  if (sending.stuck === "signed-out" && going.length) {
    const link = make("a", { class: "button small", href: words.signIn, text: words.signInLabel });
    found.push(note("warn", words.signedOut, link));
  } else if (waits && going.length) {
    found.push(note("", going.length === 1 ? words.waitingOne : fill(words.waitingMany, { n: going.length })));
  }
  if (undoable) found.push(note("good", fill(words.undoable, undoable), button(words.undo, undo, "U")));
  return found;
}

let shown = "";
function show() {
  const now = notes();
  document.documentElement.dataset.unsent = `${store.unsent().length}`;
  const text = now.map((one) => one.textContent).join("\n");
  if (text === shown) return;
  shown = text;
  box.hidden = !now.length;
  box.replaceChildren(...now);
}

sending.watch(show);
addEventListener("offline", show);
addEventListener("online", show);

// Nothing stays behind in the browser of somebody who signs out.
document.addEventListener("submit", async (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (form.getAttribute("action") !== words.signOut || !store.entries().length) return;
  event.preventDefault();
  await Promise.race([sending.flush(), new Promise((resolve) => { setTimeout(resolve, GRACE); })]);
  if (store.entries().length && !confirm(words.sureSignOut)) return;
  store.clear();
  form.submit();
});

sending.flush();
