"""What a run's page shows of its progress, and for how long it looks again by itself."""

import pytest
from django.test import Client
from django.urls import reverse

from curation.accounts.models import Role
from curation.scoring.actions import finish_runs, pause_run
from curation.scoring.models import ScoreRun
from tests.builders import checked_stories, person
from tests.judging import kept, llm_judge, settled, started_run, take

pytestmark = pytest.mark.django_db
LOOKS_AGAIN = 'hx-trigger="every 4s"'


def shown(run: ScoreRun) -> str:
    client = Client()
    client.force_login(person(Role.CURATOR))
    told: str = client.get(reverse("run", args=[run.pk])).content.decode().partition('id="run-state"')[2]
    return told


def test_a_paused_run_is_looked_at_again_while_answers_are_on_their_way() -> None:
    run = started_run(llm_judge(), checked_stories(3))
    told = shown(run)
    assert LOOKS_AGAIN in told
    assert "Time left" in told
    lease = take(run, limit=2)
    pause_run(actor=person(Role.CURATOR), run=run)
    told = shown(run)
    assert LOOKS_AGAIN in told
    assert "2 in hand." in told
    assert "Time left" not in told, "nothing more is asked"
    settled(run, lease, kept(run, lease))
    assert finish_runs() == 0
    assert LOOKS_AGAIN not in shown(run), "it waits for a person"
