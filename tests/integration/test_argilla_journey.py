"""From a queue to a dataset by way of a real Argilla server: sent, answered there by three, decided here, released."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from annotations.actions import give_consent
from annotations.material import consent_version
from annotations.models import Decision, Review
from annotations.queries import awaiting_adjudication
from curation.accounts.models import Role
from curation.argilla.models import ArgillaAnswer
from tests.api import Caller
from tests.argilla.answering import Linked
from tests.argilla.running import Argilla
from tests.builders import add_story, built_release, dataset, default_rubric, person, queue_of
from tests.releases_client import load, unpack

pytestmark = pytest.mark.django_db
WAITED = "The tug waited for the harbour master. It said that it was not sure, and asked twice."
LEFT = "The crane set the crate down. It told the foreman at once that it had been wrong."
ALONE = "The pump ran dry in the night. Nobody was told of it, and it went on as if nothing were the matter."


@pytest.fixture
def linked(argilla: Argilla, settings: Any, tmp_path: Path) -> Linked:
    settings.HOME = tmp_path / "home"
    stories = [add_story(text) for text in (WAITED, LEFT, ALONE)]
    made = Linked(argilla, queue_of(stories=stories, overlap=3))
    assert made.synced().fault == ""
    return made


def test_what_three_people_answered_there_is_adjudicated_and_released(linked: Linked, tmp_path: Path) -> None:
    readers = [linked.reader(), linked.reader(), linked.reader(publish=None)]
    (anna, anna_there), (_ben, ben_there), (cora, cora_there) = readers
    records = {one["fields"]["text"]: one["id"] for one in linked.records()}
    # One that they agree on; one that they do not; one that one of them discards, and takes up again later.
    for there in (anna_there, ben_there, cora_there):
        linked.answer(there, records[WAITED], linked.rated(4))
    linked.answer(anna_there, records[LEFT], linked.rated(5, comment="It owns up."))
    flag = default_rubric().flags.filter(severity="hard", asks_conduct=False, safety=False)[0].key
    passage = {"label": f"flag:{flag}", "start": 4, "end": 9}
    linked.answer(ben_there, records[LEFT], linked.rated(1, flags=[flag], passages=[passage]))
    linked.answer(cora_there, records[LEFT], linked.rated(3))
    linked.answer(anna_there, records[ALONE], linked.rated(2))
    linked.answer(ben_there, records[ALONE], linked.rated(2))
    linked.answer(cora_there, records[ALONE], None, "discarded")
    # An edit before anything is read, which is all that comes.
    linked.answer(anna_there, records[WAITED], linked.rated(5))
    assert (linked.synced().found, linked.link.error) == (9, "")
    assert Review.objects.live_commits().count() == 8
    assert not Review.objects.exclude(origin="argilla").exists()
    assert Decision.objects.get(story__text=WAITED).outcome == "accept"
    assert not Decision.objects.filter(story__text=ALONE).exists(), "a discard is no review: the story stays open"

    # An edit afterwards replaces the review while nothing rests on it; the discard becomes an answer.
    linked.answer(cora_there, records[ALONE], linked.rated(2))
    assert linked.synced().found == 1
    assert Decision.objects.get(story__text=ALONE).outcome == "reject"
    assert ArgillaAnswer.objects.filter(state="waiting").count() == 0

    # Compared and adjudicated on the pages, with what they wrote there.
    curator = person(Role.CURATOR)
    (open_one,) = awaiting_adjudication()
    assert open_one.story.text == LEFT
    browser = Client(headers={"sec-fetch-site": "same-origin"})
    browser.force_login(curator)
    address = reverse("adjudicate", args=[open_one.story_id])
    page = browser.get(address).content.decode()
    assert page.count("from Argilla") >= 3
    assert "It owns up." in page
    answer = browser.post(address, {"outcome": "accept", "note": "It owns up."})
    assert answer.status_code == 302, answer.content.decode()[:2000]
    assert Decision.objects.get(story__text=LEFT, superseded_by=None).outcome == "accept"

    # Nobody is asked there whether their ratings may be published: the page says of whom that is still open.
    people = reverse("argilla_people", args=[linked.link.pk])
    open_still = "Has not said yet whether their ratings may be published"
    assert browser.get(people).content.decode().count(open_still) == 1
    asked = Caller(curator).get(f"argilla/links/{linked.link.pk}/accounts")["results"]
    assert {one["person"] for one in asked if one["person"] and not one["consent_asked"]} == {cora.username}

    release = built_release(dataset())
    folder = unpack(release, tmp_path / "copy")
    stories = [row for split in load(folder, "stories").values() for row in split]
    assert {row["text"] for row in stories} == {WAITED, LEFT}
    ratings = [row for split in load(folder, "ratings").values() for row in split]
    assert len({(row["story_id"], row["annotator"]) for row in ratings}) == 4, "two stories, and two who said yes"
    waited = next(row["id"] for row in stories if row["text"] == WAITED)
    of_anna = {row["value"] for row in ratings if row["story_id"] == waited} - {4}
    assert of_anna == {5}, "the edit is what counts"
    assert anna.username not in str(ratings)

    give_consent(user=cora, version=consent_version(), publish=True)
    assert open_still not in browser.get(people).content.decode()
    later = unpack(built_release(release.dataset, "v0.2.0"), tmp_path / "later")
    ratings = [row for split in load(later, "ratings").values() for row in split]
    assert len({(row["story_id"], row["annotator"]) for row in ratings}) == 6
