"""Sending the stories of a queue: each item is a record, known there by a name that the item has for good.

A part that was sent and whose answer was lost is sent again, and meets its own records.
"""

from collections.abc import Sequence
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from annotations.models import Item
from annotations.models.queue import ItemKind
from curation.argilla import faults
from curation.argilla.asking import Asking, texts_of
from curation.argilla.blindness import recuse_all
from curation.argilla.client import Argilla
from curation.argilla.faults import ArgillaTrouble
from curation.argilla.models import ArgillaRecord, Link
from curation.argilla.suggesting import suggestions
from curation.core.leases import Lease
from curation.stories.models import Stage
from curation.stories.stages import State

# Records that are sent at a time, and that Argilla lets be deleted at a time. In characters of text.
A_PART, MOST_DELETED, MOST_CHARACTERS = 200, 100, 4_000_000
# Stories that are read nowhere any more.
OUT = [State.STORED, State.BLOCKED, State.PURGED]
KINDS = [ItemKind.NORMAL, ItemKind.AUDIT]


def push(link: Link, lease: Lease, argilla: Argilla) -> int:
    """Send what is in the queue and not there, and delete there what may be read no more; return how many were sent."""
    sent, ids, asking = 0, _question_ids(link, argilla), Asking(link, argilla)
    while part := _next_part(link):
        _send(link, lease, argilla, part, ids, asking)
        sent += len(part)
        lease.note(records_total=ArgillaRecord.objects.filter(link=link).count())
    _withdraw(link, lease, argilla)
    asking.tell_again(lease)
    return sent


def unsent(link: Link) -> int:
    """Return how many stories of the queue are not there yet."""
    return _waiting(link).count()


def _waiting(link: Link) -> QuerySet[Item]:
    out = Stage.objects.filter(story=OuterRef("story"), state__in=OUT)
    there = ArgillaRecord.objects.filter(link=link, item=OuterRef("pk"))
    return Item.objects.filter(~Exists(there), ~Exists(out), queue=link.queue_id, kind__in=KINDS, seats_left__gt=0)


def _next_part(link: Link) -> list[Item]:
    part: list[Item] = []
    characters = 0
    for item in _waiting(link).select_related("story").order_by("pk")[:A_PART].iterator(chunk_size=20):
        characters += item.story.n_chars
        if part and characters > MOST_CHARACTERS:
            break
        part.append(item)
    return part


def _send(
    link: Link, lease: Lease, argilla: Argilla, part: Sequence[Item], ids: dict[str, str], asking: Asking
) -> None:
    said: dict[int, list[tuple[str, int]]] = {}
    themes = asking.themes_of([item.story_id for item in part])
    if link.judge is not None:
        stories = [item.story_id for item in part]
        recuse_all(link.server, stories)
        said = suggestions(stories, link.queue.rubric, link.judge)
    items = [_record_of(item, said.get(item.story_id, []), ids, agent=str(link.judge or "")) for item in part]
    for item, record in zip(part, items, strict=True):
        record["fields"] |= asking.field(themes[item.story_id])
    answered = argilla.call("PUT", f"datasets/{link.dataset}/records/bulk", body={"items": items})
    there = {one["external_id"]: one["id"] for one in answered["items"]}
    if any(one["external_id"] not in there for one in items):
        raise ArgillaTrouble(faults.NO_ROWS, passes=True)
    rows = [
        ArgillaRecord(
            link=link,
            item=item,
            record=there[name_of(item)],
            themes=themes[item.story_id],
            suggested_at=timezone.now() if said.get(item.story_id) else None,
        )
        for item in part
    ]
    with lease.storing():
        ArgillaRecord.objects.bulk_create(rows, ignore_conflicts=True)


def name_of(item: Item) -> str:
    """What the record of an item is called there."""
    return f"exempla-{item.pk}"


def _record_of(item: Item, said: list[tuple[str, int]], ids: dict[str, str], *, agent: str) -> dict[str, Any]:
    story = item.story
    record: dict[str, Any] = {
        "external_id": name_of(item),
        "fields": texts_of(story),
        "metadata": {"language": story.language, "words": story.n_words},
    }
    if said:
        record["suggestions"] = [
            {"question_id": ids[name], "value": value, "type": "model", "agent": agent[:200]} for name, value in said
        ]
    return record


def _question_ids(link: Link, argilla: Argilla) -> dict[str, str]:
    return {one["name"]: one["id"] for one in argilla.questions(link.dataset)} if link.judge_id else {}


def _withdraw(link: Link, lease: Lease, argilla: Argilla) -> None:
    """Delete there the records of stories that were blocked or purged."""
    out = Stage.objects.filter(story=OuterRef("item__story"), state__in=OUT)
    while rows := list(
        ArgillaRecord.objects.filter(Exists(out), link=link, gone_at=None).order_by("pk")[:MOST_DELETED]
    ):
        ids = ",".join(row.record for row in rows)
        argilla.call("DELETE", f"datasets/{link.dataset}/records", ids=ids)
        with lease.storing():
            ArgillaRecord.objects.filter(pk__in=[row.pk for row in rows]).update(gone_at=Now())
