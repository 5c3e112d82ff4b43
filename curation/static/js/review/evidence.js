// Passages linked to questions and flags: selecting, painting, listing, and the sentence cursor of the keyboard.
import { at, make } from "../dom.js";
import { fill } from "../words.js";
import { Text } from "./offsets.js";

// Computed from the three marks; the server raises the flag by the same rule.
/** @param {Span} span */
export const backfires = (span) =>
  (span.conduct === "misaligned" || span.intent === "malevolent") && span.portrayal === "positive";

const $ = (id) => document.getElementById(id);
const PAINTS = Boolean(globalThis.CSS?.highlights);

export class Evidence {
  /**
   * `targets()` lists what a passage can be linked to now, likeliest first; `ask(span)` asks what is to be said of it.
   * @param {Span[]} spans
   * @param {{ targets: () => Target[], changed: () => void, ask: (span: Span) => void,
   *   announce: Setting["announce"], words: Words }} room
   */
  constructor(spans, { targets, changed, announce, words, ask }) {
    this.spans = spans;
    this.targets = targets;
    this.changed = changed;
    this.ask = ask;
    this.announce = announce;
    this.words = words;
    this.text = new Text(document.querySelector(".story .text"));
    this.story = $("story");
    this.linker = $("linker");
    /** @type {{ from: number, to: number } | null} */
    this.cursor = null;
    /** @type {Passage[] | null} */
    this.sentences = null;
    /** @type {Passage | null} */
    this.holding = null;
  }

  listen(signal) {
    // The toolbar must not appear under a moving pointer: the selection would never end.
    let dragging = false;
    this.text.root.addEventListener("pointerdown", (event) => {
      // A finger selects by a long press and by handles, for which the browser takes the pointer away without a word.
      dragging = event.pointerType !== "touch";
      this.linker.hidden = true;
    }, { signal });
    for (const type of ["pointerup", "pointercancel"]) {
      document.addEventListener(type, () => {
        dragging = false;
        setTimeout(() => signal.aborted || this.offer());
      }, { signal });
    }
    document.addEventListener("selectionchange", () => dragging || this.holding || this.offer(), { signal });
    this.linker.addEventListener("mousedown", (event) => event.preventDefault(), { signal });
    // A tap on the toolbar may end the selection before it becomes a click.
    this.linker.addEventListener("pointerdown", () => { this.holding = this.text.selected(); }, { signal });
    this.linker.addEventListener("click", (event) => {
      const button = at(event).closest("button");
      const span = this.text.selected() ?? this.holding ?? null;
      this.holding = null;
      if (button) this.link(this.targets().find((t) => t.kind === button.dataset.kind && t.key === button.dataset.key), span);
    }, { signal });
    const resized = new ResizeObserver(() => this.gutter());
    resized.observe(this.text.root);
    signal.addEventListener("abort", () => resized.disconnect());
    document.fonts.addEventListener("loadingdone", () => this.gutter(), { signal });
  }

  visible() {
    const open = this.targets();
    return this.spans.filter((span) => this.target(span, open));
  }

  target(span, open = this.targets()) {
    return open.find((t) => (t.kind === "flag" ? t.key === span.flag : t.key === span.criterion));
  }

  offer() {
    if (this.linker.matches(":active")) return;
    this.holding = null;
    const span = this.cursor ? null : this.text.selected();
    this.linker.hidden = !span;
    if (!span) return;
    this.linker.replaceChildren(...this.targets().map((t, i) => make("button", {
      type: "button", "data-kind": t.kind, "data-key": t.key, "data-group": t.group, class: i ? "" : "likeliest",
    }, make("i", { class: "dot" }), t.short)));
    const rects = this.text.range(span).getClientRects();
    const last = rects[rects.length - 1];
    const box = this.story.getBoundingClientRect();
    this.linker.style.insetBlockStart = `${last.bottom - box.top + 8}px`;
  }

  link(target, span = this.text.selected()) {
    if (!target || !span) return false;
    const same = (other) => other.start === span.start && other.end === span.end;
    const own = (other) => (target.kind === "flag" ? other.flag : other.criterion) === target.key;
    if (this.spans.some((other) => same(other) && own(other))) return true;
    const blank = { conduct: "", intent: "", portrayal: "" };
    const whose = target.kind === "flag" ? { criterion: null, flag: target.key } : { criterion: target.key, flag: null };
    const made = { ...whose, ...span, ...blank };
    this.spans.push(made);
    this.spans.sort((a, b) => a.start - b.start);
    getSelection().removeAllRanges();
    this.linker.hidden = true;
    this.announce(fill(this.words.linked, { name: target.name, quote: span.quote }));
    this.changed();
    if (target.conduct) this.ask(made);
    return true;
  }

  remove(span) {
    this.spans.splice(this.spans.indexOf(span), 1);
    this.announce(this.words.removed);
    this.changed();
  }

  show(span) {
    const top = this.text.range(span).getBoundingClientRect().top;
    if (top < 80 || top > innerHeight - 160) scrollBy({ top: top - innerHeight / 3 });
  }

  draw() {
    const open = this.targets();
    const spans = this.visible();
    if (PAINTS) {
      for (const group of "ABCDF") {
        const ranges = spans.filter((s) => this.target(s, open).group === group).map((s) => this.text.range(s));
        if (ranges.length) CSS.highlights.set(`group-${group}`, new Highlight(...ranges));
        else CSS.highlights.delete(`group-${group}`);
      }
    }
    this.list(spans, open);
    this.gutter();
  }

  list(spans, open) {
    const focused = document.activeElement?.closest?.("#evidence li");
    const place = focused ? [...$("evidence").children].indexOf(focused) : -1;
    $("no-evidence").hidden = spans.length > 0;
    $("evidence").replaceChildren(...spans.map((span) => {
      const target = this.target(span, open);
      const show = make("button", { type: "button", class: "show" }, make("span", { class: "quote", dir: "auto", text: span.quote }));
      show.addEventListener("click", () => this.show(span));
      const remove = make("button", { type: "button", class: "remove", "aria-label": fill(this.words.remove, { name: target.name }), text: "×" });
      remove.addEventListener("click", () => this.remove(span));
      const item = make("li", { "data-group": target.group },
        make("p", { class: "whose" }, make("i", { class: "dot" }), make("b", { text: target.name }), remove), show);
      if (target.conduct) item.append(this.conduct(span));
      return item;
    }));
    if (place >= 0) $("evidence").children[Math.min(place, spans.length - 1)]?.querySelector("button").focus();
  }

  // What was said of a flag's passage; it opens the card that asks.
  conduct(span) {
    const said = ["conduct", "intent", "portrayal"].map((part) => this.words.said[span[part]]).filter(Boolean);
    const button = make("button", { type: "button", class: "saying", text: said.join(" · ") || this.words.say_conduct });
    button.addEventListener("click", () => this.ask(span));
    return button;
  }

  gutter() {
    const open = this.targets();
    const spans = this.visible();
    $("gutter").replaceChildren();
    if (!spans.length) return;
    const box = this.story.getBoundingClientRect();
    const taken = [];
    $("gutter").append(...spans.map((span) => {
      const target = this.target(span, open);
      const button = make("button", {
        type: "button", class: "pin", tabindex: "-1", "data-group": target.group, title: target.name,
        "aria-hidden": "true", text: target.kind === "flag" ? "!" : target.short.slice(0, 1).toUpperCase(),
      });
      let top = (this.text.range(span).getClientRects()[0]?.top ?? box.top) - box.top;
      while (taken.some((other) => Math.abs(other - top) < 28)) top += 28;
      taken.push(top);
      button.style.insetBlockStart = `${top}px`;
      button.addEventListener("click", () => this.remove(span));
      return button;
    }));
  }

  // The sentence cursor.
  pick(on) {
    $("cursor-keys").hidden = !on;
    this.cursor = null;
    if (PAINTS) CSS.highlights.delete("cursor");
    if (!on) return;
    this.text.root.closest("details")?.setAttribute("open", "");
    this.sentences ??= this.text.sentences();
    const seen = this.sentences.findIndex((s) => this.text.range(s).getBoundingClientRect().top > 70);
    this.cursor = { from: Math.max(0, seen), to: Math.max(0, seen) };
    this.linker.hidden = true;
    this.move();
  }

  picked() {
    return this.text.span(this.sentences[this.cursor.from].start, this.sentences[this.cursor.to].end);
  }

  move() {
    const span = this.picked();
    const range = this.text.range(span);
    if (PAINTS) CSS.highlights.set("cursor", new Highlight(range));
    const box = range.getBoundingClientRect();
    if (box.top < 80 || box.bottom > innerHeight - 110) scrollBy({ top: box.top - innerHeight / 3 });
    this.announce(span.quote);
  }

  // `meaning` is what the person's own keys make of the event.
  key(event, meaning) {
    const right = getComputedStyle(this.text.root).direction === "rtl" ? -1 : 1;
    const step = { next: 1, previous: -1 }[meaning] ?? { ArrowRight: right, ArrowLeft: -right }[event.key];
    const last = this.sentences.length - 1;
    if (step && event.shiftKey) {
      this.cursor.to = Math.min(last, Math.max(this.cursor.from, this.cursor.to + step));
      this.move();
    } else if (step) {
      const from = step > 0 ? this.cursor.to : this.cursor.from;
      this.cursor.from = this.cursor.to = Math.min(last, Math.max(0, from + step));
      this.move();
    } else if (event.key === "Enter") {
      const span = this.picked();
      this.pick(false);
      this.link(this.targets()[0], span);
    } else if (event.key === "Escape") {
      this.pick(false);
      this.announce(this.words.left);
    } else {
      return false;
    }
    return true;
  }
}
