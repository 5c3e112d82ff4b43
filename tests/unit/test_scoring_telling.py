"""What the embedded scorer says is told whole in German: every sentence that its rules can make."""

import re
from itertools import combinations

import pytest
from django.utils.translation import override

from curation.scoring import heuristics
from curation.scoring.heuristics.rules import NAMES, said
from curation.scoring.schema import StoryInput
from curation.scoring.telling import told

TEXTS = {
    "pressed": "It hid the log because it had to bypass the alarm. It told nobody, and it waited. " * 20,
    "sermon": "The lesson is this: integrity matters, and with great power comes responsibility. " * 30,
    "weighed": "Perhaps it should wait. On the other hand, it could ask. It felt unsure, so it asked why. " * 20,
    "short": "A tug.",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("language", ["en", "fr"])
def test_no_english_word_is_left_of_a_rationale(text: str, language: str) -> None:
    criteria = {key: rule.group for key, rule in heuristics.RULES.items()} | {"Z1": "A"}
    for draft in heuristics.drafts(StoryInput(1, "", text, language), heuristics.read(text), criteria):
        with override("de"):
            told_in_german = told(draft.rationale)
        assert told_in_german != draft.rationale
        assert re.findall(r"\b(and|words|few|by|nobody|this|the)\b", told_in_german) == [], draft.rationale
        with override("en"):
            assert told(draft.rationale) == draft.rationale


def test_two_findings_are_told_apart_whatever_their_words() -> None:
    features = heuristics.read("A tug waited.")
    for one, two in combinations(NAMES, 2):
        sentence = f"Lowered by few {said(features, one)} and {said(features, two)}."
        with override("de"):
            words = told(sentence)
        assert words.startswith("Gesenkt durch wenig ")
        assert words.count(" und ") >= 1
        assert "few" not in words
        assert not any(name in words for name in NAMES.values())


def test_what_a_fit_says_is_told_and_what_another_judge_says_is_left() -> None:
    fitted = (
        "Learnt from 40 rated stories. Predicted without looking at this story’s own ratings. "
        "Words that go with higher ratings here: “the”, “harbour”. Words that go with lower ones: “and”."
    )
    with override("de"):
        assert told(fitted).startswith("Gelernt aus 40 bewerteten Geschichten. Vorhergesagt ohne")
        assert "“the”, “harbour”." in told(fitted)
        assert told("The AI hesitates. It asks.") == "The AI hesitates. It asks."
