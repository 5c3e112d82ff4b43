"""Activity: what was done, by whom, a day at a time."""

from datetime import date
from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from curation.accounts.models import User
from curation.accounts.permissions import check_can_keep_accounts
from curation.audit.kinds import KINDS
from curation.pages.activity import days_around, lines_of

MOST_PEOPLE = 500


@require_GET
def activity(request: HttpRequest) -> HttpResponse:
    """One day of the log in sentences, by person and kind. For admins. What a link asks for wrongly is left out."""
    reader = cast(User, request.user)
    check_can_keep_accounts(actor=reader)
    asked, kind = request.GET.get("person", ""), request.GET.get("kind", "")
    person = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 18 else None
    page = request.GET.get("page", "")
    number = int(page) if page.isascii() and page.isdigit() and 0 < int(page[:5]) < 1000 else 1
    day, before, after = days_around(_day(request.GET.get("day", "")), person, reader=reader)
    lines, more = lines_of(day, reader=reader, actor=person, kind=kind, number=number)

    def link(**changes: object) -> str:
        query = request.GET.copy()
        query.pop("page", None)
        for name, value in changes.items():
            query[name] = str(value)
        return f"?{query.urlencode()}"

    context = {
        "lines": lines,
        "day": day,
        "person": person,
        "kind": kind,
        "kinds": [(key, label) for key, (label, _verbs) in KINDS.items()],
        "people": User.objects.order_by("username").only("username", "display_name")[:MOST_PEOPLE],
        "before": link(day=before) if before else "",
        "after": link(day=after) if after else "",
        "previous_url": link(day=day, page=number - 1) if number > 1 else "",
        "next_url": link(day=day, page=number + 1) if more else "",
    }
    return render(request, "people/activity.html", context)


def _day(written: str) -> date | None:
    try:
        found = date.fromisoformat(written)
    except ValueError:
        return None
    return found if 2000 <= found.year < 9000 else None
