// A key press means an action only when it is bare, and the same key on every keyboard.
import assert from "node:assert/strict";
import { inField, Keys } from "../../curation/static/js/review/keys.js";

const single = { checked: true };
const keys = new Keys({ dataset: { keys: JSON.stringify({ j: "next", e: "evidence", "?": "help" }) }, querySelector: () => single });
const press = (key, more = {}, shifted = false) => keys.meaning({ key, code: "", ...more }, shifted);

const meant = [
  [press("j"), "next"],
  [press("J"), "next"],
  [press("J", { shiftKey: true }), null],
  [press("J", { shiftKey: true }, true), "next"],
  [press("?", { shiftKey: true }), "help"],
  [press("x"), null],
  [press("j", { ctrlKey: true }), null],
  [press("j", { metaKey: true }), null],
  [press("j", { altKey: true }), null],
  [press("j", { isComposing: true }), null],
  [press("j", { keyCode: 229 }), null],
  [press("Enter"), null],
  [press("ArrowDown"), null],
  [press("5"), "5"],
  [press("0"), "0"],
  [press("&", { code: "Digit1" }), "1"],
  [press("!", { code: "Digit1", shiftKey: true }), null],
  [press("٣", { code: "Digit3" }), "3"],
  [press("о", { code: "KeyJ" }), "next"],
  [press("О", { code: "KeyJ", shiftKey: true }), null],
  [press("щ", { code: "KeyO" }), null],
  // A Latin letter counts by what is printed on it, not by its place.
  [press("h", { code: "KeyJ" }), null],
  [press(";", { code: "KeyJ" }), null],
];
assert.deepEqual(meant.map(([got]) => got), meant.map(([, wanted]) => wanted));
single.checked = false;
assert.equal(press("j"), null);
assert.equal(press("5"), null);

const inside = (element) => inField({ closest: (fields) => (fields.split(", ").includes(element) ? {} : null) });
assert.deepEqual([inside("textarea"), inside("select"), inside("[contenteditable]"), inside("button")], [true, true, true, false]);
assert.equal(inField({}), false);
