// The flags of a sheet, and the one among them that waits for its passage.
import { $, field, fields } from "../dom.js";
import { fill } from "../words.js";
import { compact } from "./folding.js";

export class Flags {
  /** @param {HTMLFormElement} form */
  constructor(form) {
    this.inputs = fields("[name=flag]", form);
    this.wanted = null;
  }

  raised() {
    return this.inputs.filter((flag) => flag.checked);
  }

  nameOf(span) {
    return this.inputs.find((flag) => flag.value === span.flag)?.dataset.name;
  }

  // A flag that was raised this moment wants a passage, unless it has one.
  want(flag, spans) {
    this.wanted = flag.dataset.passage && !spans.some((span) => span.flag === flag.value) ? flag.value : null;
  }

  // The wanted passage has come.
  got(spans) {
    if (this.wanted && spans.some((span) => span.flag === this.wanted)) this.wanted = null;
  }

  // What a passage can be linked to among the raised flags.
  targets() {
    return this.raised().map(({ value, dataset }) => ({
      kind: "flag", key: value, group: "F", short: dataset.name, name: dataset.name, conduct: "conduct" in dataset,
    }));
  }

  paint(words) {
    const flag = this.raised().find((one) => one.value === this.wanted);
    if (!flag) this.wanted = null;
    const hint = $("#flag-hint");
    const key = compact.matches || !field("#single-keys").checked ? "" : ` ${fill(words.mark_by_key, hint.dataset)}`;
    hint.textContent = flag ? fill(words.mark_flag, { flag: flag.dataset.name }) + key : "";
  }
}
