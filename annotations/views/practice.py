"""The practice round: its start, its stories in the review room, and the feedback after each."""

import uuid
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from annotations.actions.practising import practise
from annotations.forms import posted, rating_form_of
from annotations.models import PracticeAttempt
from annotations.practising import (
    ENOUGH,
    PracticeComparison,
    PracticeStory,
    compare,
    flags_beside,
    practice_stories,
    round_of,
    story_at,
    themes_beside,
)
from annotations.queries import queues_for
from annotations.queries.practice import as_done, has_practised, latest_attempts
from annotations.schema import parse_submission
from annotations.views.review import WORDS
from curation.accounts.models import User
from curation.core.errors import InvalidInput
from curation.standards.models import Principle, Rubric
from curation.standards.queries import current_rubric
from curation.standards.spec import spec_for_reader, spec_of
from curation.standards.translating import name_for_reader
from curation.stories.models import Story

STEP = 32


@require_GET
def practice(request: HttpRequest) -> HttpResponse:
    """What the practice round is, how far this person is, and where to go on.

    With `queue` (its slug) the page offers to start there at once instead.
    """
    user = cast(User, request.user)
    slug = request.GET.get("queue", "").replace("\x00", "")
    queue = queues_for(user).filter(slug=slug).first() if slug else None
    stories, latest = practice_stories(), latest_attempts(user)
    open_ones = [story for story in stories if story.key not in latest]
    practised = has_practised(user)
    context = {
        "rows": [(story, latest.get(story.key)) for story in stories],
        "round": round_of({key: as_done(attempt) for key, attempt in latest.items()}),
        "next": open_ones[0] if open_ones else None,
        "practised": practised,
        "queue": queue,
        "choosing": bool(queue and open_ones and not practised),
        "enough": round(100 * ENOUGH),
        "fallback": _fallback(stories),
    }
    return render(request, "annotations/practice/start.html", context)


@require_http_methods(["GET", "POST"])
def practice_story(request: HttpRequest, number: int) -> HttpResponse:
    """One practice story in the review room; what is submitted is kept as an attempt and never as a review."""
    user, story, rubric = cast(User, request.user), story_at(number), current_rubric()
    if request.method == "GET":
        return _room(request, story, rubric, {})
    data: dict[str, Any] = {}
    try:
        data = posted(request.POST, spec_of(rubric), story.text)
        submission = parse_submission(data, rubric)
        practise(user=user, story=story, submission=submission, spec=spec_for_reader(rubric))
    except InvalidInput as error:
        return _room(request, story, rubric, data, error)
    return redirect("practice_feedback", number)


@require_GET
def practice_feedback(request: HttpRequest, number: int) -> HttpResponse:
    """One's latest attempt at a practice story beside an expert's ratings, with the reasons."""
    user, story, rubric = cast(User, request.user), story_at(number), current_rubric()
    latest = latest_attempts(user)
    attempt = latest.get(story.key)
    if attempt is None:
        return redirect("practice_story", number)
    form, stories = spec_for_reader(rubric), practice_stories()
    names = {criterion.key: criterion for criterion in form.criteria}
    compared = compare(story, attempt.data.get("ratings") or {}, names)
    waiting = [one for one in stories if one.key not in latest]
    later = [one for one in waiting if one.number > number]
    context = {
        "story": story,
        "attempt": attempt,
        "words": _kind_words(attempt),
        "rows": [(names[part.key], part, _positions(part)) for part in compared],
        "flags": flags_beside(story, attempt.data, {flag.key: flag.name for flag in form.flags}),
        "themes": themes_beside(story, attempt.data, {theme.key: theme.name for theme in form.themes}),
        "marks": _marks(story, {key: names[key] for key in names}, {flag.key: flag.name for flag in form.flags}),
        "next": next(iter(later or waiting), None),
        "round": round_of({key: as_done(one) for key, one in latest.items()}),
        "stories": len(stories),
        "fallback": _fallback([story]),
    }
    return render(request, "annotations/practice/feedback.html", context)


def _fallback(stories: Sequence[PracticeStory]) -> str:
    """Return the language of the stories that nobody has translated for whoever looks, empty where none is missing."""
    reads = (get_language() or "").split("-")[0]
    return next((story.language for story in stories if reads and story.language != reads), "")


def _room(
    request: HttpRequest,
    story: PracticeStory,
    rubric: Rubric,
    data: dict[str, Any],
    problem: InvalidInput | None = None,
) -> HttpResponse:
    spec = spec_for_reader(rubric)
    names = dict(
        Principle.objects.filter(key__in=story.principles).order_by("id").values_list("key", name_for_reader(Principle))
    )
    context = {
        "practice": story,
        "stories": len(practice_stories()),
        # Never stored.
        "story": Story(title=story.title, text=story.text, n_words=story.n_words, language=story.language),
        # What the room's templates read of a queue and an assignment. As with `reveal`, no story is fetched ahead and
        # the plain form goes.
        "queue": SimpleNamespace(slug="practice", lease_minutes=60, reveal=True),
        "assignment": SimpleNamespace(pk=f"practice-{story.key}", rubric_id=rubric.pk),
        "around": {
            "principles": [names.get(key, key) for key in story.principles],
            "notes": [],
            "principles_by": _("tags of the expert"),
        },
        "spec": spec,
        "sheet": rating_form_of(spec, data, (), getattr(problem, "missing", ())),
        "data": data,
        "version": 0,
        "key": uuid.uuid4(),
        "problem": problem,
        "words": WORDS,
        "draft_url": "",
        "action": reverse("practice_story", args=[story.number]),
        "leave": reverse("practice"),
    }
    return render(request, "annotations/practice/room.html", context, status=problem.status if problem else 200)


def _positions(part: PracticeComparison) -> dict[str, Any]:
    """Where a comparison is drawn: five places for 1 to 5, `STEP` apart."""
    return {
        "dots": [(value, STEP * value - STEP // 2) for value in range(1, 6)],
        "own": STEP * part.own - STEP // 2 if part.own else None,
        "expert": STEP * part.expert - STEP // 2 if part.expert else None,
        "width": 5 * STEP,
    }


def _marks(story: PracticeStory, criteria: dict[str, Any], flags: dict[str, str]) -> list[dict[str, Any]]:
    marks = []
    for part in (*story.passages, *story.flags):
        key = part.get("criterion") or part["key"]
        if key not in criteria and key not in flags:
            continue
        start = story.text.index(part["quote"])
        group, label = (criteria[key].group, criteria[key].name) if key in criteria else ("F", flags[key])
        marks.append({"start": start, "end": start + len(part["quote"]), "group": group, "label": label})
    return sorted(marks, key=lambda mark: mark["start"])


def _kind_words(attempt: PracticeAttempt) -> str:
    apart = attempt.compared - attempt.within_one
    if attempt.exact == attempt.compared:
        return _("Every rating is the expert’s. You could be writing these.")
    if apart == 0:
        return _("You never differ by more than one. That is how two experienced readers differ.")
    if apart <= 2:
        return ngettext(
            "One criterion came out further apart. It is worth a minute; the rest is well read.",
            "%(n)d criteria came out further apart. They are worth a minute; the rest is well read.",
            apart,
        ) % {"n": apart}
    return _("You read this one quite differently. That is what practice is for: see whether the reasons convince you.")
