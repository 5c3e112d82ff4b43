// The card that asks for conduct, intent and portrayal of a flag's passage, one after the other, by 1 to 3 or by click.
import { backfires } from "./evidence.js";

const PARTS = ["conduct", "intent", "portrayal"];

export const vague = (span) => PARTS.some((part) => !span[part]);

export class Said {
  // `changed()` after each answer; `closed()` when the card goes.
  constructor({ words, announce, changed, closed }) {
    this.box = document.getElementById("said");
    [this.name, this.quote, this.hint] = ["name", "quote", "hint"].map((id) => document.getElementById(`said-${id}`));
    Object.assign(this, { words, announce, changed, closed, span: null });
  }

  listen(signal) {
    this.box.addEventListener("change", ({ target }) => {
      this.answer(target.closest("[data-said]").dataset.said, target.value);
    }, { signal });
    document.getElementById("said-done").addEventListener("click", () => this.close(), { signal });
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
    const input = this.box.querySelectorAll(`[data-said=${this.part}] input`)[n - 1];
    if (input) this.answer(this.part, input.value);
  }

  step(by) {
    this.part = PARTS[(PARTS.indexOf(this.part) + by + PARTS.length) % PARTS.length];
    this.paint();
  }

  answer(part, value) {
    this.span[part] = value;
    const at = PARTS.indexOf(part);
    this.part = PARTS.find((one, i) => i > at && !this.span[one]) ?? PARTS.find((one) => !this.span[one]) ?? part;
    this.paint();
    this.announce(this.hint.textContent || value);
    this.changed();
  }

  paint() {
    this.box.hidden = false;
    this.hint.textContent = backfires(this.span) ? this.words.backfire : "";
    for (const row of this.box.querySelectorAll("[data-said]")) {
      row.classList.toggle("now", row.dataset.said === this.part);
      for (const input of row.querySelectorAll("input")) input.checked = input.value === this.span[row.dataset.said];
    }
  }
}
