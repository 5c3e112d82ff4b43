"""What a selection asks for, and how many stories each stage of it leaves, in words for the pages."""

from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from curation.releases.models import Release
from curation.releases.models.selection import LeftOutReason
from curation.releases.queries.candidates import DECISION, ReleasePlan

# What is left after each stage, and the reasons that take stories out there.
STAGES = (
    (gettext_lazy("not withdrawn"), (LeftOutReason.WITHDRAWN,)),
    (gettext_lazy("of the rubric and policy"), (LeftOutReason.RUBRIC, LeftOutReason.POLICY)),
    (
        gettext_lazy("fit what was asked for"),
        (
            LeftOutReason.SOURCE,
            LeftOutReason.GENERATOR,
            LeftOutReason.PRINCIPLE,
            LeftOutReason.THEME,
            LeftOutReason.TIER,
        ),
    ),
    (gettext_lazy("one of near duplicates"), (LeftOutReason.DUPLICATE,)),
    (
        gettext_lazy("within the caps"),
        (LeftOutReason.PER_PRINCIPLE, LeftOutReason.PER_THEME, LeftOutReason.PER_GENERATOR),
    ),
)

ASKED = {
    "rubric": gettext_lazy("Rubric"),
    "policy": gettext_lazy("Acceptance policy"),
    "sources": gettext_lazy("Sources"),
    "generators": gettext_lazy("Generators"),
    "principles": gettext_lazy("Principles"),
    "themes": gettext_lazy("Themes"),
    "tiers": gettext_lazy("Tiers"),
    "per_principle": gettext_lazy("At most of one principle"),
    "per_theme": gettext_lazy("At most of one theme"),
    "per_generator": gettext_lazy("At most by one generator"),
    "one_per_cluster": gettext_lazy("One story of near duplicates"),
    "rewrites": gettext_lazy("Stories that were sent to rewrite, too"),
}


class StageCount(NamedTuple):
    """So many `stories` are left after a stage that takes `left_out` out."""

    name: str
    left_out: int
    stories: int


def stages(plan: ReleasePlan) -> list[StageCount]:
    """Return the stages that take stories out, from all that were accepted to those that go in."""
    left = sum(group.n for group in plan.groups)
    accepted = _("accepted, or sent to rewrite") if plan.choice.rewrites else _("accepted")
    found, out = [StageCount(accepted, 0, left)], plan.left_out
    for name, reasons in STAGES:
        if gone := sum(out.get(reason, 0) for reason in reasons):
            left -= gone
            found.append(StageCount(str(name), gone, left))
    return [*found, StageCount(_("go in"), 0, left)]


def in_words(counts: dict[str, int]) -> list[tuple[str, int]]:
    """Return counts by reason as (words, count), the largest first."""
    said = {**{reason.value: reason.label for reason in LeftOutReason}, DECISION: _("by a changed decision")}
    return sorted(((str(said[reason]), n) for reason, n in counts.items()), key=lambda pair: -pair[1])


def selected_in_words(release: Release) -> dict[str, Any] | None:
    """Return what a frozen release asked for, as (name, value), and what it left out, as (reason, stories).

    None before its rows are frozen, and for one of before there were selections.
    """
    selected = release.frozen.get("selection")
    if selected is None:
        return None
    asked = [
        (str(name), valued(selected[key])) for key, name in ASKED.items() if selected[key] not in (None, [], False)
    ]
    return {"asked": asked, "left_out": in_words(selected["left_out"])}


def valued(value: Any) -> str:
    """Return what was asked for as it is shown."""
    if isinstance(value, list):
        return ", ".join(one or _("not stated") for one in value)
    return _("Yes") if value is True else str(value)
