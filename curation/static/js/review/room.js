// One story with its sheet: what becomes of clicks and keys, and the plain form that all of it fills.
import { $, at, field, fields } from "../dom.js";
import { goToMissing, Haste } from "./complete.js";
import { Draft } from "./draft.js";
import { Evidence } from "./evidence.js";
import { Flags } from "./flags.js";
import { compact, Folding } from "./folding.js";
import { listen as listenToGuide, showGuide } from "./guide.js";
import { legend, Questions } from "./questions.js";
import { Said } from "./said.js";

// A rating stays in sight for a moment before the next question takes its place.
const GLANCE = 220;

// The room of the story that stands in the page. Closed and opened again, all is as it was.
export class Room {
  /**
   * `submit` is asked when the form is complete, and answers whether it takes it from there.
   * @param {SheetData} data The draft.
   * @param {Setting & { submit: (room: Room, button: HTMLElement) => boolean }} setting
   */
  constructor(data, { words, clock, announce, submit }) {
    this.words = words;
    this.clock = clock;
    this.announce = announce;
    this.submit = submit;
    this.form = /** @type {SheetForm} */ ($("#review"));
    this.questions = new Questions(this.form);
    this.flags = new Flags(this.form);
    this.folding = new Folding(this.form, words);
    this.haste = new Haste(this.form, words);
    this.evidence = new Evidence(data.spans ?? [], {
      targets: () => this.targets(),
      changed: () => this.passagesChanged(),
      ask: (span) => this.askConduct(span),
      announce,
      words,
    });
    this.said = new Said({ words, announce, changed: () => this.conductSaid(), closed: () => this.paint() });
    this.draft = new Draft(this.form, () => this.collect(), words);
    this.told = null;
    this.sending = false;
    this.seconds = Number(field("#active-seconds").value);
  }

  // The key of the question in focus.
  get asked() {
    return this.questions.active.dataset.ask;
  }

  open() {
    this.ending = new AbortController();
    const { signal } = this.ending;
    for (const part of [this.evidence, this.draft, this.said, this.folding, this.haste]) part.listen(signal);
    listenToGuide((n) => this.digit(n), signal);
    this.sending = false;
    this.clock.seconds = this.seconds;
    this.form.addEventListener("submit", (event) => this.submitted(event), { signal });
    this.form.addEventListener("change", (event) => this.changed(at(event)), { signal });
    this.form.addEventListener("input", (event) => at(event).id === "comment" && this.draft.changed(), { signal });
    this.form.addEventListener("focusin", (event) => this.focused(at(event)), { signal });
    this.form.addEventListener("click", (event) => this.clicked(at(event)), { signal });
    // So that a click on a flag keeps the selected passage, which then belongs to it.
    $("#flags .chips").addEventListener("mousedown", (event) => event.preventDefault(), { signal });
    this.paint();
  }

  close() {
    this.seconds = this.clock.seconds;
    this.draft.stop();
    this.evidence.pick(false);
    this.ending.abort();
  }

  // What a passage can be linked to, likeliest first: a flag that waits for its passage, else the question in focus.
  /** @returns {Target[]} */
  targets() {
    const { wanted } = this.flags;
    const [criteria, flags] = [this.questions.targets(), this.flags.targets()];
    const first = wanted ? flags.find(({ key }) => key === wanted) : criteria.find(({ key }) => key === this.asked);
    return [...criteria, ...flags].sort((a, b) => Number(b === first) - Number(a === first));
  }

  // All that is marked, as a draft keeps it.
  /** @returns {SheetData} */
  collect() {
    return {
      ...this.questions.answers(),
      flags: this.flags.raised().map((flag) => flag.value),
      spans: this.evidence.visible(),
      comment: this.form.elements.comment.value,
      active_seconds: this.clock.seconds,
    };
  }

  paint() {
    this.questions.wake();
    const spans = this.evidence.visible();
    if (this.said.span && !spans.includes(this.said.span)) {
      this.said.close();
      return;
    }
    this.questions.paint(spans, this.words);
    this.questions.paintProgress(this.words);
    this.flags.paint(this.words);
    this.guide();
    this.evidence.draw();
  }

  guide() {
    const { active: question, themes } = this.questions;
    showGuide({ question, themes, flag: this.told, hidden: Boolean(this.said.span) });
  }

  passagesChanged() {
    this.flags.got(this.evidence.spans);
    this.paint();
    this.draft.changed();
  }

  conductSaid() {
    this.evidence.draw();
    this.draft.changed();
  }

  focusOn(question, say = true) {
    this.questions.active = question;
    this.told = null;
    this.said.close();
    this.folding.lower(false);
    this.paint();
    question.scrollIntoView({ block: "nearest" });
    if (say) this.announce(legend(question));
  }

  onward() {
    this.focusOn(this.questions.coming() ?? this.questions.active, false);
  }

  // What keys do.

  step(by) {
    if (this.said.span) this.said.step(by);
    else this.focusOn(this.questions.beside(by));
  }

  rate(value) {
    if (this.said.span) return;
    const { active } = this.questions;
    const input = field(`input[value="${value}"]`, active);
    if (!input) return;
    input.checked = true;
    this.announce(`${legend(active)}: ${input.getAttribute("aria-label")}`);
    this.draft.changed();
    this.onward();
  }

  digit(n) {
    const { active, themes } = this.questions;
    if (this.said.span) this.said.digit(n);
    else if (active === themes) this.theme(n);
    else if (n >= 1 && n <= 5) this.rate(String(n));
    else if (n === 0 && field("input[value=na]", active)) this.rate("na");
    else if (n === 0) this.unrate(active);
  }

  theme(n) {
    if (n === 0) {
      this.step(1);
      return;
    }
    const box = this.questions.themeBox(n);
    if (!box) return;
    box.click();
    this.announce(`${box.parentElement.textContent.trim()}: ${box.checked ? this.words.marked : this.words.unmarked}`);
  }

  unrate(question) {
    for (const input of fields("input", question)) input.checked = false;
    this.paint();
    this.draft.changed();
  }

  mark() {
    if (!this.evidence.link(this.targets()[0])) this.evidence.pick(true);
  }

  toFlags() {
    this.folding.unfold(true);
    this.flags.inputs[0].focus();
  }

  toComment() {
    this.folding.unfold(true);
    this.form.elements.comment.focus();
  }

  // What the room asks for.

  askConduct(span) {
    this.said.ask(span, this.flags.nameOf(span));
    this.paint();
  }

  askForPassage(flag) {
    this.flags.wanted = flag.value;
    this.folding.unfold(true);
    this.paint();
    flag.focus({ preventScroll: true });
    $("#flag-hint").scrollIntoView({ block: "nearest" });
    this.announce($("#flag-hint").textContent);
  }

  // What the form tells.

  changed(input) {
    if (input.closest("#said")) return;
    const question = /** @type {HTMLElement} */ (input.closest(".ask"));
    if (question) this.questions.active = question;
    this.told = input.name === "flag" ? input : null;
    if (this.told?.checked) this.raised(this.told);
    this.paint();
    if (this.told && this.flags.wanted) $("#flag-hint").scrollIntoView({ block: "nearest" });
    this.draft.changed();
    if (question && question !== this.questions.themes && compact.matches && !this.folding.unfolded) {
      setTimeout(() => this.form.isConnected && this.onward(), GLANCE);
    }
  }

  raised(flag) {
    this.flags.want(flag, this.evidence.spans);
    if (this.flags.wanted) this.evidence.link(this.targets()[0]);
  }

  focused(element) {
    const question = element.closest(".ask");
    this.told = element.name === "flag" ? element : null;
    if (question && question !== this.questions.active) this.focusOn(question, false);
    else this.guide();
  }

  clicked(element) {
    const question = /** @type {HTMLElement} */ (element.closest(".ask"));
    if (element.closest(".count")) {
      this.evidence.show(this.evidence.visible().find((span) => span.criterion === question.dataset.ask));
    } else if (question && question !== this.questions.active && !element.closest("label")) {
      this.focusOn(question, false);
    }
  }

  submitted(event) {
    if (this.sending || !this.ready(event.submitter) || this.submit(this, event.submitter)) event.preventDefault();
  }

  // Goes to what is missing, or fills the hidden fields and says that the form may go.
  ready(button) {
    if (goToMissing(this) || this.haste.ask(button, this.clock.seconds)) return false;
    this.sending = true;
    this.draft.stop();
    const data = this.collect();
    this.form.elements.spans.value = JSON.stringify(data.spans);
    this.form.elements.active_seconds.value = `${data.active_seconds}`;
    $("#submit-label").textContent = this.words.sending;
    return true;
  }
}
