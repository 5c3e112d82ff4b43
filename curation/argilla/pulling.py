"""Reading what was answered: all records in their order, a page at a time, and of each answer only what is new.

An answer is known by who gave it about which record and by when it was changed there, by the clock there alone. So a
page that is read again changes nothing, and a change is a record of its own. Records that a round did not meet, because
others were deleted while it read, are asked for one by one.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone, translation
from django.utils.dateparse import parse_datetime

from annotations.actions import change_from_elsewhere, recuse_from, review_from_elsewhere, withdraw
from annotations.models import Review, Saw
from annotations.models.review import Origin
from annotations.permissions import can_withdraw
from annotations.queries.history import load_review
from annotations.schema import parse_submission
from curation.argilla.actions.people import account_of, meet
from curation.argilla.client import Argilla, Json
from curation.argilla.faults import ArgillaTrouble
from curation.argilla.models import AnswerState, ArgillaAnswer, ArgillaRecord, Link, There
from curation.argilla.shaping import Unreadable, review_of
from curation.core.errors import ExemplaError
from curation.core.leases import Lease
from curation.core.stored_messages import gettext_noop
from curation.standards.spec import spec_of
from curation.stories.models import Stage
from curation.stories.stages import State

NOBODY = gettext_noop("It is not settled who %(name)s is here.")
COUNTED = gettext_noop("It was discarded there after it had counted here, so it stays. Its writer can revise it here.")
# How long it is believed that nothing has happened.
ALL_OF_IT = timedelta(hours=1)
DISCARDED = "Discarded in Argilla."
CHANGED = "Changed in Argilla."
FORMS = (NOBODY, COUNTED)
OF_A_RECORD = ("item__story", "item__queue__rubric", "link__server")


def pull(link: Link, lease: Lease, argilla: Argilla, dataset: Json) -> int:
    """Bring in what was answered since, and try what waits again; return how many answers are new.

    `dataset` is what Argilla has just said of it. Begins where an earlier run stopped. Where Argilla says that nothing
    has happened since the last round that read all of it, nothing is read for an hour: it tells neither of answers that
    programs log nor of people who were deleted.
    """
    found = 0
    meet(link.server, argilla)
    activity = str(dataset["last_activity_at"])
    if _is_quiet(link, activity):
        _try_again(link, lease)
        return 0
    if link.read_to == 0:
        _note(link, lease, begun_activity=activity)
        ArgillaRecord.objects.filter(link=link).update(read_at=None)
    while True:
        page, total = argilla.page(link.dataset, offset=link.read_to)
        found += _read(link, lease, page)
        _note(link, lease, read_to=link.read_to + len(page))
        if not page or link.read_to >= total:
            break
    found += _unmet(link, lease, argilla)
    _try_again(link, lease)
    _note(link, lease, read_to=0, activity=link.begun_activity, read_at=Now())
    return found


def _is_quiet(link: Link, activity: str) -> bool:
    if link.read_to or link.read_at is None or timezone.now() - link.read_at > ALL_OF_IT:
        return False
    return activity == link.activity


def _unmet(link: Link, lease: Lease, argilla: Argilla) -> int:
    """Read the records that this round did not meet; note those that are gone. Their answers stay."""
    found, before = 0, 0
    while (
        row := ArgillaRecord.objects.filter(link=link, gone_at=None, read_at=None, pk__gt=before).order_by("pk").first()
    ):
        before = row.pk
        try:
            record = argilla.record(row.record)
        except ArgillaTrouble as error:
            if error.status != 404:
                raise
            with lease.storing():
                ArgillaRecord.objects.filter(pk=row.pk).update(gone_at=Now())
            continue
        found += _read(link, lease, [record])
    return found


def _read(link: Link, lease: Lease, page: Sequence[Json]) -> int:
    """Keep what is new in these records, and return how many answers that is."""
    ids = [one["id"] for one in page]
    met = ArgillaRecord.objects.filter(link=link, record__in=ids)
    rows = {row.record: row for row in met.select_related(*OF_A_RECORD)}
    known = set(
        ArgillaAnswer.objects.filter(record__in=rows.values()).values_list(
            "record_id", "account__account", "changed_at"
        )
    )
    new = 0
    for one in page:
        row = rows.get(one["id"])
        for answer in one.get("responses") or [] if row is not None else []:
            if row is not None and (row.pk, answer["user_id"], moment(answer["updated_at"])) not in known:
                with lease.storing():
                    new += _take_in(row, answer, str(one["fields"].get("text", "")))
    with lease.storing():
        ArgillaRecord.objects.filter(pk__in=[row.pk for row in rows.values()]).update(read_at=Now(), gone_at=None)
    return new


def _take_in(row: ArgillaRecord, answer: Json, text_there: str) -> int:
    """Keep one state of a response, and make of it what it can be. The lease is held until the transaction ends."""
    if Stage.objects.filter(story=row.item.story_id, state=State.PURGED).exists():
        return 0
    account = account_of(row.link.server, answer["user_id"])
    older = ArgillaAnswer.objects.filter(record=row, account=account, state=AnswerState.WAITING)
    changed_at = moment(answer["updated_at"])
    if ArgillaAnswer.objects.filter(record=row, account=account, changed_at__gte=changed_at).exists():
        return 0
    older.update(state=AnswerState.OVERTAKEN, values={}, reason="")
    kept = ArgillaAnswer.objects.create(
        record=row,
        account=account,
        changed_at=changed_at,
        there=answer["status"],
        values={"said": answer.get("values") or {}, "text_differs": text_there != row.item.story.text},
        state=AnswerState.WAITING,
    )
    settle(kept)
    return 1


def _try_again(link: Link, lease: Lease) -> None:
    """Try what waits once more: its person may be known by now, or have ended what was in its way."""
    waiting = ArgillaAnswer.objects.filter(record__link=link, state=AnswerState.WAITING).order_by("pk")
    waiting = waiting.select_related("account__person", *(f"record__{one}" for one in OF_A_RECORD))
    before = 0
    while answer := waiting.filter(pk__gt=before).first():
        before = answer.pk
        with lease.storing():
            settle(answer)


def settle(answer: ArgillaAnswer) -> None:
    """Make a review of a waiting answer, or say what is in its way. Call it in a transaction."""
    account = answer.account
    if account.ignored or answer.there == There.DRAFT:
        _end(answer, AnswerState.KEPT)
    elif account.person is None:
        _wait(answer, NOBODY % {"name": str(account)})
    else:
        try:
            # What is in the way is stored in English, and told in the language of whoever looks.
            with translation.override("en"), transaction.atomic():
                _apply(answer)
        except (ExemplaError, Unreadable) as error:
            _wait(answer, str(error))


def _apply(answer: ArgillaAnswer) -> None:
    person, item = answer.account.person, answer.record.item
    assert person is not None  # noqa: S101 - the caller has looked  # nosec
    earlier = _review_so_far(answer)
    if answer.there == There.DISCARDED:
        review = load_review(person, earlier.pk) if earlier is not None else None
        if review is not None and not hasattr(review, "withdrawal"):
            if not can_withdraw(actor=person, review=review):
                _wait(answer, COUNTED)
                return
            withdraw(reviewer=person, review=review, reason=DISCARDED)
        _end(answer, AnswerState.KEPT)
        return
    spec, rubric = spec_of(item.queue.rubric), item.queue.rubric
    text = item.story.text
    data = review_of(answer.values["said"], spec, text=text, same_text=not answer.values["text_differs"])
    submission, key = parse_submission(data, rubric), key_of(answer)
    if not answer.record.link.blind:
        recuse_from(user=person, stories=[item.story_id], saw=Saw.SCORES)
    if earlier is None:
        review = review_from_elsewhere(
            reviewer=person,
            item=item,
            submission=submission,
            origin=Origin.ARGILLA,
            blind=answer.record.link.blind,
            idempotency_key=key,
        )
    else:
        review = change_from_elsewhere(
            reviewer=person, review=earlier, submission=submission, reason=CHANGED, idempotency_key=key
        )
    _end(answer, AnswerState.REVIEW, review=review)


def _review_so_far(answer: ArgillaAnswer) -> Review | None:
    """The review that an earlier state of this response became; its commit where it was revised."""
    rows = ArgillaAnswer.objects.filter(record=answer.record_id, account=answer.account_id, state=AnswerState.REVIEW)
    newest = rows.exclude(pk=answer.pk).select_related("review__revises").order_by("-changed_at").first()
    if newest is None or newest.review is None:
        return None
    return newest.review.revises or newest.review


def key_of(answer: ArgillaAnswer) -> UUID:
    """The key that this state of a response comes in under, however often it is read."""
    record = answer.record
    return uuid5(record.link.uuid, f"{record.record} {answer.account.account} {answer.changed_at.isoformat()}")


def moment(said: str) -> datetime:
    """Return a time as Argilla writes it, without a zone and meaning UTC."""
    found = parse_datetime(said)
    assert found is not None  # noqa: S101 - its schema says so  # nosec
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _wait(answer: ArgillaAnswer, reason: str) -> None:
    ArgillaAnswer.objects.filter(pk=answer.pk).exclude(reason=reason[:2000]).update(reason=reason[:2000])


def _end(answer: ArgillaAnswer, state: AnswerState, review: Review | None = None) -> None:
    changes: dict[str, Any] = {"state": state, "reason": "", "review": review}
    if state == AnswerState.REVIEW:
        changes["values"] = {}
    ArgillaAnswer.objects.filter(Q(pk=answer.pk)).update(**changes)


def _note(link: Link, lease: Lease, **changes: Any) -> None:
    with lease.storing():
        lease.update(**changes)
    link.refresh_from_db(fields=list(changes))
