"""A version of many stories: a worker counts what would go in, and the page asks until it is there."""

from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from time_machine import travel

from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role, User
from curation.core.errors import Conflict, InvalidInput
from curation.erasure.actions import ask_purge, purge
from curation.releases.actions import build_due, carry_out_look, looking, start_release
from curation.releases.models import Dataset, Release
from curation.releases.models.release import ReleaseState
from curation.releases.selecting import SelectionChoice
from tests import builders

pytestmark = pytest.mark.django_db
TOO_FEW, COMES_TO = "Too few stories have two blind ratings to say.", "What the selection comes to"
BEING_COUNTED, NOBODY = "What goes in is being counted", "No worker has counted it yet"


@pytest.fixture(autouse=True)
def home(settings: Any, tmp_path: Path) -> None:
    settings.HOME = tmp_path / "home"


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every version is one of many stories."""
    monkeypatch.setattr(looking, "AT_ONCE", 0)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tickets that a worker was asked to look for."""
    tickets: list[str] = []

    def send(task: str, *, args: tuple[str, ...], **_options: object) -> None:
        if task == looking.TASK:
            tickets.extend(args)

    monkeypatch.setattr(current_app, "send_task", send)
    monkeypatch.setattr("django.db.transaction.on_commit", lambda send, robust: send())
    return tickets


def signed_in(user: User | None = None) -> Client:
    client = Client()
    client.force_login(user or builders.person(Role.CURATOR))
    return client


def at(dataset: Dataset, name: str = "release_new") -> str:
    return reverse(name, args=[dataset.org, dataset.name])


def words(answer: Any) -> str:
    said: str = answer.content.decode()
    return said


def test_a_worker_counts_what_the_page_then_shows(large: None, asked: list[str]) -> None:
    builders.accepted_stories(1)
    dataset, client = builders.dataset(), signed_in()
    new, agreement = at(dataset), at(dataset, "release_agreement")
    first = words(client.get(f"{new}?after=v0.1.0&only_corrects=1"))
    assert f'hx-post="{new}?after=v0.1.0&amp;only_corrects=1"' in first
    assert '<input type="hidden" name="only_corrects" value="on">' in first
    assert (BEING_COUNTED in first, COMES_TO in first) == (True, False)
    filled = {"selection": "1", "per_generator": "1", "notes": "<b>"}
    carried = words(client.post(new, {**filled, "preview": "1"}))
    assert '<input type="hidden" name="notes" value="&lt;b&gt;">' in carried
    assert len(asked) == 2
    ticket = asked[-1]
    again = {**filled, "look": ticket}
    assert client.post(new, again, headers={"HX-Request": "true"}).status_code == 204, "it stays as it is"
    assert BEING_COUNTED in words(client.post(new, again)), "without scripts"
    assert len(asked) == 2, "asked once"
    carry_out_look(ticket)
    looked = client.post(new, again, headers={"HX-Request": "true"})
    assert looked.context["form"]["notes"].value() == "<b>"
    assert looked.context["plan"].choice.per_generator == 1
    assert looked.context["plan"].stories == 1
    assert COMES_TO in words(looked)
    assert TOO_FEW in words(looked)
    assert TOO_FEW in words(client.get(f"{agreement}?look={ticket}"))
    assert 'name="look"' not in words(looked), "what is looked at next is asked for anew"


def test_how_far_reviewers_agree_comes_after_it(large: None, asked: list[str]) -> None:
    builders.accepted_stories(1)
    dataset, client = builders.dataset(), signed_in()
    client.get(at(dataset))
    (ticket,) = asked
    carry_out_look(ticket)
    cache.delete(looking._weakest(ticket))
    page = words(client.post(at(dataset), {"look": ticket}))
    address = f"{at(dataset, 'release_agreement')}?look={ticket}"
    assert (COMES_TO in page, TOO_FEW in page, f'hx-get="{address}"' in page) == (True, False, True)
    assert client.get(address, headers={"HX-Request": "true"}).status_code == 204
    assert "worked out over all ratings" in words(client.get(address))


def test_a_look_is_for_whoever_asked_and_in_their_language(large: None, asked: list[str]) -> None:
    builders.accepted_stories(1)
    dataset, other = builders.dataset(), builders.dataset()
    curator = builders.person(Role.CURATOR)
    client, stranger = signed_in(curator), signed_in()
    client.get(at(dataset), headers={"Accept-Language": "de"})
    (ticket,) = asked
    carry_out_look(ticket)
    found = looking.found_look(ticket)
    assert found is not None
    assert found.stages[0].name == "angenommen"
    for who, where in ((stranger, dataset), (client, other)):
        assert BEING_COUNTED in words(who.post(at(where), {"look": ticket}))
        agreement = words(who.get(f"{at(where, 'release_agreement')}?look={ticket}"))
        assert TOO_FEW not in agreement
    assert len(asked) == 3, "theirs are asked for anew"


def test_it_is_said_when_no_worker_comes_and_what_is_forgotten_is_asked_for_again(
    large: None, asked: list[str]
) -> None:
    builders.accepted_stories(1)
    dataset, client = builders.dataset(), signed_in()
    with travel("2026-05-01T10:00Z", tick=False):
        assert NOBODY not in words(client.get(at(dataset)))
    polled = {"headers": {"HX-Request": "true"}}
    with travel("2026-05-01T10:00:16Z", tick=False):
        late = client.post(at(dataset), {"look": asked[0]}, **polled)
        assert (late.status_code, NOBODY in words(late)) == (200, True)
        assert client.post(at(dataset), {"look": asked[0], "late": "1"}, **polled).status_code == 204
        assert asked == [asked[0]] * 2, "the message may be lost: a worker is asked once more, and not each second"
    cache.delete(looking._question(asked[0]))
    anew = words(client.post(at(dataset), {"look": asked[0]}, **polled))
    assert asked[2] in anew
    assert asked[2] != asked[0]
    carry_out_look(asked[0])
    assert looking.found_look(asked[0]) is None, "nobody asks for it any more"


def test_what_was_found_is_forgotten_where_a_story_is_purged(large: None, asked: list[str]) -> None:
    story, _other = builders.accepted_stories(2)
    dataset, client = builders.dataset(), signed_in()
    client.get(at(dataset))
    carry_out_look(asked[0])
    assert looking.found_look(asked[0]) is not None
    purge(purge=ask_purge(actor=SYSTEM, story=story, kind="law", reason="A court has said so."))
    assert looking.found_look(asked[0]) is None
    assert BEING_COUNTED in words(client.post(at(dataset), {"look": asked[0]}))
    carry_out_look(asked[1])
    assert client.post(at(dataset), {"look": asked[1]}).context["plan"].stories == 1


def test_while_the_cache_is_away_the_page_counts_by_itself(large: None, monkeypatch: pytest.MonkeyPatch) -> None:
    builders.accepted_stories(1)
    monkeypatch.setattr(looking, "redis_answers", lambda: False)
    page = words(signed_in().get(at(builders.dataset())))
    assert (COMES_TO in page, TOO_FEW in page) == (True, True)


def test_asking_for_many_stories_looks_at_none_and_the_worker_says_what_stands_in_the_way(
    large: None, asked: list[str]
) -> None:
    (story,) = builders.accepted_stories(1)
    dataset, client = builders.dataset(), signed_in()
    assert client.post(at(dataset), {"version": "v1.0.0"}).status_code == 302
    waiting = Release.objects.get(dataset=dataset)
    assert (waiting.rows_total, waiting.state) == (0, ReleaseState.PENDING)
    page = words(client.get(f"/datasets/{dataset}/v1.0.0/"))
    assert "Its stories are being counted" in page
    assert "0 of 0" not in page
    assert build_due() == 1
    waiting.refresh_from_db()
    assert (waiting.rows_total, waiting.state) == (1, ReleaseState.BUILT)
    assert waiting.items.get().story == story
    builders.accepted_stories(1)
    refused = client.post(at(dataset), {"version": "v1.0.0", "notes": "Kept."})
    assert refused.status_code == 422
    assert "v1.0.0 does not come after v1.0.0" in words(refused)
    assert '<input type="hidden" name="notes" value="Kept.">' in words(refused)
    # What depends on the stories is found once they are counted.
    assert client.post(at(dataset), {"version": "v1.0.1", "notes": "More."}).status_code == 302
    assert build_due() == 1
    failed = Release.objects.get(dataset=dataset, patch=1)
    assert (failed.state, failed.frozen) == (ReleaseState.FAILED, {})
    assert "Stories were added since v1.0.0" in failed.error
    with pytest.raises(Conflict, match="not finished"):
        start_release(actor=SYSTEM, dataset=dataset, version="v1.1.0", counted=False)


def test_what_can_be_refused_without_a_look_at_stories_is() -> None:
    dataset = builders.dataset()
    with pytest.raises(Conflict, match="No story is accepted yet"):
        start_release(actor=SYSTEM, dataset=dataset, version="v1.0.0", counted=False)
    builders.accepted_stories(1)
    builders.built_release(dataset, "v1.0.0")
    another = SelectionChoice(rewrites=True)
    for version, choice, why in (
        ("v0.9.0", None, "does not come after"),
        ("v1.0.1", SelectionChoice(per_theme=1), "The selection is another"),
        ("v1.1.0", another, "use v2.0.0 or later"),
    ):
        with pytest.raises(InvalidInput, match=why):
            start_release(actor=SYSTEM, dataset=dataset, version=version, choice=choice, counted=False)
    assert start_release(actor=SYSTEM, dataset=dataset, version="v2.0.0", choice=another, counted=False).pk


def test_a_version_that_understates_what_was_counted_is_refused_before_its_name_is_taken(
    large: None, asked: list[str]
) -> None:
    builders.accepted_stories(1)
    first = builders.built_release(builders.dataset(), "v1.0.0")
    builders.accepted_stories(1)
    client, notes = signed_in(), {"notes": "One more."}
    client.get(at(first.dataset))
    carry_out_look(asked[0])
    assert f'name="counted" value="{asked[0]}"' in words(client.post(at(first.dataset), {"look": asked[0]}))
    sent = {"version": "v1.0.1", "counted": asked[0], **notes}
    refused = client.post(at(first.dataset), sent)
    assert (refused.status_code, first.dataset.releases.count()) == (422, 1)
    taken = client.post(at(first.dataset), {**sent, "version": "v1.1.0"})
    assert (taken.status_code, first.dataset.releases.count()) == (302, 2)
