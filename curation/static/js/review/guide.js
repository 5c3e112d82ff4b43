// The panel above the sheet: the question in focus with what each of its values stands for, or what a flag is about.
import { $, fields, make } from "../dom.js";

// Shows `flag` if there is one, else `question`. `themes` is the question that asks for the themes.
export function showGuide({ question, themes, flag, hidden }) {
  const box = $("#guide");
  box.hidden = hidden;
  box.classList.toggle("telling", Boolean(flag));
  if (flag) {
    box.replaceChildren(
      make("p", { class: "guide-name", text: flag.dataset.name }),
      make("p", { class: "question", lang: flag.lang, text: flag.dataset.about }),
    );
    return;
  }
  const title = make("p", { class: "guide-name", text: $("legend", question).textContent });
  const { group, groupName } = question.dataset;
  if (groupName) title.append(make("span", { class: "guide-group", text: groupName }));
  box.replaceChildren(title, ...(question === themes ? about(themes) : sentences(question)));
  box.dataset.group = group;
}

const about = (themes) => /** @type {HTMLElement} */ ($(".fine", themes).cloneNode(true)).children;

// The values are to be chosen by a click, for which they stand in the same order as in the sheet.
function sentences(question) {
  const list = make("ol", {}, ...fields(".steps-row input:not([value=na])", question).map((input) => {
    const anchor = $(".anchor", input.parentElement).textContent;
    const line = make("li", { value: input.value, lang: input.lang, text: anchor });
    line.classList.toggle("chosen", input.checked);
    return line;
  }));
  const asked = /** @type {HTMLElement} */ ($(".question", question).cloneNode(true));
  asked.removeAttribute("id");
  return [asked, list];
}

// Calls `choose(n)` when the sentence of value `n` is clicked; selecting its words is no click.
export function listen(choose, signal) {
  $("#guide").addEventListener("click", (event) => {
    const line = /** @type {HTMLElement} */ (event.target).closest("li");
    if (line && !getSelection().toString()) choose(Number(line.getAttribute("value")));
  }, { signal });
}
