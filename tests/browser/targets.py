"""Finds what is too small to be hit: WCAG 2.5.8 asks for 24 by 24 CSS pixels, links within a sentence apart."""

from playwright.sync_api import Page

LEAST = 24

# A hidden radio button or checkbox is hit by its label. A link is in a sentence if its own paragraph, cell or list item
# has words beside it, and it flows among them.
FIND = """(least) => {
  const all = { visibilityProperty: true, opacityProperty: true };
  const shown = (el) => el.checkVisibility(all) && el.getClientRects().length;
  const block = (el) => { while (getComputedStyle(el).display.startsWith("inline")) el = el.parentElement; return el; };
  const words = (el) => el.textContent.replace(/\\s+/g, " ").trim();
  const bare = (el) => {
    const copy = block(el).cloneNode(true);
    copy.querySelectorAll("a, button, .sr, .badge, .tag, svg").forEach((other) => other.remove());
    return words(copy);
  };
  const inSentence = (el) => el.matches("a") && getComputedStyle(el).display === "inline" && /\\p{L}/u.test(bare(el));
  const boxes = (el) => [el, ...(el.labels ?? [])].map((one) => one.getBoundingClientRect());
  const big = (box) => box.width >= least - 0.5 && box.height >= least - 0.5;
  return [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")]
    .filter((el) => (shown(el) || [...(el.labels ?? [])].some(shown)) && !el.closest("[inert], .skip, .sr"))
    .filter((el) => !boxes(el).some(big) && !inSentence(el))
    .map((el) => {
      const { width, height } = el.getBoundingClientRect();
      const name = words(el).slice(0, 40) || el.name;
      return `${el.tagName.toLowerCase()}.${el.className} “${name}” ${width.toFixed()}x${height.toFixed()}`;
    });
}"""


def small_targets(page: Page) -> list[str]:
    """Return each visible link, button, field and summary of the page under `LEAST` pixels, as a line that names it."""
    return [f"{page.url} too small to hit: {found}" for found in page.evaluate(FIND, LEAST)]
