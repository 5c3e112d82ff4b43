"""A word as long as a line of print, in every place that shows a name: no page may grow wider than a phone."""

from itertools import product

import pytest

from annotations.actions import claim
from curation.accounts.models import Role, User
from curation.stories.actions.checking import check_slice
from curation.stories.models import Story
from tests.browser.conftest import Opener
from tests.builders import (
    accepted_stories,
    add_story,
    answers,
    built_release,
    dataset,
    person,
    queue_of,
    review_by,
    source,
)

WORD = "Donaudampfschiff" * 20
TEXT = "The tug asked the harbour master twice, and then it waited for the tide, as it had been told to do. "


@pytest.fixture
def people(transactional_db: None) -> dict[str, User]:
    """A workspace where the titles, a queue's name, a dataset's and a source's are each one word."""
    found = {role: person(Role(role), role) for role in ("annotator", "curator")}
    found["annotator"].display_name = WORD[:80]
    found["annotator"].save()
    ben, long = person(), source(WORD[:80].lower())
    told = {"title": WORD[:300], "of": long, "generator": WORD[:80]}
    stories = [add_story(f"{TEXT * 8}{WORD} {n}.", **told) for n in range(4)]
    while check_slice():
        pass
    queue = queue_of(
        found["annotator"], ben, stories=stories, name=WORD[:120], slug="long", instructions=WORD, reveal=True
    )
    for reader, value in ((found["annotator"], 5), (ben, 1)):
        review_by(reader, queue, answers(value, comment=WORD, flags={"near_duplicate": {}} if value == 1 else None))
    claim(reviewer=found["annotator"], queue=queue)
    accepted_stories(2, found["annotator"], ben, of=long, title=WORD[:300])
    made = dataset(WORD[:60].lower(), title=WORD[:120], description=WORD)
    built_release(made, notes=WORD)
    return found


def test_a_word_without_end_does_not_widen_any_page(open_site: Opener, people: dict[str, User]) -> None:
    story = Story.objects.filter(stage__state="adjudication").get()
    wide = []
    for name, width in product(PAGES, (390, 1440)):
        page, paths = open_site(people[name], width=width), PAGES[name]
        for path in paths:
            page.goto(path.format(story=story.pk, dataset=WORD[:60].lower()))
            assert page.locator("h1").count(), path
            if (found := page.evaluate("document.documentElement.scrollWidth")) > width:
                wide.append((page.url, width, found))
    assert not wide, "\n".join(map(str, wide))


PAGES = {
    "annotator": ["/", "/queues/", "/queues/long/", "/review/long/", "/work/"],
    "curator": [
        "/",
        "/stories/",
        "/stories/{story}/",
        "/adjudication/",
        "/adjudication/{story}/",
        "/queues/long/",
        "/queues/new/",
        "/queues/long/add/",
        "/stories/import/",
        "/datasets/",
        "/datasets/exempla/{dataset}/",
        "/datasets/exempla/{dataset}/v0.1.0/",
        "/datasets/exempla/{dataset}/new/",
    ],
}
