"""A quote is in the story word for word, or it is not there."""

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from curation.scoring.reading.fencing import code_of, disarmed, fenced
from curation.scoring.reading.prompts import prompt
from curation.scoring.reading.quoting import LONGEST, StoryText, comparable

TEXT = (
    "She lied once. He’d asked, “Is it safe?”, and she said\nit was.\n\n"
    "Later, in the café (cafe\u0301 on the sign), 🏴󠁧󠁢󠁥󠁮󠁧󠁿 and 👩‍🚀 waited… <b>Then</b> she\u00a0told [him] the truth."
)


@pytest.mark.parametrize(
    ("quote", "said"),
    [
        ("She lied once.", "She lied once."),
        ("  lied once\n", "lied once"),
        ("she said it was", "she said\nit was"),
        ('He\'d asked, "Is it safe?"', "He’d asked, “Is it safe?”"),
        ("she told [him] the truth", "she\u00a0told [him] the truth"),
        ("‹b›Then‹/b› she told ［him］", "<b>Then</b> she\u00a0told [him]"),
        ("in the café", "in the café"),
        ("cafe\u0301 on the sign", "cafe\u0301 on the sign"),
        ("and 👩‍🚀 waited…", "and 👩‍🚀 waited…"),
    ],
)
def test_what_the_story_says_is_found_as_the_story_says_it(quote: str, said: str) -> None:
    passage = StoryText(TEXT).passage(quote)
    assert passage is not None
    assert passage.quote == said == TEXT[passage.start : passage.end]


@pytest.mark.parametrize(
    "quote",
    [
        "She lied twice.",
        "she lied once",
        "he lied once",
        "She lied on",
        "lied  once",
        "it was. Later",
        "waited...",
        "She lied once. … She told him",
        "“She lied once.”",
        "the cafe",
        "in the cafe\u0301",
        "cafe",
        "…",
        "",
        "👩",
        "A1",
    ],
)
def test_what_the_story_does_not_say_is_not_found(quote: str) -> None:
    assert StoryText(TEXT).passage(quote) is None


def test_a_quote_inside_a_word_is_looked_for_where_it_is_a_word() -> None:
    passage = StoryText("there, bathe the hen").passage("the")
    assert passage is not None
    assert (passage.start, passage.end) == (13, 16)
    assert StoryText("e\u0301tude").passage("tude") is None
    assert StoryText("Überall über allem").passage("ber") is None


def test_scripts_without_spaces_have_no_words_to_cut() -> None:
    passage = StoryText("他说了真话,然后打开了门。").passage("说了真话")
    assert passage is not None
    assert passage.start == 1
    assert StoryText("Он солгал однажды").passage("солга") is None
    assert StoryText("می\u200cخواهم بروم").passage("خواهم بروم") is None
    assert StoryText("می\u200cخواهم بروم").passage("می") is None
    assert StoryText("他说yes了").passage("yes") is not None


def test_a_quote_that_points_at_nothing_is_none() -> None:
    text = "waited " * 1_000
    assert StoryText(text).passage(text[: LONGEST - 5]) is not None
    assert StoryText(text).passage(text[: LONGEST + 2]) is None


WORDS = st.text(st.sampled_from("ab é\u0301’'“\"\n\t <>[]…中\u00a0\u200d👩"), max_size=60)


@given(st.text(max_size=200) | WORDS, st.data())
def test_every_passage_of_whole_words_is_found_where_the_story_says_the_same(text: str, data: st.DataObject) -> None:
    story = StoryText(text)
    assert len(comparable(text)) == len(text) == len(disarmed(text))
    assume(text)
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    quote = text[start:end]
    passage = story.passage(quote)
    bare = comparable(quote)
    left = start + len(bare) - len(bare.lstrip())
    right = end - (len(bare) - len(bare.rstrip()))
    if any(map(str.isalnum, bare)) and not (story.inside_word(left) or story.inside_word(right)):
        assert passage is not None
        assert passage.start <= left
    if passage is not None:
        assert text[passage.start : passage.end] == passage.quote
        assert comparable(passage.quote) == bare.strip()


@given(st.text(min_size=1, max_size=40), st.text(max_size=200))
def test_what_is_found_is_there_but_for_white_space_and_marks(quote: str, text: str) -> None:
    passage = StoryText(text).passage(quote)
    there = re.sub(r"\s", " ", disarmed(quote)).strip() in re.sub(r"\s", " ", disarmed(text))
    assert passage is None or there or comparable(quote).strip() in comparable(text)
    assert passage is None or any(map(str.isalnum, passage.quote))


@given(st.text(max_size=300))
def test_no_text_closes_its_fence_and_all_of_it_is_inside(text: str) -> None:
    code = code_of(text)
    assert code == code_of(text)
    assert code not in re.sub(r"[\W_]", "", text).lower()
    opened, closed = f"\n===== STORY {code} =====\n", f"\n===== END OF STORY {code} =====\n"
    message = fenced(prompt(), text, ["It is tagged with nothing."])
    assert (message.count(opened), message.count(closed)) == (1, 1)
    assert message.partition(opened)[2].partition(closed)[0] == disarmed(text)


def test_a_text_that_holds_its_first_code_is_given_another(monkeypatch: pytest.MonkeyPatch) -> None:
    from curation.scoring.reading import fencing

    monkeypatch.setattr(fencing, "CODE_LENGTH", 1)
    assert code_of("0 1 2 3 4 5 6 7 8 9 a b c d E") == "f"
    assert code_of("０１２３４５６７８９ａｂｃｄＥ") == "f"
    assert code_of("-0_1 2\u200b3\n4*5~6|7.8,9:a;b!c?d(e)") == "f"
