// What the scripts of the pages pass to one another. For the type check only: no page loads this.

/** A place in the text, in code points. */
interface Place { start: number; end: number }

/** A passage of the story that somebody chose. */
interface Passage extends Place { quote: string }

/** A passage linked to a criterion or to a flag, with what was said of the latter: an empty string until it is. */
interface Span extends Passage {
  criterion: string | null;
  flag: string | null;
  conduct: string;
  intent: string;
  portrayal: string;
}

/** What a passage can be linked to. `group` colours it, `conduct` says that conduct is asked for. */
interface Target {
  kind: string;
  key: string;
  group: string;
  short: string;
  name: string;
  conduct?: boolean;
}

/** Everything that is marked on one sheet. A rating is null where the question does not apply. */
interface SheetData {
  themes: string[];
  ratings: Record<string, number | null>;
  flags: string[];
  spans: Span[];
  out_of_scope: boolean;
  comment: string;
  active_seconds: number;
}

/** Sentences of the page's language, by name; `said` has one for each value of conduct, intent and portrayal. */
type Words = Record<string, string> & { said?: Record<string, string> };

/** What all rooms of a page share. */
interface Setting {
  words: Words;
  clock: import("../curation/static/js/review/clock.js").Clock;
  announce: (text: string) => void;
}

type Room = import("../curation/static/js/review/room.js").Room;

/** The form of a sheet. `reason` is there when a review is revised. */
interface SheetForm extends HTMLFormElement {
  elements: HTMLFormControlsCollection & {
    reason?: HTMLInputElement;
    comment: HTMLTextAreaElement;
    spans: HTMLInputElement;
    active_seconds: HTMLInputElement;
    idempotency_key: HTMLInputElement;
    csrfmiddlewaretoken: HTMLInputElement;
  };
}

/** A review on its way. It can be taken back until `undoUntil`; `failed` is why the server does not take it. Times in ms. */
interface Entry {
  key: string;
  assignment: string;
  queue: string;
  title: string;
  url: string;
  fields: [string, string][];
  undoUntil: number;
  at?: number;
  failed?: string;
}

interface DocumentEventMap {
  "exempla:undo": CustomEvent<Entry>;
}

// All elements of our pages are HTML elements.
interface ParentNode {
  querySelector<K extends keyof HTMLElementTagNameMap>(selectors: K): HTMLElementTagNameMap[K] | null;
  querySelector<E extends HTMLElement = HTMLElement>(selectors: string): E | null;
  querySelectorAll<K extends keyof HTMLElementTagNameMap>(selectors: K): NodeListOf<HTMLElementTagNameMap[K]>;
  querySelectorAll<E extends HTMLElement = HTMLElement>(selectors: string): NodeListOf<E>;
}
interface Element {
  closest<K extends keyof HTMLElementTagNameMap>(selector: K): HTMLElementTagNameMap[K] | null;
  closest<E extends HTMLElement = HTMLElement>(selectors: string): E | null;
}
