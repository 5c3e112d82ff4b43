// The questions of a sheet: which are asked, which comes next, and what a draft keeps of the answers.
import assert from "node:assert/strict";

globalThis.CSS = { escape: (text) => text };
const { Questions } = await import("../../curation/static/js/review/questions.js");

const boxes = {
  boundaries: { value: "boundaries", checked: false, dataset: {} },
  equanimity: { value: "equanimity", checked: false, dataset: { tagged: "" } },
};
const outOfScope = { checked: false };
function question(key, theme, rated) {
  const own = { rated };
  const made = {
    own, dataset: { ask: key, group: key?.[0], name: `Name ${key}`, short: `Short ${key}`, ...(theme && { theme }) },
    querySelector: (what) => (what === "input[type=radio]:checked" && own.rated ? { value: own.rated } : null),
    querySelectorAll: () => Object.values(boxes),
    toggleAttribute(name, on) {
      assert.equal(name, "data-asleep");
      if (on) made.dataset.asleep = "";
      else delete made.dataset.asleep;
    },
  };
  return made;
}
const themes = question(undefined);
const [a1, b1, c1, c3] = [question("A1"), question("B1"), question("C1", "boundaries"), question("C3", "equanimity")];
const headings = ["A", "B", "C"].map((group) => ({ dataset: { group }, hidden: false }));
const form = {
  querySelector: (what) => (what === "#out-of-scope" ? outOfScope : boxes[/value="(\w+)"/.exec(what)[1]]),
  querySelectorAll: (what) => ({
    ".ask": [themes, a1, b1, c1, c3], ".group-heading": headings,
    "[name=theme]:checked": Object.values(boxes).filter((box) => box.checked),
  })[what],
};
const questions = new Questions(form);
const open = () => questions.open().map((one) => one.dataset.ask ?? "themes");
const left = () => questions.unrated().map((one) => one.dataset.ask);

// A theme's question is asked where the story is tagged with it or the reader marks it; nothing without an AI character.
questions.wake();
assert.deepEqual(open(), ["themes", "A1", "B1", "C3"]);
assert.deepEqual(headings.map(({ hidden }) => hidden), [false, false, false]);
boxes.boundaries.checked = true;
questions.wake();
assert.deepEqual(open(), ["themes", "A1", "B1", "C1", "C3"]);
delete boxes.equanimity.dataset.tagged;
boxes.boundaries.checked = false;
questions.active = c3;
questions.wake();
assert.deepEqual(open(), ["themes", "A1", "B1"]);
assert.equal(questions.active, themes, "the focus leaves what is asked no more");
assert.deepEqual(headings.map(({ hidden }) => hidden), [false, false, true]);
outOfScope.checked = true;
questions.wake();
assert.deepEqual([open(), left(), questions.coming()], [["themes"], [], undefined]);
assert.deepEqual(headings.map(({ hidden }) => hidden), [true, true, true]);
outOfScope.checked = false;
boxes.boundaries.checked = true;
questions.wake();

// The next without an answer, onward and round again.
assert.deepEqual(left(), ["A1", "B1", "C1"]);
questions.active = b1;
assert.equal(questions.coming(), b1);
b1.own.rated = "3";
assert.equal(questions.coming(), c1);
c1.own.rated = "na";
assert.equal(questions.coming(), a1, "round again");
assert.deepEqual(left(), ["A1"]);
a1.own.rated = "5";
assert.equal(questions.coming(), undefined);
questions.active = themes;
assert.equal(questions.coming(), undefined, "the themes need no answer");
assert.deepEqual([questions.beside(1), questions.beside(-1), questions.beside(4)], [a1, c1, themes]);

c3.own.rated = "2";
assert.deepEqual(questions.answers(), {
  themes: ["boundaries"], ratings: { A1: 5, B1: 3, C1: null, C3: 2 }, out_of_scope: false,
}, "an answer that does not apply any more is kept in the draft");
a1.own.rated = undefined;
assert.deepEqual(questions.answers().ratings, { B1: 3, C1: null, C3: 2 });
assert.deepEqual([questions.themeBox(1), questions.themeBox(2), questions.themeBox(3), questions.themeBox(9)],
  [boxes.boundaries, boxes.equanimity, undefined, outOfScope]);
assert.deepEqual(questions.targets(), ["A1", "B1", "C1"].map((key) => ({
  kind: "criterion", key, group: key[0], short: `Short ${key}`, name: `Name ${key}`,
})));
