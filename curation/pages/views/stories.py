"""The story browser."""

from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from annotations.actions import recuse_from
from annotations.models import Saw
from annotations.queries import queues_for
from curation.accounts.models import User
from curation.core.own_pages import ask_first, is_from_elsewhere
from curation.core.tones import tone_of
from curation.overview.states import counts_by_state
from curation.pages.browse import COUNTED, BrowseForm, page_of
from curation.pages.ordering import NEWEST, ORDERS
from curation.stories.actions.search import only_common
from curation.stories.permissions import check_can_browse
from curation.stories.stages import State
from curation.triage.filters import matching_stories

# The open queues that chosen stories can be added to from here; the others have their own page.
QUEUES_OFFERED = 4
# Which way the places in an address lead.
WAYS = ("next", "previous")
# How the filters by a flag begin that tell what readers raised.
RAISED = "raised:"


@require_GET
def story_list(request: HttpRequest) -> HttpResponse:
    """All stories, newest first or in another order, with search and filters. For curators and admins."""
    user = cast(User, request.user)
    check_can_browse(actor=user)
    if request.GET.get("flag", "").startswith(RAISED) and is_from_elsewhere(request):
        return ask_first(request)
    form = BrowseForm(request.GET)
    left_out = form.left_out()
    asked, chosen = form.cleaned_data, form.story_filter()
    sort = asked.get("sort") or NEWEST
    ways = {way: request.GET.get(way, "") for way in WAYS}
    page = page_of(user, matching_stories(chosen, reader=user), ORDERS[sort], **ways)
    if chosen.raised and recuse_from(user=user, stories=[story.pk for story in page.stories], saw=Saw.REVIEWS):
        # Now that it is on record, their flags are shown.
        page = page_of(user, matching_stories(chosen, reader=user), ORDERS[sort], **ways)
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
            "sort": sort,
            "run": asked.get("run"),
            "filtered": any(value for name, value in asked.items() if name != "sort"),
            "total": sum(count for _state, count in by_state),
            "parts": parts_of(by_state),
            "too_common": bool(chosen.words) and not page.total and only_common(chosen.words),
            "previous_url": _link(request, "previous", page.previous),
            "next_url": _link(request, "next", page.next),
        },
    )


def parts_of(by_state: list[tuple[State, int]]) -> list[dict[str, str | int]]:
    """Return counts by state as the parts of a bar."""
    return [{"label": str(state.label), "value": n, "tone": tone_of(state)} for state, n in by_state]


def _link(request: HttpRequest, way: str, place: str) -> str:
    if not place:
        return ""
    query = request.GET.copy()
    for old in WAYS:
        query.pop(old, None)
    query[way] = place
    return f"?{query.urlencode()}"
