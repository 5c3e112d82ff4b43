"""What the home pages show: each role's next things to do."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now

from annotations.models import Assignment, Queue, Review
from annotations.models.assignment import AssignmentState
from annotations.queries import awaiting_adjudication, queues_for
from annotations.queries.people import Mine, memberships_of, mine_in
from annotations.queries.progress import QueueProgress, progress_of
from annotations.queries.reading import read_today
from curation.accounts.models import User
from curation.releases.models import Release
from curation.releases.models.release import ReleaseState
from curation.scoring.queries import ScoringProgress as Scoring
from curation.scoring.queries import progress as scoring_progress
from curation.stories.models import ImportRun
from curation.stories.models.imports import ImportState

SHOWN = 6
FAILED_SHOWN = timedelta(days=30)


@dataclass(frozen=True)
class QueueCard:
    """One queue with how far it is and what this person did in it."""

    queue: Queue
    progress: QueueProgress
    mine: Mine
    member: bool


@dataclass(frozen=True)
class Reading:
    """A reviewer's desk. `stories` and `words` were read today."""

    open: list[Assignment]
    recent: list[Review]
    stories: int
    words: int


@dataclass(frozen=True)
class Running:
    """What waits for a curator, and what the worker is at."""

    to_adjudicate: int
    imports: list[ImportRun]
    failed: list[ImportRun]
    scoring: list[Scoring]
    releases: list[Release]


def cards_for(user: User) -> list[QueueCard]:
    """Return this person's open queues, those they review in first."""
    queues = list(queues_for(user).filter(state="open"))
    far, mine, inside = progress_of(queues, user), mine_in(user, queues), memberships_of(user, queues)
    cards = [QueueCard(queue, far[queue.pk], mine[queue.pk], queue.pk in inside) for queue in queues]
    return sorted(cards, key=lambda card: (not card.member, card.progress.stories_left == 0, card.queue.name))


def reading_of(user: User) -> Reading:
    """Return what this person is reading and has read."""
    turns = Assignment.objects.filter(reviewer=user, state=AssignmentState.ACTIVE)
    # The second story of a queue is only leased ahead.
    first = turns.order_by("item__queue_id", "claimed_at", "id").distinct("item__queue_id")
    stories, words = read_today(user)
    return Reading(
        open=list(first.select_related("story", "item__queue").defer("story__text")[:SHOWN]),
        recent=list(
            Review.objects.live_commits()
            .filter(reviewer=user)
            .select_related("story")
            .defer("story__text")
            .order_by("-id")[:SHOWN]
        ),
        stories=stories,
        words=words,
    )


def running(user: User) -> Running:
    """Return what is going on in the workspace."""
    unended = [ImportState.PENDING, ImportState.RUNNING]
    lately = Q(state=ImportState.FAILED, created_at__gte=Now() - FAILED_SHOWN)
    # The newest failures of a month; one that went on, or was followed by a whole import of the same file, is mended.
    mended = ImportRun.objects.filter(
        file_sha256=OuterRef("file_sha256"), state=ImportState.DONE, pk__gt=OuterRef("pk")
    )
    at_work = ImportRun.objects.filter(Q(state__in=unended) | (lately & ~Exists(mended)))
    runs = list(at_work.select_related("source")[: 2 * SHOWN])
    unfinished = Release.objects.exclude(state=ReleaseState.BUILT).select_related("dataset").order_by("-id")
    return Running(
        to_adjudicate=awaiting_adjudication(user).count(),
        imports=[run for run in runs if run.state in unended][:SHOWN],
        failed=[run for run in runs if run.state == ImportState.FAILED][:SHOWN],
        scoring=scoring_progress(),
        releases=list(unfinished[:SHOWN]),
    )


def newest_releases(user: User) -> list[Release]:
    """Return the newest finished version of each dataset this person may open."""
    built = Release.objects.visible_to(user).filter(state=ReleaseState.BUILT).select_related("dataset")
    newest = built.order_by("dataset_id", "-major", "-minor", "-patch").distinct("dataset_id")
    return sorted(newest, key=lambda release: release.pk, reverse=True)[:SHOWN]
