"""Who may see what the model said beside their own review."""

from django.utils.translation import gettext as _

from annotations.models import Review
from annotations.models.review import ReviewKind
from annotations.queries.status import ReviewStatus
from annotations.visibility import may_compare
from curation.accounts.models import User
from curation.core.errors import NotAllowed, NotFound
from curation.core.permissions import asked


def check_can_compare(*, actor: User, review: Review) -> None:
    """Raise `NotFound` unless this is the actor's own review that counts, `NotAllowed` unless its queue reveals."""
    if review.reviewer_id != actor.pk or not ReviewStatus.of(review).live:
        raise NotFound(_("There is no such review of yours."))
    item = review.assignment.item
    committed = review.kind == ReviewKind.COMMIT
    if not may_compare(own=True, committed=committed, reveal=item.queue.reveal, kind=item.kind):
        raise NotAllowed(_("This queue does not show what the model said. Your review is in and counts as it is."))


can_compare = asked(check_can_compare)
