"""How often versions were downloaded."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from django.db.models import Sum

from curation.access.models import DailyDownloads
from curation.releases.models import Dataset, Release

# As the Hub says it: of the last month.
LATELY = timedelta(days=30)


def downloads_of(releases: Iterable[Release]) -> dict[int, int]:
    """Return how often each of these versions was downloaded, by key; a version that never was is left out."""
    rows = DailyDownloads.objects.filter(release__in=[release.pk for release in releases])
    return dict(rows.values_list("release").annotate(all=Sum("count")))


def downloads_by_day(release: Release) -> list[tuple[str, int]]:
    """Return the days (ISO, UTC) on which a version was downloaded with how often, the oldest first."""
    rows = DailyDownloads.objects.filter(release=release).order_by("day").values_list("day", "count")
    return [(day.isoformat(), count) for day, count in rows]


def downloads_lately(dataset: Dataset) -> int:
    """Return how often versions of a dataset were downloaded in the last 30 days."""
    since = (datetime.now(UTC) - LATELY).date()
    rows = DailyDownloads.objects.filter(release__dataset=dataset, day__gt=since)
    return int(rows.aggregate(all=Sum("count"))["all"] or 0)
