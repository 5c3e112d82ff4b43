// The questions of a sheet, of which the first asks for the themes: which are open, which is in focus, what is answered.
import { $, $$, field, fields } from "../dom.js";
import { fill } from "../words.js";

export const legend = (question) => $("legend", question).textContent;

export class Questions {
  /** @param {HTMLFormElement} form */
  constructor(form) {
    this.form = form;
    this.all = $$(".ask", form);
    this.themes = this.all[0];
    this.outOfScope = field("#out-of-scope", form);
    this.active = this.themes;
  }

  get criteria() {
    return this.all.slice(1);
  }

  // "1" to "5", "na", or undefined.
  rating(question) {
    return field("input[type=radio]:checked", question)?.value;
  }

  isOpen(question) {
    return question === this.themes || !("asleep" in question.dataset);
  }

  open() {
    return this.all.filter((question) => this.isOpen(question));
  }

  unrated() {
    return this.open().filter((question) => question !== this.themes && !this.rating(question));
  }

  // The next question without a rating, from the one in focus on and round again.
  coming() {
    const open = this.open();
    const onward = open.slice(open.indexOf(this.active));
    return onward.find((question) => question !== this.themes && !this.rating(question)) ?? this.unrated()[0];
  }

  // The open question so many places after the one in focus, round again.
  beside(by) {
    const open = this.open();
    return open[(open.indexOf(this.active) + by + open.length) % open.length];
  }

  // The questions of a theme are open when the story has the theme; all are closed when there is no AI character.
  wake() {
    for (const question of this.criteria) {
      const { theme } = question.dataset;
      const box = theme && field(`[name=theme][value="${CSS.escape(theme)}"]`, this.form);
      const on = !this.outOfScope.checked && (!box || box.checked || "tagged" in box.dataset);
      question.toggleAttribute("data-asleep", !on);
    }
    for (const heading of $$(".group-heading", this.form)) {
      const own = (question) => question !== this.themes && question.dataset.group === heading.dataset.group;
      heading.hidden = !this.open().some(own);
    }
    if (!this.isOpen(this.active)) this.active = this.themes;
  }

  // Which question is in focus, and how many of the passages each has.
  paint(spans, words) {
    for (const question of this.all) {
      question.classList.toggle("active", question === this.active);
      if (this.rating(question)) question.classList.remove("missing");
      const count = $(".count", question);
      if (!count) continue;
      const n = spans.filter((span) => span.criterion === question.dataset.ask).length;
      count.hidden = n === 0;
      count.textContent = `${n}`;
      count.setAttribute("aria-label", fill(n === 1 ? words.passage : words.passages, { n }));
    }
  }

  // The button that submits says how far one is; the dots show it.
  paintProgress(words) {
    const open = this.open();
    const all = open.length - 1;
    const done = all - this.unrated().length;
    $("#submit-label").textContent = done < all ? fill(words.rated, { done, all }) : words.submit;
    $("#submit-next").textContent = done < all ? fill(words.next, { name: this.coming().dataset.name }) : "";
    $("#submit").classList.toggle("primary", done === all);
    $("#steps").replaceChildren(...open.map((question) => {
      const dot = document.createElement("i");
      const rated = question !== this.themes && this.rating(question);
      dot.className = `${rated ? "done" : ""} ${question === this.active ? "now" : ""}`;
      return dot;
    }));
  }

  // The answers as a draft keeps them; a question that does not apply is null.
  answers() {
    const rated = this.criteria.map((question) => [question.dataset.ask, this.rating(question)]);
    return {
      themes: fields("[name=theme]:checked", this.form).map((input) => input.value),
      ratings: Object.fromEntries(
        rated.filter(([, value]) => value).map(([key, value]) => [key, value === "na" ? null : Number(value)]),
      ),
      out_of_scope: this.outOfScope.checked,
    };
  }

  // The box of a theme by its number, from 1; 9 says that there is no AI character.
  themeBox(n) {
    return n === 9 ? this.outOfScope : fields("[name=theme]", this.themes)[n - 1];
  }

  // What a passage can be linked to among the open questions.
  targets() {
    return this.open().filter((question) => question !== this.themes).map(({ dataset }) => ({
      kind: "criterion", key: dataset.ask, group: dataset.group, short: dataset.short, name: dataset.name,
    }));
  }
}
