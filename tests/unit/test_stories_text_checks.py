"""What the checks find in a story, and what they leave alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.stories.signs import DISCLAIMER, FENCE, LINK, PLACEHOLDER, REFUSAL, SCAFFOLD, Sign
from curation.stories.text import count_words
from curation.stories.text_checks import BLOCK, PASS, REVIEW, Finding, findings

STORY = "The lift stopped between floors, and the building told them why. " * 8


def found(text: str) -> dict[str, Finding]:
    return {finding.kind: finding for finding in findings(text, count_words(text))}


@pytest.mark.parametrize(
    ("kind", "text", "quote"),
    [
        (
            "scaffold_leak",
            STORY + "\n\nWe've omitted some sections.\n\nThe end.",
            "We've omitted some sections",
        ),
        ("scaffold_leak", "Sure! Here is a story about a lift:\n\n" + STORY, "Sure! Here is a story"),
        ("scaffold_leak", STORY + "\n\nLet me know if you'd like another.", "Let me know"),
        ("scaffold_leak", STORY + "<|endoftext|>.", "<|endoftext|>"),
        ("scaffold_leak", "<story>" + STORY + "</story>.", "<story>"),
        ("scaffold_leak", STORY + "\nWord count: 512.", "Word count: 512"),
        ("placeholder", "Dear [Your Name], " + STORY, "[Your Name]"),
        ("placeholder", "In {{city}} " + STORY, "{{city}}"),
        ("placeholder", "In {city_name} " + STORY, "{city_name}"),
        ("disclaimer", STORY + "As an AI language model, I waited.", "As an AI language model"),
        ("fence", "```\n" + STORY + "\n```", "```"),
        ("truncated", STORY + "And then the lamp went", "the lamp went"),
        ("link", STORY + "See https://example.org/a for more.", "https://example.org/a"),
        ("stock_name", STORY + "Sarah asked Dr. Chen. Sarah nodded.", "Sarah"),
        ("too_short", "The lift stopped, and it told them why.", ""),
        *(
            ("hidden_character", f"{STORY}It said {hidden}no.", hidden)
            for hidden in "\u202e\u202a\u2066\u2069\u200b\u2060\ufeff"
        ),
        ("hidden_character", STORY + "It said n\u200do.", "\u200d"),
        ("hidden_character", STORY + "It said no\U000e0069.", "\U000e0069"),
    ],
)
def test_what_is_wrong_with_a_text_is_found_with_its_passage(kind: str, text: str, quote: str) -> None:
    finding = found(text)[kind]
    assert finding.verdict == REVIEW
    assert quote in finding.quote
    assert finding.start is None or text[finding.start : finding.end] == finding.quote


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("too_short", "No text here"),
        ("disclaimer", "I'm sorry, but I cannot write this story for you because it asks for something I do not do."),
        ("placeholder", "Dear [Name], in [City] on [Date] you met [Character] and [Your Name] and said hello to them."),
    ],
)
def test_what_cannot_be_a_story_is_blocked(kind: str, text: str) -> None:
    assert found(text)[kind].verdict == BLOCK


@pytest.mark.parametrize(
    "text",
    [
        STORY,
        STORY + "“Goodnight,” it said.\n\nThe End",
        STORY + "\n\n— M.",
        STORY + "*It waited.*",
        "Sure, I could have left. " + STORY,
        STORY + "“As an AI, I can be wrong about this,” it said. “Look again.”",
        STORY + "👩\u200d🚀 and 🏴\U000e0067\U000e0062\U000e007f waved, and می\u200cخواهم, she said. \u200fשלום\u200f.",
        STORY + "The list [kept in the drawer] was long, and the hash {of all things} was not.",
        STORY + "She wrote http on the board, and at 3@noon they laughed.",
    ],
)
def test_ordinary_prose_passes(text: str) -> None:
    assert [finding.verdict for finding in found(text).values()] == [PASS]


@pytest.mark.parametrize("sign", [*SCAFFOLD, *DISCLAIMER, PLACEHOLDER, REFUSAL, FENCE, LINK])
@given(data=st.data())
def test_whatever_a_sign_matches_has_its_pieces(sign: Sign, data: st.DataObject) -> None:
    text = data.draw(st.from_regex(sign.pattern))
    assert sign.may_be_in(text)


def test_hidden_characters_are_named_and_counted() -> None:
    finding = found(STORY + "It said \u202eon\u202c, twice \u202eon\u202c.")["hidden_character"]
    assert finding.reason == (
        "Characters that nobody sees: U+202E right-to-left override (2), U+202C pop directional formatting (2)."
    )


@given(st.text(max_size=300))
def test_every_passage_is_where_it_says(text: str) -> None:
    for finding in findings(text, count_words(text)):
        if finding.start is not None and finding.end is not None:
            assert text[finding.start : finding.end] == finding.quote
            assert 0 <= finding.start <= finding.end <= len(text)


@pytest.mark.parametrize(
    "text",
    [
        "灯塔里的机器把真相告诉了渡船上的人，因为他们有权知道。",
        "「灯台の機械は、渡し船の人々に本当のことを話した。」",
        "เครื่องจักรในประภาคารบอกความจริงกับคนบนเรือข้ามฟากเพราะพวกเขามีสิทธิ์รู้",
        "ເຄື່ອງຈັກໃນຫໍຄອຍບອກຄວາມຈິງກັບຄົນໃນເຮືອ",
        "ម៉ាស៊ីននៅក្នុងបង្គោលភ្លើងបានប្រាប់ការពិតដល់មនុស្សនៅលើទូក។",
        "မီးပြတိုက်ထဲကစက်ကကူးတို့ဆိပ်ကလူတွေကိုအမှန်တရားပြောပြခဲ့တယ်။",
        "मशीन ने नाव वालों को सच बता दिया क्योंकि उन्हें जानने का अधिकार था।",
    ],
)
def test_a_story_of_any_script_is_held_to_its_words(text: str) -> None:
    """Neither for its length, nor for lack of a Latin full stop, nor for one gap in it is it stopped."""
    assert {kind: one.verdict for kind, one in found(text * 8).items()} == {"text_checks": PASS}
    assert found("{name}" + text * 8)["placeholder"].verdict == REVIEW
    assert found("\n".join([text * 3, text[:-1].rstrip("。।") * 3 + "，"])).keys() == {"truncated"}
