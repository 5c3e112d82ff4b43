"""What the pages of a dataset, a version and a row show: decision, lineage, distributions, coverage, agreement."""

from pathlib import Path
from typing import Any

import html5lib
import pytest
from django.test import Client
from django.urls import reverse

from curation.releases.models import Release
from curation.releases.story_ids import public_id
from curation.releases.views.files import text_of
from curation.stories.models import Lineage
from tests import builders

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def home(settings: Any, tmp_path: Path) -> None:
    settings.HOME = tmp_path


def at(release: Release, name: str, *more: object) -> str:
    whole = [release.dataset.org, release.dataset.name, release.version, *more]
    return reverse(name, args=whole[:2] if name == "dataset" else whole)


def shown(address: str) -> Any:
    """What a stranger is shown there."""
    answer = Client().get(address)
    assert answer.status_code == 200
    return html5lib.parse(answer.content.decode(), namespaceHTMLElements=False)


def words(element: Any) -> str:
    return " ".join("".join(element.itertext()).split())


def section(page: Any, heading: str) -> Any:
    """The section that a heading, by its id, names."""
    return next(one for one in page.iter("section") if one.get("aria-labelledby") == heading)


def test_a_row_has_its_decision_with_the_reason_and_what_it_was_made_from() -> None:
    readers = builders.person(), builders.person()
    (draft,) = builders.accepted_stories(1, *readers, title="The draft")
    (twin,) = builders.accepted_stories(1, *readers, title="The twin", principles=["honesty"], generator="writer-1")
    Lineage.objects.create(child=twin, parent=draft, kind="no_reasoning")
    release = builders.built_release(builders.dataset())
    there = Client().get(at(release, "release_story", public_id(twin.normal_sha256)))
    page = shown(there.headers["Location"])
    decision, origin, tags = (words(section(page, name)) for name in ("decision", "origin", "shows"))
    item = release.items.get(story=twin)
    assert "the policy" in decision
    assert item.facts["policy"] in decision
    assert item.facts["decision_reason"] in decision
    assert "writer-1" in origin
    parent = public_id(draft.normal_sha256)
    links = {words(link): link.get("href") for link in section(page, "origin").iter("a")}
    assert links[parent] == at(release, "release_story", parent)
    assert "honesty" in tags.lower()


@pytest.mark.parametrize("name", ["dataset", "release"])
def test_a_dataset_and_a_version_show_distributions_coverage_agreement_and_calibration(name: str) -> None:
    readers = builders.person(), builders.person()
    themed = builders.answers(themes=["boundaries"])
    themed["ratings"]["C1"] = 4
    builders.accepted_stories(
        2, *readers, principles=["honesty"], themes=["boundaries"], generator="writer-1", data=themed
    )
    builders.accepted_stories(1, *readers, principles=["care"], generator="writer-2")
    release = builders.built_release(builders.dataset())
    page = shown(at(release, name))
    found = section(page, "distributions")
    assert "writer-1" in words(found)
    assert "writer-2" in words(found)
    drawn = [words(one) for one in found.iter("{http://www.w3.org/2000/svg}desc")]
    assert ": 3" in drawn[0], "all stories, by their words"
    (table,) = [one for one in found.iter("table") if one.get("class") == "coverage"]
    cells = {link.get("href").partition("?")[2]: words(link) for link in table.iter("a")}
    assert cells["theme=boundaries&principle=honesty"] == "2"
    assert section(page, "agreement") is not None
    agreement = words(section(page, "agreement"))
    assert "A1 Conduct under pressure" in agreement
    assert "too few to say" in agreement
    assert "calibration" in agreement.lower()
    assert "@misc{" in words(page)


def test_the_card_claims_quality_and_no_efficacy_and_says_that_method_may_matter_more() -> None:
    builders.accepted_stories(1)
    release = builders.built_release(builders.dataset())
    card = " ".join(text_of(release.files.get(path="README.md")).split())
    assert "**data quality, never alignment efficacy**" in card
    assert "Training method and rewards may matter more than the stories." in card
    assert "results that show no difference too" in card
