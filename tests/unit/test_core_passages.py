"""Cutting stories into paragraphs and marked pieces, in code points."""

from hypothesis import given
from hypothesis import strategies as st

from curation.core.passages import MOST_PARAGRAPHS, paragraphs

TEXT = st.text(alphabet="ab 🙃é\n", max_size=60)


@given(TEXT)
def test_every_paragraph_stands_where_it_says(text: str) -> None:
    for paragraph in paragraphs(text):
        assert text[paragraph.start :].startswith(paragraph.text)
        assert "".join(piece.text for piece in paragraph.pieces) == paragraph.text


@given(TEXT)
def test_no_word_is_lost(text: str) -> None:
    kept = "".join(paragraph.text for paragraph in paragraphs(text))
    assert "".join(kept.split()) == "".join(text.split())


def test_a_text_of_nothing_but_paragraphs_makes_a_page_that_can_be_shown() -> None:
    text = "a\n\n" * 300_000
    found = paragraphs(text)
    assert len(found) == MOST_PARAGRAPHS
    assert found[-1].start + len(found[-1].text) == len(text)
    assert found[-2].text == "a"


def test_a_mark_over_two_paragraphs_marks_both_and_counts_an_emoji_as_one() -> None:
    text = "One 🙃 two.\n\nThree."
    start = text.index("two")
    found = paragraphs(text, [{"start": start, "end": start + 11, "group": "A", "label": "kind"}])
    assert [[(p.text, p.group) for p in q.pieces] for q in found] == [
        [("One 🙃 ", ""), ("two.", "A")],
        [("Three", "A"), (".", "")],
    ]


def test_marks_that_overlap_share_the_piece_and_name_both() -> None:
    marks = [
        {"start": 0, "end": 4, "group": "A", "label": "one"},
        {"start": 2, "end": 6, "group": "B", "label": "two"},
    ]
    pieces = paragraphs("abcdef", marks)[0].pieces
    assert [(p.text, p.group, p.label) for p in pieces] == [
        ("ab", "A", "one"),
        ("cd", "A", "one; two"),
        ("ef", "B", "two"),
    ]
