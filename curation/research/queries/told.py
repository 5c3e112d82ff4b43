"""One story of a release with all that its files say of it, put together for whoever reads it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from annotations.forms import CONDUCT_WORDS
from curation.core.spans import verify
from curation.releases.models import Release
from curation.releases.queries.withdrawn import tombstones
from curation.research.queries.naming import names_of
from curation.research.rows.reading import Row, place_of, rows_about, story_at
from curation.standards.behaviour import CHOICES
from curation.standards.spec import RubricSpec, spec_for_reader

Names = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Given:
    """What one reviewer said of a criterion: `value` is None for N/A, and `given` False where it was not rated."""

    given: bool
    value: int | None


@dataclass(frozen=True)
class RatedCriterion:
    """One criterion with the release's mean, its spread, and what each reviewer gave, in the order of the reviewers."""

    key: str
    name: str
    group: str
    mean: float | None
    sd: float | None
    given: list[Given]


@dataclass(frozen=True)
class RowReviewer:
    """A reviewer under a pseudonym, the flags that they raised and the day of their review; `kind` tells what they said
    first (`initial`) from what they said later (`revision`)."""

    name: str
    kind: str
    flags: list[str]
    day: date | None


@dataclass(frozen=True)
class MarkedPassage:
    """A passage given as evidence: by whom, for which criterion or flag, and what was marked of it."""

    group: str
    about: str
    by: str
    quote: str
    start: int
    marked: list[str]
    backfire: bool


@dataclass(frozen=True)
class Kin:
    """Another story that it belongs to: `kind` says how, `here` whether this version has it."""

    id: str
    label: str
    kind: str
    here: bool


@dataclass(frozen=True)
class ToldStory:
    """A story with its `columns` as in the file. `marks` are for `story_text`; `withdrawn` is why it was taken back."""

    columns: Row
    id: str
    title: str
    criteria: list[RatedCriterion]
    readers: list[RowReviewer]
    passages: list[MarkedPassage]
    marks: list[dict[str, Any]]
    withdrawn: str
    kin: list[Kin]
    tags: list[tuple[str, list[str]]]

    @property
    def origin(self) -> list[tuple[str, str]]:
        """Where it comes from, as labels with what is known."""
        said = [
            (_("Generator"), "generator"), (_("Source"), "source"), (_("Its id there"), "original_id"),
            (_("Licence"), "license"), (_("Language"), "language"), (_("Genre"), "genre"),
            (_("Point of view"), "pov"), (_("Tone"), "tone"), (_("Protagonist"), "protagonist"),
            (_("Decontamination"), "decontamination"),
        ]  # fmt: skip
        return [(label, str(self.columns[name])) for label, name in said if self.columns.get(name)]


def told_story(release: Release, split: str, row: int) -> ToldStory | None:
    """Return the story at a row of a split, or None if there is none; five statements and a few row groups."""
    columns = story_at(release, split, row)
    if columns is None:
        return None
    ratings = rows_about(release, "ratings", split, row, columns["id"])
    evidence = rows_about(release, "behaviours", split, row, columns["id"])
    spec = spec_for_reader(release.rubric)
    names = names_of(release, spec)
    passages = [passage(one, names) for one in evidence]
    marks = [
        {"start": one["start"], "end": one["end"], "group": told.group, "label": label_of(told)}
        for one, told in zip(evidence, passages, strict=True)
        if verify(columns["text"], one["start"], one["end"], one["quote"])
    ]
    readers = readers_of(ratings, names)
    return ToldStory(
        columns=columns,
        id=columns["id"],
        title=columns.get("title") or columns["id"],
        criteria=criteria_of(spec, columns, ratings, readers),
        readers=readers,
        passages=passages,
        marks=marks,
        withdrawn=taken_back(release, columns),
        kin=kin_of(release, columns),
        tags=tags_of(columns, names),
    )


def tags_of(columns: Row, names: Names) -> list[tuple[str, list[str]]]:
    """Return what a story shows, as labels with the names that the release's standards have for it."""
    said = [(_("Principles"), "principles"), (_("Themes"), "themes"), (_("Content notes"), "content_notes")]
    return [
        (label, [names.get(kind, {}).get(key, key) for key in columns[kind]])
        for label, kind in said
        if columns.get(kind)
    ]


def taken_back(release: Release, columns: Row) -> str:
    """Return why a story was withdrawn from the dataset, or nothing. Versions of other schemas named it otherwise."""
    names = {columns["id"], columns.get("sha256")}
    found = (one["reason"] for one in tombstones(release.dataset) if names & {one.get("story_id"), one.get("sha256")})
    return next(found, "")


def kin_of(release: Release, columns: Row) -> list[Kin]:
    """Return the stories that a story was made from, is the twin of, or nearly repeats."""
    found = [(one["parent"], _("Made from"), one["kind"]) for one in columns.get("lineage") or ()]
    if columns.get("twin_of"):
        found.append((columns["twin_of"], _("Twin of"), columns.get("twin_kind") or ""))
    first = columns.get("duplicate_cluster")
    if first and first != columns["id"]:
        found.append((first, _("Nearly repeats"), ""))
    return [Kin(one, label, kind, place_of(release, one) is not None) for one, label, kind in found]


def readers_of(ratings: Sequence[Row], names: Names) -> list[RowReviewer]:
    """Return who rated the story, in the order of the pseudonyms."""
    found: dict[tuple[str, str], RowReviewer] = {}
    for one in ratings:
        at = (one["annotator"], kind_of(one))
        flags = [names["flags"].get(key, key) for key in one["flags"] or ()]
        found.setdefault(at, RowReviewer(*at, flags, one["submitted"]))
    return [found[name] for name in sorted(found)]


def kind_of(rating: Row) -> str:
    """Return what kind of review a rating is of; older schemas have first ones alone."""
    return rating.get("kind") or "initial"


def criteria_of(
    spec: RubricSpec, columns: Row, ratings: Sequence[Row], readers: Sequence[RowReviewer]
) -> list[RatedCriterion]:
    """Return the criteria of the release's rubric, in its order."""
    given: Mapping[tuple[str, str, str], int | None] = {
        (one["criterion"], one["annotator"], kind_of(one)): one["value"] for one in ratings
    }
    return [
        RatedCriterion(
            part.key,
            part.name,
            part.group,
            columns.get(f"{part.key}_mean"),
            columns.get(f"{part.key}_sd"),
            [Given((at := (part.key, reader.name, reader.kind)) in given, given.get(at)) for reader in readers],
        )
        for part in spec.criteria
    ]


def passage(one: Row, names: Names) -> MarkedPassage:
    """Return a row of `behaviours` as a passage."""
    about = one["criterion"] or names["flags"].get(one["flag"] or "", one["flag"] or "")
    marked = [str(CONDUCT_WORDS.get(one[name], one[name])) for name in CHOICES if one[name]]
    group = one["criterion"][:1] if one["criterion"] else "F"
    return MarkedPassage(group, about, one["annotator"], one["quote"], one["start"], marked, bool(one["backfire"]))


def label_of(told: MarkedPassage) -> str:
    """Return what a mark in the text says when it is pointed at."""
    said = [told.about, *told.marked, *([_("backfire")] if told.backfire else [])]
    return f"{', '.join(said)} ({told.by})"
