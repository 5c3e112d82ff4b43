// Keeps what is marked on the server, a moment after every change.
import { $, at } from "../dom.js";

const PAUSE = 600;

export class Draft {
  constructor(form, collect, words) {
    this.form = form;
    this.collect = collect;
    this.words = words;
    this.version = Number(form.dataset.version);
    this.status = $("#saved");
    this.conflict = $("#conflict");
    this.dirty = false;
    this.sending = false;
    this.wait = PAUSE;
  }

  listen(signal) {
    this.stopped = false;
    this.conflict.addEventListener("click", (event) => this.choose(at(event).dataset.take), { signal });
    addEventListener("pagehide", () => this.flush(), { signal });
    document.addEventListener("visibilitychange", () => document.hidden && this.flush(), { signal });
  }

  changed() {
    // A practice story keeps no draft.
    if (!this.form.dataset.draftUrl) return;
    this.dirty = true;
    if (!this.status.classList.contains("bad")) this.say("");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), this.wait);
  }

  stop() {
    clearTimeout(this.timer);
    this.dirty = false;
    this.stopped = true;
  }

  // What is not kept yet goes at once, even if the page goes too.
  async flush() {
    if (!this.dirty || this.sending) return;
    clearTimeout(this.timer);
    await this.save(true);
  }

  post(keepalive) {
    return fetch(this.form.dataset.draftUrl, {
      method: "POST",
      keepalive,
      headers: {
        "Content-Type": "application/json",
        Accept: "application/json",
        "X-CSRFToken": this.form.elements.csrfmiddlewaretoken.value,
      },
      body: JSON.stringify({ version: this.version, data: this.collect() }),
    });
  }

  async save(keepalive = false) {
    if (this.stopped || !this.conflict.hidden) return;
    if (this.sending) {
      this.changed();
      return;
    }
    this.sending = true;
    this.dirty = false;
    try {
      await this.settle(await this.post(keepalive));
    } catch {
      this.dirty = true;
      this.wait = Math.min(30_000, this.wait * 2);
      this.say(this.words.unsaved, true);
      this.timer = setTimeout(() => this.save(), this.wait);
    } finally {
      this.sending = false;
    }
  }

  async settle(response) {
    if (response.redirected) {
      this.say(this.words.signed_out, true);
      return;
    }
    const answer = await response.json();
    if (response.ok) {
      this.version = answer.version;
      this.wait = PAUSE;
      this.say(this.words.saved);
    } else if (response.status === 409 && answer.version > this.version) {
      this.newest = answer.version;
      this.conflict.hidden = false;
      this.say("");
    } else {
      this.say(answer.detail ?? this.words.unsaved, true);
    }
  }

  choose(take) {
    if (take === "theirs") {
      this.stop();
      location.reload();
    } else if (take === "mine") {
      this.version = this.newest;
      this.conflict.hidden = true;
      this.save();
    }
  }

  say(text, bad = false) {
    this.status.textContent = text;
    this.status.classList.toggle("bad", bad);
  }
}
