"""What the pages show of datasets and releases."""

from typing import Any, TypedDict

from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, OuterRef, Prefetch, QuerySet, Subquery

from curation.accounts.models import User
from curation.releases.models import Dataset, Release, ReleaseFile
from curation.standards.spec import spec_for_reader

HEIGHT = 48
SPLIT_TONES = {"train": "accent", "validation": "info", "test": "warn"}
TIER_TONES = {"gold": "warn", "silver": "rest", "bronze": "bad"}


class RatingBar(TypedDict):
    """One rating's bar in a histogram, in its SVG's units."""

    value: int
    n: int
    x: int
    y: float
    height: float


class Histogram(TypedDict):
    """How often each rating was given for one criterion; `na` counts N/A."""

    key: str
    name: str
    na: int
    bars: list[RatingBar]


def newest_version() -> "Prefetch[str, QuerySet[Release], str]":
    """Return what gives datasets their `newest`: a list of at most one built release, one that was not withdrawn."""
    newest = Release.objects.current().filter(dataset=OuterRef("dataset"))
    first = Release.objects.filter(pk__in=Subquery(newest.values("pk")[:1])).defer("manifest")
    return Prefetch("releases", first, to_attr="newest")


def listed_datasets(user: User | AnonymousUser) -> list[Dataset]:
    """Return the datasets that this person is told of, each with its `newest_version` and whether it `is_open`."""
    is_open = Exists(Dataset.objects.visible_to(user).filter(pk=OuterRef("pk")))
    return list(Dataset.objects.listed_to(user).annotate(is_open=is_open).prefetch_related(newest_version()))


def listed_releases(user: User | AnonymousUser, dataset: Dataset) -> list[Release]:
    """Return the versions of a dataset that this person may open, newest first; `is_purged`: files of it are gone."""
    destroyed = ReleaseFile.objects.filter(release=OuterRef("pk"), blob__purged__isnull=False)
    found = Release.objects.visible_to(user).filter(dataset=dataset).defer("manifest")
    found = found.select_related("withdrawn").annotate(is_purged=Exists(destroyed))
    releases = list(found.order_by("-major", "-minor", "-patch"))
    for release in releases:
        release.dataset = dataset
    return releases


def listed_files(release: Release) -> list[ReleaseFile]:
    """Return the files of a release by path."""
    return list(release.files.select_related("blob__purged").order_by("path"))


def facts_of(release: Release) -> dict[str, Any]:
    """Return the figures of a release as its page draws them, criteria by name in the language of whoever looks.

    There are none before its rows are frozen. One built by an older version may lack some.
    """
    frozen = release.frozen
    if not frozen:
        return {}
    counts = frozen["counts"]
    names = {part.key: part.name for part in spec_for_reader(release.rubric).criteria}
    return {
        "counts": counts,
        "splits": parts(counts["splits"], SPLIT_TONES),
        "tiers": parts(counts["tiers"], TIER_TONES),
        "histograms": histograms(names, counts.get("ratings", {})),
        "agreement": [{"key": key, "name": names[key], **found} for key, found in frozen.get("agreement", {}).items()],
        "change": frozen["changelog"][0],
        "policy": frozen["policy"],
        "rubric": frozen["rubric"],
        "date": frozen["date"],
    }


def parts(counts: dict[str, int], tones: dict[str, str]) -> list[dict[str, Any]]:
    """Return counts as the parts of a stacked bar, known names first."""
    order = list(tones)
    names = sorted(counts, key=lambda name: (order.index(name) if name in tones else len(order), name))
    return [{"label": name, "value": counts[name], "tone": tones.get(name, "rest")} for name in names]


def histograms(names: dict[str, str], ratings: dict[str, list[int]]) -> list[Histogram]:
    """Return one histogram per rated criterion (`names` by key), each scaled to its own most frequent rating."""
    drawn: list[Histogram] = []
    for key, name in names.items():
        given = ratings.get(key)
        if not given or not any(given[1:]):
            continue
        most = max(given[1:])
        bars: list[RatingBar] = []
        for value in range(1, 6):
            height = round(HEIGHT * given[value] / most, 1)
            bars.append(
                {"value": value, "n": given[value], "x": 24 * (value - 1) + 2, "y": HEIGHT - height, "height": height}
            )
        drawn.append({"key": key, "name": name, "na": given[0], "bars": bars})
    return drawn
