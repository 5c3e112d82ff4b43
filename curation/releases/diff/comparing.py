"""Comparing two versions of a dataset."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from django.contrib.auth.models import AnonymousUser

from annotations.queries.blindness import stories_to_review_blind
from curation.accounts.models import User
from curation.releases.diff import rows
from curation.releases.models import Release

KINDS = ("splits", "tiers", "languages", "generators", "sources", "licenses")
Pair = list[int]


@dataclass(frozen=True)
class DifferingStory:
    """A story that is named: by its public id and title, with what differs of it or why it was withdrawn."""

    id: str
    title: str
    what: list[str]
    reason: str


@dataclass(frozen=True)
class Difference:
    """What differs between two versions, `old` and `new`.

    `stories` counts `added`, `removed`, `changed` and `same` ones; `added`, `removed` and `changed` name the first of
    them. `what` counts what differs of changed stories; `tiers` and `deciders` count moves, written `from > to`.
    `columns` maps a config to the columns that were `added`, `removed` or have another type (`changed`); `standards`
    has what rubric, policy, constitution and schema were and are, where they differ. `agreement` has alpha with its
    interval by criterion, `distributions` counts by kind and name, `ratings` the mean rating by criterion, and
    `coverage` stories by principle and theme: each with the old and the new figure, where they differ.
    """

    old: str
    new: str
    stories: dict[str, int]
    added: list[DifferingStory]
    removed: list[DifferingStory]
    changed: list[DifferingStory]
    what: dict[str, int]
    tiers: dict[str, int]
    deciders: dict[str, int]
    columns: dict[str, dict[str, list[str]]]
    standards: dict[str, list[str]]
    agreement: dict[str, list[Any]]
    ratings: dict[str, list[float | None]]
    distributions: dict[str, dict[str, Pair]]
    coverage: dict[str, dict[str, Pair]]

    def as_data(self) -> dict[str, Any]:
        """Return it as JSON."""
        return asdict(self)


def compare(old: Release, new: Release, *, reader: "User | AnonymousUser | None" = None) -> Difference:
    """Compare two frozen versions of one dataset in four statements, whatever the number of stories.

    To `reader`, stories that they have yet to review blind are counted, and not named.
    """
    counts = rows.counted(old.pk, new.pk)
    named = rows.first(old.pk, new.pk, new.dataset_id)
    if isinstance(reader, User):
        hidden = set(stories_to_review_blind(reader).filter(pk__in=[one.story for one in named]))
        named = [one for one in named if one.story not in hidden]
    listed: dict[str, list[DifferingStory]] = {rows.ADDED: [], rows.REMOVED: [], rows.CHANGED: []}
    for one in named:
        listed[one.kind].append(DifferingStory(one.id, one.title, one.what, one.reason or ""))
    coverage: dict[str, dict[str, Pair]] = {}
    for (principle, theme), pair in rows.covered(old.pk, new.pk).items():
        coverage.setdefault(principle, {})[theme] = list(pair)
    before, after = old.frozen, new.frozen
    return Difference(
        old=old.version,
        new=new.version,
        stories={kind: counts.kinds[kind] for kind in ("added", "removed", "changed", "same")},
        **listed,
        what={what: counts.what[what] for what in rows.WHAT if counts.what[what]},
        tiers=moves(counts.tiers),
        deciders=moves(counts.deciders),
        columns=columns(before.get("columns", {}), after.get("columns", {})),
        standards=standards(before, after),
        agreement=differing(before.get("agreement", {}), after.get("agreement", {})),
        ratings=differing(means(before), means(after)),
        distributions=distributions(before["counts"], after["counts"]),
        coverage=coverage,
    )


def moves(counted: Counter[tuple[str, str]]) -> dict[str, int]:
    """Return moves by their names, the most frequent first."""
    ranked = sorted(counted.items(), key=lambda part: (-part[1], part[0]))
    return {f"{before} > {after}": n for (before, after), n in ranked}


def differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Return the old and the new value of every key where they differ; None where there is none."""
    keys = [*before, *(key for key in after if key not in before)]
    return {key: [before.get(key), after.get(key)] for key in keys if before.get(key) != after.get(key)}


def columns(
    before: Mapping[str, list[list[str]]], after: Mapping[str, list[list[str]]]
) -> dict[str, dict[str, list[str]]]:
    """Return what differs between the columns of each config; nothing where a version does not say which it has."""
    found = {}
    for config in [*after, *(config for config in before if config not in after)] if before and after else []:
        old, new = dict(before.get(config, [])), dict(after.get(config, []))
        part = {
            "added": [name for name in new if name not in old],
            "removed": [name for name in old if name not in new],
            "changed": [f"{name}: {old[name]} > {kind}" for name, kind in new.items() if old.get(name, kind) != kind],
        }
        if any(part.values()):
            found[config] = part
    return found


def standards(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return name and version of what the versions were judged by, where they differ."""
    found = {}
    for name in ("rubric", "policy", "constitution"):
        old, new = (standard(part[name]) for part in (before, after))
        if old != new:
            found[name] = [old, new]
    if before["schema"] != after["schema"]:
        found["schema"] = [str(before["schema"]), str(after["schema"])]
    return found


def standard(frozen: Mapping[str, Any] | None) -> str:
    """Return name and version."""
    return f"{frozen['name']} {frozen['version']}" if frozen else "none"


def means(frozen: Mapping[str, Any]) -> dict[str, float]:
    """Return the mean rating of every criterion, to three digits."""
    return {key: round(found["mean"], 3) for key, found in frozen.get("pool", {}).items()}


def distributions(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, dict[str, Pair]]:
    """Return how many stories there were and are of every kind, where that differs."""
    found = {}
    for kind in KINDS:
        old, new = before.get(kind, {}), after.get(kind, {})
        pairs = {name: [old.get(name, 0), new.get(name, 0)] for name in sorted({*old, *new})}
        if differing := {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}:
            found[kind] = differing
    return found
