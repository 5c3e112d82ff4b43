// The outbox: what becomes of a review by what the server answers, and that none is lost or sent too early.
import assert from "node:assert/strict";

const kept = new Map();
const timers = [];
const heard = {};
let now = 1_000_000;
let answer;
let sent = [];
const storage = new Proxy({
  getItem: (key) => kept.get(key) ?? null,
  setItem: (key, value) => { kept.set(key, value); },
  removeItem: (key) => { kept.delete(key); },
}, { ownKeys: () => [...kept.keys()], getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }) });
Object.defineProperty(globalThis, "localStorage", { value: storage });
globalThis.document = {
  cookie: "other=1; csrftoken=tok", hidden: false,
  getElementById: () => ({ dataset: { reader: "7" } }), querySelector: () => null,
  addEventListener: (type, act) => { heard[type] = act; },
};
globalThis.addEventListener = (type, act) => { heard[type] = act; };
globalThis.setTimeout = (act, after) => timers.push([act, after]);
globalThis.clearTimeout = () => {};
Date.now = () => now;
AbortSignal.timeout = () => undefined;
globalThis.fetch = (url, { headers, body, keepalive }) => {
  sent.push(url);
  assert.deepEqual(headers, { Accept: "application/json", "X-CSRFToken": "tok" });
  assert.equal(`${body}`, "a=1");
  assert.ok(keepalive === undefined || keepalive === true);
  return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
};
const said = (status, json, redirected = false) => ({
  status, redirected, ok: status < 300,
  headers: new Headers({ "Content-Type": json ? "application/json" : "text/html" }), json: () => Promise.resolve(json),
});
const sending = await import("../../curation/static/js/outbox/send.js");
const store = await import("../../curation/static/js/outbox/store.js");
const review = (key, more = {}) => ({ key, url: `/${key}`, fields: [["a", "1"]], queue: "q", assignment: key, undoUntil: 0, ...more });

// What the server said, what that is called, and what is kept: nothing, the review, or the review with a reason.
const table = [
  [said(200, { saved: true }), "sent", undefined],
  [said(200, { else: 1 }), "failed", "200"],
  [said(422, { detail: "Still to rate." }), "failed", "Still to rate."],
  [said(409, { detail: "Taken." }), "failed", "Taken."],
  [said(403, { detail: "No." }), "failed", "No."],
  [said(403), "signed-out", ""],
  [said(404), "signed-out", ""],
  [said(200, { saved: true }, true), "signed-out", ""],
  [said(429, { detail: "Slowly." }), "network", ""],
  [said(500), "network", ""],
  [said(503, { detail: "Later." }), "network", ""],
  [new Error("away"), "network", ""],
];
for (const [one, became, why] of table) {
  kept.clear();
  store.keep({ ...review("r"), failed: "" });
  answer = one;
  assert.equal(await sending.again(store.entry("r")), became, JSON.stringify(one));
  assert.equal(store.entry("r")?.failed, why, JSON.stringify(one));
}

// It waits twice as long each time, a minute at most, and begins anew once something got through.
kept.clear();
store.keep({ ...review("r"), failed: "", at: 1 });
answer = new Error("away");
const waits = [];
for (let n = 0; n < 8; n += 1) {
  timers.length = 0;
  await sending.run();
  waits.push(timers.at(-1)[1]);
}
assert.deepEqual(waits, [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
assert.equal(sending.stuck, "network");
answer = said(200, { saved: true });
await sending.run();
assert.deepEqual([store.unsent().length, sending.stuck], [0, ""]);
store.keep({ ...review("r"), failed: "", at: 1 });
answer = new Error("away");
timers.length = 0;
await sending.run();
assert.equal(timers.at(-1)[1], 1000);

// A newer review lets the one before go; the newest can be taken back while it is held, and is not sent meanwhile.
kept.clear();
assert.equal(sending.put(review("one", { undoUntil: now + 5000 })), true);
now += 1;
sending.put(review("two", { undoUntil: now + 5000 }));
assert.deepEqual(store.unsent().map(({ key, undoUntil }) => [key, undoUntil > now]), [["one", false], ["two", true]]);
sent = [];
answer = said(200, { saved: true });
timers.length = 0;
await sending.run();
assert.deepEqual(sent, ["/one"]);
assert.equal(timers.at(-1)[1], 5000);
assert.equal(sending.takeBack().key, "two");
assert.equal(sending.takeBack(), undefined);
assert.equal(store.unsent().length, 0);

sending.put(review("late", { undoUntil: now - 1 }));
assert.equal(sending.takeBack(), undefined, "its time to be taken back is over");
store.clear();

// What failed waits for its reviewer; what is held goes when the page does, under the same key.
store.keep({ ...review("bad"), failed: "No.", at: 1 });
sending.put(review("held", { undoUntil: now + 5000 }));
sent = [];
heard.pagehide();
assert.deepEqual(sent, ["/held"]);
assert.deepEqual(store.entries().map(({ key }) => key), ["bad", "held"]);

// Who waits for a queue to be quiet is told when nothing of it is unsent, but for one story.
let quiet = false;
sending.quiet("q", "other").then(() => { quiet = true; });
await sending.quiet("q", "held");
await sending.quiet("elsewhere", "");
assert.equal(quiet, false);
await sending.flush();
await Promise.resolve();
assert.deepEqual([quiet, store.unsent().length], [true, 0]);

// Other people's reviews in the same browser are nobody's business.
kept.set("exempla.outbox.8.r", JSON.stringify(review("r")));
assert.deepEqual([store.unsent().length, store.mine({ key: "exempla.outbox.8.r" }), store.mine({ key: null })], [0, false, true]);
store.clear();
assert.deepEqual([...kept.keys()], ["exempla.outbox.8.r"]);
