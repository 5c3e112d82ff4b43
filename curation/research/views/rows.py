"""The rows of a version: pages of stories, and one story with all that was said of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from curation.core.errors import NotFound, Unavailable
from curation.core.plain_text import whole_number
from curation.core.storage import FileMissing
from curation.releases.actions import note_download
from curation.releases.manifest import rows_by_split
from curation.releases.models import Release
from curation.releases.models.dataset import Split
from curation.releases.views.files import built
from curation.releases.views.opening import open_to_strangers
from curation.research.actions import profile_of
from curation.research.forms import RowsForm
from curation.research.models import Profile
from curation.research.queries.naming import names_of
from curation.research.queries.told import told_story
from curation.research.rows.questions import RowFilter
from curation.research.rows.reading import A_PAGE, RowPage, page_of, place_of
from curation.research.views.gate import for_readers

# Searches of a process at a time: each decodes texts as fast as a core can, and reviewing goes on beside them.
SEARCHES = BoundedSemaphore(2)
AGAIN_SECONDS = 2


@contextmanager
def searching(question: RowFilter) -> Iterator[None]:
    """Take one of the few places for a search while it lasts; `Unavailable` when all are taken."""
    if not question.asks:
        yield
    elif SEARCHES.acquire(blocking=False):
        try:
            yield
        finally:
            SEARCHES.release()
    else:
        raise Unavailable(_("Others are searching just now. Try again in a moment."), retry_after=AGAIN_SECONDS)


def counted(release: Release) -> Profile:
    """Return what was counted of a release; `Unavailable` before it was."""
    if found := profile_of(release):
        return found
    text = _("The rows of this version are being counted, or a file of it cannot be read. Try again in a minute.")
    raise Unavailable(text, retry_after=60)


def splits_of(release: Release) -> dict[str, int]:
    """Return the splits that a release has stories in, in their order, each with how many."""
    rows = rows_by_split(release.manifest or {"files": []}).get("stories", {})
    return {split: rows[split] for split in Split.values if split in rows}


@require_safe
@for_readers
def rows(request: HttpRequest, release: Release) -> HttpResponseBase:
    """Show a page of stories from a row on, or those among the next rows that a reader looks for."""
    profile, splits = counted(release), splits_of(release)
    names = names_of(release)
    asked = request.GET.copy()
    if place := _named(release, asked.get("q", "")):
        return redirect("release_row", release.dataset.org, release.dataset.name, release.version, *place)
    form = RowsForm(asked, profile, release, names)
    question = form.question
    split = asked.get("split", "")
    split = split if split in splits else max(splits, key=lambda one: splits[one])
    start = min(whole_number(asked.get("row", "")) or 0, max(0, splits[split] - 1))
    had = min(whole_number(asked.get("had", "")) or 0, A_PAGE - 1)
    more = bool(getattr(request, "htmx", False)) and "had" in asked
    again = None
    try:
        with searching(question):
            page = page_of(release, split, start, question, size=A_PAGE - had if more else A_PAGE)
    except FileMissing:
        raise
    except Unavailable:
        if not more:
            raise
        # Whoever looks for much waits for the others, where they were.
        page, again = RowPage(start, [], start, 0, splits[split]), AGAIN_SECONDS
    context: dict[str, Any] = {
        "release": release,
        "dataset": release.dataset,
        "form": form,
        "question": question,
        "splits": [(one, Split(one).label, n, _with(asked, split=one)) for one, n in splits.items()],
        "split": split,
        "page": page,
        "names": names,
        "seen": page.start + page.looked,
        "again": again,
        "again_url": _with(asked, row=start),
        "asked": [(name, value) for name, value in asked.items() if name not in {"row", "had", "split"} and value],
        "last": min(page.start + len(page.stories), page.total),
    }
    if page.following is not None:
        context["next_url"] = _with(asked, row=page.following, split=split)
        if question.asks and not page.full:
            context["goes_on_url"] = _with(
                asked, row=page.following, split=split, had=(had if more else 0) + len(page.stories)
            )
    if page.start and not question.asks:
        context["previous_url"] = _with(asked, row=max(0, page.start - A_PAGE), split=split)
    return render(request, "research/_more.html" if more else "research/rows.html", context)


def _with(asked: QueryDict, **changed: object) -> str:
    """Return the query of this page with other values; a page that is gone on to has them all anew."""
    wanted = {name: str(value) for name, value in asked.items() if value and name not in {"row", "had"}}
    wanted |= {name: str(value) for name, value in changed.items()}
    query = QueryDict(mutable=True)
    query.update(wanted)
    return f"?{query.urlencode()}"


def _named(release: Release, words: str) -> tuple[str, int] | None:
    """Return where the story is whose id was typed, as an id is one word with a dash and a number."""
    words = words.strip()
    if not (8 <= len(words) <= 80 and "-" in words and any(sign.isdigit() for sign in words)) or " " in words:
        return None
    return place_of(release, words)


@require_safe
@for_readers
def row(request: HttpRequest, release: Release, split: str, row: int) -> HttpResponseBase:
    """Show one story: its text with the passages that reviewers marked, every rating, the decision, where it comes
    from."""
    counted(release)
    told = told_story(release, split, row)
    if told is None:
        raise NotFound(_("%(version)s has no row %(row)d in %(split)s.") % {
            "version": release.version, "row": row, "split": split[:20],
        })  # fmt: skip
    total = splits_of(release).get(split, 0)
    at = [release.dataset.org, release.dataset.name, release.version, split]
    context = {
        "release": release,
        "dataset": release.dataset,
        "split": split,
        "row": row,
        "total": total,
        "told": told,
        "list_url": reverse("release_rows", args=at[:3]) + f"?split={split}&row={row - row % A_PAGE}",
        "previous_url": reverse("release_row", args=[*at, row - 1]) if row else "",
        "next_url": reverse("release_row", args=[*at, row + 1]) if row + 1 < total else "",
    }
    return render(request, "research/row.html", context)


@require_safe
@for_readers
def story(request: HttpRequest, release: Release, public_id: str) -> HttpResponseBase:
    """Lead from a story's id to its row."""
    counted(release)
    place = place_of(release, public_id[:80])
    if place is None:
        raise NotFound(_("%(version)s has no story %(id)s.") % {"version": release.version, "id": public_id[:80]})
    return redirect("release_row", release.dataset.org, release.dataset.name, release.version, *place)


@require_POST
@open_to_strangers
def read(request: HttpRequest, org: str, name: str, version: str) -> HttpResponse:
    """Put on record that somebody reads the rows of a version, and lead on to what they came for."""
    release = built(request, org, name, version)
    if request.user.is_authenticated:
        note_download(user=request.user, release=release)
    address = request.POST.get("next", "")
    if not address.startswith("/") or not url_has_allowed_host_and_scheme(address, allowed_hosts=None):
        address = reverse("release_rows", args=[org, name, version])
    return redirect(address)
