"""Standards as plain data, in the shape of the files that import them."""

from typing import Any

from django.forms.models import model_to_dict

from curation.standards import schema
from curation.standards.models import AcceptancePolicy, Constitution, Rubric
from curation.standards.translating import KINDS

OWN = ["id", "position", "constitution", "rubric"]


def export(standard: Constitution | Rubric | AcceptancePolicy) -> dict[str, Any]:
    """Return the file's mapping: importing it gives the same standard."""
    head: dict[str, Any] = {"name": standard.name, "version": standard.version}
    if isinstance(standard, Constitution):
        return {
            **head,
            "language": standard.language,
            "summary": standard.summary,
            "principles": [model_to_dict(part, exclude=OWN) for part in standard.principles.all()],
            "translations": _translations(standard, schema.ConstitutionWords),
        }
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
        "translations": _translations(standard, schema.RubricWords),
    }


def _translations(
    standard: Constitution | Rubric, shape: type[schema.ConstitutionWords] | type[schema.RubricWords]
) -> dict[str, Any]:
    """Return the translations with their parts in the standard's order, which the database does not keep."""
    found = {}
    for language, words in standard.translations.items():
        found[language] = shape.model_validate(words).model_dump(exclude_none=True)
        for kind in set(KINDS.values()) & set(found[language]):
            keys = getattr(standard, kind).values_list("key", flat=True)
            found[language][kind] = {key: found[language][kind][key] for key in keys if key in found[language][kind]}
    return found
