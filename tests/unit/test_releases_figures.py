"""The figures of a release, held to the decision's values: every criterion, every set of reviews."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.rules import Commit, themes_of, values_of
from curation.releases import tables
from curation.standards.spec import CriterionSpec

THEMES = {"C1": "boundaries", "C2": "self_criticism"}
KEYS = ["A1", "B1", "C1", "C2"]
CRITERIA = [CriterionSpec(7 + n, key, key[0], key, THEMES.get(key, ""), True) for n, key in enumerate(KEYS)]
POOL = {key: {"mean": 3.5, "sd": 0.8} for key in KEYS}
POLICY = {"theme_share": 0.5}

commits = st.builds(
    Commit,
    st.dictionaries(st.sampled_from(KEYS), st.none() | st.integers(1, 5)),
    themes=st.frozensets(st.sampled_from(list(THEMES.values()))),
)
out_of_scope = st.builds(Commit, st.just({}), out_of_scope=st.just(True))
of_one_story = st.tuples(
    st.lists(commits | out_of_scope, min_size=1, max_size=4), st.frozensets(st.sampled_from(list(THEMES.values())))
)


def released(stories: list[list[Commit]], applying: list[list[str] | None]) -> dict[str, list[Any]]:
    """The figures of these stories, as a release gives them."""
    reviews = [(place, number) for place, found in enumerate(stories) for number in range(len(found))]
    ids = {pair: 100 + n for n, pair in enumerate(reviews)}
    rows = [
        (ids[place, number], CRITERIA[KEYS.index(key)].id, value)
        for place, number in reviews
        for key, value in stories[place][number].ratings.items()
    ]
    criteria = tables.Criteria([criterion.id for criterion in CRITERIA], KEYS, POOL)
    table = pa.table({"story": [place for place, _ in reviews], "review": list(ids.values())})
    ratings = pa.table(
        {
            "review": pa.array([row[0] for row in rows], pa.int64()),
            "criterion": pa.array([row[1] for row in rows], pa.int64()),
            "value": pa.array([row[2] for row in rows], pa.int8()),
        }
    )
    rated = tables.sort_ratings(table, ratings, criteria)
    found = tables.figures(np.arange(len(stories)), pa.array(applying, pa.list_(pa.string())), table, rated, criteria)
    return {name: column.to_pylist() for name, column in found.items()}


@given(st.lists(of_one_story, min_size=1, max_size=4))
def test_a_release_has_a_figure_where_the_decision_has_a_value(
    stories: list[tuple[list[Commit], frozenset[str]]],
) -> None:
    decided = [values_of(found, CRITERIA, themes_of(found, tagged, POLICY)) for found, tagged in stories]
    applying = [[key for key, value in values.items() if value is not None] for values in decided]
    figures = released([found for found, _ in stories], applying)
    for place, (found, _) in enumerate(stories):
        for key, value in decided[place].items():
            mean, sd = figures[f"{key}_mean"][place], figures[f"{key}_sd"][place]
            if value is None:
                assert (mean, sd) == (None, None)
                continue
            n = sum(commit.ratings.get(key) is not None for commit in found)
            assert mean == pytest.approx((n * value + 3.5) / (n + 1), abs=1e-4)
            assert sd == pytest.approx(0.8 / (n + 1) ** 0.5, abs=1e-4)
        explicit = None if decided[place]["B1"] is None else decided[place]["B1"] >= 3
        assert figures["explicit_reasoning"][place] is explicit


def test_a_story_that_was_frozen_without_a_list_has_a_figure_for_whatever_was_rated() -> None:
    figures = released([[Commit({"C1": 4})], [Commit({"C1": 4})]], [None, []])
    assert figures["C1_mean"] == [3.75, None]
    assert figures["A1_mean"] == [None, None]
