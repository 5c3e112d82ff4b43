// The card that asks for conduct, intent and portrayal of a flag's passage, one after the other, by 1 to 3 or by click.
import { $, $$, at, fields } from "../dom.js";
import { backfires } from "./evidence.js";

const PARTS = ["conduct", "intent", "portrayal"];

export const vague = (span) => PARTS.some((part) => !span[part]);

export class Said {
  // `changed()` after each answer; `closed()` when the card goes.
  constructor({ words, announce, changed, closed }) {
    this.box = $("#said");
    this.name = $("#said-name");
    this.quote = $("#said-quote");
    this.hint = $("#said-hint");
    this.words = words;
    this.announce = announce;
    this.changed = changed;
    this.closed = closed;
    /** @type {Span | null} */
    this.span = null;
  }

  listen(signal) {
    this.box.addEventListener("change", (event) => {
      const input = at(event);
      this.answer(input.closest("[data-said]").dataset.said, input.value);
    }, { signal });
    $("#said-done").addEventListener("click", () => this.close(), { signal });
  }

  ask(span, name) {
    this.span = span;
    this.name.textContent = name;
    this.quote.textContent = span.quote;
    this.part = PARTS.find((part) => !span[part]) ?? PARTS[0];
    this.paint();
    this.announce(this.words.say_conduct);
  }

  close() {
    if (!this.span) return;
    this.span = null;
    this.box.hidden = true;
    this.closed();
  }

  digit(n) {
    const input = fields(`[data-said=${this.part}] input`, this.box)[n - 1];
    if (input) this.answer(this.part, input.value);
  }

  step(by) {
    this.part = PARTS[(PARTS.indexOf(this.part) + by + PARTS.length) % PARTS.length];
    this.paint();
  }

  answer(part, value) {
    this.span[part] = value;
    const place = PARTS.indexOf(part);
    this.part = PARTS.find((one, i) => i > place && !this.span[one]) ?? PARTS.find((one) => !this.span[one]) ?? part;
    this.paint();
    this.announce(this.hint.textContent || value);
    this.changed();
  }

  paint() {
    this.box.hidden = false;
    this.hint.textContent = backfires(this.span) ? this.words.backfire : "";
    for (const row of $$("[data-said]", this.box)) {
      row.classList.toggle("now", row.dataset.said === this.part);
      for (const input of fields("input", row)) input.checked = input.value === this.span[row.dataset.said];
    }
  }
}
