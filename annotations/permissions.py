"""Who may run queues, adjudicate a story, and change a review of their own."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from annotations.models import Review
from annotations.models.review import Origin, ReviewKind
from annotations.queries.blindness import Involvement, has_seen_scores
from annotations.queries.decisions import who_may_adjudicate
from annotations.queries.status import ReviewStatus
from annotations.visibility import ReviewsStay, may_adjudicate
from curation.accounts.actors import Actor
from curation.accounts.models import User
from curation.core.errors import Conflict, NotAllowed
from curation.core.permissions import asked
from curation.stories.models import Story

NOT_LIVE = gettext_lazy("Only a review that counts can be revised. This one was taken back, or is an extra one.")
OPEN_STILL = gettext_lazy("You can still take this review back and write it again. Revising comes after that.")
WHY_NOT = {
    "withdrawn": gettext_lazy("You took this review back already, or it is an extra one, which counts nowhere."),
    "revealed": gettext_lazy(
        "You have seen what others or a model said of it, so your first review stays. You can revise it."
    ),
    "late": gettext_lazy(
        "The story was decided, and you have had an hour to take your review back. You can revise it."
    ),
    ReviewsStay.IN_USE: gettext_lazy("This story is in a release, so its reviews stay. You can revise yours."),
    ReviewsStay.BY_CURATOR: gettext_lazy(
        "A curator has adjudicated this story, so its reviews stay. You can revise yours."
    ),
    ReviewsStay.SAFETY: gettext_lazy(
        "A safety flag was raised, and a curator looks at this story now. You can revise your review."
    ),
    ReviewsStay.FOUND: gettext_lazy(
        "A check found something in this story, and a curator looks at it now. You can revise your review."
    ),
    ReviewsStay.REWRITING: gettext_lazy(
        "This story is being rewritten already, so its reviews stay. You can revise yours."
    ),
    "not_member": gettext_lazy("You are not in this queue any more, so you could not review the story again."),
}


def check_can_run_queues(*, actor: Actor) -> None:
    """Raise `NotAllowed` unless `actor` may make and change queues."""
    if not actor.is_curator:
        raise NotAllowed(_("Curators and admins run the queues. Ask one of them."))


def check_can_read_decisions(*, actor: User) -> None:
    """Raise `NotAllowed` unless this person is one of those who read decisions, and make those that policies cannot."""
    if not actor.is_curator:
        raise NotAllowed(_("Curators and admins adjudicate stories. Ask one of them."))


def refuse_while_blind(*, own: Involvement) -> None:
    """Raise `NotAllowed`, with what to do, while a person has yet to judge the story blind that `own` is about."""
    if own.reading:
        raise NotAllowed(_("You are reading this story yourself. Submit or pass on your review first."))
    if own.open_to:
        raise NotAllowed(
            _("You may still be given this story to review. Review it in your queue, or leave that queue first.")
        )
    if own.blind:
        raise NotAllowed(_("Your review is in. What others said is shown once the story is decided."))


def check_can_adjudicate(*, actor: User, story: Story) -> None:
    """Raise `NotAllowed` with the reason, and with who else may, unless this person may adjudicate this story blind."""
    check_can_read_decisions(actor=actor)
    if may_adjudicate(curator=actor.is_curator, saw_scores=has_seen_scores(actor, story)):
        return
    others = ", ".join(person.shown_name for person in who_may_adjudicate(story))
    if others:
        who = _("These people may: %(names)s.") % {"names": others}
    else:
        who = _("Nobody else may either: another curator is needed.")
    raise NotAllowed(
        _("You have seen a model's score of this story, so you can no longer adjudicate it blind. %(who)s")
        % {"who": who}
    )


def check_can_review(*, actor: User) -> None:
    """Raise `NotAllowed` unless this person reviews, and so has work of their own to look at."""
    if not actor.is_reviewer:
        raise NotAllowed(_("This page is for people who review. Your datasets are on the home page."))


def check_can_consent(*, actor: User) -> None:
    """Raise `NotAllowed` unless this person rates stories, whose ratings may be published."""
    if not actor.is_reviewer:
        raise NotAllowed(_("Only people who rate stories are asked this."))


def check_can_withdraw(*, actor: User, review: Review) -> None:
    """Raise `Conflict` with the reason unless the reviewer may still take this review back.

    They may until a comparison was opened, a curator adjudicated the story, a safety flag was raised, its rewrite began
    or something above uses its reviews; and once the story is decided, for an hour after the commit: what became of the
    story is shown to them after that, and a review that is written again then would not be blind.
    """
    status = ReviewStatus.of(review)
    if reason := status.why_not:
        raise Conflict(WHY_NOT[reason])
    if not review.assignment.item.queue.memberships.filter(user=actor).exists():
        raise Conflict(WHY_NOT["not_member"])


def check_can_revise(*, actor: User, review: Review) -> None:
    """Raise `Conflict` with the reason unless this review of the reviewer's own counts and can only be revised.

    An extra one that was written elsewhere is revised too: whoever changes it there knows nothing of seats here.
    `NotAllowed` for who reviews no more: a revision can put an accepted story before a curator.
    """
    check_can_review(actor=actor)
    kept = review.kind == ReviewKind.EXTRA and review.origin != Origin.HERE
    if not ReviewStatus.of(review).live and not kept:
        raise Conflict(NOT_LIVE)
    if can_withdraw(actor=actor, review=review):
        raise Conflict(OPEN_STILL)


can_run_queues = asked(check_can_run_queues)
can_read_decisions = asked(check_can_read_decisions)
can_adjudicate = asked(check_can_adjudicate)
can_review = asked(check_can_review)
can_consent = asked(check_can_consent)
can_withdraw = asked(check_can_withdraw)
can_revise = asked(check_can_revise)
