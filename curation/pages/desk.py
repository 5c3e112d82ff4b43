"""What the home pages show: each role's next things to do."""

from dataclasses import dataclass

from annotations.models import Assignment, Review
from annotations.models.assignment import AssignmentState
from annotations.queries.today import read_today
from curation.accounts.models import User
from curation.releases.models import Release

SHOWN = 6


@dataclass(frozen=True)
class Desk:
    """A reviewer's desk. `stories` and `words` were read today."""

    open: list[Assignment]
    recent: list[Review]
    stories: int
    words: int


def reading_of(user: User) -> Desk:
    """Return what this person is reading and has read."""
    assignments = Assignment.objects.filter(reviewer=user, state=AssignmentState.ACTIVE)
    # The second story of a queue is only leased ahead.
    first = assignments.order_by("item__queue_id", "claimed_at", "id").distinct("item__queue_id")
    stories, words = read_today(user)
    return Desk(
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


def newest_releases(user: User) -> list[Release]:
    """Return the newest finished version of each dataset this person may open."""
    built = Release.objects.visible_to(user).current().select_related("dataset")
    newest = built.order_by("dataset_id", "-major", "-minor", "-patch").distinct("dataset_id")
    return sorted(newest, key=lambda release: release.pk, reverse=True)[:SHOWN]
