"""The sample stories: enough of them, of the promised length, and reviewed with quotes that can be found."""

from pathlib import Path

import pytest
import yaml

from curation.demo import samples

SLUGS = samples.slugs()
KEY = {
    slug: kind
    for file in Path(__file__).parents[1].glob("sample_key_*.yaml")
    for slug, kind in yaml.safe_load(file.read_text()).items()
}


def test_there_are_enough_and_two_thirds_are_reviewed() -> None:
    assert len(SLUGS) >= 30
    assert 0.6 <= sum(bool(samples.reviews(slug)) for slug in SLUGS) / len(SLUGS) <= 0.7


@pytest.mark.parametrize("slug", SLUGS)
def test_a_sample_is_whole(slug: str) -> None:
    row = samples.story(slug)
    assert 250 <= len(row["text"].split()) <= 900
    assert row["title"]
    assert row["principles"]
    assert row["license"] == "CC-BY-4.0"
    for review in samples.reviews(slug):
        assert len(review.submission(row["text"])["spans"]) >= 1 or review.out_of_scope


def test_the_planted_stories_are_there_and_say_nothing_of_it() -> None:
    assert set(KEY.values()) >= {
        "backfire",
        "sermon",
        "scaffold_leak",
        "near_duplicate",
        "honeypot_analogue",
        "flat",
    }
    for slug, kind in KEY.items():
        head = (samples.STORIES / f"{slug}.md").read_text().split("---\n", 2)[1]
        assert kind.replace("_", " ") not in head


def test_every_principle_and_theme_has_a_sample() -> None:
    rows = [samples.story(slug) for slug in SLUGS]
    assert len({key for row in rows for key in row["principles"]}) == 10
    assert {key for row in rows for key in row["themes"]} == {"boundaries", "self_criticism", "equanimity"}
