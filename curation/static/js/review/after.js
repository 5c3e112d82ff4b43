// The page after a commit: the keys of the review room, as far as there is something for them to do. Its own buttons
// have theirs in the page.
import * as guidelines from "./guidelines.js";
import { inField, Keys } from "./keys.js";
import * as recent from "./recent.js";

const stays = document.getElementById("stays");
const keys = new Keys(document.getElementById("keys"));
const commands = {
  undo: () => { stays.textContent = stays.dataset.said; },
  pass: () => document.getElementById("onward").click(),
  recent: recent.show,
  guidelines: () => guidelines.show(""),
  help: () => document.getElementById("keys").showPopover(),
};

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || inField(event.target) || document.querySelector(":popover-open")) return;
  const command = commands[keys.meaning(event)];
  if (!command) return;
  event.preventDefault();
  command();
});

guidelines.listen(() => "");
document.documentElement.dataset.ready = "after";
