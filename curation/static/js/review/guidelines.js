// The guidelines over the room, fetched when they are first asked for.
import { $, at } from "../dom.js";
import { fill, over } from "./over.js";

const link = /** @type {HTMLAnchorElement} */ ($("#open-guidelines"));
const pop = $("#guidelines");
const body = $("#guidelines-body");

function goTo(part) {
  if (!part) return;
  pop.scrollTop = part.offsetTop - $(".pop-head", pop).offsetHeight - 12;
}

// Opens the guidelines at a criterion's key, or at the start.
export async function show(key = "") {
  pop.showPopover();
  if (!$("[id]", body)) await fill(body, `${link.href}&part=1`, link, pop.dataset.lost);
  body.focus({ preventScroll: true });
  goTo(document.getElementById(`guide-${key}`));
}

// `asked()` says which criterion is in focus.
export function listen(asked) {
  over(link, () => show(asked()));
  body.addEventListener("click", (event) => {
    const inside = /** @type {HTMLAnchorElement} */ (at(event).closest("a[href^='#']"));
    if (!inside) return;
    event.preventDefault();
    goTo(document.getElementById(inside.hash.slice(1)));
  });
}
