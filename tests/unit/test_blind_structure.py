"""Blind review is a property of the structure: from a story or a review no path leads up to a score."""

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
