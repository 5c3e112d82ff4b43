// Reviews on their way, in this browser. Each has a key of its own in the storage, so that two tabs never overwrite
// each other, and lies there until the server has it.
const box = document.getElementById("outbox");
const prefix = `exempla.outbox.${box?.dataset.reader}.`;

export const entries = () => Object.keys(localStorage)
  .filter((name) => name.startsWith(prefix))
  .map((name) => JSON.parse(localStorage.getItem(name)))
  .sort((a, b) => a.at - b.at);

export const unsent = () => entries().filter((entry) => !entry.failed);
export const entry = (key) => JSON.parse(localStorage.getItem(prefix + key));
export const remove = (key) => localStorage.removeItem(prefix + key);
export const clear = () => entries().forEach(({ key }) => remove(key));

// False when the browser keeps nothing: its storage can be full or forbidden.
export function keep(one) {
  try {
    localStorage.setItem(prefix + one.key, JSON.stringify(one));
    return true;
  } catch {
    return false;
  }
}

export const mine = (event) => event.key === null || event.key.startsWith(prefix);
