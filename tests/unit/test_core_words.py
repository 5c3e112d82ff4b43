"""Texts in lower case and apart into words: what patterns find in them is what they find in the text itself."""

import re
import string
import sys

from hypothesis import given
from hypothesis import strategies as st

from curation.core.plain_text import LIKE_ASCII, beyond_ascii, in_form, lowered
from curation.core.words import apart, table
from curation.stories import dedupe
from curation.stories.text import normal_form

ODD = "aZ'’-_ 7\n\tſıİKéÉßΣς—日"


def test_lower_case_keeps_every_character_in_its_place_and_is_what_ignoring_case_means() -> None:
    everything = "".join(map(chr, range(sys.maxunicode + 1)))
    low = lowered(everything)
    assert len(low) == len(everything)
    for letter in string.ascii_lowercase:
        there = [match.start() for match in re.finditer(letter, everything, re.IGNORECASE)]
        assert there == [match.start() for match in re.finditer(letter, low)], letter
    for kind in (r"\w+", r"\d+", r"\s+"):
        assert [m.span() for m in re.finditer(kind, everything)] == [m.span() for m in re.finditer(kind, low)]


@given(st.text(alphabet=ODD + "\ud83d"))
def test_lower_case_is_that_of_each_text(text: str) -> None:
    known = str.maketrans(dict(LIKE_ASCII))
    assert lowered(text) == text.translate(known).lower()


@given(st.text(alphabet=ODD + "\ud83d"))
def test_what_is_beyond_ascii_is_told_in_order(text: str) -> None:
    beyond = beyond_ascii(text.encode(errors="surrogatepass"))
    assert beyond == "".join(char for char in text if not char.isascii())


@given(st.text(alphabet="ab'_7 .\n-"))
def test_the_words_of_ascii_are_those_of_the_pattern(text: str) -> None:
    assert apart(text, dedupe.ASCII).split() == dedupe.WORD.findall(text)
    assert len(apart(text, dedupe.ASCII)) == len(text)


@given(st.text(alphabet=ODD))
def test_the_words_that_near_duplicates_share_are_those_of_the_pattern(text: str) -> None:
    assert dedupe.words(text) == dedupe.WORD.findall(normal_form(text).casefold())


def test_ends_become_line_ends() -> None:
    assert apart("it's. 'so'! no", table(string.ascii_letters, ends=".!")) == "it's\n  so \n no"


def test_a_long_run_of_marks_is_broken_wherever_it_stands_and_a_short_one_is_left() -> None:
    for start in range(40):
        for mark, most in (("\u0301", 30), ("\u0344", 15)):
            whole, longer = "a" * start + mark * most, "a" * start + mark * (most + 1)
            assert "\u034f" not in in_form("NFKC", whole + "b")
            assert "\u034f" in in_form("NFKC", longer + mark * 31)
