// Where one stopped reading, and a quiet word about a pause. Both stay in this browser.
import { $, $$ } from "../dom.js";

const PLACES = "exempla.places";
const MANY = 20;
const TICK = 15_000;
const IDLE_AFTER = 60_000;
const PAUSED_AFTER = 300_000;

function load(store, key, fallback) {
  try {
    return JSON.parse(store().getItem(key)) ?? fallback;
  } catch {
    return fallback;
  }
}

function save(store, key, value) {
  try {
    store().setItem(key, JSON.stringify(value));
  } catch { /* storage can be forbidden or full; then nothing is remembered */ }
}

const local = () => localStorage;
const session = () => sessionStorage;
const reading = () => $("#review")?.dataset.assignment;
const paragraphs = () => $$("#story .text p[data-start]");
const top = () => $(".bar").getBoundingClientRect().bottom + 8;

// The place is a paragraph and a share of it, so that it holds with another type size and after turning the device.
export const place = {
  keep() {
    const id = reading();
    const p = paragraphs().find((one) => one.getBoundingClientRect().bottom > top());
    if (!id || !p) return;
    const box = p.getBoundingClientRect();
    const others = load(local, PLACES, []).filter(([other]) => other !== id);
    const mine = scrollY > 0 && box.height ? [[id, p.dataset.start, Math.max(0, (top() - box.top) / box.height)]] : [];
    save(local, PLACES, [...mine, ...others].slice(0, MANY));
  },

  restore() {
    const [, start, share] = load(local, PLACES, []).find(([id]) => id === reading()) ?? [];
    const p = start && $(`#story .text p[data-start="${CSS.escape(start)}"]`);
    if (!p || scrollY) return;
    const box = p.getBoundingClientRect();
    scrollTo({ top: box.top + share * box.height - top(), behavior: "instant" });
  },

  forget(id = reading()) {
    save(local, PLACES, load(local, PLACES, []).filter(([other]) => other !== id));
  },
};

// One line after so many minutes of active reading in this tab. Five minutes away count as a pause taken.
export function suggestPauses(line, announce) {
  const after = Number(line.dataset.after) * 60_000;
  if (!after) return;
  let sign = Date.now();
  let { read, at } = load(session, "exempla.reading", { read: 0, at: sign });
  for (const type of ["pointermove", "pointerdown", "keydown", "scroll", "touchstart"]) {
    addEventListener(type, () => { sign = Date.now(); }, { passive: true, capture: true });
  }
  $("button", line).addEventListener("click", () => { line.hidden = true; });
  setInterval(() => {
    const now = Date.now();
    if (now - at > PAUSED_AFTER) {
      read = 0;
      line.hidden = true;
    }
    if (!document.hidden && now - sign < IDLE_AFTER) {
      read += TICK;
      at = now;
    }
    if (read >= after) {
      read = 0;
      line.hidden = false;
      announce($("span", line).textContent);
    }
    save(session, "exempla.reading", { read, at });
  }, TICK);
}

addEventListener("scrollend", () => place.keep(), { passive: true });
