"""Standards as plain data, in the shape of the files that import them."""

from typing import Any

from django.forms.models import model_to_dict

from curation.standards.models import AcceptancePolicy, Constitution, Rubric
from curation.standards.schema import RubricWords

OWN = ["id", "position", "constitution", "rubric"]


def export(standard: Constitution | Rubric | AcceptancePolicy) -> dict[str, Any]:
    """Return the file's mapping: importing it gives the same standard."""
    head: dict[str, Any] = {"name": standard.name, "version": standard.version}
    if isinstance(standard, Constitution):
        parts = [model_to_dict(part, exclude=OWN) for part in standard.principles.all()]
        return {**head, "summary": standard.summary, "principles": parts}
    if isinstance(standard, AcceptancePolicy):
        return {**head, "rules": standard.rules}
    criteria = []
    for criterion in standard.criteria.select_related("theme"):
        part = model_to_dict(criterion, exclude=OWN)
        part["theme"] = criterion.theme.key if criterion.theme else None
        criteria.append({key: value for key, value in part.items() if value is not None})
    return {
        **head,
        "language": standard.language,
        "summary": standard.summary,
        "themes": [model_to_dict(theme, exclude=OWN) for theme in standard.themes.all()],
        "criteria": criteria,
        "flags": [model_to_dict(flag, exclude=OWN) for flag in standard.flags.all()],
        "translations": {language: _in_order(standard, words) for language, words in standard.translations.items()},
    }


def _in_order(rubric: Rubric, words: dict[str, Any]) -> dict[str, Any]:
    """Return a translation with its parts in the rubric's order, which the database does not keep."""
    ordered = RubricWords.model_validate(words).model_dump(exclude_none=True)
    for kind, parts in (("themes", rubric.themes), ("criteria", rubric.criteria), ("flags", rubric.flags)):
        keys = parts.values_list("key", flat=True)
        ordered[kind] = {key: ordered[kind][key] for key in keys if key in ordered[kind]}
    return ordered
