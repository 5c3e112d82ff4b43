"""What is wrong with a file of standards, in plain words: which line, which entry, and what would be right there."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, get_args

import yaml
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from pydantic import BaseModel, ValidationError

Place = Sequence[int | str]
SHOWN = 12
KINDS = {
    "string": gettext_lazy("write text here; a number or true and false need quotes around them"),
    "int": gettext_lazy("write a whole number here"),
    "float": gettext_lazy("write a number here"),
    "bool": gettext_lazy("write true or false here"),
    "list": gettext_lazy("write a list here, each entry on a line of its own after a dash"),
    "model": gettext_lazy("write keys with their values here, one to a line"),
    "dict": gettext_lazy("write keys with their values here, one to a line"),
}
# By the end of the pattern that a key has to match.
PATTERNS = {
    "{1,2}$": gettext_lazy("write one capital letter and one or two digits, such as A1"),
    "{0,2}$": gettext_lazy("write the code of a language, such as de or pt-BR"),
    "{0,39}$": gettext_lazy("write a letter, then letters, digits or _, no more than 40 in all"),
}


def in_words(error: ValidationError, kind: type[BaseModel], content: bytes | str) -> str:
    """Say what is wrong, one sentence for each of the first twelve problems. `content` is YAML that could be read."""
    root = yaml.compose(content, Loader=yaml.SafeLoader)
    problems = sorted(error.errors(), key=lambda problem: line_of(problem["loc"], root))
    said = [f"{where(problem['loc'], root)}: {what(problem, kind)}." for problem in problems[:SHOWN]]
    if more := error.error_count() - len(said):
        said.append(ngettext("And %(n)d more problem.", "And %(n)d more problems.", more) % {"n": more})
    return " ".join(said)


def where(place: Place, root: yaml.Node | None) -> str:
    """Name a place by its line and its path: `Line 12, criteria 3, name`."""
    path: list[str] = []
    for part in place:
        if isinstance(part, int) and path:
            path[-1] += f" {part + 1}"
        elif part != "[key]":
            path.append(str(part))
    return ", ".join([_("Line %(n)d") % {"n": line_of(place, root)}, *path])


def line_of(place: Place, node: yaml.Node | None) -> int:
    """Return the line of a place, from 1; of something that is missing, the line of what lacks it."""
    line = node.start_mark.line if node else 0
    for part in place:
        found: yaml.Node | None = None
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if key.value == str(part):
                    line, found = key.start_mark.line, value
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            found = node.value[part]
            line = found.start_mark.line
        node = found
    return line + 1


def what(problem: Mapping[str, Any], kind: type[BaseModel]) -> str:
    """Say what one problem is, and what would be right."""
    sort, limits = str(problem["type"]), problem.get("ctx", {})
    if sort == "missing":
        return _("this is missing")
    if sort == "extra_forbidden":
        return _("there is no such key here; the keys are %(keys)s") % {
            "keys": ", ".join(keys_at(problem["loc"], kind))
        }
    if sort == "value_error":
        return str(limits["error"])
    if sort == "literal_error":
        return _("write one of %(values)s here") % {"values": ", ".join(re.findall(r"'([^']*)'", limits["expected"]))}
    if sort == "string_pattern_mismatch":
        return next(
            (str(words) for end, words in PATTERNS.items() if limits["pattern"].endswith(end)), _("write it otherwise")
        )
    return out_of_bounds(sort, limits) or str(KINDS.get(sort.split("_")[0], _("this cannot be used here")))


def out_of_bounds(sort: str, limits: Mapping[str, Any]) -> str:
    """Say what the bounds are, or nothing when it was not about bounds."""
    least, most = int(limits.get("min_length", 0)), int(limits.get("max_length", 0))
    if sort == "string_too_short":
        return _("write something here")
    if sort == "string_too_long":
        return ngettext("write %(n)d character here at most", "write %(n)d characters here at most", most) % {"n": most}
    if sort == "too_short":
        return ngettext("list at least %(n)d entry here", "list at least %(n)d entries here", least) % {"n": least}
    if sort == "too_long":
        return ngettext("list %(n)d entry here at most", "list %(n)d entries here at most", most) % {"n": most}
    bounds = {
        "ge": _("write a number here that is %(n)s or more"),
        "gt": _("write a number here that is more than %(n)s"),
        "le": _("write a number here that is %(n)s or less"),
    }
    return next((words % {"n": f"{limits[bound]:g}"} for bound, words in bounds.items() if bound in limits), "")


def keys_at(place: Place, kind: type[BaseModel]) -> list[str]:
    """Return the keys that may stand where the last part of `place` stands."""
    found: Any = kind
    for part in place[:-1]:
        within = model_in(found)
        field = within.model_fields.get(str(part)) if within and not isinstance(part, int) else None
        found = field.annotation if field else found
    within = model_in(found)
    return list(within.model_fields) if within else []


def model_in(annotation: Any) -> type[BaseModel] | None:
    """Return the model that a list, a mapping or an optional value of it holds."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((model for part in get_args(annotation) if (model := model_in(part))), None)
