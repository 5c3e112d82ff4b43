// Which action a key press means. Each person has a map of their own, which the server writes into the help.
const FIELDS = "textarea, select, [contenteditable], input:not([type=radio], [type=checkbox])";

export const inField = (element) => Boolean(element.closest?.(FIELDS));

export class Keys {
  constructor(help) {
    this.map = new Map(Object.entries(JSON.parse(help.dataset.keys)));
    this.single = help.querySelector("[name=keys_on]");
  }

  // The action, a digit, or null; a letter with Shift only if `shifted`. A key of another alphabet counts by its place on the keyboard, CapsLock not at all.
  meaning(event, shifted = false) {
    if (!this.single.checked || event.ctrlKey || event.metaKey || event.altKey) return null;
    if (event.isComposing || event.keyCode === 229 || [...event.key].length !== 1) return null;
    const key = event.key.toLowerCase();
    const letter = /\p{L}/u.test(key);
    if (letter && event.shiftKey && !shifted) return null;
    if (/^[0-9]$/.test(key)) return key;
    if (this.map.has(key)) return this.map.get(key);
    const [, digit] = /^Digit([0-9])$/.exec(event.code) ?? [];
    if (digit && !event.shiftKey) return digit;
    const [, place] = /^Key([A-Z])$/.exec(event.code) ?? [];
    return (place && letter && !/[a-z]/.test(key) && this.map.get(place.toLowerCase())) || null;
  }
}
