"""The story browser."""

from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from annotations.queries import queues_for
from curation.accounts.models import User
from curation.core.errors import NotAllowed
from curation.core.tones import tone_of
from curation.pages.browse import COUNTED, BrowseForm, counts_by_state, fitting, page_of
from curation.stories.actions.search import only_common
from curation.stories.stages import State

# The open queues that chosen stories can be added to from here; the others have their own page.
QUEUES_OFFERED = 4


@require_GET
def story_list(request: HttpRequest) -> HttpResponse:
    """All stories, newest first, with search and filters. For curators and admins."""
    user = cast(User, request.user)
    if not user.is_curator:
        raise NotAllowed(_("Curators browse the stories. Yours come to you one at a time, in your queues."))
    form = BrowseForm(request.GET)
    left_out = form.left_out()
    wish = form.cleaned_data
    page = page_of(user, fitting(user, wish), before=_id(request, "before"), after=_id(request, "after"))
    by_state = counts_by_state(user)
    return render(
        request,
        "stories/story_list.html",
        {
            "form": form,
            "names": form.names,
            "left_out": left_out,
            "page": page,
            "counted": COUNTED,
            "queues": list(queues_for(user).filter(state="open").order_by("name")[:QUEUES_OFFERED]),
            "filtered": any(wish.values()),
            "total": sum(count for _state, count in by_state),
            "parts": parts_of(by_state),
            "too_common": bool(wish.get("q")) and not page.total and only_common(wish["q"]),
            "previous_url": _link(request, "after", page.after),
            "next_url": _link(request, "before", page.before),
        },
    )


def parts_of(by_state: list[tuple[State, int]]) -> list[dict[str, str | int]]:
    """Return counts by state as the parts of a bar."""
    return [{"label": str(state.label), "value": n, "tone": tone_of(state)} for state, n in by_state]


def _id(request: HttpRequest, name: str) -> int | None:
    value = request.GET.get(name, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 19 else None


def _link(request: HttpRequest, name: str, pk: int | None) -> str:
    if pk is None:
        return ""
    query = request.GET.copy()
    for old in ("before", "after"):
        query.pop(old, None)
    query[name] = str(pk)
    return f"?{query.urlencode()}"
