// Passages on frozen text. Offsets are code points, as Python counts them; the DOM counts UTF-16 units.

export const points = (string) => {
  let n = 0;
  for (const _ of string) n += 1;
  return n;
};

export class Text {
  constructor(root) {
    this.root = root;
    this.paragraphs = [...root.querySelectorAll("p[data-start]")];
  }

  // The whole text, one code point each; made when it is first asked for.
  get chars() {
    const chars = [];
    for (const p of this.paragraphs) {
      const gap = [...(p.dataset.gap ?? "")];
      while (chars.length < Number(p.dataset.start)) chars.push(gap.shift() ?? "\n");
      for (const char of p.textContent) chars.push(char);
    }
    Object.defineProperty(this, "chars", { value: chars });
    return chars;
  }

  quote(start, end) {
    return this.chars.slice(start, end).join("");
  }

  // A passage without white space at its ends, or null when nothing is left.
  span(start, end) {
    while (start < end && /\s/.test(this.chars[start])) start += 1;
    while (end > start && /\s/.test(this.chars[end - 1])) end -= 1;
    return start < end ? { start, end, quote: this.quote(start, end) } : null;
  }

  offset(node, at) {
    const p = (node.nodeType === Node.TEXT_NODE ? node.parentElement : node).closest("p[data-start]");
    if (!p || !this.root.contains(p)) {
      const next = node === this.root ? this.paragraphs[at] : undefined;
      return next ? Number(next.dataset.start) : this.chars.length;
    }
    const range = document.createRange();
    range.setStart(p, 0);
    range.setEnd(node, at);
    return Number(p.dataset.start) + points(range.toString());
  }

  // The selected passage. A drag can end outside the text, and a triple click ends in the next paragraph.
  selected() {
    const selection = getSelection();
    if (!selection.rangeCount || selection.isCollapsed) return null;
    const range = selection.getRangeAt(0);
    const inside = (node) => this.root.contains(node);
    if (!inside(range.startContainer) && !inside(range.endContainer)) return null;
    const start = inside(range.startContainer) ? this.offset(range.startContainer, range.startOffset) : 0;
    const end = inside(range.endContainer) ? this.offset(range.endContainer, range.endOffset) : this.chars.length;
    return this.span(start, end);
  }

  range({ start, end }) {
    const range = document.createRange();
    range.setStart(...this.place(start));
    range.setEnd(...this.place(end));
    return range;
  }

  /** @returns {[Node, number]} A node of the page and an offset in it, in UTF-16 units. */
  place(offset) {
    let p = this.paragraphs[0];
    for (const next of this.paragraphs) if (Number(next.dataset.start) <= offset) p = next;
    let left = offset - Number(p.dataset.start);
    let units = 0;
    for (const char of p.firstChild.data) {
      if (left <= 0) break;
      left -= 1;
      units += char.length;
    }
    return [p.firstChild, units];
  }

  sentences() {
    const language = this.root.lang || "en";
    let cutter;
    try {
      cutter = new Intl.Segmenter(language, { granularity: "sentence" });
    } catch {
      cutter = new Intl.Segmenter("en", { granularity: "sentence" });
    }
    return this.paragraphs.flatMap((p) => {
      let at = Number(p.dataset.start);
      return [...cutter.segment(p.textContent)].map(({ segment }) => {
        const start = at;
        at += points(segment);
        return this.span(start, at);
      }).filter(Boolean);
    });
  }
}
