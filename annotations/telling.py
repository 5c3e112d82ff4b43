"""Telling the reasons of a decision, which are stored in English, in the language of whoever looks."""

import re
from collections.abc import Callable, Mapping

from django.utils.translation import get_language

from annotations.models import Decision
from annotations.rules import FORMS, Reason
from curation.core.stored_translations import translate_stored
from curation.standards.models import Rubric
from curation.standards.spec import spec_for_reader, spec_of
from curation.standards.translating import spoken
from curation.stories.actions.checking import FORMS as CHECKS


def told_reasons(decision: Decision) -> list[Reason]:
    """Return a decision's reasons, with the names of criteria and flags as its rubric has them in that language."""
    retold = _retold(_names(decision.policy.rubric))
    return [
        {
            "rule": reason["rule"],
            "passed": reason["passed"],
            "text": translate_stored(reason["text"], FORMS, retold),
        }
        for reason in decision.reasons
    ]


def _names(rubric: Rubric) -> dict[str, str]:
    """Return what names of the rubric's parts are in that language, by how stored sentences have them.

    Nothing where that is the rubric's own language.
    """
    if not spoken(rubric, get_language() or ""):
        return {}
    own, told = spec_of(rubric), spec_for_reader(rubric)
    flags = {one.name: other.name for one, other in zip(own.flags, told.flags, strict=True)}
    pairs = zip(own.criteria, told.criteria, strict=True)
    return flags | {f"{one.key} {one.name}": f"{other.key} {other.name}" for one, other in pairs}


def _retold(names: Mapping[str, str]) -> Callable[[str], str]:
    """Return what translates one value of a sentence: a name, several names, or what a check found."""
    longest = sorted(names, key=len, reverse=True)
    # A name may have a comma in it, so that a list of names cannot be split.
    known = re.compile(rf"(?:^|(?<=, ))(?:{'|'.join(map(re.escape, longest))})(?=, |$)") if longest else None

    def translated(value: str) -> str:
        told = known.sub(lambda found: names[found[0]], value) if known else value
        return translate_stored(told, CHECKS)

    return translated
