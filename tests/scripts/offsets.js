// Passages count code points, as the server does, whatever the characters and the gaps between paragraphs.
import assert from "node:assert/strict";
import { points, Text } from "../../curation/static/js/review/offsets.js";

assert.deepEqual(["", "abc", "naïve", "🚢", "a🚢b", "e\u0301"].map(points), [0, 3, 5, 1, 3, 2]);

const paragraph = (start, textContent, gap) => ({ dataset: { start: `${start}`, ...(gap && { gap }) }, textContent, firstChild: { data: textContent } });
const text = "🚢 Tug. It waits!  \n\n  “Go on.”\n \nEnd\n\n ";
const root = {
  lang: "en",
  querySelectorAll: () => [paragraph(0, "🚢 Tug. It waits!  "), paragraph(20, "  “Go on.”"), paragraph(33, "End", "\n \n"), paragraph(38, " ")],
};
const story = new Text(root);
assert.equal(story.chars.join(""), text);
assert.equal(story.chars.length, points(text));
assert.equal(story.quote(2, 6), "Tug.");
assert.deepEqual(story.span(1, 7), { start: 2, end: 6, quote: "Tug." });
assert.deepEqual(story.span(6, 31), { start: 7, end: 30, quote: "It waits!  \n\n  “Go on.”" });
assert.equal(story.span(16, 22), null);
assert.equal(story.span(4, 4), null);

const [first, second, third] = story.paragraphs;
const places = [
  [0, first, 0], [1, first, 2], [2, first, 3], [17, first, 18], [20, second, 0], [22, second, 2], [33, third, 0], [36, third, 3],
];
for (const [offset, where, units] of places) assert.deepEqual(story.place(offset), [where.firstChild, units], `${offset}`);
assert.deepEqual(story.sentences().map(({ quote }) => quote), ["🚢 Tug.", "It waits!", "“Go on.”", "End"]);
for (const { start, end, quote } of story.sentences()) assert.equal([...text].slice(start, end).join(""), quote);
root.lang = "no language at all";
assert.equal(new Text(root).sentences().length, 4);
