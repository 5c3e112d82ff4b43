"""Asking for a release: quick in the request, and frozen and built by a worker, whatever happens to it."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role
from curation.core.errors import Conflict
from curation.core.leases import Lease
from curation.releases.actions import build_due, building, discard, retry, start_release
from curation.releases.models import Dataset, Release, SplitAssignment
from curation.releases.models.release import ReleaseState
from curation.releases.verify import verify
from curation.stories.actions import advance
from curation.stories.stages import State
from tests import builders

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def home(settings: Any, tmp_path: Any) -> None:
    settings.HOME = tmp_path / "home"


def curator() -> Client:
    client = Client()
    client.force_login(builders.person(Role.CURATOR))
    return client


def new(dataset: Dataset) -> str:
    return reverse("release_new", args=[dataset.org, dataset.name])


def page_of(client: Client, release: Release) -> str:
    at = [release.dataset.org, release.dataset.name, release.version]
    return client.get(reverse("release", args=at)).content.decode()


def test_asking_costs_the_same_however_many_stories_there_are() -> None:
    client, used = curator(), []
    for more in (1, 4):
        builders.accepted_stories(more)
        dataset = builders.dataset()
        with CaptureQueriesContext(connection) as asked:
            client.get(new(dataset))
            assert client.post(new(dataset), {"version": "v0.1.0"}).status_code == 302
        used.append(len(asked))
        release = Release.objects.get(dataset=dataset)
        assert (release.state, release.frozen, release.items.count()) == (ReleaseState.PENDING, {}, 0)
    assert used[0] == used[1]
    assert "Take it back" in page_of(client, release)
    assert build_due() == 2
    assert verify(Release.objects.get(pk=release.pk)).ok


def test_a_second_click_finds_what_the_first_one_asked_for() -> None:
    builders.accepted_stories(1)
    client, dataset = curator(), builders.dataset()
    answers = [client.post(new(dataset), {"version": "v0.1.0", "notes": " First. "}) for _ in range(2)]
    assert {answer["Location"] for answer in answers} == {f"/datasets/{dataset}/v0.1.0/"}
    assert dataset.releases.count() == 1
    same = {"version": "v0.1.0", "notes": "First."}
    for who, sent in (
        (curator(), same),
        (client, same | {"notes": "Second."}),
        (client, same | {"formats": ["jsonl"]}),
    ):
        assert "v0.1.0 is not finished" in who.post(new(dataset), sent).content.decode(), "not the same by the same"


def test_it_is_said_when_no_worker_takes_it_up_and_when_one_is_busy() -> None:
    builders.accepted_stories(1)
    first, second = (start_release(actor=SYSTEM, dataset=builders.dataset(), version="v0.1.0") for _ in range(2))
    client = curator()
    assert "No worker has taken it up" not in page_of(client, first), "not at once"
    Release.objects.update(next_at="2020-01-01T00:00Z")
    assert "No worker has taken it up" in page_of(client, first)
    claimed = building.claim(first.pk)
    assert claimed is not None
    assert "waiting for its turn" in page_of(client, second)
    builders.run_out(claimed[1])
    assert "has stopped" in page_of(client, first)


def test_what_came_in_the_way_is_said_and_can_be_mended_or_taken_back() -> None:
    (story,) = builders.accepted_stories(1)
    dataset = builders.dataset()
    release = start_release(actor=SYSTEM, dataset=dataset, version="v0.1.0")
    advance(stories=[story.pk], to=State.ADJUDICATION)
    assert build_due() == 1
    release.refresh_from_db()
    assert (release.state, release.frozen) == (ReleaseState.FAILED, {})
    client = curator()
    page = page_of(client, release)
    assert "No story is accepted yet" in page
    assert "no row is frozen yet" in page
    advance(stories=[story.pk], to=State.ACCEPTED)
    assert release.attempts
    assert retry(actor=SYSTEM, release=release).attempts == 0, "as many tries as at first"
    with pytest.raises(Conflict, match="nothing to retry"):
        retry(actor=SYSTEM, release=release)
    claimed = building.claim(release.pk)
    assert claimed is not None
    with pytest.raises(Conflict, match="being frozen"):
        discard(actor=SYSTEM, release=release)
    claimed[1].give_back()
    address = reverse("release_discard", args=[dataset.org, dataset.name, "v0.1.0"])
    assert client.post(address)["Location"] == reverse("dataset", args=[dataset.org, dataset.name])
    assert not dataset.releases.exists()
    assert builders.built_release(dataset).state == ReleaseState.BUILT
    assert client.post(address).status_code == 409


def test_a_worker_killed_while_freezing_leaves_nothing_and_another_freezes_it_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    builders.accepted_stories(2)
    release = start_release(actor=SYSTEM, dataset=builders.dataset(), version="v0.1.0")

    def die(*_: object) -> dict[str, object]:
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr("curation.releases.actions.freezing.summary", die)
        patched.setattr(Lease, "give_back", lambda _: None)
        with pytest.raises(SystemExit):
            build_due()
    assert not release.items.exists()
    assert not SplitAssignment.objects.exists()
    assert build_due() == 0, "it is held still"
    held = Release.objects.get(pk=release.pk)
    builders.run_out(Lease(Release, [held.pk], held.token))
    assert build_due() == 1
    assert verify(Release.objects.get(pk=release.pk)).ok


def test_a_version_that_is_frozen_stays() -> None:
    builders.accepted_stories(1)
    asked = start_release(actor=SYSTEM, dataset=builders.dataset(), version="v0.1.0")
    frozen = builders.frozen_release(builders.dataset())
    Release.objects.filter(pk=frozen.pk).update(state=ReleaseState.PENDING)
    client = curator()
    assert ["Take it back" in page_of(client, one) for one in (asked, frozen)] == [True, False]
    with pytest.raises(Conflict, match="it stays"):
        discard(actor=SYSTEM, release=frozen)
