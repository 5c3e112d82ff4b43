"""What the worker is at, how far it is, and what of it stopped and needs a person."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal, TypeVar

from django.db.models import Case, Exists, OuterRef, Q, QuerySet, When
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from curation.accounts.models import User
from curation.core.leases.model import Leased
from curation.core.leases.waiting import waits_for
from curation.releases.models import Release
from curation.releases.models.release import ReleaseState
from curation.scoring.models.run import RunState
from curation.scoring.queries import answers_over, open_runs, stalled
from curation.scoring.queries import progress as scoring_progress
from curation.stories.models import ImportRun
from curation.stories.models.imports import ImportState
from curation.triage.models import Fill, FillState

SHOWN = 6
ADDED, ORDERED = (
    gettext_lazy("%(done)s of %(total)s stories added"),
    gettext_lazy("%(done)s of %(total)s stories put in order"),
)
FAILED_SHOWN = timedelta(days=30)
T = TypeVar("T", bound=Leased)
Kind = Literal["import", "checks", "scoring", "run", "fill", "release"]


@dataclass(frozen=True)
class Work:
    """One thing that the worker does or did: `done` of `total` units, `said` in words.

    `stopped` is what to do about what cannot go on by itself, `held_up` why it does not get on right now. `open` is
    whether anything of it goes on by itself.
    """

    kind: Kind
    name: str
    url: str
    said: str
    done: int
    total: int
    stopped: str = ""
    held_up: str = ""
    open: bool = True


def under_way(user: User, *, stored: int, stories: int) -> list[Work]:
    """Return what is being done or has stopped, in the order of a story's way, without anything that has ended well.

    `stored` of all `stories` wait for their checks. Of releases those that this person may open.
    """
    return [*_imports(), *_checks(stored, stories), *_scoring(), *_runs(), *_fills(), *_releases(user)]


def _imports() -> list[Work]:
    # The newest failures of a month; one that was followed by a whole import of the same file is mended.
    again = ImportRun.objects.filter(file_sha256=OuterRef("file_sha256"), state=ImportState.DONE, pk__gt=OuterRef("pk"))
    failed = Q(state=ImportState.FAILED, created_at__gte=Now() - FAILED_SHOWN) & ~Exists(again)
    found = ImportRun.objects.filter(Q(state__in=[ImportState.PENDING, ImportState.RUNNING]) | failed)
    return _carried_out(
        found.order_by("-id"),
        lambda run: Work(
            kind="import",
            name=run.file_name,
            url=reverse("import_detail", args=[run.pk]),
            said=ngettext("%(n)s row read", "%(n)s rows read", run.rows_done) % {"n": _figure(run.rows_done)},
            done=run.bytes_done,
            total=run.file_size,
        ),
    )


def _checks(stored: int, stories: int) -> list[Work]:
    if not stored:
        return []
    said = ngettext("%(n)s story to check", "%(n)s stories to check", stored) % {"n": _figure(stored)}
    url = reverse("story_list") + "?state=stored"
    return [Work("checks", _("New stories"), url, said, done=stories - stored, total=stories)]


def _scoring() -> list[Work]:
    found = []
    for one in scoring_progress():
        if not (one.open or one.failed):
            continue
        told = {"done": _figure(one.done), "total": _figure(one.total)}
        failed = ngettext(
            "%(n)s story could not be scored: the scoring page says why. People can rate it all the same.",
            "%(n)s stories could not be scored: the scoring page says why. People can rate them all the same.",
            one.failed,
        )
        found.append(
            Work(
                kind="scoring",
                name=str(one.version),
                url=reverse("scoring_progress"),
                said=_("%(done)s of %(total)s stories scored") % told,
                done=one.done + one.failed,
                total=one.total,
                stopped=failed % {"n": _figure(one.failed)} if one.failed else "",
                open=one.open > 0,
            )
        )
    if not any(one.open for one in found) or not stalled():
        return found
    held_up = _("No worker has taken it up. It goes on by itself as soon as one runs.")
    return [replace(one, held_up=held_up if one.open else "") for one in found]


def _runs() -> list[Work]:
    found = list(open_runs()[:SHOWN])
    over = answers_over(found)
    stopped = {
        RunState.ESTIMATED: _("It waits for somebody to start it."),
        RunState.PAUSED: _("It is paused. Its page says why, and lets it go on."),
    }
    return [
        Work(
            kind="run",
            name=str(run),
            url=reverse("run", args=[run.pk]),
            said=_("%(done)s of %(total)s answers") % _so_far(over[run.pk], run.total),
            done=over[run.pk],
            total=run.total,
            stopped=str(stopped.get(RunState(run.state), "")),
            open=run.state in {RunState.STARTING, RunState.RUNNING},
        )
        for run in found
    ]


def _fills() -> list[Work]:
    return _carried_out(
        Fill.objects.exclude(state=FillState.DONE).select_related("queue").order_by("-id"),
        lambda fill: Work(
            kind="fill",
            name=fill.queue.name,
            url=reverse("queue_detail", args=[fill.queue.slug]),
            said=(ORDERED if fill.reorders else ADDED) % _so_far(fill.added, fill.total),
            done=fill.added,
            total=fill.total,
        ),
    )


def _releases(user: User) -> list[Work]:
    def told(release: Release) -> Work:
        said = _("%(done)s of %(total)s stories written") if release.frozen else _("%(done)s of %(total)s rows frozen")
        if not release.rows_total:
            said = _("its stories are being counted")
        return Work(
            kind="release",
            name=str(release),
            url=reverse("release", args=[release.dataset.org, release.dataset.name, release.version]),
            said=said % _so_far(release.rows_done, release.rows_total),
            done=release.rows_done,
            total=release.rows_total,
        )

    return _carried_out(
        Release.objects.visible_to(user)
        .filter(state__in=[ReleaseState.PENDING, ReleaseState.BUILDING, ReleaseState.FAILED])
        .select_related("dataset")
        .order_by("-id"),
        told,
    )


def _carried_out(found: QuerySet[T], told: Callable[[T], Work]) -> list[Work]:
    """Tell the first of what was found, those that a worker holds before the others, and what keeps each from going on.

    `told` says what a row is and how far it has come.
    """
    terms = found.model.terms
    held = Case(When(state=terms.held, then=0), default=1)
    rows = list(found.order_by(held, *found.query.order_by)[:SHOWN])
    stopped = _("It stopped. Its page says why, and lets you go on from there.")
    return [
        replace(told(row), stopped=stopped, open=False)
        if row.state == terms.failed
        else replace(told(row), held_up=_held_up(row, rows))
        for row in rows
    ]


def _held_up(work: Leased, others: Sequence[Leased]) -> str:
    return {
        "": "",
        "again": _("It met an error, and is tried again by itself."),
        "turn": _("It waits for its turn."),
        "nobody": _("No worker has taken it up. It goes on by itself as soon as one runs."),
        "gone": _("Its worker has stopped. Another one goes on with it."),
    }[waits_for(work, others=others)]


def _so_far(done: int, total: int) -> dict[str, str]:
    return {"done": _figure(done), "total": _figure(total)}


def _figure(number: int) -> str:
    return number_format(number, force_grouping=True)
