"""Consent: asked once before the first review, changed at any time, and honoured by the next release."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest
from django.db import ProgrammingError, connection
from django.test import Client
from django.urls import reverse

from annotations import material
from annotations.actions import give_consent
from annotations.material import consent_version
from annotations.models import Assignment, Consent
from annotations.queries.consent import publishing
from curation.accounts.models import Role, User
from curation.audit.models import Entry
from curation.core.errors import InvalidInput, NotAllowed
from curation.releases.assemble import assemble
from curation.releases.models import Release
from curation.releases.parts import Made
from curation.releases.queries.slices import PartSlice
from tests.builders import accepted_stories, add_story, built_release, dataset, person, queue_of

pytestmark = pytest.mark.django_db


def at(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_the_first_review_asks_and_both_answers_lead_on_to_reading() -> None:
    for said in ("yes", "no"):
        annie = person(publish=None)
        queue = queue_of(annie, stories=[add_story(title="Two Spoons")])
        room, client = reverse("review", args=[queue.slug]), at(annie)
        asked = client.get(room, follow=True)
        assert "Yes, publish my ratings" in asked.content.decode()
        assert "No, keep mine out" in asked.content.decode()
        assert not Assignment.objects.filter(reviewer=annie).exists()
        answer = {"queue": queue.slug, "publish": said, "version": consent_version()}
        opened = client.post(reverse("consent"), answer, follow=True)
        assert opened.redirect_chain == [(f"{reverse('practice')}?queue={queue.slug}", 302)]
        assert not Assignment.objects.filter(reviewer=annie).exists()
        assert f'href="{room}"' in opened.content.decode()
        opened = client.get(room)
        assert "Two Spoons" in opened.content.decode()
        assert publishing([annie.pk]) == ({annie.pk} if said == "yes" else set())


def test_an_answer_can_be_read_and_changed_later() -> None:
    annie = person()
    client = at(annie)
    assert "you said: yes, publish my ratings" in client.get(reverse("consent")).content.decode()
    changed = client.post(reverse("consent"), {"publish": "no", "version": consent_version()}, follow=True)
    assert "you said: no, keep mine out" in changed.content.decode()
    assert list(Consent.objects.order_by("id").values_list("publish", flat=True)) == [True, False]
    assert Entry.objects.filter(verb="consent.answered").count() == 2
    assert reverse("consent") in client.get("/").content.decode()


def test_nonsense_is_refused_and_nothing_is_kept() -> None:
    annie, rosa = person(publish=None), person(Role.RESEARCHER)
    assert at(annie).post(reverse("consent"), {"publish": "maybe", "version": "1"}).status_code == 422
    for other in (consent_version() - 1, consent_version() + 1):
        with pytest.raises(InvalidInput, match="changed"):
            give_consent(user=annie, version=other, publish=True)
    with pytest.raises(NotAllowed):
        give_consent(user=rosa, version=consent_version(), publish=True)
    assert "Yes, publish" not in at(rosa).get(reverse("consent")).content.decode()
    assert not Consent.objects.exists()


def test_a_new_text_is_asked_again_while_the_old_answer_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    annie = person()
    queue = queue_of(annie, stories=[add_story()])
    text = material.read("consent", str(consent_version()))
    monkeypatch.setattr("annotations.queries.assignments.consent_version", lambda: 2)
    monkeypatch.setattr("annotations.material.consent_version", lambda: 2)
    monkeypatch.setattr("annotations.material.read", lambda folder, name: text)
    asked = at(annie).get(reverse("review", args=[queue.slug]), follow=True).content.decode()
    assert "The text has changed since" in asked
    assert publishing([annie.pk]) == {annie.pk}


def test_an_answer_is_never_rewritten() -> None:
    person()
    with pytest.raises(ProgrammingError, match="permission denied"), connection.cursor() as cursor:
        cursor.execute("UPDATE annotations_consent SET publish = false")


class LeftThere:
    """Leaves the files where they were written."""

    def find(self, part: PartSlice) -> None:
        return None

    def store(self, made: Made) -> Made:
        return made

    def keep(self, made: Made) -> None:
        pass


def rows(release: Release, to: Path) -> dict[str, list[dict[str, object]]]:
    tables: dict[str, list[dict[str, object]]] = {"stories": [], "ratings": [], "behaviours": [], "annotators": []}
    for file in assemble(release, to, lambda done: None, LeftThere()).files:
        if (config := file.path.split("/")[0]) in tables:
            tables[config] += pq.read_table(file.local).to_pylist()
    return tables


def test_a_release_shows_only_the_ratings_of_those_who_agreed(tmp_path: Path) -> None:
    yes, no, silent = person(), person(publish=False), person(publish=None)
    accepted_stories(1, yes, no, silent)
    data = dataset()
    before = built_release(data, "v0.1.0")
    named = dict(data.pseudonyms.values_list("user_id", "name"))
    first = rows(before, tmp_path / "first")
    assert {row["annotator"] for row in first["ratings"]} == {named[yes.pk]}
    assert [row["annotator"] for row in first["annotators"]] == [named[yes.pk]]
    assert first["stories"][0]["n_ratings"] == 3
    assert first["stories"][0]["A1_mean"] == 4

    give_consent(user=yes, version=consent_version(), publish=False)
    give_consent(user=no, version=consent_version(), publish=True)
    assert rows(before, tmp_path / "again") == first
    after = rows(built_release(data, "v0.1.1"), tmp_path / "after")
    assert {row["annotator"] for row in after["ratings"]} == {named[no.pk]}
    assert after["stories"][0]["A1_mean"] == 4
    assert len(after["ratings"]) == 7


def test_passages_of_people_who_opted_out_stay_out(tmp_path: Path) -> None:
    from tests.builders import answers

    yes, no = person(), person(publish=False)
    text = "The tug asked twice. Then it waited."
    span = {"criterion": "A1", "flag": None, "start": 0, "end": 20, "quote": text[:20]}
    accepted_stories(1, yes, no, data=answers(spans=[span]), text=text)
    data = dataset()
    found = rows(built_release(data), tmp_path / "one")
    assert len(found["behaviours"]) == 1
    give_consent(user=yes, version=consent_version(), publish=False)
    nobody = rows(built_release(data, "v0.1.1"), tmp_path / "two")
    assert nobody["ratings"] == nobody["behaviours"] == nobody["annotators"] == []
    assert len(nobody["stories"]) == 1


def test_the_consent_is_read_in_ones_language_or_says_which_it_is_shown_in(monkeypatch) -> None:
    annie = person()
    client = at(annie)
    german = client.get(reverse("consent"), headers={"accept-language": "de"}).content.decode()
    assert '<h1 lang="de">Deine Wertungen' in german
    assert "Diesen Text gibt es" not in german
    answer = {"publish": "yes", "version": consent_version(), "language": "de"}
    client.post(reverse("consent"), answer)
    assert Entry.objects.filter(verb="consent.answered").latest("id").data["language"] == "de"
    assert client.post(reverse("consent"), {**answer, "language": "xx"}).status_code == 422
    monkeypatch.setattr("annotations.material.languages", lambda folder, name: frozenset({"en"}))
    missing = client.get(reverse("consent"), headers={"accept-language": "de"}).content.decode()
    assert "Diesen Text gibt es auf Deutsch noch nicht, daher steht er hier auf Englisch." in missing
    assert '<h1 lang="en">Your ratings' in missing
