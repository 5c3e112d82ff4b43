// Finding what the page has. All elements of our pages are HTML elements.
/** @type {(selector: string, root?: ParentNode) => HTMLElement} */
export const $ = (selector, root = document) => root.querySelector(selector);

/** @type {(selector: string, root?: ParentNode) => HTMLElement[]} */
export const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

/** @type {(selector: string, root?: ParentNode) => HTMLInputElement} */
export const field = (selector, root = document) => root.querySelector(selector);

/** @type {(selector: string, root?: ParentNode) => HTMLInputElement[]} */
export const fields = (selector, root = document) => [.../** @type {NodeListOf<HTMLInputElement>} */ (root.querySelectorAll(selector))];

// The element that an event is about.
/** @type {(event: Event) => HTMLInputElement} */
export const at = (event) => /** @type {HTMLInputElement} */ (event.target);

/**
 * Makes an element; `text` among the attributes is its text.
 * @param {string} tag
 * @param {Record<string, string>} attributes
 * @param {...(Node | string)} children
 */
export function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") element.textContent = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}
