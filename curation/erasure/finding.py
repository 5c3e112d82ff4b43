"""Purges as pages and programs show them."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from curation.accounts.actors import Actor
from curation.accounts.models import Role, User
from curation.core.errors import NotFound
from curation.erasure.models import Purge
from curation.erasure.models.purge import REFUSED, PurgeState
from curation.erasure.permissions import check_can_purge
from curation.releases.models import Release, ReleaseFile

MOST_NEEDING = 5


@dataclass(frozen=True)
class Destroyed:
    """A file of releases that is destroyed: where it was, by release and path, and when it was gone."""

    sha256: str
    removed_at: datetime | None
    places: list[tuple[Release, str]]


def purges_for(actor: Actor) -> QuerySet[Purge]:
    """Return all purges with how many files went, the newest first. Raises `NotAllowed` for anybody but an admin."""
    check_can_purge(actor=actor)
    found = Purge.objects.select_related("story", "asked_by", "decided_by").defer("story__text")
    gone = Count("files", filter=Q(files__removed_at__isnull=False))
    return found.annotate(n_files=Count("files"), n_gone=gone).order_by("-id")


def load_purge(actor: Actor, pk: int) -> Purge:
    """Return a purge for an admin; `NotFound` if there is none."""
    found = purges_for(actor).filter(pk=pk).first()
    if found is None:
        raise NotFound(_("There is no such purge."))
    return found


def purge_of(story_id: int) -> Purge | None:
    """Return the purge of a story that was carried out, is under way or asked for; None if there is none."""
    found = Purge.objects.filter(story=story_id).exclude(state__in=REFUSED)
    return found.select_related("asked_by", "decided_by").first()


def needing(user: User) -> list[Purge]:
    """Return the purges that need this admin: those that somebody else asked for, and those that failed."""
    if user.role != Role.ADMIN:
        return []
    wanted = Q(state=PurgeState.FAILED) | (Q(state=PurgeState.AWAITING) & ~Q(asked_by=user))
    return list(Purge.objects.filter(wanted).order_by("pk")[:MOST_NEEDING])


def files_of(purge: Purge) -> list[Destroyed]:
    """Return the files of releases that go with a purge, in two statements."""
    files = list(purge.files.filter(blob__isnull=False).order_by("pk"))
    named = ReleaseFile.objects.filter(blob__in=[file.blob_id for file in files])
    places: dict[str, list[tuple[Release, str]]] = {}
    for one in named.select_related("release__dataset").order_by("release", "path"):
        places.setdefault(one.blob_id, []).append((one.release, one.path))
    return [Destroyed(file.blob_id or "", file.removed_at, places.get(file.blob_id or "", [])) for file in files]
