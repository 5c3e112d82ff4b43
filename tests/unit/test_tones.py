"""A state has one colour, on every page."""

import re
from pathlib import Path

import pytest
from django.db.models import TextChoices

from annotations.models.decision import Outcome
from annotations.models.queue import QueueState
from curation.access.models import GrantState
from curation.argilla.models import AnswerState, LinkState, There
from curation.core.tones import TONES, tone_of
from curation.erasure.models.purge import PurgeState
from curation.llm.models import BatchState, SpendState
from curation.publishing.models import PublicationState
from curation.ratings_import.models import DatasetFetchState, RatingsImportState
from curation.releases.models.approval import ApprovalState
from curation.releases.models.release import ReleaseState
from curation.research.models import OutcomeState, ReportState
from curation.scoring.models.job import JobState
from curation.scoring.models.judge import CalibrationStatus
from curation.scoring.models.run import RunState
from curation.standards.models.rubric import Severity
from curation.stories.models.imports import ImportState
from curation.stories.stages import State
from curation.webhooks.models import DeliveryState

ROOT = Path(__file__).resolve().parents[2]
KINDS: list[type[TextChoices]] = [
    State,
    Outcome,
    ImportState,
    JobState,
    RunState,
    SpendState,
    BatchState,
    ReleaseState,
    ApprovalState,
    PurgeState,
    ReportState,
    OutcomeState,
    GrantState,
    QueueState,
    CalibrationStatus,
    Severity,
    DeliveryState,
    PublicationState,
    LinkState,
    AnswerState,
    There,
    RatingsImportState,
    DatasetFetchState,
    RunState,
    SpendState,
    BatchState,
]
CHOSEN = re.compile(
    r"""(?:badge|note|tone-)\s?\{%\s*if\s+[\w.]*(?:state|outcome|status|severity)\b"""
    r"""|badge\s+(?:good|warn|bad|info|accent)"[^<]*get_(?:state|outcome|severity)_display"""
    r"""|\{%\s*(?:el)?if\s+[\w.]*(?:state|outcome|severity)\s*==[^%]*%\}\s*<span\s+class="badge\s(?:good|warn|bad|info|accent)\""""
)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_state_has_a_tone(kind: type[TextChoices]) -> None:
    assert set(kind.values) <= TONES.keys()


def test_no_tone_is_for_a_state_that_there_is_not() -> None:
    assert TONES.keys() == {value for kind in KINDS for value in kind.values}


def test_a_decision_has_the_tone_of_the_state_that_it_leads_to() -> None:
    pairs = {"accept": "accepted", "reject": "rejected", "rewrite": "rewrite", "adjudicate": "adjudication"}
    assert {tone_of(outcome) for outcome in pairs} == {"good", "bad", "accent", "warn"}
    assert all(tone_of(outcome) == tone_of(state) for outcome, state in pairs.items())


def test_every_tone_can_be_a_badge_and_a_part_of_a_bar() -> None:
    css = (ROOT / "curation/static/css/parts.css").read_text()
    for tone in set(TONES.values()):
        assert f".tone-{tone}" in css
        assert tone == "rest" or f".badge.{tone}" in css


@pytest.mark.parametrize("path", sorted((ROOT / "templates").rglob("*.html")), ids=lambda path: path.name)
def test_no_template_chooses_the_colour_of_a_state_by_itself(path: Path) -> None:
    assert CHOSEN.findall(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        """<span class="badge {% if run.state == "done" %}good{% else %}info{% endif %}">x</span>""",
        """<span class="badge warn">{{ queue.get_state_display }}</span>""",
        """{% elif status.outcome == "reject" %}\n  <span class="badge bad">{% translate "Rejected" %}</span>""",
    ],
)
def test_the_scan_finds_one_that_does(source: str) -> None:
    assert CHOSEN.search(source)
