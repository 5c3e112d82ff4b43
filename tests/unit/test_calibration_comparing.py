"""What a reviewer said beside what the judge had said, whatever either left out."""

from types import SimpleNamespace
from typing import Any, cast

from annotations.models import Review
from curation.calibration.comparing import compare
from curation.scoring.values import StoryScore

VERSION: Any = object()


def scored(key: str, value: float) -> StoryScore:
    return StoryScore(key, key[0], f"Name {key}", value, 0.5, "", [], cast(Any, "provisional"), VERSION)


def reviewed(ratings: dict[str, int | None], spans: tuple[str | None, ...] = ()) -> Review:
    rows = [SimpleNamespace(criterion=SimpleNamespace(key=key), value=value) for key, value in ratings.items()]
    marks = [SimpleNamespace(criterion=SimpleNamespace(key=key) if key else None) for key in spans]
    held = SimpleNamespace(ratings=SimpleNamespace(all=lambda: rows), spans=SimpleNamespace(all=lambda: marks))
    return cast(Review, held)


def test_what_is_apart_is_told_first_and_only_two_values_are_compared() -> None:
    scores = [scored("A1", 4.4), scored("A2", 1.0), scored("B1", 3.6), scored("C1", 5.0), scored("D1", 2.0)]
    found = compare(reviewed({"A1": 4, "A2": 3, "B1": 3, "C1": None}, ("A2", None, "B1", "A2")), scores)
    assert [line.score.key for line in found.apart] == ["A2"]
    assert [line.score.key for line in found.rest] == ["A1", "B1", "C1", "D1"]
    assert [line.score.key for line in found.in_order] == ["A1", "A2", "B1"]
    assert [line.level for line in (*found.apart, *found.rest)] == ["apart", "same", "near", "", ""]
    assert [(line.rated, line.own) for line in found.rest[1:]] == [(True, 3), (True, None), (False, None)]
    assert [len(line.spans) for line in (*found.apart, *found.rest)] == [2, 0, 1, 0, 0]
    assert (found.both, found.close, found.apart_on, found.version) == (3, 2, "Name A2", VERSION)


def test_a_review_without_ratings_has_nothing_to_compare() -> None:
    found = compare(reviewed({}), [scored("A1", 4.0)])
    assert (found.apart, found.in_order, found.both, found.close, found.apart_on) == ([], [], 0, 0, "")
