// The sheet that nobody has filled in. The page brings one, and the stories that follow come without it: it is most of
// what the room is made of, and never changes.
import { $, $$, field, fields } from "../dom.js";

const isSheet = (part) => part.localName !== "input" && part.className !== "by";

// Takes the sheet of a page before anybody touches it, without the answers that a draft put there.
function blankOf(page) {
  const form = $("#review", page);
  const box = /** @type {HTMLElement} */ (form.cloneNode(true));
  for (const part of [...box.children].filter((one) => !isSheet(one))) part.remove();
  for (const part of $$("#problem, .themes .by", box)) part.remove();
  for (const ask of $$(".ask", box)) ask.classList.remove("missing");
  for (const input of fields("input", box)) {
    input.checked = false;
    input.removeAttribute("checked");
    input.removeAttribute("data-tagged");
  }
  field("#comment", box).textContent = "";
  return { name: form.dataset.sheet ?? "", sheet: box, pass: $("#pass", page).cloneNode(true) };
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
  for (const key of tagged.split(" ").filter(Boolean)) {
    field(`[name=theme][value="${CSS.escape(key)}"]`, form)?.setAttribute("data-tagged", "");
  }
  page.body.append(page.importNode(blank.pass, true));
  $("#pass form", page).setAttribute("action", pass);
}
