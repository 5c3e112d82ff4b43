// The sheet that nobody has filled in. The page brings one, and the stories that follow come without it: it is most of
// what the room is made of, and never changes.
import { $, $$, fields } from "../dom.js";

// Takes the sheet of a page before anybody touches it, without the answers that a draft put there.
function blankOf(page) {
  const form = $("#review", page);
  const sheet = /** @type {HTMLFormElement} */ (form.cloneNode(true));
  for (const part of $$(":scope > input, #problem, .by", sheet)) part.remove();
  for (const ask of $$(".missing", sheet)) ask.classList.remove("missing");
  for (const input of fields("input", sheet)) {
    input.removeAttribute("checked");
    input.removeAttribute("data-tagged");
  }
  $("#comment", sheet).textContent = "";
  sheet.reset();
  return { name: form.dataset.sheet ?? "", sheet, pass: $("#pass", page).cloneNode(true) };
}

let blank = blankOf(document);

// What the server calls the sheet that is here.
export const name = () => blank.name;

// Makes a story that was fetched whole: puts in the sheet that it came without.
export function complete(page) {
  // What is for browsers without scripts would be sent with the form, empty.
  for (const part of $$("noscript", page)) part.remove();
  const form = $("#review", page);
  if ($(".sheet", form)) {
    // Words or keys have changed since.
    if (form.dataset.sheet !== blank.name) blank = blankOf(page);
    return;
  }
  const said = $(".by", form);
  form.append(...page.importNode(blank.sheet, true).childNodes);
  if (said) $(".themes .chips", form).after(said);
  const { tagged, pass } = $("#desk", page).dataset;
  for (const theme of fields("[name=theme]", form)) {
    theme.toggleAttribute("data-tagged", tagged.split(" ").includes(theme.value));
  }
  page.body.append(page.importNode(blank.pass, true));
  $("#pass form", page).setAttribute("action", pass);
}
