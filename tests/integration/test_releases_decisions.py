"""A release says of every criterion what the decision said: a figure where it applied, and none where it did not."""

import random
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from annotations.actions import adjudicate, claim
from annotations.models import Decision, Rating
from annotations.queries import awaiting_adjudication
from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role
from curation.core import roles
from curation.releases.queries.decided import undecided
from curation.releases.story_ids import public_id
from curation.releases.verify import verify
from curation.stories.actions import add_tag
from curation.stories.models.tag import TagKind
from tests import builders
from tests.releases_client import load, unpack

pytestmark = pytest.mark.django_db
THEMES = {"boundaries": "C1", "self_criticism": "C2", "equanimity": "C3"}


@pytest.fixture(autouse=True)
def home(settings: Any, tmp_path: Path) -> Path:
    settings.HOME = tmp_path / "home"
    return tmp_path / "home"


def review(chance: random.Random, text: str, tagged: set[str]) -> dict[str, Any]:
    """Answers of somebody who may find no AI character, N/A in a calm story, and themes of their own."""
    if chance.random() < 0.15:
        return builders.answers(out_of_scope=True, ratings={})
    themes = [theme for theme in THEMES if chance.random() < 0.35]
    ratings: dict[str, int | None] = {key: chance.randint(3, 5) for key in ("A3", "B1", "B2", "B3", "D1")}
    ratings |= {key: chance.choice([None, None, 3, 4, 5]) for key in ("A1", "A2")}
    ratings |= {THEMES[theme]: chance.randint(3, 5) for theme in {*themes, *tagged}}
    spans = [
        {"criterion": "B1", "flag": None, "start": start, "end": start + 5, "quote": text[start : start + 5]}
        for start in (9, 0)
    ]
    return builders.answers(themes=themes, ratings=ratings, spans=spans)


def test_a_criterion_has_a_figure_in_a_release_where_the_decision_has_a_value(tmp_path: Path) -> None:
    chance, curator = random.Random(7), builders.person(Role.CURATOR)  # noqa: S311
    people = [builders.person() for _ in range(3)]
    stories = [builders.add_story() for _ in range(24)]
    tagged = {story.pk: {theme for theme in THEMES if chance.random() < 0.2} for story in stories}
    for story in stories:
        for theme in tagged[story.pk]:
            add_tag(actor=SYSTEM, story=story, kind=TagKind.THEME, key=theme)
    queue = builders.queue_of(*people, stories=stories, overlap=3)
    for person in people:
        while assignment := claim(reviewer=person, queue=queue):
            builders.review_by(person, queue, review(chance, assignment.story.text, tagged[assignment.story_id]))
    for decision in list(awaiting_adjudication()):
        adjudicate(actor=curator, story=decision.story, outcome="accept", note="It holds.")

    release = builders.built_release(builders.dataset())
    folder = unpack(release, tmp_path / "copy")
    rows = {}
    for split in load(folder, "stories").values():
        rows |= {row["sha256"]: row for row in split}

    accepted = Decision.objects.filter(outcome="accept", superseded_by=None).select_related("story")
    assert len(rows) == len(accepted) > 12
    dropped, pool = 0, defaultdict(list)
    for decision in accepted:
        row = rows[decision.story.text_sha256]
        assert row["themes"] == decision.themes
        for key, value in decision.values.items():
            assert (row[f"{key}_mean"] is None) == (row[f"{key}_sd"] is None) == (value is None), (decision, key)
            rated = decision.story.reviews.filter(ratings__criterion__key=key, ratings__value__isnull=False)
            dropped += value is None and rated.exists()
            if value is not None:
                given = Rating.objects.filter(review__in=rated, criterion__key=key, value__isnull=False)
                pool[key] += given.values_list("value", flat=True)
        # What a curator noted with it is not published.
        curated = decision.decided_by is not None
        assert (row["decision_reason"] == "Accepted by a curator after 3 blind reviews.") is curated
    assert dropped, "no story had ratings of a criterion that does not apply to it"
    for key, ratings in pool.items():
        assert release.frozen["pool"][key]["mean"] == pytest.approx(sum(ratings) / len(ratings), abs=1e-6)
    order = list(decision.values)
    nth = {row["id"]: place for rows in load(folder, "stories").values() for place, row in enumerate(rows)}
    for split in load(folder, "ratings").values():
        places = [(nth[row["story_id"]], row["annotator"], order.index(row["criterion"])) for row in split]
        assert places == sorted(places)
    for split in load(folder, "behaviours").values():
        marked = [(nth[row["story_id"]], row["annotator"], row["start"]) for row in split]
        assert marked == sorted(marked)


def tampered(statement: str, *given: object) -> None:
    """Change what no rule of the database lets anybody change."""
    with roles.as_owner(), connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(statement, given)
        cursor.execute("SET session_replication_role = origin")


@pytest.mark.django_db(transaction=True)
def test_verifying_goes_down_to_decisions_and_the_ratings_under_them() -> None:
    one, two, three, four, five = builders.accepted_stories(5)
    release = builders.built_release(builders.dataset())
    assert list(undecided(release)) == []
    at = {story.pk: release.items.get(story=story).decision_id for story in (one, two, three, four, five)}
    rated = Rating.objects.filter(review__story=two, criterion__key="B1").first()
    assert rated is not None
    tampered("UPDATE annotations_decision SET outcome = 'reject' WHERE id = %s", at[one.pk])
    tampered("UPDATE annotations_rating SET value = 1 WHERE id = %s", rated.pk)
    tampered("UPDATE annotations_decision SET themes = '{sleep}' WHERE id = %s", at[three.pk])
    tampered("UPDATE annotations_review SET kind = 'extra' WHERE story_id = %s", four.pk)
    builders.decided_anew(three, "reject")
    builders.decided_anew(five, "reject")
    found = dict(undecided(release))
    assert found == {
        public_id(story.normal_sha256): differs
        for story, differs in (
            (one, ["outcome"]), (two, ["values"]), (three, ["themes", "since"]), (four, ["reviews"]), (five, ["since"])
        )
    }  # fmt: skip
    report = verify(release)
    decisions = {problem.path for problem in report.problems if problem.check == "decision"}
    assert decisions == set(found) - {public_id(five.normal_sha256)}
    assert "decided anew since: 2" in report.notes[-1].message
    assert any(problem.check == "rows" for problem in report.problems), "a rating that was changed changes rows"
