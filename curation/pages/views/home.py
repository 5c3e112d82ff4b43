"""The home page, which differs by role."""

from typing import Any, cast

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from annotations.queries.practice import has_practised
from curation.access.queries.grants import told_lately
from curation.accounts.models import Role, User
from curation.overview.queue_cards import cards_for
from curation.overview.states import counts_by_state
from curation.overview.under_way import Work
from curation.overview.whole import overview_of, work_for
from curation.pages import desk
from curation.pages.views.stories import parts_of
from curation.releases.queries.withdrawn import downloaded_and_withdrawn
from curation.stories.stages import State

DEMO_QUEUE = "samples"


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """What this person can do next."""
    user = cast(User, request.user)
    if user.is_curator and getattr(request, "htmx", False):
        return render(request, "pages/_under_way.html", _shown(work_for(user, counts_by_state(user))))
    if user.role == Role.RESEARCHER:
        context: dict[str, Any] = {"releases": desk.newest_releases(user), "taken_back": downloaded_and_withdrawn(user)}
        context["access"] = told_lately(user)[: desk.SHOWN]
        return render(request, "pages/home_researcher.html", context)
    cards = cards_for(user)
    context = {
        "cards": cards,
        "practised": has_practised(user),
        "reading": desk.reading_of(user),
        "demo": any(card.queue.slug == DEMO_QUEUE for card in cards),
    }
    if not user.is_curator:
        context["access"] = told_lately(user)[: desk.SHOWN]
        return render(request, "pages/home_annotator.html", context)
    found = overview_of(user, cards)
    counts = dict(found.by_state)
    context |= _shown(found.work) | {
        "steps": found.steps,
        "reviewers": found.reviewers,
        "releases": desk.newest_releases(user),
        "parts": parts_of(found.by_state),
        "total": sum(counts.values()),
        "accepted": counts.get(State.ACCEPTED, 0),
        "mine": [card for card in cards if card.member],
    }
    if user.role == Role.ADMIN:
        context["people"] = _people()
    return render(request, "pages/home_curator.html", context)


def _shown(work: list[Work]) -> dict[str, Any]:
    return {"work": work, "goes_on": any(one.open for one in work)}


def _people() -> list[tuple[str, int]]:
    counts = dict(User.objects.filter(is_active=True).values_list("role").annotate(n=Count("pk")).order_by())
    return [(str(role.label), counts.get(role, 0)) for role in Role]
