"""The page says at once that a passage is a backfire, by the rule that the server stores with the review."""

from itertools import product

from django.templatetags.static import static

from curation.standards.behaviour import CHOICES, Mark, backfires
from tests.browser.conftest import Opener
from tests.builders import person


def test_the_script_and_the_rule_agree_on_every_passage(open_site: Opener) -> None:
    page = open_site(person())
    page.goto("/")
    marks = [Mark(*words) for words in product(*(("", *CHOICES[part]) for part in ("conduct", "intent", "portrayal")))]
    told = page.evaluate(
        "async ([script, marks]) => { const { backfires } = await import(script); return marks.map(backfires); }",
        [static("js/review/evidence.js"), [vars(mark) for mark in marks]],
    )
    assert told == [bool(backfires(mark)) for mark in marks]
