"""`manage.py states`: the states of everything that has states, and the moves between them, as Mermaid diagrams."""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from django.db import models
from django.utils import translation

from annotations.models import Assignment, Queue, assignment, queue
from curation.access.models import Grant, grant
from curation.argilla.models import ArgillaAnswer, Link, answer, link
from curation.core.commands import ExemplaCommand
from curation.erasure.models import Purge, purge
from curation.llm.models import Batch, Spend, batch, money
from curation.publishing.models import Publication, publication
from curation.ratings_import.models import DatasetFetch, RatingsImport, dataset_fetch, ratings_import
from curation.releases.models import Approval, Release, approval, release
from curation.research.models import RowReport, TrainingOutcome, outcome, report
from curation.scoring.models import ScoreJob, ScoreRun, job, run
from curation.stories import stages
from curation.stories.models import ImportRun, Stage, imports
from curation.triage.models import TRANSITIONS as FILLS
from curation.triage.models import Fill
from curation.webhooks.models import Delivery, delivery

HEAD = """# The states of things, and the moves between them

What `manage.py states` prints. The moves stand in the code as the dictionary `TRANSITIONS` beside the states; a trigger
on the table refuses every other one, and a test compares both with this page."""


class Machine(NamedTuple):
    """Something that has states: what a page calls it, its table, and the states that may follow each."""

    title: str
    model: type[models.Model]
    transitions: Mapping[Any, Collection[Any]]
    said: str


MACHINES = [
    Machine("A story", Stage, stages.TRANSITIONS, "Moved only by `stories.actions.advance()`."),
    Machine("An import", ImportRun, imports.TRANSITIONS, "Leased."),
    Machine(
        "An import of ratings", RatingsImport, ratings_import.TRANSITIONS, "Leased; begins once its stories are stored."
    ),
    Machine(
        "A dataset that is fetched from an Argilla server",
        DatasetFetch,
        dataset_fetch.TRANSITIONS,
        "Leased; one that is taken up anew begins with the first record.",
    ),
    Machine("A score to make", ScoreJob, job.TRANSITIONS, "Leased; one per story, judge version and sample."),
    Machine("A run of a judge", ScoreRun, run.TRANSITIONS, "Only a running one asks its model."),
    Machine("A call to a model", Spend, money.TRANSITIONS, "Settled by `llm.ledger`."),
    Machine("A batch of calls", Batch, batch.TRANSITIONS, "Moved by `llm.batches`."),
    Machine("A queue", Queue, queue.TRANSITIONS, "Only an open one hands out stories."),
    Machine("Stories on their way into a queue", Fill, FILLS, "Leased."),
    Machine("An assignment", Assignment, assignment.TRANSITIONS, "Reading and submitted ones hold a seat."),
    Machine(
        "A queue that is reviewed on an Argilla server",
        Link,
        link.TRANSITIONS,
        "Leased, again and again, until it ends.",
    ),
    Machine(
        "An answer there", ArgillaAnswer, answer.TRANSITIONS, "What its writer says next overtakes one that waits."
    ),
    Machine("A delivery", Delivery, delivery.TRANSITIONS, "Leased. One that was given up is a dead letter."),
    Machine("A release", Release, release.TRANSITIONS, "Leased. While it waits its rows may not be frozen yet."),
    Machine("A purge", Purge, purge.TRANSITIONS, "Leased. One that was asked for may await a second admin."),
    Machine("A publication", Publication, publication.TRANSITIONS, "Leased; one per version and target."),
    Machine("A request that a second person approves", Approval, approval.TRANSITIONS, "Decided by somebody else."),
    Machine(
        "Access to a gated dataset",
        Grant,
        grant.TRANSITIONS,
        "Accepting the terms is enough, or a curator lets the person in. Whoever asks again has a new row.",
    ),
    Machine("A report on a row", RowReport, report.TRANSITIONS, "Answered once, in words."),
    Machine("A training outcome", TrainingOutcome, outcome.TRANSITIONS, "Only a listed one is shown to everybody."),
]


def page() -> str:
    """Return docs/reference/states.md."""
    with translation.override("en"):
        return "\n\n".join([HEAD, *(section(machine) for machine in MACHINES)]) + "\n"


def section(machine: Machine) -> str:
    """Return one machine's heading and diagram."""
    field = machine.model._meta.get_field("state")
    labels = dict(field.choices)  # type: ignore[union-attr, arg-type]
    states = list(machine.transitions)
    lines = ["stateDiagram-v2", f"    [*] --> {field.get_default()}"]  # type: ignore[union-attr]
    lines += [f"    {state}: {labels[state]}" for state in states]
    lines += [f"    {old} --> {new}" for old in states for new in states if new in machine.transitions[old]]
    diagram = "\n".join(lines)
    return f"## {machine.title}\n\n{machine.said}\n\n```mermaid\n{diagram}\n```"


class Command(ExemplaCommand):
    """What docs/reference/states.md is made by."""

    help = "Print the states of everything that has states, and the moves between them, as Mermaid diagrams."

    def run(self, options: dict[str, Any]) -> None:
        """Print the page."""
        self.stdout.write(page(), ending="")
