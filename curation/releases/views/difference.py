"""A difference between two versions as its page shows it."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from curation.releases.diff import Difference
from curation.standards.queries import names_by_kind

KINDS = {
    "splits": gettext_lazy("Split"),
    "tiers": gettext_lazy("Tier"),
    "languages": gettext_lazy("Language"),
    "generators": gettext_lazy("Generator"),
    "sources": gettext_lazy("Source"),
    "licenses": gettext_lazy("Licence"),
}
WHAT = {
    "decision": gettext_lazy("decided anew"),
    "tier": gettext_lazy("another tier"),
    "weight": gettext_lazy("another weight"),
    "split": gettext_lazy("another split"),
    "reviews": gettext_lazy("other reviews"),
    "published": gettext_lazy("other published reviews"),
    "tags": gettext_lazy("other tags or origins"),
    "license": gettext_lazy("another licence"),
    "cluster": gettext_lazy("another cluster of near duplicates"),
}
STANDARDS = {
    "rubric": gettext_lazy("Rubric"),
    "policy": gettext_lazy("Acceptance policy"),
    "constitution": gettext_lazy("Constitution"),
    "schema": gettext_lazy("Columns"),
}
MOST_ROWS = 100


class Moved(NamedTuple):
    """A figure of both versions: of what kind, of what, how it was and is, and by how much `more`, with its sign."""

    kind: str
    name: str
    old: str
    new: str
    more: str = ""


class NamedStory(NamedTuple):
    """A story with its title, or its id where it has none; and what is said of it."""

    id: str
    title: str
    said: str


class DifferenceTables(NamedTuple):
    """The tables of the page; of many rows the first."""

    what: list[tuple[str, int]]
    stories: list[tuple[str, int, list[NamedStory]]]
    moves: list[tuple[str, int]]
    standards: list[Moved]
    columns: list[Moved]
    ratings: list[Moved]
    distributions: list[Moved]
    coverage: list[Moved]


def difference_as_shown(found: Difference) -> DifferenceTables:
    """Return a difference in the words of whoever looks."""
    known = names_by_kind()
    lists = [
        (_("Added"), found.stories["added"], [NamedStory(one.id, one.title, "") for one in found.added]),
        (
            _("No longer in"),
            found.stories["removed"],
            [NamedStory(one.id, one.title, one.reason) for one in found.removed],
        ),
        (
            _("Changed"),
            found.stories["changed"],
            [NamedStory(one.id, one.title, said(one.what)) for one in found.changed],
        ),
    ]
    return DifferenceTables(
        what=[(str(WHAT[what]), n) for what, n in found.what.items()],
        stories=[part for part in lists if part[1]],
        moves=[*found.tiers.items(), *found.deciders.items()],
        standards=[Moved(str(STANDARDS[name]), "", old, new) for name, (old, new) in found.standards.items()],
        columns=list(columns(found)),
        ratings=list(ratings(found)),
        distributions=[
            counted(str(KINDS[kind]), name or _("not stated"), pair)
            for kind, counts in found.distributions.items()
            for name, pair in counts.items()
        ][:MOST_ROWS],
        coverage=[
            counted(known["principle"].name_of(principle) or principle, known["theme"].name_of(theme) or theme, pair)
            for principle, themes in found.coverage.items()
            for theme, pair in themes.items()
        ][:MOST_ROWS],
    )


def said(what: list[str]) -> str:
    """Return what differs of a story."""
    return ", ".join(str(WHAT[part]) for part in what)


def columns(found: Difference) -> Iterator[Moved]:
    """Yield the columns that came, went or have another type."""
    for config, part in found.columns.items():
        for name in part["added"]:
            yield Moved(config, name, "–", _("new"))
        for name in part["removed"]:
            yield Moved(config, name, _("there"), "–")
        for change in part["changed"]:
            name, _colon, kinds = change.partition(": ")
            old, _arrow, new = kinds.partition(" > ")
            yield Moved(config, name, old, new)


def ratings(found: Difference) -> Iterator[Moved]:
    """Yield agreement and mean rating by criterion."""
    for key, (old, new) in found.agreement.items():
        yield Moved(_("Agreement (alpha)"), key, alpha(old), alpha(new))
    for key, (before, after) in found.ratings.items():
        more = "" if before is None or after is None else grown(after - before, ".2f")
        yield Moved(_("Mean rating"), key, mean(before), mean(after), more)


def counted(kind: str, name: str, pair: list[int]) -> Moved:
    """Return a count of both versions."""
    return Moved(kind, name, str(pair[0]), str(pair[1]), grown(pair[1] - pair[0], "d"))


def grown(by: float, digits: str) -> str:
    """Return a difference with its sign; one that shows as nothing has none."""
    shown = format(by, f"+{digits}")
    return shown if shown.strip("+-0.") else shown.lstrip("+-")


def mean(value: float | None) -> str:
    """Return a mean in two digits."""
    return "–" if value is None else f"{value:.2f}"


def alpha(found: dict[str, Any] | None) -> str:
    """Return an agreement with its interval."""
    if found is None or found["alpha"] is None:
        return _("too few")
    return f"{found['alpha']:.2f} ({found['low']:.2f}–{found['high']:.2f})"
