// Sends what lies in the outbox, one after the other, again and again until the server has answered for each.
// A review has an idempotency key: sent twice, it is stored once.
import { field } from "../dom.js";
import * as store from "./store.js";

const FIRST_WAIT = 1000;
const LONGEST_WAIT = 60_000;
const PATIENCE = 30_000;
const TOO_MANY = 429;
// Nothing is sent before the next story is on the screen.
const A_FEW_FRAMES = 100;

let wait = FIRST_WAIT;
let timer;
let running = false;
let sending = null;
const watchers = new Set();

// Why sending does not go on: "network", "signed-out", or nothing.
export let stuck = "";

export const watch = (watcher) => watchers.add(watcher);
const tell = () => watchers.forEach((watcher) => watcher());

export function token() {
  const cookie = /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie);
  return cookie?.[1] ?? field("[name=csrfmiddlewaretoken]")?.value ?? "";
}

const post = (entry, options) => fetch(entry.url, {
  method: "POST",
  body: new URLSearchParams(entry.fields),
  headers: { Accept: "application/json", "X-CSRFToken": token() },
  ...options,
});

// What became of it: sent, failed for good, signed-out or network. Another person's page answers with 404.
async function attempt(entry) {
  let response;
  let answer;
  try {
    response = await post(entry, { signal: AbortSignal.timeout(PATIENCE) });
    const json = response.headers.get("Content-Type")?.includes("json");
    answer = json ? await response.json() : null;
  } catch {
    return "network";
  }
  const { status } = response;
  if (status >= 500 || status === TOO_MANY) return "network";
  if (response.redirected || status === 404 || (status === 403 && !answer)) return "signed-out";
  if (response.ok && answer?.saved) {
    store.remove(entry.key);
    return "sent";
  }
  store.keep({ ...entry, failed: answer?.detail ?? `${status}` });
  return "failed";
}

const due = () => store.unsent().find((entry) => !(entry.undoUntil > Date.now()));

async function round() {
  for (let entry = due(); entry; entry = due()) {
    sending = entry.key;
    const became = await attempt(entry);
    sending = null;
    stuck = became === "network" || became === "signed-out" ? became : "";
    tell();
    if (stuck) return;
    wait = FIRST_WAIT;
  }
}

// One tab at a time sends; the others find nothing left.
const alone = (work) => (navigator.locks ? navigator.locks.request("exempla.outbox", work) : work());

export async function run() {
  clearTimeout(timer);
  if (running) return;
  running = true;
  try {
    await alone(round);
  } finally {
    running = false;
  }
  const waiting = store.unsent();
  if (!waiting.length) {
    stuck = "";
  } else if (stuck) {
    timer = setTimeout(run, wait);
    wait = Math.min(LONGEST_WAIT, wait * 2);
  } else {
    timer = setTimeout(run, Math.max(0, Math.min(...waiting.map(({ undoUntil }) => undoUntil)) - Date.now()));
  }
  tell();
}

// Takes a review, which can be taken back for a while; those before it no longer can.
export function put(entry) {
  const before = store.unsent();
  if (!store.keep({ ...entry, at: Date.now(), failed: "" })) return false;
  release(before);
  clearTimeout(timer);
  timer = setTimeout(run, A_FEW_FRAMES);
  tell();
  return true;
}

function release(entries) {
  for (const entry of entries) store.keep({ ...entry, undoUntil: 0 });
}

// Takes back the newest review that is not being sent yet, and returns it.
export function takeBack() {
  const undoable = store.unsent().filter(({ undoUntil, key }) => undoUntil > Date.now() && key !== sending).pop();
  if (undoable) store.remove(undoable.key);
  tell();
  return undoable;
}

export function flush() {
  release(store.unsent());
  return run();
}

export async function again(entry) {
  const became = await attempt(entry);
  tell();
  return became;
}

// Resolves when nothing of this queue is unsent any more, besides `except`.
export function quiet(queue, except) {
  const open = () => store.unsent().some((entry) => entry.queue === queue && entry.assignment !== except);
  return new Promise((resolve) => {
    const look = () => {
      if (open()) return;
      watchers.delete(look);
      resolve();
    };
    watchers.add(look);
    look();
  });
}

function retry() {
  wait = FIRST_WAIT;
  run();
}

addEventListener("online", retry);
addEventListener("pageshow", retry);
addEventListener("storage", (event) => store.mine(event) && tell());
document.addEventListener("visibilitychange", () => document.hidden || retry());
addEventListener("pagehide", () => {
  for (const entry of store.unsent()) post(entry, { keepalive: true }).catch(() => {});
});
