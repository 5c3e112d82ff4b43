// Seconds of active reading: hidden tabs do not count, nor does more than a minute without a sign of life.
const IDLE_AFTER = 60_000;

export class Clock {
  constructor(seconds) {
    this.seconds = seconds;
    this.last = performance.now();
    for (const type of ["pointermove", "pointerdown", "keydown", "scroll", "touchstart"]) {
      addEventListener(type, () => { this.last = performance.now(); }, { passive: true, capture: true });
    }
    setInterval(() => {
      if (this.awake()) this.seconds += 1;
    }, 1000);
  }

  awake() {
    return !document.hidden && performance.now() - this.last < IDLE_AFTER;
  }
}
