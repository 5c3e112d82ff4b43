"""After the blind commit: what the reviewer said beside what the judge had said."""

from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from annotations.permissions import can_revise, can_withdraw
from annotations.queries.history import load_review
from curation.accounts.models import User
from curation.calibration.actions import reveal_comparison
from curation.triage.queries import shown_judge


@require_GET
def comparison(request: HttpRequest, review_id: int) -> HttpResponse:
    """Show the comparison where the queue allows it, and record that the reviewer has now seen scores of the story."""
    user = cast(User, request.user)
    review = load_review(user, review_id)
    compared = reveal_comparison(actor=user, review=review, judge=shown_judge(review.assignment.item.queue))
    context = {
        # Whoever sees scores can revise from now on, and not take back.
        "may_withdraw": compared is None and can_withdraw(actor=user, review=review),
        "may_revise": compared is not None or can_revise(actor=user, review=review),
        "review": review,
        "compared": compared,
        "version": compared.version if compared else None,
    }
    partial = getattr(request, "htmx", False)
    return render(request, "scoring/_comparison.html" if partial else "scoring/comparison.html", context)
