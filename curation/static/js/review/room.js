// One story with its sheet: questions, ratings, and the plain form that all of it fills.
import { Draft } from "./draft.js";
import { backfires, Evidence } from "./evidence.js";
import { Said, vague } from "./said.js";
import { fill } from "../words.js";

const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const compact = matchMedia("(max-width: 900px) and (min-height: 561px)");

// Makes the room of the story that stands in the page. `data` is its draft. `submit(room, button)` is asked when the
// form is complete, and answers whether it takes it from there. Closed and opened again, all is as it was.
export function makeRoom(data, { words, clock, announce, submit }) {
  const form = $("#review");
  const asks = $$(".ask", form);
  const themes = asks[0];
  const flags = $$("[name=flag]", form);
  const outOfScope = $("#out-of-scope");
  let active = themes;
  let wanted = null;
  let told = null;
  let sending = false;
  let seconds = Number($("#active-seconds").value);
  let ending = null;
  let asked = false;
  let submitter = null;

  const rating = (ask) => $("input[type=radio]:checked", ask)?.value;
  const awake = (ask) => ask === themes || !("asleep" in ask.dataset);
  const shown = () => asks.filter(awake);
  const unrated = () => shown().filter((ask) => ask !== themes && !rating(ask));

  // What a passage can be linked to, likeliest first: a flag that waits for its passage, else the question in focus.
  function targets() {
    const questions = shown().filter((ask) => ask !== themes).map((ask) => ({
      kind: "criterion", key: ask.dataset.ask, group: ask.dataset.group, short: ask.dataset.short, name: ask.dataset.name,
    }));
    const raised = flags.filter((flag) => flag.checked).map((flag) => ({
      kind: "flag", key: flag.value, group: "F", short: flag.dataset.name, name: flag.dataset.name,
      conduct: "conduct" in flag.dataset,
    }));
    const first = wanted ? raised.find((t) => t.key === wanted) : questions.find((t) => t.key === active.dataset.ask);
    return [...questions, ...raised].sort((a, b) => (b === first) - (a === first));
  }

  const evidence = new Evidence(data.spans ?? [], {
    targets,
    words,
    announce,
    changed(redraw = true) {
      if (wanted && evidence.spans.some((span) => span.flag === wanted)) wanted = null;
      if (redraw) paint();
      draft.changed();
    },
    ask: (span) => { said.ask(span, nameOf(span)); paint(); },
  });

  const nameOf = (span) => flags.find((flag) => flag.value === span.flag)?.dataset.name;

  const said = new Said({
    words,
    announce,
    changed() {
      evidence.draw();
      draft.changed();
    },
    closed: () => paint(),
  });

  function collect() {
    const rated = asks.slice(1).map((ask) => [ask.dataset.ask, rating(ask)]).filter(([, value]) => value);
    return {
      themes: $$("[name=theme]:checked", form).map((input) => input.value),
      ratings: Object.fromEntries(rated.map(([key, value]) => [key, value === "na" ? null : Number(value)])),
      flags: flags.filter((flag) => flag.checked).map((flag) => flag.value),
      spans: evidence.visible(),
      out_of_scope: outOfScope.checked,
      comment: form.elements.comment.value,
      active_seconds: clock.seconds,
    };
  }

  const draft = new Draft(form, collect, words);

  function wake() {
    for (const ask of asks.slice(1)) {
      const theme = ask.dataset.theme && $(`[name=theme][value="${CSS.escape(ask.dataset.theme)}"]`, form);
      const on = !outOfScope.checked && (!theme || theme.checked || "tagged" in theme.dataset);
      ask.toggleAttribute("data-asleep", !on);
    }
    for (const heading of $$(".group-heading", form)) {
      heading.hidden = !shown().some((ask) => ask !== themes && ask.dataset.group === heading.dataset.group);
    }
  }

  function about(flag) {
    const box = $("#guide");
    const [title, text] = [document.createElement("p"), document.createElement("p")];
    [title.className, title.textContent] = ["guide-name", flag.dataset.name];
    [text.className, text.textContent, text.lang] = ["question", flag.dataset.about, flag.lang];
    box.replaceChildren(title, text);
  }

  function guide() {
    const box = $("#guide");
    box.hidden = Boolean(said.span);
    box.classList.toggle("telling", Boolean(told));
    if (told) {
      about(told);
      return;
    }
    const title = document.createElement("p");
    title.className = "guide-name";
    title.textContent = $("legend", active).textContent;
    if (active.dataset.groupName) {
      title.append(Object.assign(document.createElement("span"), { className: "guide-group", textContent: active.dataset.groupName }));
    }
    box.replaceChildren(title, ...(active === themes ? $(".fine", active).cloneNode(true).children : sentences()));
    box.dataset.group = active.dataset.group;
  }

  // The question in focus and what each of its values stands for.
  function sentences() {
    const list = document.createElement("ol");
    list.append(...$$(".steps-row input:not([value=na])", active).map((input) => {
      const line = document.createElement("li");
      line.value = input.value;
      line.textContent = $(".anchor", input.parentElement).textContent;
      line.lang = input.lang;
      line.classList.toggle("chosen", input.checked);
      return line;
    }));
    const question = $(".question", active).cloneNode(true);
    question.removeAttribute("id");
    return [question, list];
  }

  function paint() {
    wake();
    if (said.span && !evidence.visible().includes(said.span)) return said.close();
    if (!awake(active)) active = themes;
    const spans = evidence.visible();
    for (const ask of asks) {
      ask.classList.toggle("active", ask === active);
      if (rating(ask)) ask.classList.remove("missing");
      const count = $(".count", ask);
      if (!count) continue;
      const n = spans.filter((span) => span.criterion === ask.dataset.ask).length;
      count.hidden = n === 0;
      count.textContent = n;
      count.setAttribute("aria-label", fill(n === 1 ? words.passage : words.passages, { n }));
    }
    const all = shown().length - 1;
    const done = all - unrated().length;
    $("#submit-label").textContent = done < all ? fill(words.rated, { done, all }) : words.submit;
    $("#submit-next").textContent = done < all ? fill(words.next, { name: coming().dataset.name }) : "";
    $("#submit").classList.toggle("primary", done === all);
    $("#steps").replaceChildren(...shown().map((ask) => {
      const dot = document.createElement("i");
      dot.className = `${ask !== themes && rating(ask) ? "done" : ""} ${ask === active ? "now" : ""}`;
      return dot;
    }));
    flagHint();
    guide();
    evidence.draw();
  }

  function flagHint() {
    const flag = flags.find((one) => one.value === wanted && one.checked);
    if (!flag) wanted = null;
    const hint = $("#flag-hint");
    const key = compact.matches || !$("#single-keys").checked ? "" : ` ${fill(words.mark_by_key, hint.dataset)}`;
    hint.textContent = flag ? fill(words.mark_flag, { flag: flag.dataset.name }) + key : "";
  }

  function focusOn(ask, say = true) {
    active = ask;
    told = null;
    said.close();
    lower(false);
    paint();
    active.scrollIntoView({ block: "nearest" });
    if (say) announce($("legend", ask).textContent);
  }

  function step(by) {
    if (said.span) return said.step(by);
    const list = shown();
    focusOn(list[(list.indexOf(active) + by + list.length) % list.length]);
  }

  // The next question without a rating, from the one in focus on and round again.
  function coming() {
    const list = shown();
    const from = list.slice(list.indexOf(active)).find((ask) => ask !== themes && !rating(ask));
    return from ?? unrated()[0];
  }

  function onward() {
    focusOn(coming() ?? active, false);
  }

  function rate(value) {
    if (said.span) return;
    const input = $(`input[value="${value}"]`, active);
    if (!input) return;
    input.checked = true;
    announce(`${$("legend", active).textContent}: ${input.getAttribute("aria-label")}`);
    draft.changed();
    onward();
  }

  function digit(n) {
    if (said.span) return said.digit(n);
    if (active === themes) {
      if (n === 0) return step(1);
      const input = n === 9 ? outOfScope : $$("[name=theme]", themes)[n - 1];
      input?.click();
      return input && announce(`${input.parentElement.textContent.trim()}: ${input.checked ? words.marked : words.unmarked}`);
    }
    if (n >= 1 && n <= 5) return rate(String(n));
    if (n === 0 && $("input[value=na]", active)) return rate("na");
    if (n === 0) {
      for (const input of $$("input", active)) input.checked = false;
      paint();
      draft.changed();
    }
  }

  // The first thing that is still to be answered, or null.
  function lacking() {
    const why = form.elements.reason;
    if (why && !why.value.trim()) return () => { unfold(true); why.focus(); announce(words.say_why); };
    const ask = coming();
    if (ask) return () => { ask.classList.toggle("missing", ask === active); focusOn(ask); };
    const spans = evidence.visible();
    for (const flag of flags.filter((one) => one.checked)) {
      const own = spans.filter((span) => span.flag === flag.value || (flag.value === "backfire" && backfires(span)));
      if (flag.dataset.passage === "hard" && !own.length) return () => want(flag);
      const open = own.find((span) => "conduct" in flag.dataset && vague(span));
      if (open) return () => { said.ask(open, nameOf(open)); paint(); };
    }
    return null;
  }

  function want(flag) {
    wanted = flag.value;
    unfold(true);
    paint();
    flag.focus({ preventScroll: true });
    $("#flag-hint").scrollIntoView({ block: "nearest" });
    announce($("#flag-hint").textContent);
  }

  // Nobody reads so fast: asked once, before it is sent.
  function hasty(button) {
    const { least } = $("#desk").dataset;
    if (asked || !least || clock.seconds >= least) return false;
    asked = true;
    submitter = button;
    $("#hasty-said").textContent = fill(words[clock.seconds === 1 ? "hasty_one" : "hasty"], { n: clock.seconds });
    $("#hasty").showPopover();
    return true;
  }

  // Goes to what is missing, or fills the hidden fields and says that the form may go.
  function ready(button) {
    const go = lacking();
    if (go) {
      go();
      return false;
    }
    if (hasty(button)) return false;
    sending = true;
    draft.stop();
    const data = collect();
    form.elements.spans.value = JSON.stringify(data.spans);
    form.elements.active_seconds.value = data.active_seconds;
    $("#submit-label").textContent = words.sending;
    return true;
  }

  // Out of the way of the story, on a small screen; the button says what it brings.
  function lower(on) {
    if (on) unfold(false);
    form.classList.toggle("low", on);
    $("#lower").setAttribute("aria-expanded", !on);
    $("#lower").textContent = on ? words.rate : words.read;
  }

  function unfold(on) {
    if (on) lower(false);
    form.classList.toggle("open", on);
    $("#unfold").setAttribute("aria-expanded", on);
    $("#unfold").textContent = on ? words.fewer : words.all;
  }

  function raise(flag) {
    if (!flag.checked) return;
    wanted = flag.dataset.passage && !evidence.spans.some((span) => span.flag === flag.value) ? flag.value : null;
    if (wanted) evidence.link(targets()[0]);
  }

  function open() {
    ending = new AbortController();
    const { signal } = ending;
    const listen = (target, type, act) => target.addEventListener(type, act, { signal });
    evidence.listen(signal);
    draft.listen(signal);
    sending = false;
    clock.seconds = seconds;
    listen(form, "submit", (event) => {
      if (sending || !ready(event.submitter) || submit(room, event.submitter)) event.preventDefault();
    });
    listen(form, "change", (event) => {
      if (event.target.closest("#said")) return;
      const ask = event.target.closest(".ask");
      if (ask) active = ask;
      told = event.target.name === "flag" ? event.target : null;
      if (told) raise(told);
      paint();
      if (told && wanted) $("#flag-hint").scrollIntoView({ block: "nearest" });
      draft.changed();
      if (ask && ask !== themes && compact.matches && !form.classList.contains("open")) setTimeout(() => form.isConnected && onward(), 220);
    });
    listen(form, "input", (event) => event.target.id === "comment" && draft.changed());
    listen(form, "focusin", (event) => {
      const ask = event.target.closest(".ask");
      told = event.target.name === "flag" ? event.target : null;
      if (ask && ask !== active) focusOn(ask, false);
      else guide();
    });
    listen(form, "click", (event) => {
      const ask = event.target.closest(".ask");
      if (event.target.closest(".count")) evidence.show(evidence.visible().find((span) => span.criterion === ask.dataset.ask));
      else if (ask && ask !== active && !event.target.closest("label")) focusOn(ask, false);
    });
    listen($("#guide"), "click", (event) => {
      const line = event.target.closest("li");
      if (line && !getSelection().toString()) digit(Number(line.getAttribute("value")));
    });
    // So that a click on a flag keeps the selected passage, which then belongs to it.
    listen($(".chips", $("#flags")), "mousedown", (event) => event.preventDefault());
    listen($("#unfold"), "click", () => unfold(!form.classList.contains("open")));
    listen($("#lower"), "click", () => lower(!form.classList.contains("low")));
    said.listen(signal);
    listen($("#hasty-yes"), "click", () => form.requestSubmit(submitter));
    const sized = new ResizeObserver(() => {
      if (!form.classList.contains("open")) document.documentElement.style.setProperty("--above", `${form.offsetHeight}px`);
    });
    sized.observe(form);
    signal.addEventListener("abort", () => sized.disconnect());
    paint();
  }

  function close() {
    seconds = clock.seconds;
    draft.stop();
    evidence.pick(false);
    ending.abort();
  }

  function mark() {
    if (!evidence.link(targets()[0])) evidence.pick(true);
  }

  function toFlags() {
    unfold(true);
    flags[0].focus();
  }

  function toComment() {
    unfold(true);
    form.elements.comment.focus();
  }

  const room = {
    form, evidence, draft, said, open, close, step, digit, rate, mark, toFlags, toComment,
    get asked() { return active.dataset.ask; },
  };
  return room;
}
