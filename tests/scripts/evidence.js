// Passages: linked once to what they show, listed while that is asked, and picked by sentence in either direction.
import assert from "node:assert/strict";

const paragraph = (start, textContent) => ({ dataset: { start: `${start}` }, textContent });
const root = { lang: "en", querySelectorAll: () => [paragraph(0, "One. Two. Three. Four.")] };
const parts = {};
const cleared = [];
globalThis.document = {
  querySelector: () => root,
  getElementById: (id) => (parts[id] ??= { hidden: true }),
};
globalThis.getSelection = () => ({ rangeCount: 0, removeAllRanges: () => cleared.push(1) });
let direction = "ltr";
globalThis.getComputedStyle = () => ({ direction });
const { backfires, Evidence } = await import("../../curation/static/js/review/evidence.js");

const words = ["", "misaligned", "aligned"].flatMap((conduct) => ["", "malevolent", "benevolent"].flatMap((intent) =>
  ["", "positive", "neutral"].map((portrayal) => ({ conduct, intent, portrayal }))));
const wrong = words.filter(backfires).map(({ conduct, intent, portrayal }) => `${conduct} ${intent} ${portrayal}`);
assert.deepEqual(wrong.sort(), [
  " malevolent positive", "aligned malevolent positive",
  "misaligned  positive", "misaligned benevolent positive", "misaligned malevolent positive",
].sort());

let targets = [
  { kind: "criterion", key: "A1", name: "Conduct" },
  { kind: "flag", key: "backfire", name: "Backfire", conduct: true },
  { kind: "flag", key: "A1", name: "A flag of the same key" },
];
const said = [];
const asked = [];
let changes = 0;
const evidence = new Evidence([], {
  targets: () => targets, changed: () => { changes += 1; }, ask: (span) => asked.push(span),
  announce: (text) => said.push(text), words: { linked: "{name}: {quote}", removed: "gone", left: "left" },
});
const [conduct, backfire, namesake] = targets;
const passage = (start, end) => evidence.text.span(start, end);

assert.equal(evidence.link(conduct, passage(5, 9)), true);
assert.equal(evidence.link(backfire, passage(0, 4)), true);
assert.equal(evidence.link(conduct, passage(5, 9)), true, "the same again is no second one");
assert.equal(evidence.link(namesake, passage(5, 9)), true, "but a flag of the same key is");
assert.equal(evidence.link(conduct, null), false);
assert.equal(evidence.link(undefined, passage(5, 9)), false);
assert.equal(evidence.link(conduct), false, "nothing is selected");
const blank = { conduct: "", intent: "", portrayal: "" };
assert.deepEqual(evidence.spans, [
  { criterion: null, flag: "backfire", start: 0, end: 4, quote: "One.", ...blank },
  { criterion: "A1", flag: null, start: 5, end: 9, quote: "Two.", ...blank },
  { criterion: null, flag: "A1", start: 5, end: 9, quote: "Two.", ...blank },
]);
assert.deepEqual([changes, cleared.length, asked.map(({ quote }) => quote)], [3, 3, ["One."]]);
assert.deepEqual(said, ["Conduct: Two.", "Backfire: One.", "A flag of the same key: Two."]);
assert.deepEqual(evidence.spans.map((span) => evidence.target(span).name), ["Backfire", "Conduct", "A flag of the same key"]);
targets = [conduct];
assert.deepEqual(evidence.visible().map(({ criterion }) => criterion), ["A1"], "what is asked no more is kept and not shown");
evidence.remove(evidence.spans[0]);
assert.deepEqual([evidence.spans.length, changes, said.at(-1)], [2, 4, "gone"]);

// The sentence cursor: one at a time, stretched with Shift, never beyond the ends.
evidence.sentences = evidence.text.sentences();
evidence.move = () => {};
evidence.cursor = { from: 1, to: 1 };
const press = (key, meaning, shiftKey = false) => {
  const taken = evidence.key({ key, shiftKey }, meaning);
  return [taken, evidence.cursor?.from, evidence.cursor?.to];
};
assert.deepEqual(press("j", "next"), [true, 2, 2]);
assert.deepEqual(press("j", "next", true), [true, 2, 3]);
assert.deepEqual(press("j", "next", true), [true, 2, 3]);
assert.deepEqual(evidence.picked().quote, "Three. Four.");
assert.deepEqual(press("k", "previous", true), [true, 2, 2]);
assert.deepEqual(press("k", "previous", true), [true, 2, 2], "it is never less than a sentence");
assert.deepEqual(press("j", "next", true), [true, 2, 3]);
assert.deepEqual(press("k", "previous"), [true, 1, 1], "back from where it began");
evidence.cursor = { from: 1, to: 2 };
assert.deepEqual(press("j", "next"), [true, 3, 3], "on from where it ended");
assert.deepEqual(press("j", "next"), [true, 3, 3]);
assert.deepEqual(press("ArrowLeft", null), [true, 2, 2]);
assert.deepEqual(press("ArrowRight", null), [true, 3, 3]);
direction = "rtl";
assert.deepEqual(press("ArrowRight", null), [true, 2, 2], "mirrored");
assert.deepEqual(press("ArrowLeft", null), [true, 3, 3]);
evidence.cursor = { from: 0, to: 0 };
assert.deepEqual(press("k", "previous"), [true, 0, 0]);
assert.deepEqual(press("x", null), [false, 0, 0]);
assert.deepEqual(press("Escape", null), [true, undefined, undefined]);
assert.equal(said.at(-1), "left");
evidence.cursor = { from: 2, to: 3 };
assert.deepEqual(press("Enter", null), [true, undefined, undefined]);
assert.deepEqual(evidence.spans.at(-1), { criterion: "A1", flag: null, start: 10, end: 22, quote: "Three. Four.", ...blank });
