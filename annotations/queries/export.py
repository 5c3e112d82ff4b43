"""A reviewer's own reviews as rows that leave the house, in slices so that memory stays flat."""

import json
from collections.abc import Iterator
from typing import Any

from annotations.models import Review
from annotations.queries.history import as_data, in_full
from annotations.queries.status import with_status
from curation.accounts.models import User
from curation.core.csv_lines import MARK, csv_lines
from curation.standards.models import Criterion

SLICE = 200
FIRST = ["review", "story", "title", "queue", "kind", "origin", "blind", "submitted_at", "withdrawn", "out_of_scope"]
LAST = ["themes", "flags", "passages", "comment", "reason", "active_seconds", "words"]


def slices(user: User) -> Iterator[list[Review]]:
    """Yield all of this person's reviews with everything in them, oldest first: commits, extras and revisions."""
    last = 0
    mine = in_full(with_status(Review.objects.filter(reviewer=user))).order_by("id").defer("story__text")
    while found := list(mine.filter(pk__gt=last)[:SLICE]):
        yield found
        last = found[-1].pk


def as_jsonl(user: User) -> Iterator[str]:
    """Yield one JSON object per line and review."""
    for found in slices(user):
        yield "".join(json.dumps({**_about(review), **as_data(review)}, ensure_ascii=False) + "\n" for review in found)


def as_csv(user: User) -> Iterator[str]:
    """Yield a table with one column per criterion; N/A is written as such. No cell can be taken for a formula."""
    used = Criterion.objects.filter(rubric__in=Review.objects.filter(reviewer=user).values("rubric"))
    keys = list(dict.fromkeys(used.order_by("rubric_id", "position").values_list("key", flat=True)))
    yield MARK + csv_lines([[*FIRST, *keys, *LAST]])
    for found in slices(user):
        yield csv_lines([_row(review, keys) for review in found])


def _row(review: Review, keys: list[str]) -> list[object]:
    about, data = _about(review), as_data(review)
    ratings = {key: "N/A" if value is None else value for key, value in data["ratings"].items()}
    told = {
        **about,
        **data,
        "themes": " ".join(data["themes"]),
        "flags": " ".join(data["flags"]),
        "passages": " | ".join(f"{span['criterion'] or span['flag']}: {span['quote']}" for span in data["spans"]),
    }
    return [*(told[name] for name in FIRST), *(ratings.get(key, "") for key in keys), *(told[name] for name in LAST)]


def _about(review: Review) -> dict[str, Any]:
    return {
        "review": review.pk,
        "story": review.story_id,
        "title": review.story.title,
        "queue": review.assignment.item.queue.slug,
        "kind": review.kind,
        "origin": review.origin,
        "blind": review.blind,
        "submitted_at": review.submitted_at.isoformat(),
        "withdrawn": getattr(review, "withdrawal", None) is not None,
        "reason": review.reason,
        "words": review.story.n_words,
    }
