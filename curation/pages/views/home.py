"""The home page, which differs by role."""

from typing import Any, cast

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from annotations.queries.practice import has_practised
from curation.accounts.models import Role, User
from curation.pages import desk
from curation.pages.browse import counts_by_state
from curation.pages.reviewers import reviewing
from curation.pages.views.stories import parts_of
from curation.stories.stages import State

DEMO_QUEUE = "samples"


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """What this person can do next."""
    user = cast(User, request.user)
    if user.role == Role.RESEARCHER:
        return render(request, "pages/home_researcher.html", {"releases": desk.newest_releases(user)})
    cards = desk.cards_for(user)
    context: dict[str, Any] = {
        "cards": cards,
        "practised": has_practised(user),
        "reading": desk.reading_of(user),
        "demo": any(card.queue.slug == DEMO_QUEUE for card in cards),
    }
    if not user.is_curator:
        return render(request, "pages/home_annotator.html", context)
    by_state = counts_by_state(user)
    counts = dict(by_state)
    context |= {
        "running": desk.running(user),
        "reviewers": reviewing(user),
        "releases": desk.newest_releases(user),
        "parts": parts_of(by_state),
        "total": sum(counts.values()),
        "blocked": counts.get(State.BLOCKED, 0),
        "waiting": counts.get(State.SCORED, 0) + counts.get(State.CHECKED, 0),
        "accepted": counts.get(State.ACCEPTED, 0),
        "mine": [card for card in cards if card.member],
    }
    if user.role == Role.ADMIN:
        context["people"] = _people()
    return render(request, "pages/home_curator.html", context)


def _people() -> list[tuple[str, int]]:
    counts = dict(User.objects.filter(is_active=True).values_list("role").annotate(n=Count("pk")).order_by())
    return [(str(role.label), counts.get(role, 0)) for role in Role]
