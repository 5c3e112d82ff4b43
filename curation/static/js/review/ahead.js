// Fetches the story after the one that is shown, and keeps it until it is wanted. The server holds it for its reader.
import { quiet } from "../outbox/send.js";
import { Scene } from "./scene.js";
import * as sheets from "./sheets.js";

const PAUSE = 3000;

const pause = () => new Promise((resolve) => {
  setTimeout(resolve, PAUSE);
  addEventListener("online", resolve, { once: true });
});

export class Ahead {
  // `make` makes the room of a scene; `awake` says whether somebody is reading.
  constructor(make, awake) {
    this.make = make;
    this.awake = awake;
    this.turn = 0;
  }

  // Begins to fetch what comes after this scene; whatever was fetched before is forgotten.
  begin(scene) {
    this.turn += 1;
    const { turn } = this;
    this.have(null, "");
    this.coming = this.load(scene, turn).then((found) => {
      if (turn === this.turn) this.have(found, found ? "ready" : "last");
      return found;
    });
    clearTimeout(this.timer);
    // The lease is renewed half-way while somebody is reading; otherwise what was fetched is not to be relied upon.
    this.timer = setTimeout(() => (this.awake() ? this.begin(scene) : this.forget()), Number(scene.desk.dataset.lease) * 30_000);
  }

  have(scene, state) {
    this.scene = scene;
    document.documentElement.dataset.next = state;
  }

  forget() {
    this.turn += 1;
    this.coming = null;
    this.have(null, "");
  }

  put(scene) {
    this.forget();
    this.coming = Promise.resolve(scene);
    this.have(scene, "ready");
  }

  // The scene after this one; null when there is none, or when the server has something else to say.
  next(scene) {
    if (!this.coming) this.begin(scene);
    return this.coming;
  }

  async load(scene, turn) {
    const { ahead } = scene.desk.dataset;
    if (!ahead) return null;
    // Until the story before is sent it still counts as held, and nobody holds three.
    await quiet(scene.queue, scene.assignment);
    while (turn === this.turn) {
      try {
        const answer = await fetch(`${ahead}?after=${scene.assignment}&sheet=${sheets.name()}`);
        if (answer.status >= 500) throw new Error(answer.statusText);
        if (answer.status !== 200 || answer.redirected) return null;
        return Scene.parse(await answer.text(), this.make);
      } catch {
        await pause();
      }
    }
    return null;
  }
}
