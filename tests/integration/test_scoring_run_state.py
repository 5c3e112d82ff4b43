"""What pages show of a run's progress, and for how long its own looks again by itself."""

import pytest
from django.test import Client
from django.urls import reverse

from curation.accounts.models import Role
from curation.scoring.actions import finish_runs, pause_run, stop_run
from curation.scoring.models import ScoreRun
from curation.scoring.models.run import PausedBy
from tests.builders import checked_stories, person, scored_stories
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


def test_a_run_that_goes_on_or_waits_is_among_what_is_under_way() -> None:
    client = Client()
    client.force_login(person(Role.CURATOR))
    run = started_run(llm_judge("Careful"), scored_stories(2))
    lease = take(run, limit=1)
    settled(run, lease, kept(run, lease))
    (one,) = (work for work in client.get(reverse("home")).context["work"] if work.kind == "run")
    assert (one.name, one.done, one.total, one.open, one.stopped) == (f"Careful v1 #{run.pk}", 1, 2, True, "")
    stop_run(run=run, by=PausedBy.BUDGET, note="It is used up.")
    told = client.get(reverse("home")).content.decode()
    assert "It is paused. Its page says why, and lets it go on." in told
