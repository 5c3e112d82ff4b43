// How much of the sheet is in sight on a small screen: one question, all of them, or none; the buttons say what they bring.
import { $ } from "../dom.js";

export const compact = matchMedia("(max-width: 900px) and (min-height: 561px)");

export class Folding {
  constructor(form, words) {
    this.form = form;
    this.words = words;
  }

  get unfolded() {
    return this.form.classList.contains("open");
  }

  listen(signal) {
    $("#unfold").addEventListener("click", () => this.unfold(!this.unfolded), { signal });
    $("#lower").addEventListener("click", () => this.lower(!this.form.classList.contains("low")), { signal });
    const sized = new ResizeObserver(() => {
      if (!this.unfolded) document.documentElement.style.setProperty("--above", `${this.form.offsetHeight}px`);
    });
    sized.observe(this.form);
    signal.addEventListener("abort", () => sized.disconnect());
  }

  // Out of the way of the story.
  lower(on) {
    if (on) this.unfold(false);
    this.toggle("low", $("#lower"), on, !on);
    $("#lower").textContent = on ? this.words.rate : this.words.read;
  }

  unfold(on) {
    if (on) this.lower(false);
    this.toggle("open", $("#unfold"), on, on);
    $("#unfold").textContent = on ? this.words.fewer : this.words.all;
  }

  toggle(name, button, on, expanded) {
    this.form.classList.toggle(name, on);
    button.setAttribute("aria-expanded", `${expanded}`);
  }
}
