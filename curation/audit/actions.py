"""Writing to the audit log."""

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
