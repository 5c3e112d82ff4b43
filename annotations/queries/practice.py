"""What people did in the practice round, and who has passed it."""

from annotations.models import PracticeAttempt, Review
from annotations.practising import Done, practice_stories
from curation.accounts.models import User


def latest_attempts(user: User) -> dict[str, PracticeAttempt]:
    """Return this person's latest attempt at each story as it reads now, by the story's key, in one statement."""
    versions = {story.key: story.version for story in practice_stories()}
    found = PracticeAttempt.objects.filter(user=user).order_by("story", "-id").distinct("story")
    return {attempt.story: attempt for attempt in found if versions.get(attempt.story) == attempt.version}


def as_done(attempt: PracticeAttempt) -> Done:
    """Return what counts of an attempt."""
    return Done(attempt.compared, attempt.exact, attempt.within_one, attempt.data.get("flags", []))


def has_practised(user: User) -> bool:
    """Whether this person has passed the round, ever."""
    return PracticeAttempt.objects.filter(user=user, passed=True).exists()


def is_new(user: User) -> bool:
    """Whether this person has neither tried a practice story nor submitted a review."""
    tried = PracticeAttempt.objects.filter(user=user).exists()
    return not tried and not Review.objects.filter(reviewer=user).exists()
