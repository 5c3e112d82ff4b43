"""Who may see what models said, of all stories or beside their own review, and who may draw an audit."""

from django.utils.translation import gettext as _

from annotations.models import Review
from annotations.models.review import ReviewKind
from annotations.queries.blindness import involvement_of
from annotations.queries.status import ReviewStatus
from annotations.visibility import drawn_to_compare, may_compare
from curation.accounts.actors import Actor
from curation.accounts.models import User
from curation.core.errors import Conflict, NotAllowed, NotFound
from curation.core.permissions import asked
from curation.stories.models import Story


def check_can_read_judges(*, actor: Actor) -> None:
    """Raise `NotAllowed` unless this person may look at judges and at what they say: who only reviews must not."""
    if not actor.is_curator:
        raise NotAllowed(_("Scores are for curators, so that reviews stay blind. Your queues are on the home page."))


def check_can_ask_for_scores(*, actor: User, story: Story) -> None:
    """Raise `NotAllowed` unless this person may be shown a story's scores, and `Conflict` while they read it."""
    check_can_read_judges(actor=actor)
    if involvement_of(actor, story.pk).reading:
        raise Conflict(_("You are reading this story yourself. Submit or pass on your review first."))


def check_can_compare(*, actor: User, review: Review) -> None:
    """Raise `NotFound` unless this is the actor's own review that counts, `NotAllowed` unless its queue reveals."""
    if review.reviewer_id != actor.pk or not ReviewStatus.of(review).live:
        raise NotFound(_("There is no such review of yours."))
    item = review.assignment.item
    committed = review.kind == ReviewKind.COMMIT
    drawn = drawn_to_compare(assignment=review.assignment_id, share=item.queue.comparison_share)
    if item.queue.reveal and not drawn:
        raise NotAllowed(
            _("By chance this review is one that is not compared, so that the effect of comparing can be told.")
        )
    if not may_compare(own=True, committed=committed, reveal=item.queue.reveal, drawn=drawn, kind=item.kind):
        raise NotAllowed(_("This queue does not show what the model said. Your review is in and counts as it is."))


can_read_judges = asked(check_can_read_judges)
can_ask_for_scores = asked(check_can_ask_for_scores)
can_compare = asked(check_can_compare)


def check_can_audit(*, actor: Actor) -> None:
    """Raise `NotAllowed` unless this person may have stories audited."""
    if not actor.is_curator:
        raise NotAllowed(_("Only curators and admins draw an audit."))


can_audit = asked(check_can_audit)
