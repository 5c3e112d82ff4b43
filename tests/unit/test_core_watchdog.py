"""The watchdog: it bites a stalled worker, once, and never because the database is away."""

import pytest
from django.db import OperationalError

from curation.core.serving.watchdog import Watchdog

pytestmark = pytest.mark.django_db


def test_it_waits_for_a_worker_to_find_its_feet() -> None:
    assert not Watchdog(lambda: True, grace=60).bites()


def test_it_bites_a_stalled_worker_and_then_gives_the_next_one_time() -> None:
    dog = Watchdog(lambda: True, every=0, grace=0)
    assert dog.bites()
    dog._grace = 60
    assert dog.bites()
    assert not dog.bites()


def test_a_working_worker_is_left_alone() -> None:
    assert not Watchdog(lambda: False, every=0, grace=0).bites()


def test_a_database_that_is_away_says_nothing_about_the_worker() -> None:
    def away() -> bool:
        raise OperationalError("no server")

    assert not Watchdog(away, every=0, grace=0).bites()
