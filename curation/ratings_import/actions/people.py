"""Who the people of another tool are here."""

from collections.abc import Collection, Mapping
from uuid import UUID

from django.db import transaction

from curation.accounts.actors import Actor
from curation.accounts.models import User
from curation.accounts.people import add_absent
from curation.ratings_import.models import Respondent


def map_people(people: Mapping[str, int], *, dataset: str) -> None:
    """Note who people of another tool (keys) are here. An identifier means the same person in every dataset."""
    for key, user in people.items():
        Respondent.objects.update_or_create(key=key, dataset=_scope(key, dataset), defaults={"user_id": user})


def users_for(*, actor: Actor, people: Collection[str], names: Mapping[str, str], dataset: str) -> dict[str, int]:
    """Return who each of `people` (keys) is here: as somebody said, or as it was before, else an absent person.

    Call it in a transaction.
    """
    found: dict[str, int] = {}
    for key in sorted(people):
        scope = _scope(key, dataset)
        known = Respondent.objects.filter(key=key, dataset=scope).values_list("user_id", flat=True).first()
        found[key] = known if known is not None else _absent(actor, key, names.get(key, ""), scope)
    return found


def _scope(key: str, dataset: str) -> str:
    return "" if is_identifier(key) else dataset


def is_identifier(key: str) -> bool:
    """Whether a person's key there is an identifier, and not a name that somebody else could have elsewhere."""
    try:
        UUID(key)
    except ValueError:
        return False
    return True


def _absent(actor: Actor, key: str, name: str, scope: str) -> int:
    with transaction.atomic():
        user = add_absent(actor=actor, name=name or key, prefix="argilla")
        Respondent.objects.create(key=key, dataset=scope, user=user)
    return user.pk


def known_users(people: Collection[str], dataset: str) -> dict[str, User]:
    """Return who those of `people` are here that an earlier import has brought or that somebody said."""
    rows = Respondent.objects.filter(key__in=list(people), dataset__in=["", dataset]).select_related("user")
    return {one.key: one.user for one in rows}
