"""One story's page, and what a curator does there."""

from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from annotations.actions import recuse_from, unblock
from annotations.models import Recusal, Review, Saw
from annotations.permissions import can_adjudicate
from annotations.queries.blindness import has_seen_scores, told_state
from annotations.queries.decisions import decisions_for, extras_of
from annotations.queries.kept_back import history_of
from annotations.queries.side_by_side import side_by_side
from curation.accounts.models import User
from curation.audit.models import Entry
from curation.calibration.actions import ask_for_scores, reveal_findings, reveal_scores
from curation.calibration.permissions import can_ask_for_scores
from curation.core.own_pages import ask_first, is_from_elsewhere
from curation.erasure.finding import purge_of
from curation.erasure.permissions import can_purge
from curation.ratings_import.queries import imported_reviews
from curation.scoring.queries import rubric_in_use
from curation.standards.queries import names_by_kind
from curation.stories.models import Check, Story
from curation.stories.models.tag import TagKind
from curation.stories.permissions import can_unblock
from curation.stories.queries import findings_of, lineage_of, load_story

HISTORY = 50
# How the record of who has seen scores names this page.
PAGE = "story"


@require_GET
def story_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Text, provenance, checks, decisions, reviews and history of one story; scores only for who asked to see them.

    Whoever is shown the reviews is not given the story to review any more.
    """
    user = cast(User, request.user)
    story = load_story(user, pk)
    checks = findings_of(story)
    parents, children = lineage_of(story)
    own, decisions = decisions_for(user, story)
    readable = bool(decisions)
    if own.blind:
        story.stage.state = told_state(story.stage.state)
    if readable:
        if is_from_elsewhere(request) and not Recusal.objects.filter(user=user, story=story, saw=Saw.REVIEWS).exists():
            return ask_first(request)
        recuse_from(user=user, stories=[story.pk], saw=Saw.REVIEWS)
    sides = side_by_side(decisions[0]) if readable and decisions[0].review_ids else None
    exposed = has_seen_scores(user, story)
    return render(
        request,
        "stories/story_detail.html",
        {
            "story": story,
            "marks": [*(_mark(check) for check in checks if check.start is not None), *(sides.marks if sides else ())]
            if story.text
            else [],
            "checks": checks,
            "passed": story.checks.filter(verdict="pass").count(),
            "tags": _tags(story),
            "parents": parents,
            "children": children,
            "decisions": decisions,
            "sides": sides,
            "extras": extras_of(story) if readable else [],
            "n_reviews": 0 if own.blind else Review.objects.live_commits().filter(story=story).count(),
            "n_imported": 0 if own.blind else imported_reviews(story.pk).count(),
            "decided": readable,
            "own": own,
            "reading": own.reading,
            "may_ask": can_ask_for_scores(actor=user, story=story),
            "exposed": exposed,
            "scores": reveal_scores(user=user, story=story, rubric=rubric_in_use(), where=PAGE) if exposed else [],
            "findings": reveal_findings(user=user, story=story, rubric=rubric_in_use()) if exposed else [],
            "may_adjudicate": story.stage.state == "adjudication" and can_adjudicate(actor=user, story=story),
            "may_unblock": story.stage.state == "blocked" and can_unblock(actor=user, story=story),
            "may_purge": can_purge(actor=user),
            "purge": purge_of(story.pk),
            "history": _history(user, story),
        },
    )


@require_POST
def story_scores(request: HttpRequest, pk: int) -> HttpResponse:
    """Show this person the machine scores from now on, and note that they saw them."""
    user = cast(User, request.user)
    story = load_story(user, pk)
    if not ask_for_scores(user=user, story=story, rubric=rubric_in_use(), where=PAGE):
        messages.info(request, _("No model has scored this story yet."))
    return redirect(reverse("story_detail", args=[story.pk]) + "#scores")


@require_POST
def story_unblock(request: HttpRequest, pk: int) -> HttpResponse:
    """Lift the block that a check put on a story."""
    user = cast(User, request.user)
    story = load_story(user, pk)
    unblock(actor=user, story=story)
    messages.success(request, _("The block is lifted. The story goes on from where it was."))
    return redirect("story_detail", story.pk)


def _mark(check: Check) -> dict[str, Any]:
    return {"start": check.start, "end": check.end, "group": "F", "label": check.reason}


def _tags(story: Story) -> list[tuple[str, list[str]]]:
    kept: dict[str, list[str]] = {kind.value: [] for kind in TagKind}
    for kind, key in story.tags.order_by("id").values_list("kind", "key"):
        if key not in kept[kind]:
            kept[kind].append(key)
    known = names_by_kind()
    return [
        (str(TagKind(kind).label), [(known[kind].name_of(key) if kind in known else "") or key for key in keys])
        for kind, keys in kept.items()
        if keys
    ]


def _history(user: User, story: Story) -> list[Entry]:
    return list(history_of(story, reader=user).order_by("-at")[:HISTORY])
