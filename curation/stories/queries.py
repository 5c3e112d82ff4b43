"""Stories and imports, as their pages show them."""

from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from curation.accounts.models import User
from curation.core.errors import NotFound
from curation.stories.models import (
    Check,
    ImportDuplicate,
    ImportIssue,
    ImportRun,
    Lineage,
    Source,
    Stage,
    Story,
)
from curation.stories.stages import State


def load_story(user: User, pk: int) -> Story:
    """Return one story with source, stage and import, or raise `NotFound` if there is none that `user` may open."""
    story = Story.objects.visible_to(user).select_related("source", "stage", "import_run").filter(pk=pk).first()
    if story is None:
        raise NotFound(_("There is no such story, or it is not yours to open."))
    return story


def findings_of(story: Story) -> list[Check]:
    """Return what checks found in a story, in the order of its text, with the stories that it is too near to."""
    return list(story.checks.exclude(verdict="pass").select_related("other").order_by("start", "id"))


def lineage_of(story: Story) -> tuple[list[Lineage], list[Lineage]]:
    """Return what a story was made from, and what was made from it."""
    parents = story.parents.select_related("parent").defer("parent__text").order_by("id")
    return list(parents), list(story.children.select_related("child").defer("child__text").order_by("id"))


def sources_for(user: User) -> QuerySet[Source]:
    """Return the sources that `user` may see, newest first: curators and admins all, others none."""
    rows = Source.objects.order_by("-pk")
    return rows if user.is_curator else rows.none()


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


class RowFate(models.TextChoices):
    """What became of a row."""

    CREATED = "created", _lazy("A new story")
    DUPLICATE = "duplicate", _lazy("A story that was there already")
    REJECTED = "rejected", _lazy("Rejected")


@dataclass(frozen=True)
class RowResult:
    """One row (its number in the file, from 1): the story it became or repeats (an id), or why it is none."""

    row: int
    result: RowFate
    story_id: int | None = None
    reason: str = ""
    excerpt: str = ""


def rows_of(run: ImportRun, place: int, limit: int, *, backwards: bool = False, result: str = "") -> list[RowResult]:
    """Return what became of the first `limit` rows beyond row `place`, or of the last ones before it, in their order.

    Of one `result` only, or of every one. Three statements at most, which cost the same wherever in the file.
    """
    beyond = {"row__lt" if backwards else "row__gt": place}
    order = "-row" if backwards else "row"
    parts: dict[str, tuple[type[models.Model], dict[str, Any], tuple[str, ...]]] = {
        RowFate.CREATED: (Story, {"import_run": run}, ("row", "pk")),
        RowFate.DUPLICATE: (ImportDuplicate, {"run": run}, ("row", "story_id")),
        RowFate.REJECTED: (ImportIssue, {"run": run}, ("row", "reason", "excerpt")),
    }
    found: list[RowResult] = []
    for became, (model, of_run, columns) in parts.items():
        if result not in {"", became}:
            continue
        rows = model._default_manager.filter(**of_run, **beyond).order_by(order).values_list(*columns)
        story = () if became != RowFate.REJECTED else (None,)
        found += [RowResult(number, RowFate(became), *story, *rest) for number, *rest in rows[:limit]]
    found.sort(key=lambda one: one.row, reverse=backwards)
    return found[:limit][::-1] if backwards else found[:limit]


def earlier_import(run_sha256: str, *, before: int | None = None) -> ImportRun | None:
    """Return the newest import of a file with these bytes, started before import `before` if that is given."""
    runs = ImportRun.objects.select_related("source").filter(file_sha256=run_sha256).order_by("-pk")
    return (runs.filter(pk__lt=before) if before else runs).first()


@dataclass(frozen=True)
class Steps:
    """How far the stories that an import added have come: how many there are, are checked, and are scored."""

    stored: int
    checked: int
    scored: int
    blocked: int
    ready: int


def steps_of(run: ImportRun) -> Steps:
    """Count the stories of one import by the steps that follow it, in one statement. A queued story went past both."""
    before = Q(state=State.STORED)
    held = Q(state=State.BLOCKED)
    found = Stage.objects.filter(story__import_run=run).aggregate(
        stored=Count("pk"),
        checked=Count("pk", filter=~before),
        scored=Count("pk", filter=~before & ~held & ~Q(state=State.CHECKED)),
        blocked=Count("pk", filter=held),
        ready=Count("pk", filter=Q(state__in=[State.CHECKED, State.SCORED])),
    )
    return Steps(**found)
