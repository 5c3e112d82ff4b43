"""Queues, heartbeats, the shared cache and the readiness of a process."""

import threading
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from celery import current_app
from django.core.cache import cache
from django.core.management import call_command
from django.db import OperationalError, connection
from django.test import Client
from django.urls import reverse

from curation.core import migrated, services, worker_heartbeat
from curation.core.cache import FailingOpen
from curation.core.heartbeat import BEAT, key_of, last_heartbeat
from curation.core.locks import MIGRATING
from curation.core.queues import QUEUES, ROOMS, TASKS
from tests.workers import broker_url, until, worker

NOWHERE = "unix:///nowhere/redis.sock"
pytestmark = pytest.mark.django_db

ROUTES = {
    "annotations.expire": "human",
    "scoring.run": "scoring",
    "scoring.sweep": "scoring",
    "judging.run": "judging",
    "stories.import": "bulk",
    "stories.check": "bulk",
    "calibration.refit": "bulk",
    "releases.build": "build",
    "releases.discard_abandoned": "bulk",
    "webhooks.send": "webhooks",
    "webhooks.discard_old": "bulk",
    "publishing.run": "publishing",
    "publishing.follow": "bulk",
}


def queue_of(task: str) -> str:
    return str(current_app.amqp.router.route({}, task)["queue"].name)


def test_each_task_has_its_queue_and_one_that_nobody_placed_goes_with_the_long_ones() -> None:
    assert {task: queue_of(task) for task in ROUTES} == ROUTES
    assert queue_of("somewhere.new") == "bulk"
    scheduled = {entry["task"] for entry in current_app.conf.beat_schedule.values()}
    assert {queue_of(task) for task in scheduled} == set(QUEUES), "each idle worker shows its life by what beat sends"


def test_every_task_of_ours_is_placed_by_name() -> None:
    current_app.loader.import_default_modules()
    ours = {
        name for name, task in current_app.tasks.items() if task.__module__.startswith(("curation.", "annotations."))
    }
    assert len(ours) > 15
    assert {name for name in ours if name not in TASKS and name.partition(".")[0] not in ROOMS} == set()


def test_a_process_is_ready_by_its_database_and_migrations(client: Client) -> None:
    found = client.get(reverse("readyz"))
    told = {name: found.json()[name] for name in ("status", "database", "migrations", "redis", "storage")}
    assert (found.status_code, told) == (200, dict.fromkeys(told, "ok"))
    assert set(found.json()["workers"]) == set(QUEUES)
    with patch.object(migrated, "last_migrations", return_value=frozenset({("core", "9999_later")})):
        found = client.get(reverse("readyz"))
    assert (found.status_code, found.json()["migrations"]) == (503, "missing")
    with patch("curation.pages.views.health.is_migrated", side_effect=OperationalError):
        found = client.get(reverse("readyz"))
    assert (found.status_code, found.json()["database"]) == (503, "down")


def away() -> FailingOpen:
    """A cache whose Redis is not there."""
    return FailingOpen(NOWHERE, {"OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 1}})


def test_without_redis_the_process_is_ready_and_says_so(client: Client, settings: Any) -> None:
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": NOWHERE}}
    found = client.get(reverse("readyz"))
    assert last_heartbeat("worker") is None
    assert (found.status_code, found.json()["redis"]) == (200, "down")
    assert found.json()["workers"] == dict.fromkeys(QUEUES)


def test_a_cache_without_redis_is_empty_and_counts_from_nothing() -> None:
    gone = away()
    gone.set("a", 1)
    gone.delete("a")
    gone.delete_many(["a"])
    assert gone.get("a", "none") == "none"
    assert gone.get_many(["a"]) == {}
    assert gone.set_many({"a": 1}) == ["a"]
    assert (gone.add("a", 1), gone.incr("a"), gone.touch("a"), "a" in gone) == (True, 1, False, False)
    assert not gone.answers()


def test_the_cache_is_shared_and_cannot_empty_the_redis_of_the_workers() -> None:
    cache.set("test:shared", 1, 60)
    cache.clear()
    assert FailingOpen(cache._servers, {"KEY_PREFIX": cache.key_prefix}).get("test:shared") == 1
    assert cache.incr("test:shared") == 2
    cache.delete("test:shared")


class Request:
    """A task that a worker runs."""

    def __init__(self, started: float) -> None:
        self.time_start = started


def test_a_worker_gets_on_by_what_it_takes_up_and_by_what_it_is_at(monkeypatch: pytest.MonkeyPatch) -> None:
    heart, now = worker_heartbeat.Heartbeats(), 10_000.0
    monkeypatch.setattr(worker_heartbeat.state, "all_total_count", count := [0])
    monkeypatch.setattr(worker_heartbeat.state, "active_requests", active := set[Any]())
    assert heart.gets_on(now), "it has just started"
    assert not heart.gets_on(now), "it takes up nothing"
    count[0] += 1
    assert heart.gets_on(now)
    active.add(Request(started=now - 200))
    assert heart.gets_on(now), "a slow task, as long as its limit allows"
    assert not heart.gets_on(now + 400), "a task that its limit should have ended"


def test_workers_and_beat_with_nothing_to_do_have_heartbeats(tmp_path: Path) -> None:
    address = services.spellings(broker_url())[0]
    there = FailingOpen(address, {"KEY_PREFIX": "exempla"})
    keys = [key_of(name) for name in (BEAT, *QUEUES)]
    with worker(tmp_path):
        until(lambda: set(there.get_many(keys)) == set(keys))


@pytest.mark.django_db(transaction=True)
def test_two_hosts_that_start_at_once_migrate_one_after_the_other() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    other = connection.copy()
    done = threading.Event()

    def migrate() -> None:
        try:
            call_command("migrate", interactive=False, verbosity=0)
        finally:
            connection.close()
            done.set()

    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, 0)", [MIGRATING])
        host = threading.Thread(target=migrate)
        with patch(
            "curation.core.locks.time.sleep",
            side_effect=asked_again(waiting := threading.Event()),
        ):
            host.start()
            assert waiting.wait(60)
            assert not done.is_set()
            cursor.execute("SELECT pg_advisory_unlock(%s, 0)", [MIGRATING])
            host.join(120)
    other.close()
    assert done.is_set()


def asked_again(event: threading.Event) -> Any:
    def sleep(_seconds: float) -> None:
        event.set()

    return sleep


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(["--queues", "bulk"], "goes with --only worker"), (["--only", "worker", "--queues", "x"], "no queue 'x'")],
)
def test_serve_refuses_queues_that_it_cannot_serve(arguments: list[str], words: str) -> None:
    from django.core.management.base import CommandError

    with pytest.raises(CommandError, match=words):
        call_command("serve", *arguments)
