"""What a curator waits for: asking for a release of 20,000 stories, and for 100,000 stories in a queue."""

import time
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from annotations.models import Item
from curation.accounts.models import Role
from curation.core import leases
from curation.releases.actions import building, freezing
from curation.releases.models import Dataset, Release
from curation.stories.models import Stage
from curation.stories.stages import State
from curation.triage.actions import fill_due
from curation.triage.models import Fill
from tests import builders
from tests.benchmarks.bench_claims import STORIES
from tests.benchmarks.bench_release import grow
from tests.benchmarks.report import tell

pytestmark = pytest.mark.django_db(transaction=True)
ACCEPTED, READY = 20_000, 100_000
MOST_MILLISECONDS = 300
TRIES = 3


def asked(client: Client, method: str, address: str, data: dict[str, object] | None = None) -> tuple[int, float]:
    """Make a request; return its statements and its milliseconds."""
    with CaptureQueriesContext(connection) as captured:
        began = time.perf_counter()
        answer = getattr(client, method)(address, data)
        milliseconds = 1000 * (time.perf_counter() - began)
    assert answer.status_code in (200, 302), answer.content.decode()[:2000]
    return len(captured), milliseconds


def curator() -> Client:
    client = Client()
    client.force_login(builders.person(Role.CURATOR))
    client.get(reverse("home"))
    return client


def show(capsys: pytest.CaptureFixture[str], title: str, rows: dict[str, tuple[int, float]], seconds: float) -> None:
    lines = [f"{'request':34}{'statements':>12}{'ms':>8}"]
    lines += [f"{name:34}{statements:>12}{milliseconds:>8.0f}" for name, (statements, milliseconds) in rows.items()]
    lines += [f"{'in the worker':34}{'':>12}{1000 * seconds:>8.0f}", f"aim: every request under {MOST_MILLISECONDS} ms"]
    tell(capsys, title, __doc__, lines)


def test_freezing_20_000_accepted_stories(settings: Any, tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    settings.HOME = tmp_path / "home"
    (story,) = builders.accepted_stories(1)
    grow(story.pk, ACCEPTED - 1)
    client, datasets = curator(), [builders.dataset() for _ in range(TRIES)]
    rows: dict[str, tuple[int, float]] = {}

    def best(name: str, method: str, route: str, data: dict[str, object] | None = None, *more: str) -> None:
        tries = [asked(client, method, reverse(route, args=[one.org, one.name, *more]), data) for one in datasets]
        rows[name] = min(tries, key=lambda one: one[1])

    best("the page before", "get", "release_new")
    best("freeze and build", "post", "release_new", {"version": "v0.1.0"})
    best("the release's page, waiting", "get", "release", None, "v0.1.0")
    began = time.perf_counter()
    claimed = building.claim()
    assert claimed is not None
    freezing.freeze(*claimed)
    seconds = time.perf_counter() - began
    assert Release.objects.get(pk=claimed[0].pk).items.count() == ACCEPTED
    assert Dataset.objects.count() == TRIES
    show(capsys, f"A release of {ACCEPTED:,} accepted stories", rows, seconds)
    assert all(milliseconds < MOST_MILLISECONDS for _statements, milliseconds in rows.values())


def test_queueing_100_000_stories(capsys: pytest.CaptureFixture[str]) -> None:
    queue = builders.queue_of()
    with connection.cursor() as cursor:
        cursor.execute(STORIES, [builders.source().pk, "ready", READY])
        ids = [row[0] for row in cursor.fetchall()]
    Stage.objects.bulk_create((Stage(story_id=pk, state=State.CHECKED) for pk in ids), batch_size=5000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    client, rows = curator(), {}
    wish: dict[str, object] = {"state": "ready", "order": "import", "limit": READY}
    for name, method, address, data in (
        ("how many fit", "get", reverse("queue_preview"), {**wish, "queue": queue.slug}),
        ("add them", "post", reverse("queue_add", args=[queue.slug]), wish),
        ("the queue's page, waiting", "get", reverse("queue_detail", args=[queue.slug]), None),
    ):
        tries = [asked(client, method, address, data) for _ in range(TRIES)]
        # Asked again, adding finds what is under way: the first time is what counts.
        rows[name] = tries[0] if method == "post" else min(tries, key=lambda one: one[1])
    began = time.perf_counter()
    assert fill_due() == 1
    seconds = time.perf_counter() - began
    assert Item.objects.filter(queue=queue).count() == READY
    assert Fill.objects.get().added == READY
    assert leases.take(Fill) is None
    show(capsys, f"{READY:,} stories into a queue", rows, seconds)
    assert all(milliseconds < MOST_MILLISECONDS for _statements, milliseconds in rows.values())
