// What lies over the room and is fetched when it is asked for. The link to its own page works without this.

// Fills `body` with the fragment at `address`; if that cannot be had, with `lost` and the link.
export async function fill(body, address, link, lost) {
  // The links of an earlier answer would be replaced under the focus.
  body.replaceChildren();
  try {
    const response = await fetch(address);
    if (!response.ok || response.redirected) throw new Error(response.statusText);
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    body.replaceChildren(...page.body.childNodes);
  } catch {
    const text = document.createElement("p");
    const page = link.cloneNode();
    page.removeAttribute("id");
    page.className = "";
    page.textContent = page.href;
    text.append(`${lost} `, page);
    body.replaceChildren(text);
  }
}

// Shows it over the room when its link is clicked; with a modifier the link goes where it always goes.
export function over(link, show) {
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    show();
  });
}
