"""What the parts of a release's standards are called, in the language of whoever looks."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import get_language

from curation.releases.models import Release
from curation.standards.models import Constitution
from curation.standards.spec import RubricSpec, spec_for_reader
from curation.standards.translating import spoken, words_in


def names_of(release: Release, spec: RubricSpec | None = None) -> dict[str, dict[str, str]]:
    """Return what criteria, themes, flags and principles of a release are called, by key, to whoever looks.

    `spec` is the release's rubric where it is at hand.
    """
    spec = spec or spec_for_reader(release.rubric)
    return {
        "criteria": {part.key: part.name for part in spec.criteria},
        "themes": {part.key: part.name for part in spec.themes},
        "flags": {part.key: part.name for part in spec.flags},
        "principles": principles_of(release.frozen.get("constitution") or {"principles": []}),
    }


def principles_of(frozen: Mapping[str, Any]) -> dict[str, str]:
    """Return the names of a release's principles as its constitution says them to whoever looks.

    One statement, and none where those are in the reader's language as they were frozen.
    """
    own = {part["key"]: part["name"] for part in frozen["principles"]}
    language = spoken(Constitution(language=frozen.get("language", "en")), get_language() or "")
    if not own or not language:
        return own
    of = Constitution.objects.filter(name=frozen.get("name", ""), version=frozen.get("version", 0)).first()
    words = words_in(of, language)[1].get("principles", {}) if of else {}
    return {key: words.get(key, {}).get("name", name) for key, name in own.items()}
