"""Making reviews of answers, or saying what is in their way, and trying those that wait again once that may help.

What waits is tried at once after whatever may help: somebody said who the account is or asked for it, the
person joined the queue or passed the practice round, their turn here ended. For all else it is tried after a pause
that doubles each time. What only its writer can mend there is not tried again: they answer anew.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid5

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now
from django.utils import translation

from annotations.actions import QueueShut, change_from_elsewhere, recuse_from, review_from_elsewhere, withdraw
from annotations.models import Assignment, Membership, PracticeAttempt, Queue, Review
from annotations.models.queue import QueueState
from annotations.models.review import Origin
from annotations.permissions import can_withdraw
from annotations.queries.history import load_review
from annotations.schema import parse_submission
from curation.argilla.blindness import in_sight
from curation.argilla.models import AnswerState, ArgillaAnswer, Link, There
from curation.argilla.shaping import Unreadable, review_of
from curation.core.errors import ExemplaError, InvalidInput
from curation.core.leases import Lease
from curation.core.stored_messages import gettext_noop
from curation.standards.spec import spec_of
from curation.stories.models import Tag
from curation.stories.models.tag import TagKind

NOBODY = gettext_noop("It is not settled who %(name)s is here.")
COUNTED = gettext_noop("It was discarded there after it had counted here, so it stays. Its writer can revise it here.")
DISCARDED = "Discarded in Argilla."
CHANGED = "Changed in Argilla."
FORMS = (NOBODY, COUNTED)
OF_A_RECORD = ("item__story", "item__queue__rubric", "link__server")
# The pause after the first try, and the longest one.
A_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=6)


def try_again(link: Link, lease: Lease) -> None:
    """Try what waits once more where that may help; nothing while the queue is paused or closed."""
    if not _takes_reviews(link):
        return
    whole = ArgillaAnswer.objects.select_related("account__person", *(f"record__{one}" for one in OF_A_RECORD))
    for pk in list(_due(link).values_list("pk", flat=True)):
        with lease.storing():
            bring_in(whole.get(pk=pk))


def anything_due(link: Link) -> bool:
    """Whether something happened, while a round went on, that an answer waited for."""
    return _takes_reviews(link) and _due(link).exists()


def _takes_reviews(link: Link) -> bool:
    return Queue.objects.filter(pk=link.queue_id, state=QueueState.OPEN).exists()


def _due(link: Link) -> QuerySet[ArgillaAnswer]:
    """The waiting answers whose time has come, or whose writer has done since what they may have waited for."""
    person, since = OuterRef("account__person"), OuterRef("tried_at")
    joined = Membership.objects.filter(queue=link.queue_id, user=person, created_at__gt=since)
    practised = PracticeAttempt.objects.filter(user=person, passed=True, at__gt=since)
    ended = Assignment.objects.filter(story=OuterRef("record__item__story"), reviewer=person, is_repeat=False)
    ended = ended.filter(ended_at__gt=since)
    rows = ArgillaAnswer.objects.filter(record__link=link, state=AnswerState.WAITING)
    return rows.filter(Q(next_at__lte=Now()) | Exists(joined) | Exists(practised) | Exists(ended)).order_by("pk")


def bring_in(answer: ArgillaAnswer) -> None:
    """Make a review of a waiting answer, or say what is in its way. Call it in a transaction."""
    account = answer.account
    if account.ignored or answer.there == There.DRAFT:
        _end(answer, AnswerState.KEPT)
    elif account.person is None:
        _wait(answer, NOBODY % {"name": str(account)}, again=False)
    else:
        try:
            # What is in the way is stored in English, and told in the language of whoever looks.
            with translation.override("en"), transaction.atomic():
                _apply(answer)
        except QueueShut as shut:
            _wait_for_queue(answer, str(shut))
        except (InvalidInput, Unreadable) as error:
            _wait(answer, str(error), again=False)
        except ExemplaError as error:
            _wait(answer, str(error))


def _apply(answer: ArgillaAnswer) -> None:
    person, item = answer.account.person, answer.record.item
    assert person is not None  # noqa: S101 - the caller has looked  # nosec
    earlier = _review_so_far(answer)
    if answer.there == There.DISCARDED:
        review = load_review(person, earlier.pk) if earlier is not None else None
        if review is not None and not hasattr(review, "withdrawal"):
            if not can_withdraw(actor=person, review=review):
                _wait(answer, COUNTED, again=False)
                return
            withdraw(reviewer=person, review=review, reason=DISCARDED)
        _end(answer, AnswerState.KEPT)
        return
    spec, rubric = spec_of(item.queue.rubric), item.queue.rubric
    data = review_of(
        answer.values["said"],
        spec,
        text=item.story.text,
        same_text=not answer.values["text_differs"],
        tagged=set(Tag.objects.filter(story=item.story_id, kind=TagKind.THEME).values_list("key", flat=True)),
    )
    submission, key = parse_submission(data, rubric), key_of(answer)
    saw = in_sight(answer)
    if saw is not None:
        recuse_from(user=person, stories=[item.story_id], saw=saw)
    if earlier is None:
        review = review_from_elsewhere(
            reviewer=person,
            item=item,
            submission=submission,
            origin=Origin.ARGILLA,
            blind=saw is None,
            idempotency_key=key,
        )
    else:
        review = change_from_elsewhere(
            reviewer=person,
            review=earlier,
            submission=submission,
            reason=CHANGED,
            blind=saw is None,
            idempotency_key=key,
        )
    _end(answer, AnswerState.REVIEW, review=review)


def _review_so_far(answer: ArgillaAnswer) -> Review | None:
    """The review that an earlier state of this response became; its commit where it was revised."""
    rows = ArgillaAnswer.objects.filter(record=answer.record_id, account=answer.account_id, state=AnswerState.REVIEW)
    # By when it came in: a clock there that was set back makes what is said later look older.
    newest = rows.exclude(pk=answer.pk).select_related("review__revises").order_by("-pk").first()
    if newest is None or newest.review is None:
        return None
    return newest.review.revises or newest.review


def key_of(answer: ArgillaAnswer) -> UUID:
    """The key that this state of a response comes in under, however often it is read."""
    record = answer.record
    return uuid5(record.link.uuid, f"{record.record} {answer.account.account} {answer.changed_at.isoformat()}")


def _wait(answer: ArgillaAnswer, reason: str, *, again: bool = True) -> None:
    """Note what an answer waits for. It is tried `again` after twice the pause before, else when that has happened."""
    before = answer.next_at - answer.tried_at if answer.next_at and answer.tried_at else A_PAUSE / 2
    pause = min(max(2 * before, A_PAUSE), LONGEST_PAUSE)
    _note(answer, reason=reason[:2000], tried_at=Now(), next_at=Now() + pause if again else None)


def _wait_for_queue(answer: ArgillaAnswer, reason: str) -> None:
    """Note that the queue takes none now: it comes in with the first round once the queue does."""
    _note(answer, reason=reason, tried_at=None, next_at=Now())


def _end(answer: ArgillaAnswer, state: AnswerState, review: Review | None = None) -> None:
    changes: dict[str, Any] = {"state": state, "reason": "", "review": review}
    if state == AnswerState.REVIEW:
        changes["values"] = {}
    _note(answer, **changes)


def _note(answer: ArgillaAnswer, **changes: Any) -> None:
    ArgillaAnswer.objects.filter(pk=answer.pk).update(**changes)
