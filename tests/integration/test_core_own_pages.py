"""Another site, or a browser that fetches ahead, cannot have a story claimed or a score seen."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from annotations.models import Assignment, Recusal
from curation.calibration.models import Exposure
from curation.releases.story_ids import public_id
from tests.builders import (
    accepted_stories,
    add_story,
    built_release,
    dataset,
    person,
    queue_of,
    review_by,
    scored_stories,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def home(settings: Any, tmp_path: Path) -> None:
    settings.HOME = tmp_path / "home"


FROM_ELSEWHERE = [
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-user": "?1"},
    {"sec-fetch-site": "same-origin", "sec-purpose": "prefetch"},
    {"sec-fetch-site": "none", "sec-purpose": "prefetch;prerender"},
    {"purpose": "prefetch"},
]


@pytest.mark.parametrize("headers", FROM_ELSEWHERE)
def test_nothing_is_claimed_by_who_comes_from_elsewhere(headers: dict[str, str]) -> None:
    annie = person()
    queue = queue_of(annie, stories=[add_story()])
    client = Client()
    client.force_login(annie)
    for name in ("review", "review_next"):
        page = client.get(reverse(name, args=[queue.slug]), headers=headers)
        assert page.status_code == 403
        assert f'href="{reverse(name, args=[queue.slug])}"' in page.content.decode()
    assert not Assignment.objects.exists()


@pytest.mark.parametrize("headers", [{"sec-fetch-site": "same-origin"}, {"sec-fetch-site": "none"}, {}])
def test_our_own_pages_a_bookmark_and_an_old_browser_lead_on(headers: dict[str, str]) -> None:
    annie = person()
    queue = queue_of(annie, stories=[add_story()])
    client = Client()
    client.force_login(annie)
    assert client.get(reverse("review", args=[queue.slug]), headers=headers).status_code == 200
    assert Assignment.objects.exists()


def test_no_look_at_scores_is_recorded_for_who_comes_from_elsewhere() -> None:
    annie = person()
    queue = queue_of(annie, stories=scored_stories(1), overlap=1, reveal=True)
    mine = review_by(annie, queue)
    client = Client()
    client.force_login(annie)
    address = reverse("comparison", args=[mine.pk])
    for headers in FROM_ELSEWHERE:
        assert client.get(address, headers=headers).status_code == 403
    assert not Exposure.objects.exists()
    assert client.get(address, headers={"sec-fetch-site": "same-origin"}).status_code == 200
    assert Exposure.objects.exists()


def test_no_look_at_rows_of_a_version_is_recorded_for_who_comes_from_elsewhere() -> None:
    (story,) = accepted_stories(1)
    release = built_release(dataset())
    client = Client()
    client.force_login(person())
    address = reverse("release", args=[release.dataset.org, release.dataset.name, release.version])
    for headers in FROM_ELSEWHERE:
        page = client.get(address, headers=headers)
        assert page.status_code == 200
        assert public_id(story.normal_sha256) not in page.content.decode()
    assert not Recusal.objects.exists()
    assert public_id(story.normal_sha256) in client.get(address).content.decode()
    assert Recusal.objects.exists()
