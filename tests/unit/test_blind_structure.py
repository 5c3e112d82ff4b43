"""Blind review is a property of the structure: from a story or a review no path leads up to a score."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.apps import apps
from django.db.models import ForeignKey, ManyToManyField, Model

UPPER = {"scoring", "calibration", "triage", "releases"}
BELOW = {
    "scoring": {"stories", "standards", "accounts", "audit"},
    "calibration": {"annotations", "scoring", "stories", "standards", "accounts", "audit"},
    "triage": {"annotations", "scoring", "calibration", "stories", "standards", "accounts", "audit"},
    "releases": {"annotations", "scoring", "calibration", "stories", "standards", "accounts", "audit"},
}
RELATIONS = [
    (model, field)
    for model in apps.get_models()
    if model._meta.app_label in UPPER
    for field in (*model._meta.fields, *model._meta.many_to_many)
    if isinstance(field, ForeignKey | ManyToManyField)
    and field.related_model._meta.app_label in BELOW[model._meta.app_label]
]


def test_there_are_relations_to_look_at() -> None:
    assert {model._meta.app_label for model, _ in RELATIONS} >= {"scoring", "calibration", "releases"}


@pytest.mark.parametrize(
    ("model", "field"), RELATIONS, ids=lambda part: getattr(part, "__name__", getattr(part, "name", ""))
)
def test_a_lower_room_has_no_way_back_up(model: type[Model], field: ForeignKey) -> None:
    assert field.remote_field.hidden, f"{model.__name__}.{field.name} needs related_name='+'"
    target = field.related_model
    names = {relation.get_accessor_name() for relation in target._meta.related_objects}
    assert not any(name and name.startswith(model.__name__.lower()) for name in names)


def test_the_human_side_cannot_be_asked_for_scores() -> None:
    for model in apps.get_app_config("annotations").get_models():
        upward = {relation.related_model._meta.app_label for relation in model._meta.related_objects}
        assert not upward & UPPER, model


@pytest.mark.parametrize(
    "line",
    [
        "from curation.scoring.values import scores_for_story",
        "from curation.scoring import values",
        "from curation.scoring.models import Score",
        "from curation.scoring.models.score import Score",
    ],
)
def test_a_page_that_reads_scores_past_the_record_fails_the_check(line: str) -> None:
    ruff = [sys.executable, "-m", "ruff", "check", "--no-cache", "--select", "TID251", "--stdin-filename"]
    root = Path(__file__).resolve().parents[2]
    found = {
        room: subprocess.run([*ruff, f"{room}/queries.py", "-"], input=line.encode(), cwd=root, capture_output=True)
        for room in ("curation/pages", "annotations", "curation/releases", "curation/triage")
    }
    assert {room for room, run in found.items() if run.returncode == 0} == {"curation/triage"}
    assert b"reveal_scores" in found["curation/pages"].stdout
