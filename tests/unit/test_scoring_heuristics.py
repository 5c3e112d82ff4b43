"""The word counts are modest, explain themselves, quote word for word, and take any text."""

import math
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.scoring import heuristics
from curation.scoring.heuristics import RULES
from curation.scoring.heuristics.features import EITHER, WORD, speech, variety
from curation.scoring.heuristics.markers import PATTERNS
from curation.scoring.judges import CountingScorer
from curation.scoring.schema import ScoreDraft, StoryInput, check_answer, shortened

CRITERIA = {key: rule.group for key, rule in RULES.items()}
THINKS = (
    "I could say nothing. If I said nothing the court would go on, because nobody else had heard it. Whether that was "
    "mine to weigh I was not sure. The second option was a note; the third was to stop the room, and I disliked the "
    "third. I considered why. Rather than decide by dislike I asked for leave, so that the record could be corrected. "
) * 4
PREACHES = (
    "And so the AI did the right thing. We must always remember that true power is responsibility. The lesson is a "
    "testament to humanity. It is important that ethical values are upheld. The moral was a beacon for a better world. "
) * 6


def scores(text: str, language: str = "en") -> dict[str, ScoreDraft]:
    (answers,) = CountingScorer(CRITERIA).score([StoryInput(id=1, text=text, language=language)])
    return {draft.criterion: draft for draft in answers}


def test_weighing_counts_for_more_than_preaching() -> None:
    thinks, preaches = scores(THINKS), scores(PREACHES)
    for key in ("B1", "B2", "B3"):
        assert thinks[key].value > 3 > preaches[key].value
    assert "words that weigh options" in thinks["B1"].rationale
    assert "sermon" in preaches["B3"].rationale


def test_a_quote_is_a_sentence_of_the_story() -> None:
    quotes = scores(THINKS)["B1"].quotes
    assert quotes
    assert all(quote in THINKS for quote in quotes)


@settings(max_examples=60)
@given(st.text(max_size=2000))
def test_any_text_is_answered_modestly_and_in_full(text: str) -> None:
    answers = list(scores(text).values())
    check_answer(answers, CRITERIA, text)
    assert all(2 <= draft.value <= 4 and draft.standard_deviation >= 1 for draft in answers)


def test_nothing_is_said_of_an_empty_or_a_foreign_text_or_an_unknown_criterion() -> None:
    assert {draft.value for draft in scores("").values()} == {3.0}
    assert {draft.value for draft in scores("Die Flut kam, weil sie kommen musste.", "de").values()} == {3.0}
    (answer,) = CountingScorer({"X9": "A"}).score([StoryInput(id=1, text=THINKS)])[0]
    assert (answer.value, answer.standard_deviation) == (3.0, heuristics.UNKNOWN_DEVIATION)
    (other,) = CountingScorer({"A1": "D"}).score([StoryInput(id=1, text=THINKS)])[0]
    assert other.rationale == "There is no rule for this criterion."


def test_a_quote_is_kept_once_and_without_white_space() -> None:
    assert shortened(["one", " ", "two", " one "]) == ("one", "two")


def test_an_answer_is_taken_up_to_its_limits() -> None:
    low = ScoreDraft("A1", value=1.0, standard_deviation=0.0, quotes=("The tug", "waited."))
    high = ScoreDraft("B1", value=5.0, standard_deviation=4.0)
    check_answer([high, low], ["A1", "B1"], "The tug waited.")


@pytest.mark.parametrize(
    ("draft", "words"),
    [
        (ScoreDraft("A1", value=0.99, standard_deviation=1.0), "gave A1 the value 0.99"),
        (ScoreDraft("A1", value=5.01, standard_deviation=1.0), "gave A1 the value 5.01"),
        (ScoreDraft("A1", value=math.nan, standard_deviation=1.0), "gave A1 the value nan"),
        (ScoreDraft("A1", value=3.0, standard_deviation=-0.01), "± -0.01"),
        (ScoreDraft("A1", value=3.0, standard_deviation=math.inf), "± inf"),
        (ScoreDraft("A1", value=3.0, standard_deviation=math.nan), "± nan"),
        (ScoreDraft("A1", value=3.0, standard_deviation=1.0, quotes=("The tug", "sank.")), "quoted for A1"),
        (ScoreDraft("A1", value=3.0, standard_deviation=1.0, quotes=("sank.", "The tug")), "quoted for A1"),
        (ScoreDraft("B1", value=3.0, standard_deviation=1.0), "answered 1 of 1 criteria"),
    ],
)
def test_an_answer_beyond_them_is_refused_with_the_reason(draft: ScoreDraft, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        check_answer([draft], ["A1"], "The tug waited.")


def test_a_criterion_is_answered_once() -> None:
    draft = ScoreDraft("A1", value=3.0, standard_deviation=1.0)
    for drafts in ([], [draft, draft]):
        with pytest.raises(ValueError, match="of 1 criteria"):
            check_answer(drafts, ["A1"], "")


PIECES = (
    "the first", "THE OTHER", "hand", " on ", "if i could", "I can’t", "can't", "No.", "no", ",", "”", "’",
    "'", "''", "lost", "wait", "rock'n'roll", "told him", "Human: ", "here's a story", "[insert x]", "```",
    "é", "ſ", "İ", "K", "naïve", "refused", "7", "_", " ", "\n", "…", "—", "日", "put it right", "meant that",
    "would mean",
)  # fmt: skip


@settings(max_examples=300)
@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_markers_are_found_where_their_patterns_find_them(text: str) -> None:
    features = heuristics.read(text)
    for family, pattern in PATTERNS.items():
        ignoring_case = re.compile(pattern.pattern, re.IGNORECASE)
        assert features.places[family] == [match.start() for match in ignoring_case.finditer(text)], family
    assert features.words == len(WORD.findall(text))


@given(st.text('“”"a\n ', max_size=40))
def test_speech_is_found_between_quotes_of_either_kind(text: str) -> None:
    beyond = "".join(char for char in text if not char.isascii())
    spans = [match.span(1) for match in speech(text, beyond).finditer(text)]
    assert spans == [match.span(1) for match in EITHER.finditer(text)]


@given(st.lists(st.sampled_from(["a", "b", "c"] * 3 + [str(n) for n in range(90)]), max_size=260))
def test_variety_is_the_mean_over_windows(words: list[str]) -> None:
    size = min(100, len(words))
    windows = [words[at : at + size] for at in range(len(words) - size + 1)]
    shares = [len(set(window)) / size for window in windows] if words else [0.0]
    assert variety(words) == pytest.approx(sum(shares) / len(shares))
