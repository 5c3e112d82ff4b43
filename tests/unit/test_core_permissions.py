"""Rules on who may do what have one shape, and their reasons reach whoever asks."""

import importlib
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from curation.core.errors import Conflict, InvalidInput
from curation.core.permissions import Answer, asked

ROOT = Path(__file__).resolve().parents[2]
ROOMS = [
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for path in ROOT.glob("**/permissions.py")
    if path.parts[len(ROOT.parts)] in {"curation", "annotations"} and path.parent.name != "core"
]
CHECKS = [
    (room, name) for room in ROOMS for name in vars(importlib.import_module(room)) if name.startswith("check_can_")
]


def test_an_answer_is_true_or_says_why_not() -> None:
    def check_can_open(*, actor: str, shelf: int) -> None:
        if actor != "keeper":
            raise Conflict(f"Shelf {shelf} is the keeper's.")

    can_open = asked(check_can_open)
    assert can_open(actor="keeper", shelf=3) == Answer("")
    assert can_open(actor="keeper", shelf=3)
    refused = can_open(actor="guest", shelf=3)
    assert not refused
    assert refused.reason == "Shelf 3 is the keeper's."


def test_only_reasons_are_answers_and_faults_are_not() -> None:
    def check_can_count(*, actor: str) -> None:
        raise ValueError(actor)

    with pytest.raises(ValueError, match="guest"):
        asked(check_can_count)(actor="guest")
    assert not issubclass(ValueError, InvalidInput)


@pytest.mark.parametrize(("room", "name"), CHECKS)
def test_every_rule_has_both_halves_and_one_signature(room: str, name: str) -> None:
    module = importlib.import_module(room)
    check: Callable[..., Any] = getattr(module, name)
    parameters = list(inspect.signature(check).parameters.values())
    assert parameters[0].name == "actor"
    assert all(one.kind is inspect.Parameter.KEYWORD_ONLY for one in parameters)
    assert all(one.default is inspect.Parameter.empty for one in parameters)
    answer = getattr(module, name.removeprefix("check_"))
    assert inspect.signature(answer).parameters.keys() == inspect.signature(check).parameters.keys()
    assert answer.__wrapped__ is check


def test_rules_stand_in_the_permissions_of_their_room() -> None:
    assert {room for room, _name in CHECKS} >= {"annotations.permissions", "curation.stories.permissions"}
    elsewhere = [
        path
        for folder in ("curation", "annotations")
        for path in (ROOT / folder).rglob("*.py")
        if "def check_can_" in path.read_text(encoding="utf-8") and path.name != "permissions.py"
    ]
    assert elsewhere == []


# What refuses a person elsewhere, because the answer comes with the work: a token's scope, and what a statement found.
FOUND_ON_THE_WAY = {
    "annotations/actions/claiming.py",
    "curation/access/actions/asking.py",
    "curation/api/problems.py",
    "curation/api/resource.py",
    "curation/api/scopes.py",
    "curation/api/views/tokens.py",
    "curation/core/problems.py",
    "curation/research/queries/reports.py",
}


def test_nobody_is_refused_by_a_rule_that_stands_elsewhere() -> None:
    refusing = {
        str(path.relative_to(ROOT))
        for folder in ("curation", "annotations")
        for path in (ROOT / folder).rglob("*.py")
        if "NotAllowed(" in path.read_text(encoding="utf-8") and path.name not in {"permissions.py", "errors.py"}
    }
    assert refusing == FOUND_ON_THE_WAY
