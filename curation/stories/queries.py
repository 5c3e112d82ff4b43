"""Imports, as their pages show them."""

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from curation.accounts.models import User
from curation.core.errors import NotFound
from curation.stories.models import ImportRun


def imports_for(user: User) -> QuerySet[ImportRun]:
    """Return the imports that `user` may see, newest first: curators and admins all, others none."""
    runs = ImportRun.objects.select_related("source", "created_by").order_by("-pk")
    return runs if user.is_curator else runs.none()


def load_import(user: User, pk: int) -> ImportRun:
    """Return one import, or raise `NotFound` if there is none that `user` may see."""
    run = imports_for(user).filter(pk=pk).first()
    if run is None:
        raise NotFound(_("There is no such import."))
    return run


def earlier_import(run_sha256: str, *, before: int | None = None) -> ImportRun | None:
    """Return the newest import of a file with these bytes, started before import `before` if that is given."""
    runs = ImportRun.objects.select_related("source").filter(file_sha256=run_sha256).order_by("-pk")
    return (runs.filter(pk__lt=before) if before else runs).first()
