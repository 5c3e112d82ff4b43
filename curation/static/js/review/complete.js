// Whether a sheet may go: nothing is missing, and nobody has been too quick.
import { $ } from "../dom.js";
import { fill } from "../words.js";
import { backfires } from "./evidence.js";
import { vague } from "./said.js";

// Goes to the first thing that is still to be answered, and says whether there is one.
/** @param {Room} room */
export function goToMissing(room) {
  const { form, questions, evidence } = room;
  const why = form.elements.reason;
  if (why && !why.value.trim()) {
    room.folding.unfold(true);
    why.focus();
    room.announce(room.words.say_why);
    return true;
  }
  const question = questions.coming();
  if (question) {
    question.classList.toggle("missing", question === questions.active);
    room.focusOn(question);
    return true;
  }
  const spans = evidence.visible();
  return room.flags.raised().some((flag) => passageMissing(room, flag, spans));
}

// Asks for the passage of a flag, or for what is said of it, where the flag lacks either.
function passageMissing(room, flag, spans) {
  const own = spans.filter((span) => span.flag === flag.value || (flag.value === "backfire" && backfires(span)));
  if (flag.dataset.passage === "hard" && !own.length) {
    room.askForPassage(flag);
    return true;
  }
  const open = own.find((span) => "conduct" in flag.dataset && vague(span));
  if (open) room.askConduct(open);
  return Boolean(open);
}

// Nobody reads so fast: asked once for each sheet, before it is sent.
export class Haste {
  constructor(form, words) {
    this.form = form;
    this.words = words;
    this.asked = false;
  }

  listen(signal) {
    $("#hasty-yes").addEventListener("click", () => this.form.requestSubmit(this.button), { signal });
  }

  // Asks, and says that it did. `button` is what was clicked.
  ask(button, seconds) {
    const { least } = $("#desk").dataset;
    if (this.asked || !least || seconds >= Number(least)) return false;
    this.asked = true;
    this.button = button;
    $("#hasty-said").textContent = fill(this.words[seconds === 1 ? "hasty_one" : "hasty"], { n: seconds });
    $("#hasty").showPopover();
    return true;
  }
}
