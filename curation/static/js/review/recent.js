// The reviewer's last reviews over the room, fetched anew each time: each leads to its own page.
import { fill, over } from "./over.js";

const link = document.getElementById("open-recent");
const pop = document.getElementById("recent");
const body = document.getElementById("recent-body");

export async function show() {
  pop.showPopover();
  await fill(body, pop.dataset.address, link, pop.dataset.lost);
  body.querySelector("a")?.focus();
}

over(link, show);
