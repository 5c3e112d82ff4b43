// The guidelines over the room, fetched when they are first asked for. The link to their own page works without this.
const link = document.getElementById("open-guidelines");
const pop = document.getElementById("guidelines");
const body = document.getElementById("guidelines-body");

async function fill() {
  if (body.childElementCount) return;
  try {
    const response = await fetch(`${link.href}&part=1`);
    if (!response.ok || response.redirected) throw new Error(response.statusText);
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    body.replaceChildren(...page.body.childNodes);
  } catch {
    const text = document.createElement("p");
    const page = link.cloneNode();
    page.removeAttribute("id");
    page.className = "";
    page.textContent = page.href;
    text.append(`${pop.dataset.lost} `, page);
    body.replaceChildren(text);
  }
}

function goTo(part) {
  if (!part) return;
  pop.scrollTop = part.offsetTop - pop.querySelector(".pop-head").offsetHeight - 12;
}

// Opens the guidelines at a criterion's key, or at the start.
export async function show(key = "") {
  pop.showPopover();
  await fill();
  body.focus({ preventScroll: true });
  goTo(document.getElementById(`guide-${key}`));
}

// `at` says which criterion is in focus.
export function listen(at) {
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    show(at());
  });
  body.addEventListener("click", (event) => {
    const inside = event.target.closest("a[href^='#']");
    if (!inside) return;
    event.preventDefault();
    goTo(document.getElementById(inside.hash.slice(1)));
  });
}
