"""Writing to the audit log."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.db.models import Model

from curation.audit.models import Entry

if TYPE_CHECKING:
    from curation.accounts.models import User


def record(*, actor: "User | None", verb: str, target: Model, **data: Any) -> Entry:
    """Append one entry. Call it inside the transaction of the change it records.

    `verb` is dotted, past tense (`queue.created`); `data` must be JSON and must hold no secret and no story text.
    """
    return Entry.objects.create(
        actor=actor, verb=verb, target_type=target._meta.label_lower, target_id=str(target.pk), data=data
    )


def record_many(
    *, actor: "User | None", verb: str, model: type[Model], data: Mapping[int, Mapping[str, Any]]
) -> list[Entry]:
    """Append one entry for each key of `data`, the primary key of a row of `model`, in one statement."""
    label = model._meta.label_lower
    return Entry.objects.bulk_create(
        Entry(actor=actor, verb=verb, target_type=label, target_id=str(pk), data=dict(values))
        for pk, values in data.items()
    )
