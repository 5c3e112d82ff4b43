"""The story fetched ahead comes without its sheet, and is the same as one that came with it."""

from typing import Any

import pytest

from annotations.actions import save_draft
from annotations.models import Assignment
from tests.browser.conftest import Opener
from tests.builders import add_story, answers, person, queue_of

# Both ways of fetching the next story, as the page then has it. What differs from fetch to fetch is left out, and what
# the room works out for itself as soon as a story is shown.
FETCH = """async () => {
  const sheets = await import(document.querySelector('script[src*="review/main"]').src.replace('main', 'sheets'));
  const { ahead } = document.querySelector('#desk').dataset;
  const { assignment } = document.querySelector('#review').dataset;
  const found = {};
  for (const [way, name] of [['whole', ''], ['short', sheets.name()]]) {
    const answer = await fetch(`${ahead}?after=${assignment}&sheet=${name}`);
    const sent = await answer.text();
    const page = new DOMParser().parseFromString(sent, 'text/html');
    sheets.complete(page);
    const fields = [...new FormData(page.querySelector('#review')).keys()];
    for (const one of page.querySelectorAll('noscript')) one.remove();
    for (const one of page.querySelectorAll('[name=csrfmiddlewaretoken], [name=idempotency_key]')) one.value = '';
    for (const one of page.querySelectorAll('.ask')) one.removeAttribute('data-asleep');
    const html = (id) => page.getElementById(id).outerHTML.replace(/\\s+/g, ' ').replace(/> </g, '><')
      .replace(/ value=""/g, '').replace(/ data-(pass|tagged)="[^"]*"/g, '').replace(/ >/g, '>');
    found[way] = { sent: sent.length, desk: html('desk'), pass: html('pass'), today: html('today'), fields };
  }
  return found;
}"""


@pytest.mark.parametrize("case", ["plain", "tagged", "a draft before"])
def test_a_story_without_its_sheet_becomes_the_same_as_one_with_it(
    open_site: Opener, transactional_db: None, case: str
) -> None:
    annie = person()
    tags: dict[str, Any] = {"themes": ["boundaries"], "principles": ["care"]} if case == "tagged" else {}
    queue = queue_of(annie, stories=[add_story(), add_story(title="Two <Spoons>", **tags)])
    page = open_site(annie)
    if case == "a draft before":
        page.goto(f"/review/{queue.slug}/")
        first = Assignment.objects.earliest("id")
        marked = answers(2, themes=["equanimity"], flags={"moral_lecture": {}}, comment="Mine.")
        save_draft(reviewer=annie, assignment=first, data=marked, version=0)
    page.goto(f"/review/{queue.slug}/")
    page.wait_for_selector("html[data-next=ready]")
    found = page.evaluate(FETCH)
    assert found["short"]["sent"] < found["whole"]["sent"] / 4
    for part in ("desk", "pass", "today", "fields"):
        assert found["short"][part] == found["whole"][part]
    assert "passage_backfire" not in found["whole"]["fields"], "what is for browsers without scripts is not sent"
