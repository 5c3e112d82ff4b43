"""Passages are cut in code points and checked letter by letter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.core.spans import make_span, verify


def test_a_passage_after_an_emoji_counts_code_points() -> None:
    passage = make_span("a🙃b👩‍🚀c", 1, 3)
    assert (passage.quote, passage.prefix, passage.suffix) == ("🙃b", "a", "👩‍🚀c")


def test_the_context_is_32_characters_at_most() -> None:
    passage = make_span("x" * 100, 50, 51)
    assert (len(passage.prefix), len(passage.suffix)) == (32, 32)
    assert (passage.start, passage.end) == (50, 51)
    assert (make_span("abc", 0, 3).prefix, make_span("abc", 0, 3).suffix) == ("", "")
    assert (make_span("abc", 1, 2).prefix, make_span("abc", 1, 2).suffix) == ("a", "c")


@pytest.mark.parametrize(("start", "end"), [(0, 0), (2, 1), (-1, 2), (0, 4)])
def test_a_passage_outside_the_text_is_none(start: int, end: int) -> None:
    with pytest.raises(ValueError, match=f"^no passage from {start} to {end} in a text of 3 characters$"):
        make_span("abc", start, end)
    assert not verify("abc", start, end, "abc"[start:end])


@given(st.text(min_size=1), st.data())
def test_what_is_cut_is_verified_and_nothing_else(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    passage = make_span(text, start, end)
    assert verify(text, start, end, passage.quote)
    assert not verify(text, start, end, passage.quote + "x")
    assert text.startswith(passage.prefix + passage.quote + passage.suffix, start - len(passage.prefix))
