// Reading time: nobody is timed who looks elsewhere, or who has given no sign of life for a minute.
import assert from "node:assert/strict";

let now = 5000;
let tick;
const signs = {};
globalThis.document = { hidden: false };
performance.now = () => now;
globalThis.setInterval = (act, every) => { tick = act; assert.equal(every, 1000); };
globalThis.addEventListener = (type, act) => { signs[type] = act; };
const { Clock } = await import("../../curation/static/js/review/clock.js");

const clock = new Clock(30);
const pass = (seconds) => { for (let n = 0; n < seconds; n += 1) { now += 1000; tick(); } };
pass(59);
assert.equal(clock.seconds, 89);
pass(10);
assert.equal(clock.seconds, 89, "a minute without a sign of life");
assert.equal(clock.awake(), false);
for (const type of ["pointermove", "pointerdown", "keydown", "scroll", "touchstart"]) {
  const before = clock.seconds;
  signs[type]();
  assert.equal(clock.awake(), true);
  pass(120);
  assert.equal(clock.seconds, before + 59, type);
}
signs.keydown();
document.hidden = true;
const before = clock.seconds;
pass(5);
assert.equal(clock.seconds, before, "nobody reads a hidden tab");
document.hidden = false;
pass(5);
assert.equal(clock.seconds, before + 5);
