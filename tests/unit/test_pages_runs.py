"""What pages say of runs and their money, and where an N/A stands on the drawn scale."""

import ast
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django import forms
from django.utils import translation

from curation import llm
from curation.core.templatetags.exempla import exactly
from curation.llm.telling import FORMS
from curation.pages.judge_forms import BudgetForm, RuleForm
from curation.pages.templatetags.judging import effort, in_cents, lasting, told_note, told_reason
from curation.pages.templatetags.scale import drawn
from curation.pages.views.runs import suggested
from curation.scoring.telling import ABOVE


def test_money_is_rounded_up_to_cents_and_what_is_less_than_one_stays() -> None:
    assert [in_cents(amount) for amount in (0, 9_999, 10_000, 10_001, 895_664)] == [0, 9_999, 10_000, 20_000, 900_000]


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(0.4, "under a minute"), (1, "about 1 minute"), (119, "about 119 minutes"), (130, "about 2 hours")],
)
def test_a_time_is_said_in_the_words_that_fit_it(minutes: float, words: str) -> None:
    assert lasting(timedelta(minutes=minutes)) == words


def run(**fields: Any) -> Any:
    """What a run says of its money, in micro-dollars."""
    known = {"state": "estimated", "paused_by": "", "budget": None, "estimated_micro_usd": 8_000_000}
    return SimpleNamespace(**{**known, "answer_at_most_micro_usd": 210_000, **fields})


def budget(limit: int) -> Any:
    return SimpleNamespace(limit_micro_usd=limit)


@pytest.mark.parametrize(
    ("asked", "likely", "amount"),
    [
        (run(), None, "10.21"),
        (run(estimated_micro_usd=1, answer_at_most_micro_usd=1), None, "0.01"),
        (run(estimated_micro_usd=0, answer_at_most_micro_usd=0), None, "0.00"),
        (run(estimated_micro_usd=None, answer_at_most_micro_usd=None), None, None),
        (run(state="paused", paused_by="person", budget=budget(2_000_000)), 8_300_000, "2.00"),
        (run(state="paused", paused_by="person", budget=budget(1)), None, "0.000001"),
        (run(state="paused", paused_by="budget", budget=budget(2_000_000)), 8_300_000, "9.34"),
        (run(state="paused", paused_by="budget", budget=budget(100_000)), None, "10.21"),
        (run(state="paused", paused_by="budget", budget=budget(20_000_000)), 8_300_000, "20.00"),
        (run(state="done", budget=budget(2_000_000)), None, "2.00"),
    ],
)
def test_a_budget_is_suggested_that_does_for_all_of_the_run(asked: Any, likely: int | None, amount: str | None) -> None:
    found = suggested(asked, likely)
    assert (None if found is None else f"{found:f}") == amount


def test_a_price_has_the_decimals_that_it_has() -> None:
    assert [exactly(Decimal(one)) for one in ("0.250000", "3.000000", "1250.5", "0")] == ["0.25", "3", "1,250.5", "0"]


def test_what_is_stored_in_english_is_told_in_the_readers_language() -> None:
    with translation.override("de"):
        assert told_note(ABOVE).startswith("Die Schätzung liegt über dem")
        assert told_note("") == ""
        assert told_note("Stand-in refuses (401): invalid x-api-key").startswith("Stand-in lehnt ab (401): invalid")
        stopped = told_reason("The worker stopped while scoring this story (12 times).")
        assert "12" in stopped
        assert not stopped.startswith("The")
        assert told_reason("The answer is not one JSON object.") != "The answer is not one JSON object."
        assert told_reason("A provider's own words.") == "A provider's own words."
        assert effort("low") == "Gering"
    assert effort("of a later version") == "of a later version"


@pytest.mark.parametrize(
    ("form", "sent", "kept"),
    [
        (BudgetForm, "12.50", 12_500_000),
        (BudgetForm, "0", 0),
        (BudgetForm, "0.000001", 1),
        (BudgetForm, "-1", None),
        (BudgetForm, "0.0000001", None),
        (BudgetForm, "NaN", None),
        (BudgetForm, "1e30", None),
        (BudgetForm, "", None),
        (RuleForm, "0", None),
    ],
)
def test_an_amount_is_whole_millionths_of_a_dollar(form: type[forms.Form], sent: str, kept: int | None) -> None:
    made = form({"limit": sent})
    if "source" in made.fields:
        del made.fields["source"]
    assert made.is_valid() == (kept is not None)
    assert made.cleaned_data.get("limit") == kept


def line(value: float | None, deviation: float | None, own: int | None) -> Any:
    return SimpleNamespace(score=SimpleNamespace(value=value, standard_deviation=deviation), own=own)


def test_what_a_judge_did_not_say_is_not_drawn() -> None:
    assert drawn(line(3.0, None, 5)) == {"value": 60, "low": 60, "width": 0, "own": 110}
    assert drawn(line(None, None, 1)) == {"value": 0, "low": 0, "width": 0, "own": 10}
    assert drawn(line(4.5, 1.0, None)) == {"value": 97.5, "low": 72.5, "width": 37.5, "own": 0}


def test_a_page_can_retell_whatever_an_error_of_a_call_says() -> None:
    """Such a sentence is kept with a run or a job, in English."""
    room = Path(llm.__file__).parent
    files = [*(room / f"{name}.py" for name in ("asking", "calling", "keys", "ledger", "limits", "breaker", "prices"))]
    said = set()
    for file in [*files, *(room / "batches").glob("*.py")]:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_":
                said.add(ast.literal_eval(node.args[0]))
    # Whoever calls a function with nonsense is told so, and nothing is stored.
    said -= {one for one in said if one.startswith(("A batch", "This batch", "There is no such", "It was not sent"))}
    assert said == set(FORMS)
