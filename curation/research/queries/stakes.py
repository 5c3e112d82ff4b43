"""What somebody gives up by reading the rows of a release."""

from annotations.queries.blindness import stories_to_review_blind
from curation.accounts.models import User
from curation.audit.models import Entry
from curation.releases.actions.downloading import DOWNLOADED
from curation.releases.models import Release


def has_read(user: User, release: Release) -> bool:
    """Whether it is on record that this person has the rows of a release."""
    about = {"target_type": release._meta.label_lower, "target_id": str(release.pk)}
    return Entry.objects.filter(**about, actor=user, verb=DOWNLOADED).exists()


def stories_at_stake(user: User, release: Release) -> int:
    """Count the stories of a release that this person has to judge blind, and could not after reading its rows."""
    return stories_to_review_blind(user).filter(pk__in=release.items.order_by().values("story")).count()
