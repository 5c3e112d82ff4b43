"""The figures of a release, held to the decision's values: every criterion, every set of reviews."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.queries.packed_ratings import NOT_APPLICABLE, NOT_RATED
from annotations.rules import Commit, themes_of, values_of
from curation.releases import tables
from curation.releases.parts import EXAMPLE_CHARS, shortened
from curation.releases.queries.pages import histograms, parts
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
    ratings = np.full((len(reviews), len(KEYS)), NOT_RATED, np.int8)
    for row, (place, number) in enumerate(reviews):
        for key, value in stories[place][number].ratings.items():
            ratings[row, KEYS.index(key)] = NOT_APPLICABLE if value is None else value
    table = pa.table({"story": pa.array([place for place, _ in reviews], pa.int64())})
    rated, criteria = tables.sorted_ratings(ratings), tables.Criteria(KEYS, POOL)
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
            ratings = [r for commit in found if (r := commit.ratings.get(key)) is not None]
            spread = 2 * 0.8**2 + sum((r - value) ** 2 for r in ratings) + n / (n + 1) * (value - 3.5) ** 2
            assert sd == pytest.approx((spread / ((n + 2) * (n + 1))) ** 0.5, abs=1e-4)
        explicit = None if decided[place]["B1"] is None else decided[place]["B1"] >= 3
        assert figures["explicit_reasoning"][place] is explicit


def test_of_two_stories_with_one_mean_the_disputed_one_is_less_certain() -> None:
    agreed, disputed = [Commit({"B1": 4}), Commit({"B1": 4})], [Commit({"B1": 3}), Commit({"B1": 5})]
    thrice = [*agreed, Commit({"B1": 4})]
    figures = released([agreed, disputed, thrice], [["B1"]] * 3)
    assert figures["B1_mean"][:2] == [3.8333, 3.8333]
    assert figures["B1_sd"][2] < figures["B1_sd"][0] < figures["B1_sd"][1]


def test_a_story_that_was_frozen_without_a_list_has_a_figure_for_whatever_was_rated() -> None:
    figures = released([[Commit({"C1": 4})], [Commit({"C1": 4})]], [None, []])
    assert figures["C1_mean"] == [3.75, None]
    assert figures["A1_mean"] == [None, None]


def read_by(*rows: tuple[int, str, dict[str, int | None], bool]) -> tuple[pa.Table, tables.Rated, tables.Criteria]:
    """Reviews as (story, annotator, ratings, published), as a slice of a release has them."""
    reviews = pa.table(
        {
            "review": list(range(500, 500 + len(rows))),
            "story": [row[0] for row in rows],
            "story_id": [f"story-{row[0]}" for row in rows],
            "annotator": [row[1] for row in rows],
            "published": [row[3] for row in rows],
            "initial": [True for _row in rows],
            "submitted": [f"2026-01-0{place + 1}" for place in range(len(rows))],
        }
    )
    ratings = np.full((len(rows), len(KEYS)), NOT_RATED, np.int8)
    for place, row in enumerate(rows):
        for key, value in row[2].items():
            ratings[place, KEYS.index(key)] = NOT_APPLICABLE if value is None else value
    return reviews, tables.sorted_ratings(ratings), tables.Criteria(KEYS, POOL)


def test_rows_are_brought_into_order_however_the_database_gives_them() -> None:
    stories = pa.table(
        {
            "story": pa.array([8, 300_000_000]),
            "id": ["story-8", "story-3"],
            "review_ids": [[21, 22, 20], [23]],
        }
    )
    numbers = pa.list_(pa.int64())
    facts = pa.table({"published": pa.array([[22, 21], None], numbers), "revisions": pa.array([None, [24]], numbers)})
    chosen = tables.Chosen.of(stories, facts)
    assert chosen.published.tolist() == [True, True, False, True, True]
    assert chosen.initial.tolist() == [True, True, True, True, False]
    names, person = pa.array(["reader-a", "reader-b"]), np.array([5, 4])
    found = tables.ReviewTable(
        *(np.array(part) for part in ([24, 23, 22, 21, 20], [4, 4, 4, 5, 4], [3, 0, 1, 2, 20_000]))
    )
    reviews = tables.reviews_table(stories, chosen, found, person, names)
    assert [tuple(map(str, row.values())) for row in reviews.to_pylist()] == [
        ("8", "21", "story-8", "reader-a", "1970-01-03", "True", "True"),
        ("8", "20", "story-8", "reader-b", "2024-10-04", "False", "True"),
        ("8", "22", "story-8", "reader-b", "1970-01-02", "True", "True"),
        ("300000000", "23", "story-3", "reader-b", "1970-01-01", "True", "True"),
        ("300000000", "24", "story-3", "reader-b", "1970-01-04", "True", "False"),
    ]
    # One number for each review, of those that have ratings; the last first.
    packed = tables.ratings_of(reviews, np.array([23, 21]), np.array([[6 << 3], [5 | 1 << 6]]), 3)
    assert packed.tolist() == [
        [5, NOT_RATED, 1],
        [NOT_RATED] * 3,
        [NOT_RATED] * 3,
        [NOT_RATED, NOT_APPLICABLE, 0],
        [0] * 3,
    ]
    spans = pa.table({"review": [23, 22, 20, 20, 21], "span": [1, 2, 3, 4, 5], "start": [0, 7, 9, 9, 9]})
    assert tables.spans_in_order(reviews, spans)["span"].to_pylist() == [5, 2, 3, 4, 1]
    with pytest.raises(KeyError):
        tables.reviews_table(stories, chosen, found, np.array([5, 6]), names)


def test_severity_is_how_far_someone_is_from_the_others_of_the_same_story() -> None:
    readers = tables.Readers()
    for rows in (
        [
            (1, "ada", {"A1": 5, "B1": None}, True), (1, "bo", {"A1": 3, "B1": 2}, True), (1, "cy", {"A1": 4}, False),
            (2, "ada", {"A1": 1}, True),
        ],
        [(3, "ada", {"A1": 4, "B1": 4}, True), (3, "bo", {"A1": 2, "B1": 4}, True)],
    ):  # fmt: skip
        reviews, rated, criteria = read_by(*rows)
        readers.add(reviews, rated, len(criteria.keys))
    assert (readers.reviews, readers.compared) == ({"ada": 3, "bo": 2, "cy": 1}, {"ada": 3, "bo": 3, "cy": 1})
    assert readers.difference == {"ada": 3.5, "bo": -3.5, "cy": 0.0}
    told = readers.table(least_people=2, prior=4).to_pylist()
    # Nobody is named who did not agree to it, though the others are compared with them.
    assert [tuple(row.values()) for row in told] == [("ada", 3, 0.5), ("bo", 2, -0.5)]
    assert readers.table(least_people=2).column(2).to_pylist() == [0.1522, -0.1522]
    assert readers.table(least_people=3).column(2).to_pylist() == [None, None], "of so few, one could be worked out"


def test_ratings_are_published_of_those_who_agreed_each_with_its_review() -> None:
    reviews, rated, criteria = read_by(
        (1, "ada", {"A1": 5, "B1": None}, True), (1, "bo", {"A1": 3}, False), (2, "cy", {"B1": 1}, True)
    )
    flags = pa.table({"review": [502, 500], "flags": ["near_duplicate", "backfire derivative"]})
    shown = tables.ratings_table(reviews, flags, rated, criteria).to_pylist()
    assert [tuple(map(str, row.values())) for row in shown] == [
        ("story-1", "ada", "A1", "5", "initial", "True", "2026-01-01", "['backfire', 'derivative']"),
        ("story-1", "ada", "B1", "None", "initial", "True", "2026-01-01", "['backfire', 'derivative']"),
        ("story-2", "cy", "B1", "1", "initial", "True", "2026-01-03", "['near_duplicate']"),
    ]
    none = tables.flags_of(reviews, pa.table({"review": pa.array([], pa.int64()), "flags": pa.array([], pa.string())}))
    assert none.to_pylist() == [[], [], []]


def test_a_story_with_a_prompt_is_a_chat_of_two_turns() -> None:
    chats = tables.messages(pa.array(["Tell.", None, "Go on."]), pa.array(["One.", "Two.", "Three."]))
    assert [[tuple(turn.values()) for turn in chat] for chat in chats.to_pylist()] == [
        [("user", "Tell."), ("assistant", "One.")],
        [],
        [("user", "Go on."), ("assistant", "Three.")],
    ]
    assert tables.messages(pa.array([None], pa.string()), pa.array(["One."])).to_pylist() == [[]]


def test_a_row_is_cut_short_for_the_card_all_the_way_down() -> None:
    longest = "x" * EXAMPLE_CHARS
    row = {"text": longest + "y", "fits": longest, "n": 5, "messages": [{"content": longest[:-1] + " y"}]}
    assert shortened(row) == {
        "text": longest + " …",
        "fits": longest,
        "n": 5,
        "messages": [{"content": longest[:-1] + " …"}],
    }


def test_known_parts_of_a_bar_come_first_and_each_rating_has_a_bar_by_the_commonest() -> None:
    tones = {"train": "accent", "test": "warn"}
    assert parts({"zoo": 1, "test": 2, "ark": 3, "train": 4}, tones) == [
        {"label": "train", "value": 4, "tone": "accent"}, {"label": "test", "value": 2, "tone": "warn"},
        {"label": "ark", "value": 3, "tone": "rest"}, {"label": "zoo", "value": 1, "tone": "rest"},
    ]  # fmt: skip
    given = {"A1": [3, 0, 1, 2, 8, 0], "B1": [5, 0, 0, 0, 0, 0]}
    (drawn,) = histograms({"A1": "Conduct", "B1": "Reasons", "C1": "Bounds"}, given)
    assert (drawn["key"], drawn["name"], drawn["na"]) == ("A1", "Conduct", 3), "nothing is drawn that nobody rated"
    assert [tuple(bar.values()) for bar in drawn["bars"]] == [
        (1, 0, 2, 48.0, 0.0), (2, 1, 26, 42.0, 6.0), (3, 2, 50, 36.0, 12.0), (4, 8, 74, 0.0, 48.0),
        (5, 0, 98, 48.0, 0.0),
    ]  # fmt: skip
