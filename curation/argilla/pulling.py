"""Reading what was answered: all records in their order, a page at a time, and of each answer only what is new.

An answer is known by who gave it about which record and by when it was changed there, by the clock there alone. So a
page that is read again changes nothing, and a change is a record of its own. What Argilla has told of is read by
itself, and all of it once an hour and where something happened that was not told of. Records that a round did not
meet, because others were deleted while it read, are asked for one by one.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db.models.functions import Now
from django.utils import timezone

from curation.argilla.actions.people import account_of, meet
from curation.argilla.blindness import recuse_all
from curation.argilla.bringing_in import OF_A_RECORD, bring_in, try_again
from curation.argilla.client import Argilla, Json, moment
from curation.argilla.models import AnswerState, ArgillaAnswer, ArgillaRecord, Link
from curation.argilla.told import read_one, read_told
from curation.core.leases import Lease
from curation.stories.models import Stage
from curation.stories.stages import State

# How long it is believed that nothing has happened.
ALL_OF_IT = timedelta(hours=1)


def pull(link: Link, lease: Lease, argilla: Argilla, dataset: Json) -> int:
    """Bring in what was answered since, and try again what waits; return how many answers are new.

    `dataset` is what Argilla has just said of it. Begins where an earlier run stopped. Where Argilla says that nothing
    has happened since the last round that read all of it, nothing is read for an hour: it tells neither of answers that
    programs log nor of people who were deleted.
    """
    found = 0
    meet(link.server, argilla)
    activity = str(dataset["last_activity_at"])
    if not _all_is_due(link) and (told := read_told(link, lease, argilla, _read)) is not None:
        _note(link, lease, activity=activity)
        try_again(link, lease)
        return told
    if _is_quiet(link, activity):
        try_again(link, lease)
        return 0
    if link.read_to == 0:
        _note(link, lease, begun_activity=activity)
        ArgillaRecord.objects.filter(link=link).update(read_at=None, told_at=None)
    while True:
        page, total = argilla.page(link.dataset, offset=link.read_to, include=("responses", "suggestions"))
        found += _read(link, lease, page)
        _note(link, lease, read_to=link.read_to + len(page))
        if not page or link.read_to >= total:
            break
    found += _unmet(link, lease, argilla)
    try_again(link, lease)
    _note(link, lease, read_to=0, activity=link.begun_activity, read_at=Now())
    return found


def _all_is_due(link: Link) -> bool:
    return bool(link.read_to) or link.read_at is None or timezone.now() - link.read_at > ALL_OF_IT


def _is_quiet(link: Link, activity: str) -> bool:
    return not _all_is_due(link) and activity == link.activity


def _unmet(link: Link, lease: Lease, argilla: Argilla) -> int:
    """Read the records that this round did not meet; note those that are gone. Their answers stay."""
    found, before = 0, 0
    while (
        row := ArgillaRecord.objects.filter(link=link, gone_at=None, read_at=None, pk__gt=before).order_by("pk").first()
    ):
        before = row.pk
        found += read_one(link, lease, argilla, row, _read)
    return found


def _read(link: Link, lease: Lease, page: Sequence[Json]) -> int:
    """Keep what is new in these records, and return how many answers that is."""
    ids = [one["id"] for one in page]
    met = ArgillaRecord.objects.filter(link=link, record__in=ids)
    rows = {row.record: row for row in met.select_related("item")}
    _note_suggested(link, lease, [rows[one["id"]] for one in page if one["id"] in rows and one.get("suggestions")])
    known = set(
        ArgillaAnswer.objects.filter(record__in=rows.values()).values_list(
            "record_id", "account__account", "changed_at"
        )
    )
    new = 0
    for one in page:
        row = rows.get(one["id"])
        if row is None:
            continue
        answers = [
            answer
            for answer in one.get("responses") or []
            if (row.pk, answer["user_id"], moment(answer["updated_at"])) not in known
        ]
        # Most records have nothing new; the text of those that have is read with the first of it.
        whole = ArgillaRecord.objects.select_related(*OF_A_RECORD).get(pk=row.pk) if answers else row
        for answer in answers:
            with lease.storing():
                new += _take_in(whole, answer, str(one["fields"].get("text", "")))
    with lease.storing():
        ArgillaRecord.objects.filter(pk__in=[row.pk for row in rows.values()]).update(read_at=Now(), gone_at=None)
    return new


def _note_suggested(link: Link, lease: Lease, rows: Sequence[ArgillaRecord]) -> None:
    """Keep for good that these records have suggestions there, and whoever may see them from reviewing blind."""
    if new := [row for row in rows if row.suggested_at is None]:
        recuse_all(link.server, [row.item.story_id for row in new])
        with lease.storing():
            ArgillaRecord.objects.filter(pk__in=[row.pk for row in new]).update(suggested_at=Now())
        for row in new:
            row.suggested_at = timezone.now()


def _take_in(row: ArgillaRecord, answer: Json, text_there: str) -> int:
    """Keep one state of a response, and make of it what it can be. The lease is held until the transaction ends."""
    if Stage.objects.filter(story=row.item.story_id, state=State.PURGED).exists():
        return 0
    account = account_of(row.link.server, answer["user_id"])
    older = ArgillaAnswer.objects.filter(record=row, account=account, state=AnswerState.WAITING)
    older.update(state=AnswerState.OVERTAKEN, values={}, reason="")
    kept = ArgillaAnswer.objects.create(
        record=row,
        account=account,
        changed_at=moment(answer["updated_at"]),
        begun_at=moment(answer["inserted_at"]),
        there=answer["status"],
        values={"said": answer.get("values") or {}, "text_differs": text_there != row.item.story.text},
    )
    bring_in(kept)
    return 1


def _note(link: Link, lease: Lease, **changes: Any) -> None:
    with lease.storing():
        lease.update(**changes)
    link.refresh_from_db(fields=list(changes))
