// The guidelines over the room, fetched when they are first asked for.
import { fill, over } from "./over.js";

const link = document.getElementById("open-guidelines");
const pop = document.getElementById("guidelines");
const body = document.getElementById("guidelines-body");

function goTo(part) {
  if (!part) return;
  pop.scrollTop = part.offsetTop - pop.querySelector(".pop-head").offsetHeight - 12;
}

// Opens the guidelines at a criterion's key, or at the start.
export async function show(key = "") {
  pop.showPopover();
  if (!body.querySelector("[id]")) await fill(body, `${link.href}&part=1`, link, pop.dataset.lost);
  body.focus({ preventScroll: true });
  goTo(document.getElementById(`guide-${key}`));
}

// `at` says which criterion is in focus.
export function listen(at) {
  over(link, () => show(at()));
  body.addEventListener("click", (event) => {
    const inside = event.target.closest("a[href^='#']");
    if (!inside) return;
    event.preventDefault();
    goTo(document.getElementById(inside.hash.slice(1)));
  });
}
