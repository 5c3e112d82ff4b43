// The review page: keys, and the way from one story to the next. Without this script its plain form still works.
import { $ } from "../dom.js";
import { undo } from "../outbox/page.js";
import * as sending from "../outbox/send.js";
import { unsent } from "../outbox/store.js";
import { Ahead } from "./ahead.js";
import { Clock } from "./clock.js";
import { suggestPauses } from "./comfort.js";
import * as guidelines from "./guidelines.js";
import { inField, Keys } from "./keys.js";
import * as recent from "./recent.js";
import { Room } from "./room.js";
import { Scene } from "./scene.js";

const read = (id) => JSON.parse(document.getElementById(id).textContent);

const words = read("words");
const clock = new Clock(0);
const announce = (text) => { $("#live").textContent = text; };
const make = (data) => new Room(data, { words, clock, announce, submit });
const ahead = new Ahead(make, () => clock.awake());
const problem = $("#problem");
let current = new Scene(document, read("draft"), make);
let previous = null;

// Takes a complete form: the review is kept in the browser and sent from there, and the next story comes at once.
// Where the model is compared with after the commit, and where the browser keeps nothing, the plain form goes.
function submit(room, button) {
  const { ahead: address, undoSeconds, name } = current.desk.dataset;
  const { form } = room;
  if (!address) return false;
  const kept = sending.put({
    key: form.elements.idempotency_key.value,
    assignment: current.assignment,
    queue: current.queue,
    title: name,
    url: form.getAttribute("action"),
    fields: [...new FormData(form, button)].filter(([field]) => field !== "csrfmiddlewaretoken"),
    undoUntil: Date.now() + Number(undoSeconds) * 1000,
  });
  if (kept) go();
  return kept;
}

function show(scene) {
  previous = current;
  current = scene;
  scene.replace(previous);
  document.dispatchEvent(new CustomEvent("exempla:story"));
}

function advance(scene) {
  show(scene);
  ahead.begin(scene);
}

// On to the next story: at once if it is here, and when it comes otherwise.
async function go() {
  if (ahead.scene) {
    advance(ahead.scene);
    return;
  }
  const scene = current;
  const waits = () => current === scene && scene.waiting;
  scene.waiting = true;
  $("#submit-label").textContent = words.coming;
  announce(words.coming);
  const found = await ahead.next(scene);
  if (!waits()) return;
  if (found) {
    advance(found);
    return;
  }
  sending.flush();
  await sending.quiet(scene.queue);
  if (waits()) location.assign(scene.queue);
}

document.addEventListener("exempla:undo", ({ detail: { assignment } }) => {
  const next = current;
  if (current.assignment === assignment) {
    current.room.close();
    current.open();
  } else if (previous?.assignment === assignment) {
    show(previous);
    ahead.put(next);
  } else {
    location.assign(current.queue);
    return;
  }
  current.room.draft.changed();
  announce(words.undone);
});

const keys = new Keys($("#keys"));
const commands = {
  next: () => current.room.step(1),
  previous: () => current.room.step(-1),
  na: () => current.room.rate("na"),
  evidence: () => current.room.mark(),
  flags: () => current.room.toFlags(),
  comment: () => current.room.toComment(),
  guidelines: () => guidelines.show(current.room.asked),
  recent: recent.show,
  undo: () => undo() || $("#passed button")?.click(),
  pass: () => $("#pass")?.showPopover(),
  help: () => $("#keys").showPopover(),
};
const ALWAYS = { ArrowDown: "next", ArrowUp: "previous" };

document.addEventListener("keydown", (event) => {
  const at = /** @type {HTMLElement} */ (event.target);
  const { form, evidence } = current.room;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && form.contains(at)) {
    event.preventDefault();
    form.requestSubmit();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || $(":popover-open")) return;
  if (inField(at)) {
    if (event.key === "Escape") at.blur();
    return;
  }
  const meaning = keys.meaning(event, Boolean(evidence.cursor)) ?? ALWAYS[event.key];
  if (current.waiting && meaning !== "undo" && meaning !== "help") return;
  if (evidence.cursor) {
    if (evidence.key(event, meaning)) event.preventDefault();
  } else if (event.key === "Enter") {
    // A button of a dialog that has just closed keeps the focus until the next frame.
    if (/** @type {HTMLElement} */ (at.closest("a, button, summary"))?.checkVisibility()) return;
    event.preventDefault();
    form.requestSubmit();
  } else if (event.key === "Escape") {
    at.blur();
    getSelection().removeAllRanges();
    current.room.said.close();
  } else if (/^[0-9]$/.test(meaning)) {
    event.preventDefault();
    if (!event.repeat) current.room.digit(Number(meaning));
  } else if (commands[meaning]) {
    event.preventDefault();
    commands[meaning]();
  }
});

addEventListener("pageshow", (event) => event.persisted && location.reload());
suggestPauses($("#pause"), announce);
guidelines.listen(() => current.room.asked);
$("#first-hint button")?.addEventListener("click", () => $("#first-hint").remove());

current.open();
ahead.begin(current);
if (problem) problem.focus();
else if (unsent().some(({ assignment }) => assignment === current.assignment)) go();
document.documentElement.dataset.ready = "review";
