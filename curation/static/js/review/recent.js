// The reviewer's last reviews over the room, fetched anew each time: each leads to its own page.
import { $ } from "../dom.js";
import { fill, over } from "./over.js";

const link = $("#open-recent");
const pop = $("#recent");
const body = $("#recent-body");

export async function show() {
  pop.showPopover();
  await fill(body, pop.dataset.address, link, pop.dataset.lost);
  $("a", body)?.focus();
}

over(link, show);
