// What the page shows of one assignment, as a whole: story, sheet, the way to pass, and the figures in the bar.
import { place } from "./comfort.js";

const PARTS = ["desk", "pass", "today"];

export class Scene {
  constructor(root, data, make) {
    this.parts = PARTS.map((id) => root.querySelector(`#${id}`));
    [this.desk] = this.parts;
    this.assignment = this.desk.querySelector("#review").dataset.assignment;
    this.queue = this.desk.dataset.queue;
    this.make = () => make(data);
  }

  static parse(html, make) {
    const page = new DOMParser().parseFromString(html, "text/html");
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
    this.desk.querySelector("#review").inert = on;
  }

  open() {
    this.waiting = false;
    this.room ??= this.make();
    this.room.open();
    if (!document.getElementById("problem")) place.restore();
  }

  replace(before) {
    before.top = scrollY;
    before.room.close();
    place.forget(before.assignment);
    this.parts.forEach((part, at) => before.parts[at].replaceWith(part));
    document.title = this.desk.dataset.title;
    history.replaceState(null, "", this.queue);
    scrollTo({ top: this.top ?? 0, behavior: "instant" });
    this.open();
    this.desk.querySelector("#title").focus({ preventScroll: true });
  }
}
