"""The figures over all ratings of a release: the same as by the formulas, however the stories are sliced."""

from statistics import mean

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.queries.packed_ratings import NOT_APPLICABLE, NOT_RATED, unpack
from curation.releases import rating_figures
from curation.releases.rating_figures import RatingFigures

KEYS = ["A1", "C1"]
of_one_review = st.tuples(*[st.sampled_from([NOT_RATED, 1, 2, 3, 4, 5, NOT_APPLICABLE]) for _ in KEYS])
of_one_story = st.tuples(st.lists(of_one_review, max_size=4), st.tuples(*[st.booleans() for _ in KEYS]))


def gathered(slices: list[list[tuple[list[tuple[int, ...]], tuple[bool, ...]]]]) -> RatingFigures:
    figures = RatingFigures(KEYS)
    for stories in slices:
        rows = [(place, review) for place, (reviews, _) in enumerate(stories) for review in reviews]
        figures.add(
            np.array([place for place, _ in rows], np.intp),
            np.array([review for _, review in rows], np.int8).reshape(-1, len(KEYS)),
            np.array([applying for _, applying in stories], np.bool_).reshape(-1, len(KEYS)),
        )
    return figures


@given(st.lists(of_one_story, max_size=8), st.integers(0, 8))
def test_figures_are_those_of_the_formulas_in_any_slices(
    stories: list[tuple[list[tuple[int, ...]], tuple[bool, ...]]], cut: int
) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(rating_figures, "LEAST_STORIES", 1)
        found = gathered([stories[:cut], stories[cut:]])
        pool, counts = found.pool(), found.counts()
    for place, key in enumerate(KEYS):
        given_ = [review[place] for reviews, _ in stories for review in reviews if review[place] != NOT_RATED]
        assert counts.get(key, [0] * 6) == [given_.count(value) for value in (NOT_APPLICABLE, 1, 2, 3, 4, 5)]
        cells = [[r[place] for r in reviews if 1 <= r[place] <= 5] for reviews, applies in stories if applies[place]]
        cells = [cell for cell in cells if cell]
        if not cells:
            assert key not in pool
            continue
        assert pool[key]["mean"] == pytest.approx(mean(value for cell in cells for value in cell), abs=1e-6)
        shared = [cell for cell in cells if len(cell) > 1]
        squares = sum((value - mean(cell)) ** 2 for cell in shared for value in cell)
        freedom = sum(len(cell) - 1 for cell in shared)
        sd = max(0.3, (squares / freedom) ** 0.5) if shared else 1.0
        assert pool[key]["sd"] == pytest.approx(sd, abs=1e-6)


def test_too_few_stories_with_two_ratings_spread_by_one_point() -> None:
    twice = ([(1, 1), (5, 5)], (True, True))
    assert gathered([[twice] * 19]).pool()["A1"] == {"mean": 3.0, "sd": 1.0}
    assert gathered([[twice] * 20]).pool()["A1"] == {"mean": 3.0, "sd": 2.828427}


@given(st.lists(st.integers(0, 6), min_size=1, max_size=50))
def test_any_number_of_criteria_is_unpacked_as_it_was_packed(codes: list[int]) -> None:
    numbers = [sum(code << 3 * n for n, code in enumerate(codes[at : at + 21])) for at in range(0, len(codes), 21)]
    assert unpack(np.array([numbers], np.int64), len(codes)).tolist() == [codes]
