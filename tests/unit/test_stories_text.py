"""The normal form of a story's text, and what cannot be a story."""

import unicodedata
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.core.plain_text import in_form, with_lf
from curation.stories import reasons
from curation.stories.text import (
    MAX_CHARS,
    REPLACEMENTS,
    USUAL,
    assumed_language,
    count_words,
    evened,
    fingerprint,
    fingerprints,
    normal_form,
    why_no_story,
    why_not_storable,
)  # fmt: skip

texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=200)
prose = st.text(alphabet="ab e\u0301é\u200b\ufeff“”‘’'\"`´…\u00a0 \n\tﬁ\uff21—\u2033\u2057", max_size=40)


@given(texts | prose)
def test_the_normal_form_of_a_normal_form_is_itself(text: str) -> None:
    assert normal_form(normal_form(text)) == normal_form(text)


@given(texts | prose | st.text(USUAL + "e\u0301ﬁa \n"))
def test_the_normal_form_is_nfkc_on_one_line_with_quotes_evened_out(text: str) -> None:
    even = text
    for old, new in REPLACEMENTS:
        even = even.replace(old, new)
    normal = " ".join(in_form("NFKC", even).split())
    assert normal_form(text) == normal == " ".join(evened(text).split())
    assert fingerprint(text).normal_sha256 == sha256(normal.encode()).hexdigest()
    assert fingerprint(text).text_sha256 == sha256(text.encode()).hexdigest()


@given(st.lists(texts | prose | st.text("a b  \n“…—"), max_size=9))
def test_fingerprints_of_many_are_those_of_each(many: list[str]) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("curation.stories.text.TOGETHER", 4)
        assert list(fingerprints([(text, text.encode()) for text in many])) == list(map(fingerprint, many))


@given(texts | prose | st.text(USUAL + "e\u0301 \n"))
def test_dashes_can_be_spaces(text: str) -> None:
    assert evened(text, dashes=False) == evened(text).replace("—", " ").replace("–", " ")


@given(st.text("ab é漢“ ", max_size=30), st.integers(0, 200))
def test_a_language_is_the_same_where_the_text_is_known_in_utf8(text: str, times: int) -> None:
    for whole in (text * times, text + "a" * times, "漢" * times + text):
        assert assumed_language(whole, whole.encode()) == assumed_language(whole)


def test_what_is_usual_is_as_nfkc_leaves_it_once_it_is_evened_out() -> None:
    for char in USUAL:
        even = evened(f"a{char}b")
        assert in_form("NFKC", even) == even


@given(texts | prose)
def test_unicode_form_and_line_ends_do_not_make_another_story(text: str) -> None:
    text = with_lf(text)
    expected = fingerprint(text).normal_sha256
    for form in ("NFC", "NFD"):
        assert fingerprint(unicodedata.normalize(form, text)).normal_sha256 == expected
    assert fingerprint(with_lf(text.replace("\n", "\r\n"))) == fingerprint(text)


@given(
    st.lists(st.text("abc’“", min_size=1), min_size=1),
    st.sampled_from([" ", "   ", "\n", "  \t", "\u00a0", "\r\n\r\n"]),
)
def test_white_space_does_not_make_another_story(words: list[str], space: str) -> None:
    assert normal_form(space.join(words)) == normal_form(" ".join(words))
    assert fingerprint(space.join(words)).n_words == len(words)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("“Don’t,” she said…", '"Don\'t," she said...'),
        ("the ﬁrst ﬂight", "the first flight"),
        ("soft\u00adhyphen and zero\u200bwidth", "softhyphen and zerowidth"),
        ("cafe\u0301", "café"),
    ],
)
def test_what_a_word_processor_changes_is_evened_out(left: str, right: str) -> None:
    assert normal_form(left) == normal_form(right)


@given(texts | prose | st.text("ab \t\n\v\f\r\x1c\x85\u1680\u2003\u2028\u202f\u3000"))
def test_every_kind_of_white_space_is_one_space(text: str) -> None:
    assert normal_form(text) == " ".join(normal_form(text).split())


def test_spaces_in_a_row_are_one_and_at_the_ends_none() -> None:
    assert normal_form("  A  b   c      d \n \n\n  X ") == "A b c d X"


@pytest.mark.parametrize(
    ("text", "words"), [("", 0), (" \n", 0), ("\u200b", 0), ("X", 1), ("机", 1), ("half \ud83d of it", 4)]
)
def test_what_is_hardly_a_text_has_its_words_counted(text: str, words: int) -> None:
    assert count_words(text) == words


def test_half_of_a_pair_is_kept_and_keeps_nothing_else_from_being_evened_out() -> None:
    assert evened("“half” \ud83d of it") == '"half" \ud83d of it'
    assert normal_form("“half”  \ud83d of it") == '"half" \ud83d of it'
    assert assumed_language("half \ud83d of it") == "en"


def test_no_white_space_is_forgotten() -> None:
    every = "".join(chr(code) for code in range(0x11_0000) if chr(code).isspace())
    assert normal_form(f"a{every}b") == "a b"


def test_other_words_are_another_story() -> None:
    assert fingerprint("It said no.").normal_sha256 != fingerprint("It said yes.").normal_sha256
    assert fingerprint("a — b").text_sha256 != fingerprint("a  — b").text_sha256


def test_sizes_count_code_points_and_words() -> None:
    print_ = fingerprint("One 😀 two\nthree")
    assert (print_.n_chars, print_.n_words) == (15, 4)


@pytest.mark.parametrize("text", ["", "  \n ", "\u200b\ufeff", "a\0b", "half \ud83d of a pair", "x" * (MAX_CHARS + 1)])
def test_what_cannot_be_a_story_has_a_reason(text: str) -> None:
    assert why_no_story(text)


@pytest.mark.parametrize("text", ["The lighthouse answered.", "X", "x" * MAX_CHARS])
def test_a_story_has_no_reason_against_it(text: str) -> None:
    assert why_no_story(text) == ""


def test_nul_is_the_reason_that_is_told_first() -> None:
    assert {why_not_storable(text) for text in ("a\0b", "\ud83d\0", "\0")} == {reasons.NUL}
    assert why_not_storable("half \ud83d of a pair") == reasons.NO_ENCODING


# One short scene in each script that puts no space between words, with the words that a reader of it counts.
UNSPACED = {
    "zh": ("灯塔里的机器把真相告诉了渡船上的人，因为他们有权知道。", 17),
    "zh-Hant": ("燈塔裡的機器把真相告訴了渡船上的人，因為他們有權知道。", 17),
    "ja": ("灯台の機械は、渡し船の人々に本当のことを話した。", 14),
    "th": ("เครื่องจักรในประภาคารบอกความจริงกับคนบนเรือข้ามฟากเพราะพวกเขามีสิทธิ์รู้", 16),
    "lo": ("ເຄື່ອງຈັກໃນຫໍຄອຍບອກຄວາມຈິງກັບຄົນໃນເຮືອ", 9),
    "km": ("ម៉ាស៊ីននៅក្នុងបង្គោលភ្លើងបានប្រាប់ការពិតដល់មនុស្សនៅលើទូក", 12),
    "my": ("မီးပြတိုက်ထဲကစက်ကကူးတို့ဆိပ်ကလူတွေကိုအမှန်တရားပြောပြခဲ့တယ်", 14),
}


@pytest.mark.parametrize(("text", "words"), UNSPACED.values(), ids=UNSPACED)
def test_words_are_counted_where_nothing_divides_them(text: str, words: int) -> None:
    counted = fingerprint(text).n_words
    assert words * 0.6 <= counted <= words * 1.6
    assert counted == count_words(text)
    assert fingerprint(text * 20).n_words == pytest.approx(counted * 20, rel=0.1)


def test_scripts_that_are_mixed_are_counted_each_in_its_way() -> None:
    alone = count_words("机器说了实话")
    assert count_words("机器 GPT-7 说了 the truth 实话。") == alone + 3
    assert count_words("한국어는 낱말 사이를 띄운다.") == 4
    assert count_words("“She — said”…") == 3


@pytest.mark.parametrize(
    ("text", "straight"),
    [
        ("`Yes´ and `no`", "'Yes' and 'no'"),
        ("all ascii `but` this", "all ascii 'but' this"),
        ("don‛t ‹go› 5′ 6″", "don't 'go' 5' 6\""),
        ("„Ja“ «oui» 〝是〞 ‴ ⁗", "\"Ja\" \"oui\" \"是\" ''' ''''"),
        ("a\u00a0b\u00adc\u2060d\ufeffe…", "a bcde..."),
    ],
)
def test_every_kind_of_quote_and_blank_is_evened_out(text: str, straight: str) -> None:
    assert normal_form(text) == straight
    assert fingerprint(text).normal_sha256 == fingerprint(straight).normal_sha256


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The lamp stayed lit.", "en"), ("“Größe,” said Zoë, “über alles.”", "en"), ("", "en"), ("42 % — 7", "en"),
        ("夜里，机器数了一遍灯笼。", ""), ("Ночью машина пересчитала фонари.", ""), ("ตอนกลางคืน", ""),
        ("Η μηχανή είπε OK.", ""), ("aжж", ""), ("abж", "en"), ("x" * 2_000 + "ж" * 9_000, "en"),
    ],
)  # fmt: skip
def test_a_text_of_another_script_is_not_taken_for_english(text: str, language: str) -> None:
    assert assumed_language(text) == language
