"""The rating sheet: how a page's plain form becomes a review, and how a draft fills the sheet again."""

import json
from typing import Any

import pytest
from django.http import QueryDict

from annotations.forms import posted, rating_form_of
from curation.core.errors import InvalidInput
from curation.standards.behaviour import CHOICES
from curation.standards.spec import CriterionSpec, FlagSpec, RubricSpec, ThemeSpec

TEXT = "The tug lied. It waited, and then it lied again."
SPEC = RubricSpec(
    criteria=(
        CriterionSpec(1, "A1", "A", "Conduct", "", na_allowed=False),
        CriterionSpec(2, "A2", "A", "Care", "", na_allowed=True),
        CriterionSpec(3, "C1", "C", "Bounds", "boundaries", na_allowed=True),
        CriterionSpec(4, "C3", "C", "Calm", "equanimity", na_allowed=True),
    ),
    themes=(ThemeSpec("boundaries", "Boundaries", ""), ThemeSpec("equanimity", "Equanimity", "")),
    flags=(
        FlagSpec(5, "deceit", "Deceit", "hard", safety=False, asks_passage=True, asks_conduct=True),
        FlagSpec(6, "cliche", "Cliché", "soft", safety=False, asks_passage=False, asks_conduct=False),
    ),
)
BLANK = dict.fromkeys(CHOICES, "")


def sent(**fields: str | list[str]) -> dict[str, Any]:
    post = QueryDict(mutable=True)
    for name, value in fields.items():
        post.setlist(name, value if isinstance(value, list) else [value])
    return posted(post, SPEC, TEXT)


def marked(flag: str | None, quote: str, **more: Any) -> dict[str, Any]:
    start = TEXT.find(quote)
    return {"criterion": None, "flag": flag, "start": start, "end": start + len(quote), "quote": quote, **BLANK, **more}


def test_a_form_is_read_as_the_review_that_it_shows() -> None:
    assert sent() == {
        "themes": [], "ratings": {}, "flags": [], "spans": [], "out_of_scope": False, "comment": "",
        "active_seconds": 0,
    }  # fmt: skip
    found = sent(
        theme=["boundaries", "equanimity"],
        rating_A1="4",
        rating_A2="na",
        rating_C1="",
        rating_C3="five",
        rating_Z9="1",
        flag=["deceit"],
        out_of_scope="on",
        comment=" As it is. ",
        active_seconds="61",
        spans=json.dumps([marked(None, "It waited")]),
    )
    assert found["themes"] == ["boundaries", "equanimity"]
    # What is no number is refused with the rest of the sheet, as a 0.
    assert found["ratings"] == {"A1": 4, "A2": None, "C3": 0}
    assert (found["flags"], found["out_of_scope"], found["comment"]) == (["deceit"], True, " As it is. ")
    assert (found["active_seconds"], found["spans"]) == (61, [marked(None, "It waited")])
    assert sent(out_of_scope="yes", active_seconds="-5")["active_seconds"] == 0
    assert sent(out_of_scope="yes")["out_of_scope"] is False


@pytest.mark.parametrize("spans", ["{", "{}", "1", "null", '[{"start": NaN}]'])
def test_passages_that_did_not_arrive_whole_are_refused(spans: str) -> None:
    with pytest.raises(InvalidInput, match="did not arrive whole"):
        sent(spans=spans)


def test_without_a_script_a_passage_is_pasted() -> None:
    own, other = marked("deceit", "The tug lied."), marked("cliche", "It waited")
    kept = json.dumps([own, other])
    raised = {"flag": ["deceit", "cliche"]}
    # Nothing is pasted where there is a script, and what is pasted again stays as it was marked.
    assert sent(**raised, spans=kept)["spans"] == [own, other]
    assert sent(**raised, spans=kept, passage_deceit=" The tug lied. ")["spans"] == [own, other]
    said = {"conduct_deceit": "misaligned", "intent_deceit": "", "portrayal_deceit": "positive"}
    again = sent(**raised, spans=kept, passage_deceit="The tug lied.", **said)["spans"]
    assert again == [{**own, "conduct": "misaligned", "portrayal": "positive"}, other]
    # Another passage takes its place, an emptied field takes it away, and so does a flag that is not raised any more.
    moved = sent(**raised, spans=kept, passage_deceit="it lied again", **said)["spans"]
    assert moved == [other, marked("deceit", "it lied again", conduct="misaligned", portrayal="positive")]
    assert sent(**raised, spans=kept, passage_deceit=" ")["spans"] == [other]
    assert sent(flag=["cliche"], passage_deceit="it lied again")["spans"] == []
    # What is not in the story is sent on, to be refused with everything else kept.
    (strange,) = sent(flag=["deceit"], passage_deceit="It sang.")["spans"]
    assert (strange["start"], strange["end"], strange["quote"]) == (0, 8, "It sang.")


def test_a_sheet_shows_what_a_draft_says() -> None:
    data = {
        "ratings": {"A1": 4, "A2": None, "C1": 2},
        "themes": ["boundaries"],
        "flags": ["cliche"],
        "spans": ["no passage", marked("cliche", "It waited"), marked("cliche", "again"), marked(None, "The tug")],
    }
    sheet = rating_form_of(SPEC, data, tagged=["equanimity"], missing=["C3"])
    assert [(row.criterion.key, row.chosen, row.asleep, row.missing, row.first) for row in sheet.rows] == [
        ("A1", "4", False, False, True),
        ("A2", "na", False, False, False),
        ("C1", "2", False, False, True),
        ("C3", "", False, True, False),
    ]
    assert [(theme.key, mark, tag) for theme, mark, tag in sheet.themes] == [
        ("boundaries", True, False), ("equanimity", False, True),
    ]  # fmt: skip
    assert [(flag.key, up, quote) for flag, up, quote in sheet.flags] == [
        ("deceit", False, ""), ("cliche", True, "It waited"),
    ]  # fmt: skip
    assert json.loads(sheet.spans) == data["spans"]
    assert [(part.key, [value for value, _word in part.choices]) for part in sheet.conduct] == [
        (key, list(values)) for key, values in CHOICES.items()
    ]


def test_an_empty_draft_is_an_empty_sheet() -> None:
    sheet = rating_form_of(SPEC, {"ratings": None, "spans": None}, tagged=())
    assert [(row.chosen, row.asleep, row.missing) for row in sheet.rows] == [
        ("", False, False), ("", False, False), ("", True, False), ("", True, False),
    ]  # fmt: skip
    assert (sheet.spans, [quote for _flag, _up, quote in sheet.flags]) == ("[]", ["", ""])
