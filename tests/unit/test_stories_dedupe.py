"""Signatures: what is close, what is not, and that they stay comparable."""

import random

from hypothesis import given
from hypothesis import strategies as st

from curation.stories import dedupe

WORDS = [f"word{n}" for n in range(400)]


def prose(seed: int, words: int = 300) -> list[str]:
    return random.Random(seed).choices(WORDS, k=words)  # noqa: S311


def jaccard(one: str, other: str) -> float:
    left, right = set(dedupe.shingles(one)), set(dedupe.shingles(other))
    return len(left & right) / len(left | right)


def test_a_story_with_one_word_changed_is_close_and_another_is_not() -> None:
    words = prose(1)
    text, changed, other = " ".join(words), " ".join([*words[:150], "changed", *words[151:]]), " ".join(prose(2))
    signatures = [dedupe.signature(one) for one in (text, changed, other)]
    assert dedupe.closest(signatures[0], [(7, signatures[2]), (9, signatures[1])]) is not None
    assert dedupe.closest(signatures[0], [(7, signatures[2])]) is None
    assert set(dedupe.bands(signatures[0])) & set(dedupe.bands(signatures[1]))


def test_the_estimate_is_near_the_truth() -> None:
    for cut in (30, 75, 120, 200):
        words = prose(cut)
        one, other = " ".join(words), " ".join(words[:-cut] + prose(cut + 1, cut))
        estimate = dedupe.similarity(dedupe.signature(one), dedupe.signature(other))
        assert abs(estimate - jaccard(one, other)) < 0.15


def test_the_oldest_of_equals_is_named() -> None:
    one = dedupe.signature(" ".join(prose(3)))
    assert dedupe.closest(one, [(5, one), (3, one), (8, one)]) == (3, 1.0)


def test_nothing_is_closest_to_a_story_that_has_no_candidates() -> None:
    assert dedupe.closest(dedupe.signature(" ".join(prose(4))), []) is None


def test_each_value_of_a_signature_counts_in_its_own_band_alone() -> None:
    one = dedupe.signature(" ".join(prose(5)))
    for value in range(dedupe.PERMUTATIONS):
        other = bytearray(one)
        other[4 * value] ^= 1
        pairs = zip(dedupe.bands(one), dedupe.bands(bytes(other)), strict=True)
        assert [band for band, (left, right) in enumerate(pairs) if left != right] == [value // dedupe.ROWS]


def test_runs_of_five_words_overlap_and_a_short_text_is_one() -> None:
    assert dedupe.shingles("It waited.") == ["it waited"]
    assert dedupe.shingles("It waited, and then it asked.") == ["it waited and then it", "waited and then it asked"]


def test_case_quotes_and_punctuation_do_not_matter() -> None:
    assert dedupe.signature("“Wait,” it said — and they did.") == dedupe.signature('"wait" IT said, and they DID')


@given(st.text(max_size=100))
def test_every_text_has_a_signature(text: str) -> None:
    one = dedupe.signature(text)
    assert len(one) == 4 * dedupe.PERMUTATIONS
    assert len(dedupe.bands(one)) == dedupe.BANDS
    assert dedupe.similarity(one, one) == 1.0


def test_signatures_stay_the_same_from_version_to_version() -> None:
    """A stored index is compared with new signatures: if this changes, `INDEX_VERSION` must."""
    assert dedupe.INDEX_VERSION == "minhash-2-112-2"
    one = dedupe.signature("the same words in the same order")
    bands = dedupe.bands(one)
    assert one[:8].hex() == "651a89c92208c1c8"
    assert (bands[0], bands[-1]) == (5_799_195_055_337_888_095, -2_966_574_118_772_279_691)


def test_scripts_without_spaces_are_compared_by_their_characters() -> None:
    text = "灯塔里的机器把真相告诉了渡船上的人因为他们有权知道" * 2
    changed = text.replace("渡船", "火车", 1)
    assert len(dedupe.shingles(text)) > 20
    assert 0.5 < jaccard(text, changed) < 1
