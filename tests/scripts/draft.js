// A draft: kept a moment after a change, never over a newer one, and tried again when the network is away.
import assert from "node:assert/strict";

const timers = [];
const element = () => ({
  textContent: "", hidden: true, bad: false, addEventListener() {},
  classList: { contains() { return false; }, toggle() {} },
});
const parts = { saved: element(), conflict: element() };
globalThis.document = { querySelector: (what) => parts[what.slice(1)], addEventListener() {} };
globalThis.setTimeout = (act, after) => timers.push([act, after]);
const cleared = [];
globalThis.clearTimeout = (timer) => cleared.push(timer);
let answer;
let sent = [];
globalThis.fetch = (url, { body, keepalive }) => {
  sent.push([url, keepalive, JSON.parse(body)]);
  return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
};
const said = (status, json, redirected = false) => ({ status, redirected, ok: status < 300, json: () => Promise.resolve(json) });
const { Draft } = await import("../../curation/static/js/review/draft.js");
const words = { saved: "Saved", unsaved: "Not saved", signed_out: "Signed out" };
const form = { dataset: { version: "3", draftUrl: "/draft" }, elements: { csrfmiddlewaretoken: { value: "tok" } } };
const draft = new Draft(form, () => ({ comment: "so far" }), words);
draft.stopped = false;

draft.changed();
assert.equal(timers.at(-1)[1], 600);
answer = said(200, { version: 4 });
await draft.save();
assert.deepEqual(sent, [["/draft", false, { version: 3, data: { comment: "so far" } }]]);
assert.deepEqual([draft.version, parts.saved.textContent, draft.dirty], [4, "Saved", false]);
await draft.flush();
assert.equal(sent.length, 1, "nothing new to keep");

answer = new Error("away");
const waits = [];
for (let n = 0; n < 7; n += 1) {
  await draft.save();
  waits.push(timers.at(-1)[1]);
}
assert.deepEqual(waits, [1200, 2400, 4800, 9600, 19_200, 30_000, 30_000]);
assert.deepEqual([parts.saved.textContent, draft.dirty], ["Not saved", true]);
sent = [];
await draft.flush();
assert.deepEqual(sent.map(([, keepalive]) => keepalive), [true], "it goes with the page");

answer = said(200, { version: 5 });
await draft.save();
assert.deepEqual([draft.version, draft.wait], [5, 600]);

// A window that is hidden a moment after a change knows what it has kept, and goes on from there.
draft.changed();
sent = [];
answer = said(200, { version: 6 });
await draft.flush();
assert.deepEqual([draft.version, draft.dirty, parts.saved.textContent], [6, false, "Saved"]);
assert.equal(cleared.at(-1), draft.timer, "it is not sent once more");
await draft.flush();
draft.changed();
answer = said(200, { version: 7 });
await draft.save();
assert.deepEqual(sent.map(([, , { version }]) => version), [5, 6]);
answer = said(200, {}, true);
await draft.save();
assert.deepEqual([draft.version, parts.saved.textContent], [7, "Signed out"]);
answer = said(422, { detail: "Too large." });
await draft.save();
assert.equal(parts.saved.textContent, "Too large.");
answer = said(409, { version: null, detail: "Submitted already." });
await draft.save();
assert.deepEqual([parts.conflict.hidden, parts.saved.textContent], [true, "Submitted already."]);

// Another window kept a newer one: nothing is sent until a choice is made, and mine then follows theirs.
answer = said(409, { version: 9 });
await draft.save();
assert.equal(parts.conflict.hidden, false);
sent = [];
await draft.save();
assert.equal(sent.length, 0);
answer = said(200, { version: 10 });
draft.choose("mine");
await Promise.resolve();
assert.deepEqual(sent.map(([, , { version }]) => version), [9]);
assert.equal(parts.conflict.hidden, true);

draft.stop();
await draft.flush();
await draft.save();
assert.equal(sent.length, 1, "nothing is kept of a review that is sent");
form.dataset.draftUrl = "";
timers.length = 0;
draft.changed();
assert.deepEqual([timers.length, draft.dirty], [0, false], "a practice story keeps no draft");
