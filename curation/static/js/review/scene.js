// What the page shows of one assignment, as a whole: story, sheet, the way to pass, and the figures in the bar.
import { $ } from "../dom.js";
import { place } from "./comfort.js";
import * as sheets from "./sheets.js";

const PARTS = ["desk", "pass", "today"];
// Asked of the page itself, it would first be laid out.
let scrolled = scrollY;
addEventListener("scroll", () => { scrolled = scrollY; }, { passive: true });

export class Scene {
  constructor(root, data, make) {
    this.parts = PARTS.map((id) => $(`#${id}`, root));
    this.desk = this.parts[0];
    this.assignment = $("#review", this.desk).dataset.assignment;
    this.queue = this.desk.dataset.queue;
    this.make = () => make(data);
    /** @type {Room | null} */
    this.room = null;
    // How far the story was scrolled when its room was left, in px.
    /** @type {number | undefined} */
    this.top = undefined;
  }

  static parse(html, make) {
    const page = new DOMParser().parseFromString(html, "text/html");
    sheets.complete(page);
    const scene = new Scene(page, JSON.parse(page.getElementById("draft").textContent), make);
    scene.parts.forEach((part) => document.adoptNode(part));
    return scene;
  }

  // Submitted, while the next story is still on its way.
  get waiting() {
    return "waiting" in this.desk.dataset;
  }

  set waiting(on) {
    this.desk.toggleAttribute("data-waiting", on);
    $("#review", this.desk).inert = on;
  }

  open() {
    this.enter();
    if (!$("#problem")) place.restore();
  }

  enter() {
    this.waiting = false;
    this.room ??= this.make();
    this.room.open();
  }

  // All that changes the page comes before all that needs its layout, so that a long story is laid out once.
  replace(before) {
    before.top = scrolled;
    before.room.close();
    place.forget(before.assignment);
    this.parts.forEach((part, at) => before.parts[at].replaceWith(part));
    document.title = this.desk.dataset.title;
    if (location.pathname !== this.queue || location.search) history.replaceState(null, "", this.queue);
    this.enter();
    scrollTo({ top: this.top ?? 0, behavior: "instant" });
    if (this.top === undefined) place.restore();
    $("#title", this.desk).focus({ preventScroll: true });
  }
}
