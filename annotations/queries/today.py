"""How much somebody has read today, which stands beside every story.

Counted anew each time it would cost the more the longer a day has been, so what was counted is remembered, up to a
moment, and only what came later is counted. Nothing rests on it: where the shared cache is away, all is counted.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.cache import cache
from django.db.models import Count, OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from annotations.models import Review
from curation.accounts.models import User
from curation.stories.models import Story

# Of reviews. Each story is looked up by its key: for a join, a plan made before the reviews are known can be to go
# through all stories that there are.
WORDS = Sum(Subquery(Story.objects.filter(pk=OuterRef("story")).values("n_words")))
# A review is stamped before it is stored, and can be seen later still.
UNSEEN = timedelta(seconds=10)
# So many stories cost too little to be remembered, and so soon after the last time it is not worth it.
FEW, SOON = 50, timedelta(seconds=20)
A_DAY = 86_400


@dataclass(frozen=True)
class ReadToday:
    """Stories and their words that were read from midnight `until` then."""

    stories: int
    words: int
    until: datetime

    def and_then(self, stories: int, words: int, until: datetime) -> "ReadToday":
        """This, and what was read afterwards."""
        return ReadToday(self.stories + stories, self.words + words, until)


def midnight() -> datetime:
    """When today began, in the installation's time zone."""
    return timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)


def remembered(reviewer: int) -> ReadToday:
    """Return what is known of today without a look at the reviews: at least that nothing was read until midnight."""
    known: ReadToday | None = cache.get(_key(reviewer))
    return known or ReadToday(0, 0, midnight())


def remember(reviewer: int, known: ReadToday, since: int) -> None:
    """Keep in mind what was read after the remembered, if `since`, the number of its stories, makes it worth it."""
    until = timezone.now() - UNSEEN
    if since > FEW and until - known.until > SOON:
        cache.set(_key(reviewer), known.and_then(*_counted(reviewer, known.until, until), until), A_DAY)


def forget(reviewer: int) -> None:
    """Count all of today again, since a review of it was taken back."""
    cache.delete(_key(reviewer))


def read_today(user: User) -> tuple[int, int]:
    """Return how many stories and words this person has read today."""
    known = remembered(user.pk)
    now = timezone.now()
    read = known.and_then(*_counted(user.pk, known.until), now)
    remember(user.pk, known, read.stories - known.stories)
    return read.stories, read.words


def _counted(reviewer: int, since: datetime, until: datetime | None = None) -> tuple[int, int]:
    reviews = Review.objects.read().filter(reviewer=reviewer, submitted_at__gte=since)
    if until is not None:
        reviews = reviews.filter(submitted_at__lt=until)
    found = reviews.aggregate(stories=Count("pk"), words=Coalesce(WORDS, 0))
    return found["stories"], found["words"]


def _key(reviewer: int) -> str:
    return f"annotations.read:{reviewer}:{midnight().isoformat()}"
